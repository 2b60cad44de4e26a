"""Real attempts written again: in other file formats and link headers, with a clock that jumps, or in part.

Every one is traffic of real programs, captured and then rewritten frame by frame (`made = "rewritten"`).
"""
import os
import struct

import capfile
import expect
from network import RESOLVER, WEB, WEB2, WEB_V6, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from scenes_http import EXCHANGE
from servers import dnsmasq, nginx
from windows import WEB6, Windows, probe

REDIRECT = "location / { return 302 http://login.hotel.example/; }"
FOUND = 'tcp.payload contains "HTTP/1.1 302"'
SECOND = 1_000_000_000


def frames(path):
    """A little-endian microsecond or nanosecond capture as (nanoseconds, bytes, wire length)."""
    with open(path, "rb") as file:
        data = file.read()
    scale, at, out = 1 if data[:4] == bytes.fromhex("4d3cb2a1") else 1000, 24, []
    while at + 16 <= len(data):
        sec, part, size, wire = struct.unpack_from("<IIII", data, at)
        out.append((sec * SECOND + part * scale, data[at + 16:at + 16 + size], wire))
        at += 16 + size
    return out


def written(make):
    """A `convert` for `Run.save`: `make(frames)` gives the new file's bytes."""
    def convert(source, target):
        with open(target, "wb") as out:
            out.write(make(frames(source)))
    return convert


def rewritten(name, title, shows, rows, make, portal=False, suffix="pcap", near=(), options=(), position="client", **finding):
    """One attempt (right, or redirected by a portal) in a form of its own."""
    @scenario(name, title=title, shows=shows, rows=rows, near_miss_of=near, made="rewritten", position=position)
    def work(run, lab):
        site = Site(lab, warm=True)
        dnsmasq(site.net, RESOLVER, CHAIN)
        web = nginx(site.net, WEB, REDIRECT if portal else RIGHT)
        cap = lab.capture(site.pc, options=options)
        assert site.win.check()[0] == "answer"
        run.save(cap.stop() and cap, suffix, written(make))
        run.truth(web.log("NCSI"))
        if portal:
            run.like(expect.hotspot, PC, WEB, ["http.response.code == 302"], cause="http-redirect", **finding)
        else:
            run.like(expect.success, PC, WEB, EXCHANGE, **finding)


rewritten("format-nano-big-endian", "Nanosecond capture in big-endian order", "Magic A1B23C4D as a big-endian machine writes it; a portal redirects.", ["8.6 ns pcap", "3.3 302"],
          lambda fs: capfile.pcap(fs, nano=True, big=True), portal=True, options=["--time-stamp-precision=nano"])
rewritten("format-micro-big-endian", "Microsecond capture in big-endian order", "Magic A1B2C3D4 as a big-endian machine writes it.", ["8.6 us pcap", "3.3 200"],
          lambda fs: capfile.pcap(fs, big=True))
rewritten("format-modified-pcap", "Capture of the patched libpcap", "Magic A1B2CD34: every record header has 8 more bytes.", ["8.6 modified pcap", "3.3 200"],
          lambda fs: capfile.pcap(fs, modified=True))


def relinked(link, header):
    """Every frame with `header` in place of its Ethernet header."""
    return lambda fs: capfile.pcap([(at, header + data[14:], wire - 14 + len(header)) for at, data, wire in fs if data[12:14] == b"\x08\x00"], link)


def snapped(fs):
    """802.3 with LLC/SNAP in place of Ethernet II."""
    out = []
    for at, data, wire in fs:
        llc = bytes.fromhex("aaaa03000000") + data[12:]
        frame = (data[:12] + struct.pack("!H", len(llc)) + llc).ljust(60, b"\0")
        out.append((at, frame, len(frame)))
    return capfile.pcap(out)


rewritten("link-null", "BSD loopback header in host order", "Link type 0 with address family 2 in little-endian order; a portal redirects.", ["8.1 NULL", "3.3 302"],
          relinked(capfile.NULL, bytes.fromhex("02000000")), portal=True)
rewritten("link-loop", "OpenBSD loopback header", "Link type 108 with the address family in network order.", ["8.1 LOOP", "3.3 200"],
          relinked(capfile.LOOP, bytes.fromhex("00000002")))
rewritten("link-raw", "IP without link header", "Link type 101; a portal redirects.", ["8.1 RAW", "3.3 302"], relinked(capfile.RAW, b""), portal=True)
rewritten("link-snap", "IPv4 in 802.3 frames with LLC/SNAP", "Every frame has a length in place of the type and AA AA 03 00 00 00 before it.", ["8.1 802.3+LLC/SNAP", "3.3 200"],
          snapped, position="switch")
rewritten("link-three-tags", "Three VLAN tags", "Tags 9100, 88A8 and 8100 are stacked before IPv4.", ["8.1 stacked tags", "3.3 200"],
          lambda fs: capfile.pcap([(at, data[:12] + bytes.fromhex("9100012c" "88a8002a" "81000007") + data[12:], wire + 12) for at, data, wire in fs]), position="switch")


def section(big=False, **more):
    """A section with one Ethernet interface."""
    made = capfile.Section(big=big)
    made.interface(**more)
    return made


def old_blocks(fs):
    made = section()
    for i, (at, data, _) in enumerate(fs):
        (made.obsolete_packet if i < 4 else made.packet)(at, data)
    return made.data


def simple_blocks(fs):
    made = section()
    for _, data, _ in fs:
        made.simple_packet(data)
    return made.data


def journal(fs):
    made = capfile.Section(options=[(3, b"Windows"), (4, b"etl2pcapng 1.12.0")])
    made.interface(name="Ethernet")
    for i, (at, data, _) in enumerate(fs):
        if i in (2, 4, 6):
            made.journal(at - 1000, [("_COMM", "Microsoft-Windows-NCSI"), ("MESSAGE", f"trace event {i}")])
        made.packet(at, data, options=[(1, b"PID=1432 TID=5520")])
    return made.data


rewritten("pcapng-old-blocks", "pcapng with obsolete packet blocks", "The first four packets are in blocks of type 2 of the first drafts, the rest in enhanced packet blocks.",
          ["8.6 pcapng blocks", "3.3 302"], old_blocks, portal=True, suffix="pcapng")
rewritten("pcapng-simple-blocks", "pcapng of simple packet blocks without times", "No packet has a time; their order alone says that a portal redirected the probe.",
          ["8.6 SPB", "3.3 302"], simple_blocks, portal=True, suffix="pcapng", confidence=["high", "medium"])
rewritten("pcapng-journal", "pcapng with journal blocks between the packets", "Trace events stand as systemd journal blocks between the packets and take part in the numbering.",
          ["8.7 journal blocks", "3.3 302"], journal, portal=True, suffix="pcapng")


def clock_back(seconds, marker):
    """The clock is set back right before the first frame that holds `marker`."""
    def make(fs):
        cut = next(i for i, (_, data, _) in enumerate(fs) if marker in data)
        return capfile.pcap([(at - (seconds * SECOND if i >= cut else 0), data, wire) for i, (at, data, wire) in enumerate(fs)])
    return make


rewritten("clock-back", "Clock set back by 90 s between handshake and request", "The capturing machine's clock is corrected backwards before the GET; the order of frames is that of the wire.",
          ["A.7 clock jump", "3.3 200"], clock_back(90, b"GET /connecttest"), confidence=["high", "medium"])
rewritten("clock-back-hour", "Clock set back by an hour between request and answer", "The redirect is stamped an hour before the request that it acknowledges.",
          ["A.7 clock jump", "3.3 302"], clock_back(3600, b"HTTP/1.1 302"), portal=True, confidence=["high", "medium"])


def response_first(fs):
    """The response before the request in the file; the times stay."""
    a = next(i for i, (_, data, _) in enumerate(fs) if b"GET /connecttest" in data)
    b = next(i for i, (_, data, _) in enumerate(fs) if b"HTTP/1.1 " in data)
    fs[a], fs[b] = fs[b], fs[a]
    return capfile.pcap(fs)


@scenario("response-first-in-file", title="Response stands before the request in the file", made="rewritten", rows=["3.9 response before request in file order"],
          near_miss_of=["3.3 HTTP/0.9 or garbage"], shows="Two capture queues written one after the other: the response's frame comes first, the times are right.")
def response_first_in_file(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "answer"
    run.save(cap.stop() and cap, convert=written(response_first))
    run.truth(web.log("NCSI"))
    answer, request = run.first('tcp.payload contains "HTTP/1.1 200"'), run.first('tcp.payload contains "GET /connecttest"')
    assert answer < request
    run.like(expect.success, PC, WEB, [answer, request])


@scenario("pcapng-two-sections", title="pcapng of two sections of different byte order", made="rewritten", rows=["8.6 several sections", "3.3 200", "3.3 302"],
          shows="Little-endian with nanoseconds: the probe succeeds. Big-endian with units of 2^-20 s: a second probe, 40 s later, meets a portal at another address.")
def two_sections(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    logs = [nginx(site.net, WEB, RIGHT), nginx(site.net, WEB2, REDIRECT, name="portal")]
    cap = lab.capture(site.pc, options=["--time-stamp-precision=nano"])
    assert site.win.check()[0] == "answer"
    assert site.win.get(WEB2)[0] == "answer"

    def make(fs):
        cut = next(i for i, (_, data, _) in enumerate(fs) if data[30:34] == bytes([203, 0, 113, 81]))
        one, two = section(tsresol=9, name="eth0"), section(big=True, tsresol=0x80 | 20, name="eth0", os="Linux 6.1.0")
        late = []
        for i, (at, data, _) in enumerate(fs):
            if i < cut or data[26:30] == bytes([203, 0, 113, 80]) or data[30:34] == bytes([203, 0, 113, 80]):
                one.packet(at, data)
            else:
                late.append((at + 40 * SECOND, data))
        one.statistics(fs[-1][0], cut, 0)
        for at, data in late:
            two.packet(at, data)
        return one.data + two.data
    run.save(cap.stop() and cap, "pcapng", written(make))
    run.truth([line for log in logs for line in log.log("NCSI")])
    run.like(expect.success, PC, WEB, ["http.response.code == 200"])
    run.like(expect.hotspot, PC, WEB2, ["http.response.code == 302"], cause="http-redirect")


@scenario("pcapng-interfaces", title="pcapng with two interfaces of different link type and time unit", made="rewritten", rows=["8.6 if_tsresol, if_tsoffset", "3.3 200"],
          shows="IPv4 on Ethernet with a time offset of 1.7e9 s; IPv6 as raw IP in milliseconds. Name and custom blocks lie between the packets.")
def interfaces(run, lab):
    site = Site(lab, net6=True, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, [WEB, WEB_V6], RIGHT)
    cap = lab.capture(site.pc, filter="not arp and not icmp6")
    assert site.win.check()[0] == "answer"
    assert site.win.get(WEB_V6, probe(WEB6))[0] == "answer"

    def make(fs):
        made = section(tsoffset=1_700_000_000, name="Ethernet")
        made.interface(link=capfile.RAW, tsresol=3, name="wwan0")
        made.names(bytes([203, 0, 113, 80]), "a1961.g2.akamai.net")
        for i, (at, data, _) in enumerate(fs):
            if i == 5:
                made.custom(b"nothing to see")
            six = data[12:14] == b"\x86\xdd"
            made.packet(at, data[14:] if six else data, int(six))
        return made.data
    run.save(cap.stop() and cap, "pcapng", written(make))
    run.truth(web.log("NCSI"))
    run.like(expect.success, PC, WEB, ["ip && http.request", "ip && http.response"])
    run.like(expect.success, "2001:db8:1::5", WEB_V6, ["ipv6 && http.request", "ipv6 && http.response"])


@scenario("offload-length-zero", title="Large frame of the offload engine with IP length 0", made="rewritten", rows=["A.7 GSO", "3.3 200 other body"], position="server",
          shows="The portal's page of 3.9 KB leaves its host as one frame; its IPv4 total length is 0, as some hosts' captures write it.")
def length_zero(run, lab):
    pc, net = lab.node("pc", ttl=128), lab.node("net")
    lab.link(pc, net, [PC + "/24"], ["10.1.0.1/24"])
    for address in (RESOLVER, WEB):
        net.ip("addr", "add", address + "/32", "dev", "lo")
    pc.route("default", "10.1.0.1")
    for node in (pc, net):  # no relay lies between them, so the kernel may hand over frames larger than the wire's
        node.run("ethtool", "-K", "eth0", "tx", "on", "sg", "on", "tso", "on", "gso", "on", "gro", "on")
    dnsmasq(net, RESOLVER, CHAIN)
    page = "<html><head><title>Welcome to Hotel Example</title></head><body>" + "<p>Please sign in.</p>" * 170 + "</body></html>"
    web = nginx(net, WEB, f"location / {{ return 200 '{page}'; }}")
    cap = lab.capture(net, filter="not arp")
    assert Windows(pc, (RESOLVER,)).check()[0] == "answer"
    run.save(cap.stop() and cap, convert=written(lambda fs: capfile.pcap(
        [(at, data[:16] + b"\0\0" + data[18:] if len(data) > 1514 else data, wire) for at, data, wire in fs])))
    run.truth(web.log("NCSI"))
    run.wire("ip.len == 0 || frame.len > 1514", 1)
    run.like(expect.hotspot, PC, WEB, ["http.response.code == 200"], cause="http-wrong-body")


def part(name, title, shows, rows, keep, findings, near=(), notes=(), position="client"):
    """A right attempt of which only the frames with `keep(index of the frame, bytes, all frames)` are left."""
    @scenario(name, title=title, shows=shows, rows=rows, near_miss_of=near, made="rewritten", position=position)
    def work(run, lab):
        site = Site(lab, warm=True)
        dnsmasq(site.net, RESOLVER, CHAIN)
        web = nginx(site.net, WEB, RIGHT)
        cap = lab.capture(site.pc, filter="tcp")
        assert site.win.check()[0] == "answer"
        run.save(cap.stop() and cap, convert=written(lambda fs: capfile.pcap([f for i, f in enumerate(fs) if keep(i, f[1], fs)])))
        run.truth(web.log("NCSI"))
        for note in notes:
            run.note(note)
        findings(run)


def index(fs, marker):
    return next(i for i, (_, data, _) in enumerate(fs) if marker in data)


part("part-from-response", "Capture starts with the response", "The right answer of 22 bytes, then the client's acknowledgement and both FINs; the request lies before the first packet.",
     ["A.7 mid-stream", "8.3 missing request"], lambda i, data, fs: i >= index(fs, b"HTTP/1.1 200"),
     lambda run: run.expect(["http.response.code == 200"], verdict="ActiveHttpProbeSucceeded", confidence=["medium", "low"], capability="Internet", family="v4",
                            client=PC, server=WEB),
     notes=["the right text is a probe's success even without the request (as in oneway-success-s2c), though a look-alike would read the same"])
@scenario("part-rotated", title="Capture rotated between request and answer", made="rewritten", rows=["3.3 302", "contract several files"],
          near_miss_of=["3.3 no data for 35 s", "A.7 mid-stream"], shows="The first file ends after the GET; the second begins with the portal's answer.")
def rotated(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, REDIRECT)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    fs = frames(run.path)
    cut = index(fs, b"HTTP/1.1 302")
    os.remove(run.path)
    names = [f"part-rotated-{n}.pcap" for n in (1, 2)]
    for name, piece in zip(names, (fs[:cut], fs[cut:])):
        with open(os.path.join(run.outdir, name), "wb") as out:
            out.write(capfile.pcap(piece))
    run.path = os.path.join(run.outdir, names[1])
    run.meta["files"] = names
    run.truth(web.log("NCSI"))
    run.wire("http.response.code == 302 && frame.number == 1", 1)
    run.note("evidence gives packet numbers only; packet 1 is that of the second file (input 1)")
    run.like(expect.hotspot, PC, WEB, [[1]], cause="http-redirect")
