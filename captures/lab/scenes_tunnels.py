"""Attempts of real programs in the encapsulations and link types that scenes_link.py leaves out (`made = "rewritten"`)."""
import struct

import capfile
import packet as p
from scenes_link import CARRIER_A, CARRIER_B, carried, ether, framed, link, radio, real, wifi

CHAIN_HEADER = bytes.fromhex("0fc20201" "000001ff")  # network service header, type 2, IPv4


def over_udp(sport, dport, wrap):
    return carried(17, lambda data, i: p.udp(CARRIER_A, CARRIER_B, sport, dport, wrap(data, i)))


def whole(kind, header):
    """Every whole Ethernet frame behind another EtherType and header."""
    def make(fs):
        return capfile.pcap([(at, ether(kind, header + data), len(ether(kind, header + data))) for at, data, _ in fs])
    return make


def lined(kind, header):
    """Every IP packet behind the header of another link type."""
    def make(fs):
        out = [(at, header + real(data)) for at, data, _ in fs if data[12:14] == b"\x08\x00"]
        return capfile.pcap([(at, frame, len(frame)) for at, frame in out], kind)
    return make


def quality(data):
    """An 802.11 data frame with quality of service that aggregates one frame (A-MSDU)."""
    plain = wifi(data)
    head, llc = plain[:24], plain[24:]
    part = data[:12] + struct.pack("!H", len(llc)) + llc
    return bytes([plain[0] | 0x80]) + head[1:] + b"\x80\x00" + part


def aggregated(header, kind):
    def make(fs):
        out = [(at, header + quality(data)) for at, data, _ in fs if data[12:14] == b"\x08\x00"]
        return capfile.pcap([(at, frame, len(frame)) for at, frame in out], kind)
    return make


def gtp(data, number):
    body = struct.pack("!HBB", number, 0, 0x85) + bytes.fromhex("01100900") + real(data)
    return struct.pack("!BBHI", 0x36, 0xFF, len(body), 0x1001) + body


def pptp(data, number):
    body = b"\xff\x03\x00\x21" + real(data)
    return struct.pack("!HHHHI", 0x3001, 0x880B, len(body), 9, number + 1) + body


link("carrier-pbb", "802.1ah", "A provider backbone (88E7, service 66051) carries whole frames.", whole(0x88E7, bytes.fromhex("00010203")), True)
link("carrier-mpls-pseudowire", "MPLS pseudowire", "One label and a control word lie before whole frames.", whole(0x8847, bytes.fromhex("0001013f" "00000000")), False)
link("carrier-mpls-udp", "MPLS over UDP", "MPLS in UDP 6635 carries IPv4.", over_udp(52002, 6635, lambda data, i: bytes.fromhex("0001013f") + real(data)), True)
link("carrier-nvgre", "NVGRE", "GRE with a key of virtual subnet 5001 carries whole frames.",
     carried(47, lambda data, i: struct.pack("!HHI", 0x2000, 0x6558, 5001 << 8) + data), False)
link("carrier-pptp", "PPTP", "GRE version 1 carries PPP.", carried(47, pptp), True)
link("carrier-vxlan-gpe", "VXLAN-GPE with NSH", "VXLAN's generic extension (UDP 4790) carries a network service header with IPv4.",
     over_udp(52003, 4790, lambda data, i: bytes.fromhex("0c000004" "00138900") + CHAIN_HEADER + real(data)), False)
link("carrier-gtp", "GTP-U", "GTP-U (UDP 2152) with sequence number and an extension header carries IPv4.", over_udp(2152, 2152, gtp), True)
link("carrier-etherip", "EtherIP", "EtherIP (protocol 97) carries whole frames.", carried(97, lambda data, i: b"\x30\x00" + data), False)
link("carrier-l2tp", "L2TPv2", "L2TP version 2 (UDP 1701) carries PPP.",
     over_udp(1701, 1701, lambda data, i: bytes.fromhex("0002" "00010002" "ff030021") + real(data)), True)
link("carrier-metadata", "Cisco metadata", "A security group tag (8909) lies before IPv4.", framed(0x8909, lambda ip: bytes.fromhex("0101000100100800") + ip), False)
link("carrier-vntag", "VN-Tag", "A VN-Tag (8926) lies before IPv4.", framed(0x8926, lambda ip: bytes.fromhex("800100020800") + ip), True)
link("link-hdlc", "Cisco HDLC", "Link type 104.", lined(104, bytes.fromhex("0f000800")), False)
link("link-frame-relay", "Frame Relay", "Link type 107: a two-byte address, IPv4 by its network layer identifier.", lined(107, bytes.fromhex("184103cc")), True)
link("link-ppi", "PPI", "Link type 192: per-packet information before 802.11.", radio(bytes.fromhex("0000080069000000"), 192), False)
link("link-prism", "Prism", "Link type 119: 144 bytes of Prism header before 802.11.", radio(struct.pack("<II", 0x44, 144) + bytes(136), 119), True)
link("link-wifi-amsdu", "802.11 A-MSDU", "Link type 105: quality of service and a frame in an aggregate.", aggregated(b"", 105), False)
