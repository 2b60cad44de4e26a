"""Attempts of real programs behind every other header below IP: tunnels, labels, sessions, radio (`made = "rewritten"`)."""
import struct

import capfile
import packet as p
from scenes_format import relinked, rewritten

CARRIER_A, CARRIER_B = "192.168.250.1", "192.168.250.9"
ROUTED = bytes.fromhex("0050560102030" "01b174e0101")


def ether(kind, data):
    """A carrier's own Ethernet header."""
    return (ROUTED + struct.pack("!H", kind) + data).ljust(60, b"\0")


def carried(proto, wrap):
    """Every frame as `wrap(frame, number)` inside the carrier's IPv4."""
    def make(fs):
        out = []
        for i, (at, data, _) in enumerate(f for f in fs if f[1][12:14] == b"\x08\x00"):
            frame = ether(0x0800, p.ip4(CARRIER_A, CARRIER_B, proto, wrap(data, i), 250, 0x400 + i))
            out.append((at, frame, len(frame)))
        return capfile.pcap(out)
    return make


def framed(kind, wrap):
    """Every packet as `wrap(IP packet)` behind another EtherType."""
    def make(fs):
        out = [(at, ether(kind, wrap(data[14:])), 0) for at, data, _ in fs if data[12:14] == b"\x08\x00"]
        return capfile.pcap([(at, frame, len(frame)) for at, frame, _ in out])
    return make


def real(data):
    """An Ethernet frame's IP packet without padding."""
    return data[14:14 + struct.unpack("!H", data[16:18])[0]]


def link(name, title, shows, make, portal):
    rewritten(name, title, shows + (" A portal redirects." if portal else " The probe succeeds."), ["8.1 " + title, "3.3 302" if portal else "3.3 200"], make,
              portal=portal, position="switch")


link("carrier-mpls", "MPLS", "Two labels (8847) lie before IPv4.", framed(0x8847, lambda ip: bytes.fromhex("00064040" "000c813f") + ip), True)
link("carrier-pppoe", "PPPoE", "A PPPoE session (8864) carries IPv4.",
     framed(0x8864, lambda ip: struct.pack("!BBHHH", 0x11, 0, 0x2A, len(ip) + 2, 0x0021) + ip), False)
link("carrier-gre-key", "GRE", "GRE with key and sequence number carries IPv4.",
     carried(47, lambda data, i: struct.pack("!HHII", 0x3000, 0x0800, 77, i) + real(data)), True)
link("carrier-gre-teb", "GRE with Ethernet", "GRE carries whole Ethernet frames (6558).", carried(47, lambda data, i: struct.pack("!HH", 0, 0x6558) + data), False)
link("carrier-erspan-1", "ERSPAN I", "GRE without sequence number carries mirrored frames (88BE).", carried(47, lambda data, i: struct.pack("!HH", 0, 0x88BE) + data), True)
link("carrier-erspan-3", "ERSPAN III", "GRE with sequence number and the 12-byte header (22EB) carries mirrored frames.",
     carried(47, lambda data, i: struct.pack("!HHI", 0x1000, 0x22EB, i) + struct.pack("!HHIHH", 0x2000 | 10, 101, 1000 * i, 0, 0) + data), False)
link("carrier-ipip", "IP-in-IP", "IPv4 in IPv4 (protocol 4).", carried(4, lambda data, i: real(data)), True)
link("carrier-geneve", "Geneve", "Geneve (UDP 6081) with one option carries Ethernet frames.",
     carried(17, lambda data, i: p.udp(CARRIER_A, CARRIER_B, 52000, 6081, bytes.fromhex("020065580013890001018001deadbeef") + data)), True)
link("carrier-tzsp", "TZSP", "TZSP (UDP 37008), as a MikroTik sniffer streams, carries Ethernet frames.",
     carried(17, lambda data, i: p.udp(CARRIER_A, CARRIER_B, 52001, 37008, bytes.fromhex("0100000101") + data)), False)


def wifi(data):
    """An 802.11 data frame with LLC/SNAP, from the client's or to it through the access point."""
    out = data[26:30] == bytes([10, 1, 0, 5])
    bssid, dst, src = bytes.fromhex("0015ff1f2e3d"), data[:6], data[6:12]
    head = struct.pack("<HH", 0x0108 if out else 0x0208, 0x2C) + (bssid + src + dst if out else dst + bssid + src) + b"\x10\x00"
    return head + bytes.fromhex("aaaa030000000800") + real(data)


def radio(header, kind):
    def make(fs):
        out = [(at, header + wifi(data)) for at, data, _ in fs if data[12:14] == b"\x08\x00"]
        return capfile.pcap([(at, frame, len(frame)) for at, frame in out], kind)
    return make


link("link-wifi", "802.11", "Link type 105: data frames of both directions with LLC/SNAP, not encrypted.", radio(b"", 105), True)
link("link-radiotap", "radiotap", "Link type 127: a radiotap header of 12 bytes before every 802.11 frame.", radio(bytes.fromhex("00000c0004800000" "02001800"), 127), False)
link("link-ppp", "PPP", "Link type 9: PPP with address and control bytes.", relinked(9, bytes.fromhex("ff030021")), True)
link("link-ipv4", "RAW 228", "Link type 228: IPv4 alone.", relinked(228, b""), False)
