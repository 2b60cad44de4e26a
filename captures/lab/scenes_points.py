"""Several capture points: committed captures of real programs, split into the files of two points whose clocks differ.

No network is needed: what a second point would show is another hop of the same packets (other link addresses, one TTL less), or
was captured there (`mirror-two-hops`, `pos-nat-merged`). Every one is `made = "rewritten"`.
"""
import os
import struct
import subprocess

import capfile
import expect
from scenes_format import SECOND, frames

SCENARIOS = {}
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PC, WEB, RETIRED = "10.1.0.5", "203.0.113.80", "13.107.4.52"
# The next hop's link addresses.
ROUTER, BEYOND = bytes.fromhex("001b174e0220"), bytes.fromhex("001b174e0301")


def points(name):
    """Registers a function that gives the files (name ending, bytes) and the expectation."""
    def register(make):
        def run(outdir):
            files, meta = make()
            names = []
            for ending, data in files:
                names.append(f"{name}-{ending}.pcap")
                with open(os.path.join(outdir, names[-1]), "wb") as out:
                    out.write(data)
            expect.write(outdir, name, files=meta.pop("files", names), made="rewritten", **meta)
        SCENARIOS[name] = run
        return make
    return register


def read(name):
    """Frames of a committed capture, and its link type."""
    path = os.path.join(HERE, name)
    with open(path, "rb") as file:
        link = struct.unpack_from("<I", file.read(24), 20)[0]
    return frames(path), link


def moved(packets, seconds):
    """The packets as a clock shows them that is so far ahead."""
    return [(at + round(seconds * SECOND), *rest) for at, *rest in packets]


def hop(data):
    """A routed Ethernet frame behind the next router: other link addresses, one TTL less, the checksum to match."""
    ip = bytearray(data[14:])
    ip[8] -= 1
    ip[10:12] = b"\0\0"
    total = sum(struct.unpack("!10H", bytes(ip[:20])))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    ip[10:12] = struct.pack("!H", total ^ 0xFFFF)
    return BEYOND + ROUTER + data[12:14] + bytes(ip)


def is_routed(data):
    """IPv4 that goes beyond the link: neither ARP nor an echo of the gateway."""
    return data[12:14] == b"\x08\x00" and data[30:34] != bytes([10, 1, 0, 1]) and data[26:30] != bytes([10, 1, 0, 1])


def beyond(packets, left_out=()):
    """What a point behind the router shows, 0.2 ms on, without some packets (counted from 1)."""
    way = SECOND // 5000
    out = []
    for number, (at, data, _) in enumerate(packets, 1):
        if is_routed(data) and number not in left_out:
            out.append((at + (way if data[26] == 10 else -way), hop(data)))
    return out


def pcap(packets, link=capfile.ETHERNET):
    """A capture with nanoseconds: what is rewritten keeps its order."""
    return capfile.pcap(sorted(packets, key=lambda packet: packet[0]), link=link, nano=True)


def clocks(correction, packets, later=1):
    """Places of the report: the first input's clock stands, the other's was set right."""
    return [(f"/inputs/{1 - later}/clock", "null"), (f"/inputs/{later}/clock/correction_ms", correction),
            (f"/inputs/{later}/clock/packets", packets), (f"/inputs/{later}/clock/reference", 1 - later)]


@points("points-union")
def union():
    packets, link = read("direct-success.pcap")
    # The tap at the client missed the response; the one behind the router missed the SYN-ACK and the request.
    near = [packet for number, packet in enumerate(packets, 1) if number != 10]
    far = moved(beyond(packets, left_out=(6, 8)), 3.214)
    return [("lan", pcap(near)), ("uplink", pcap(far))], dict(
        title="Two points whose clocks are 3.2 s apart", rows=["8.6 skew between taps", "3.3 200"], position="switch",
        shows="A probe at the client's tap, which missed the response, and at one behind the router, which missed SYN-ACK and request and whose clock "
              "is 3.214 s ahead. Together they have all of it.",
        truth="direct-success.pcap; the second file is its packets one hop on, without frames 6 and 8, 3.214 s later; the first lacks frame 10",
        findings=[expect.success(PC, WEB, [6, 8])],
        report=clocks(-3214.0, 9) + [("/quality/one_way_flows", 0), ("/quality/gaps", 0), ("/quality/shared_packets", 9),
                                     ("/quality/points/0/name", "points-union-lan.pcap"), ("/quality/points/0/alone", 2),
                                     ("/quality/points/1/alone", 1)])


@points("points-two-hops")
def two_hops():
    packets, link = read("mirror-two-hops.pcap")
    near, far = packets[0::2], packets[1::2]
    return [("lan", pcap(near, link)), ("wan", pcap(moved(far, -0.2), link))], dict(
        title="The two hops of a routed mirror as two captures", rows=["8.6 skew between taps", "3.3 302"], position="switch",
        shows="Both sides of a router captured a portal's answer; the clock of the outer one is 0.2 s behind, so that it shows every packet first.",
        truth="mirror-two-hops.pcap, every second frame; the wan file 0.2 s earlier",
        findings=[expect.hotspot(PC, WEB, "http-redirect", [8], count=1)],
        report=[("/quality/shared_packets", 12)])


@points("points-syn-dropped")
def dropped():
    packets, link = read("many-pinned-address.pcap")
    return [("inside", pcap(packets)), ("outside", pcap(moved(beyond(packets, left_out=(3, 4)), -42.5)))], dict(
        title="A SYN that one of two points never saw", rows=["8.6 skew between taps", "3.3 RST refused"], position="switch",
        shows="Inside of a firewall the SYN to the probe server and the RST that answers it; outside neither, while the client's question and its "
              "connection to another address are there. The outer clock is 42.5 s behind.",
        truth="many-pinned-address.pcap (nft rejects on the gateway); the second file is its packets one hop on, without frames 3 and 4, 42.5 s earlier",
        findings=[{"verdict": "ActiveHttpProbeFailedButDnsSucceeded", "cause": "tcp-reset", "severity": "error", "client": PC, "server": WEB,
                   "evidence": [3, 4],
                   "says": ["The SYN was captured in points-syn-dropped-inside.pcap and never in points-syn-dropped-outside.pcap",
                            "lost or dropped between the two points", "The refusal (RST) was captured in points-syn-dropped-inside.pcap",
                            "something between the two points made it"]}],
        report=clocks(-42500.0, 12, later=0) + [("/quality/points/0/alone", 2), ("/quality/points/1/alone", 0), ("/quality/shared_packets", 12)])


SYNS = (5, 6, 9, 12, 19)  # of office-gated, into nothing


@points("points-syn-lost")
def lost():
    packets, _ = read("office-gated.pcap")
    packets = packets[:61]
    return [("pc", pcap(packets)), ("wan", pcap(moved(beyond(packets, left_out=SYNS), 0.35)))], dict(
        title="SYNs that a firewall between two points drops", rows=["8.6 skew between taps", "3.3 SYN timeout"], position="switch",
        shows="At the client five SYNs to the probe server and no answer; behind the router none of them, while the client's questions and its "
              "connections to other servers are there. The outer clock is 0.35 s ahead.",
        truth="office-gated.pcap up to frame 61; the second file is its packets one hop on, without the SYNs to 203.0.113.80, 0.35 s later",
        findings=[{"verdict": "ActiveHttpProbeFailedButDnsSucceeded", "cause": "tcp-timeout", "severity": "error", "confidence": "high", "client": PC,
                   "server": WEB, "evidence": [5, 9, 19],
                   "says": ["The SYN was captured in points-syn-lost-pc.pcap and never in points-syn-lost-wan.pcap", "lost or dropped between the two points"]},
                  {"verdict": "OfficeGatedByNcsi", "cause": "tcp-timeout", "severity": "warning", "confidence": "low", "client": PC}],
        report=clocks(-350.0, 40) + [("/quality/points/0/alone", 5), ("/quality/points/1/alone", 0)])


@points("points-deaf")
def deaf():
    packets, _ = read("office-gated.pcap")
    packets = packets[:61]
    sent = [packet for packet in packets if packet[1][26:30] == bytes([10, 1, 0, 5])]
    other = [packet for number, packet in enumerate(packets, 1) if number not in SYNS]
    return [("tx", pcap(sent)), ("core", pcap(moved(other, 2.0)))], dict(
        title="Silence at a point that hears nothing", rows=["8.3 one-way c2s", "8.6 skew between taps"], near_miss_of=["3.3 SYN timeout"],
        position="switch",
        shows="One tap shows what the client sends, SYNs into nothing among it, and nothing that comes back; another one, where these SYNs do not pass, "
              "shows both directions of all else. That somebody else's packets reach the client there proves nothing about an answer to the SYNs.",
        truth="office-gated.pcap up to frame 61; the first file is what the client sent, the second all but the SYNs to 203.0.113.80, 2 s later",
        findings=[{"verdict": "Incomplete", "cause": "one-way", "severity": "warning", "client": PC, "guess": "ActiveHttpProbeFailedButDnsSucceeded"}],
        report=[("/quality/points/1/name", "points-deaf-tx.pcap"), ("/quality/points/1/alone", 5)])


@points("points-nat")
def nat():
    sides = []
    for side in (0, 1):
        done = subprocess.run(["tshark", "-n", "-r", os.path.join(HERE, "pos-nat-merged.pcapng"), "-Y", f"frame.interface_id == {side}",
                               "-T", "fields", "-e", "frame.number"], capture_output=True, text=True, check=True)
        wanted = set(map(int, done.stdout.split()))
        sides.append([packet for number, packet in enumerate(blocks("pos-nat-merged.pcapng"), 1) if number in wanted])
    return [("inside", pcap(sides[0])), ("outside", pcap(moved(sides[1], 3600.0)))], dict(
        title="Inside and outside of a NAT, clocks an hour apart", rows=["00.15 merged taps", "8.6 skew between taps"], position="server",
        shows="The gateway's inside and outside captures of a portal's 302; the outer clock is an hour ahead.",
        truth="pos-nat-merged.pcapng by interface, the second one 3600 s later",
        findings=[expect.hotspot(PC, WEB, "http-redirect", [10])],
        report=[("/inputs/0/clock", "null"), ("/quality/shared_packets", 12), ("/quality/points/1/alone", 0)])


def blocks(name):
    """Frames of a committed little-endian pcapng with nanoseconds."""
    with open(os.path.join(HERE, name), "rb") as file:
        data = file.read()
    at, out = 0, []
    while at + 12 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if kind == 6:
            high, low, captured, wire = struct.unpack_from("<IIII", data, at + 12)
            out.append((high << 32 | low, data[at + 28:at + 28 + captured], wire))
        at += size
    return out


@points("points-rotated")
def rotated():
    return [], dict(
        files=["part-rotated-1.pcap", "part-rotated-2.pcap"], title="A rotated capture is one point", rows=["contract several files"],
        near_miss_of=["8.6 skew between taps"], position="client", shows="The files of part-rotated: no packet is in both, and no clock is touched.",
        truth="part-rotated", findings=[expect.hotspot(PC, WEB, "http-redirect", [1])],
        report=[("/inputs/0/clock", "null"), ("/inputs/1/clock", "null"), ("/quality/points/0", "null"), ("/quality/shared_packets", 0)])


@points("points-two-networks")
def networks():
    return [], dict(
        files=["direct-success.pcap", "many-pinned-address.pcap"], title="Two captures that share nothing", rows=["contract several files"],
        near_miss_of=["8.6 skew between taps"], position="client",
        shows="The same addresses, names and servers at other times: no packet is in both, and no clock is touched.",
        truth="direct-success, many-pinned-address",
        findings=[expect.success(PC, WEB, [8, 10]), {"verdict": "ActiveHttpProbeFailedButDnsSucceeded", "cause": "tcp-reset", "client": PC, "evidence": [3, 4]}],
        report=[("/inputs/0/clock", "null"), ("/inputs/1/clock", "null"), ("/quality/points/0", "null")])


def mirrored(packets, number_of):
    """The frames as a switch mirrors them with ERSPAN II, session 100."""
    out = []
    for index, (at, data, _) in enumerate(packets):
        head = struct.pack("!HHI", 0x1000, 0x88BE, number_of(index)) + struct.pack("!HHI", 0x1000, 100, 0)
        total = 20 + len(head) + len(data)
        ip = struct.pack("!BBHHHBBH", 0x45, 0, total, index + 1, 0x4000, 250, 47, 0) + bytes([192, 168, 250, 1, 192, 168, 250, 9])
        out.append((at, bytes.fromhex("001b174e0909") + bytes.fromhex("001b174e0101") + b"\x08\x00" + ip + head + data))
    return out


def gap(name, first_missing, title, shows, near=(), **finding):
    """SYNs into nothing, mirrored; three numbers are missing before the frame with this index."""
    def run(outdir):
        packets, _ = read("tcp-timeout.pcap")
        data = capfile.pcap(mirrored(packets, lambda index: 7000 + index + (3 if index >= first_missing else 0)))
        found = {"verdict": "ActiveHttpProbeFailedButDnsSucceeded", "cause": "tcp-timeout", "client": PC, "server": WEB, "evidence": [5], **finding}
        expect.store(outdir, name, data, title=title, shows=shows, rows=["8.1 ERSPAN II", "3.3 SYN timeout"], near_miss_of=near, position="switch",
                     made="rewritten", truth=f"tcp-timeout.pcap in ERSPAN II; the numbers jump by 4 before frame {first_missing + 1}",
                     findings=[found], report=[("/quality/mirror_lost", 3)])
    SCENARIOS[name] = run


gap("mirror-erspan-gap", 8, "A mirror session that lost packets in between",
    "SYNs into nothing; three numbers of the ERSPAN session are missing between the second and the third: an answer may be among them.",
    near=["3.3 SYN timeout"], confidence="medium")
gap("mirror-erspan-gap-before", 2, "A mirror session that lost packets before", "The same; what is missing lies before the first SYN.",
    confidence="high")
