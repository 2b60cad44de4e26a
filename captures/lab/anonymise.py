"""Anonymises a pcap the way careless tools do: header addresses are mapped and bodies overwritten, DNS answers are left alone,
checksums are adjusted by the difference (RFC 1624), so one that was wrong stays wrong.

    anonymise.rewrite("in.pcap", "out.pcap")
"""
import hashlib
import struct

from packet import checksum


def mapped(address):
    """The same stand-in in 10/8 for the same address."""
    return bytes([10]) + hashlib.sha256(b"lab" + address).digest()[:3]


def body(data):
    """An HTTP message with its body overwritten by one byte."""
    head, mark, rest = data.partition(b"\r\n\r\n")
    return head + mark + b"X" * len(rest) if mark and head.startswith((b"HTTP/", b"GET ")) else data


def total(data):
    """The 16-bit words of `data`, summed."""
    data += b"\0" * (len(data) % 2)
    return sum(struct.unpack(f"!{len(data) // 2}H", data))


def adjusted(old, gone, come):
    """A checksum after `gone` was replaced by `come`."""
    value = (0xFFFF - old) - total(gone) + total(come)
    return 0xFFFF - (value % 0xFFFF or 0xFFFF)


def frame(data):
    """One Ethernet frame, rewritten."""
    if data[12:14] == b"\x08\x06":
        return data[:28] + mapped(data[28:32]) + data[32:38] + mapped(data[38:42]) + data[42:]
    if data[12:14] != b"\x08\x00":
        return data
    size = (data[14] & 15) * 4
    head = data[14:14 + size]
    before = head[12:20]
    head = head[:10] + b"\0\0" + mapped(head[12:16]) + mapped(head[16:20]) + head[20:]
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    rest = data[14 + size:]
    at = {6: 16, 17: 6}.get(head[9])
    if at is not None:
        start = (rest[12] >> 4) * 4 if head[9] == 6 else 8
        after = body(rest[start:])
        value = adjusted(struct.unpack_from("!H", rest, at)[0], before + rest[start:], head[12:20] + after)
        rest = rest[:at] + struct.pack("!H", value) + rest[at + 2:start] + after
    return data[:14] + head + rest


def rewrite(source, target):
    """Writes the anonymised copy of a little-endian pcap."""
    with open(source, "rb") as file:
        data = file.read()
    out, at = data[:24], 24
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        out += data[at:at + 16] + frame(data[at + 16:at + 16 + size])
        at += 16 + size
    with open(target, "wb") as file:
        file.write(out)
