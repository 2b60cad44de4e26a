"""Packets made byte by byte, for what no program can be made to send.

Everything is deterministic: addresses, identifications, sequence numbers and
times are arguments or counters, never random. Standard library only.
"""
import ipaddress
import struct

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58

# Options of a Windows SYN, of a Linux SYN-ACK to it, and none.
WINDOWS_SYN = bytes.fromhex("020405b4" "01" "030308" "01" "01" "0402")
LINUX_SYNACK = bytes.fromhex("020405b4" "01" "01" "0402" "01" "030307")


def mac(text):
    """`00:15:5d:01:04:05` as six bytes."""
    return bytes.fromhex(text.replace(":", ""))


def addr(text):
    """An IPv4 or IPv6 address in wire order."""
    return ipaddress.ip_address(text).packed


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def transport_checksum(src, dst, proto, segment):
    """The checksum over pseudo header and segment, both IP versions."""
    src, dst = addr(src), addr(dst)
    if len(src) == 4:
        pseudo = src + dst + struct.pack("!BBH", 0, proto, len(segment))
    else:
        pseudo = src + dst + struct.pack("!IxxxB", len(segment), proto)
    return checksum(pseudo + segment)


def tcp(src, dst, sport, dport, seq, ack, flags, data=b"", window=64240, options=b""):
    """A TCP segment with its checksum; options are padded with end-of-list."""
    options += b"\0" * (-len(options) % 4)
    offset = (20 + len(options)) // 4
    seq, ack = seq & 0xFFFFFFFF, ack & 0xFFFFFFFF
    head = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, offset << 4, flags, window, 0, 0)
    whole = head + options + data
    total = transport_checksum(src, dst, TCP, whole)
    return whole[:16] + struct.pack("!H", total) + whole[18:]


def udp(src, dst, sport, dport, data):
    """A UDP datagram with its checksum."""
    head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0)
    total = transport_checksum(src, dst, UDP, head + data) or 0xFFFF
    return struct.pack("!HHHH", sport, dport, 8 + len(data), total) + data


def icmp(kind, code, rest, data):
    """An ICMP message; for an error `data` is the head of the packet in question."""
    body = struct.pack("!BBH4s", kind, code, 0, rest) + data
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def icmp6(src, dst, kind, code, rest, data):
    """An ICMPv6 message."""
    body = struct.pack("!BBH4s", kind, code, 0, rest) + data
    return body[:2] + struct.pack("!H", transport_checksum(src, dst, ICMP6, body)) + body[4:]


def ip4(src, dst, proto, data, ttl=64, ident=0, df=True, more=False, offset=0, options=b"", length=None, tos=0):
    """An IPv4 packet; `offset` in bytes, `length` overrides the total length (offload writes 0)."""
    options += b"\0" * (-len(options) % 4)
    size = 20 + len(options)
    total = size + len(data) if length is None else length
    flags = (0x4000 if df else 0) | (0x2000 if more else 0) | offset // 8
    head = struct.pack("!BBHHHBBH", 0x40 | size // 4, tos, total, ident & 0xFFFF, flags, ttl, proto, 0)
    head += addr(src) + addr(dst) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + data


def ip6(src, dst, proto, data, ttl=64, extensions=(), flow=0):
    """An IPv6 packet; `extensions` are (number, bytes without the next-header byte)."""
    body, following = data, proto
    for number, rest in reversed(extensions):
        body, following = bytes([following]) + rest + body, number
    return struct.pack("!IHBB", 0x60000000 | flow, len(body), following, ttl) + addr(src) + addr(dst) + body


def ip6_fragments(src, dst, proto, data, size, ident, ttl=64):
    """The same payload behind IPv6 fragment headers (RFC 8200 section 4.5)."""
    out = []
    for at in range(0, len(data), size):
        rest = struct.pack("!BHI", 0, at | (1 if at + size < len(data) else 0), ident)
        out.append(ip6(src, dst, proto, data[at:at + size], ttl, [(44, rest)]))
    return out


def ethernet(dst, src, kind, data, tags=()):
    """Ethernet II, with any number of (TPID, VLAN id) tags, padded to 60 bytes."""
    head = mac(dst) + mac(src)
    for tpid, vlan in tags:
        head += struct.pack("!HH", tpid, vlan)
    return (head + struct.pack("!H", kind) + data).ljust(60, b"\0")
