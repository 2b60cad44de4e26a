"""What lines and mirror ports do to a probe: loss, reordering, copies, tags, tunnels. Both ends are real programs."""
import socket
import struct

import dnsmsg
import expect
import packet as p
from network import RESOLVER, WEB, WEB2
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from servers import dnsmasq, nginx
from windows import Windows
from wire import Handler, Line, Tun, drain, once

EXCHANGE = ["http.request", "http.response"]
REDIRECT = "location / { return 302 http://login.hotel.example/; }"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
BODY = b"Microsoft Connect Test"


def attempt(run, lab, locations=RIGHT, on="pc", save=None, capture=(), **line):
    """One attempt over a line, captured on the client or on the mirror's port; gives the line."""
    made = Line(lab, **line)
    dnsmasq(made.net, RESOLVER, CHAIN)
    web = nginx(made.net, WEB, locations)
    cap = lab.capture(made.pc, options=capture) if on == "pc" else lab.capture(made.mon, made.mon_iface, "not arp and not icmp6", capture)
    what, data = made.win.check()
    assert what == "answer", what
    run.save(cap.stop() and cap, **(save or {}))
    run.truth(web.log("NCSI"))
    return made


@scenario("wire-synack-lost", title="SYN-ACK lost once", shows="The first SYN-ACK is lost behind the capturing port; SYN and SYN-ACK are seen twice, the probe succeeds.",
          rows=["3.9 SYN retransmissions"], near_miss_of=["3.3 SYN timeout"], position="switch")
def synack_lost(run, lab):
    attempt(run, lab, on="mon", mirror=lambda frame, out: [frame],
            change=once(lambda frame, out: not out and frame[23:24] == b"\x06" and frame[47] == 0x12, lambda frame: []))
    run.like(expect.success, PC, WEB, EXCHANGE, count=1)


@scenario("wire-out-of-order", title="Body arrives before the head", shows="The server sends head and body in two segments; the line delays the first by 3 ms.",
          rows=["A.7 out-of-order response"], near_miss_of=["3.3 HTTP/0.9 or garbage"])
def out_of_order(run, lab):
    line = Line(lab, change=once(lambda frame, out: b"HTTP/1.1 200" in frame, lambda frame: [(0.003, False, frame)]))
    dnsmasq(line.net, RESOLVER, CHAIN)

    def serve(connection, _):
        connection.sendall(HEAD)
        connection.sendall(BODY)
        connection.shutdown(socket.SHUT_WR)
        drain(connection)
    Handler(line.net, WEB, serve)
    cap = lab.capture(line.pc)
    assert line.win.check()[1].endswith(BODY)
    run.save(cap.stop() and cap)
    run.truth("the server sent the head first")
    head = run.first('tcp.payload contains "HTTP/1.1 200"')
    assert head > run.first('tcp.payload contains "Microsoft Connect Test"')
    run.like(expect.success, PC, WEB, ["http.request", head], count=1)


def twice(frame, out):
    return [frame, frame]


@scenario("mirror-duplicates-success", title="Healthy probe seen twice by a mirror port", position="switch",
          shows="The mirror copies what enters and what leaves a port: every frame is there twice, byte for byte.", rows=["3.9 duplicates", "A.7 dup SPAN"])
def duplicates(run, lab):
    attempt(run, lab, on="mon", mirror=twice)
    run.like(expect.success, PC, WEB, [run.first('tcp.payload contains "GET /connecttest"'), run.first('tcp.payload contains "HTTP/1.1 200"')], count=1)


@scenario("mirror-duplicates-portal", title="Portal answer seen twice by a mirror port", position="switch",
          shows="Every frame of a redirected attempt is there twice; it is one attempt.", rows=["3.9 duplicates", "3.3 302"])
def duplicates_portal(run, lab):
    attempt(run, lab, REDIRECT, on="mon", mirror=twice)
    run.like(expect.hotspot, PC, WEB, [run.first('tcp.payload contains "HTTP/1.1 302"')], cause="http-redirect", count=1)


@scenario("mirror-two-hops", title="Portal answer seen before and after the router", position="switch",
          shows="A mirror of two ports of the router shows every packet twice: other MAC addresses, one TTL less.", rows=["8.2 routed hops", "3.3 302"])
def two_hops(run, lab):
    line = Line(lab)
    dnsmasq(line.net, RESOLVER, CHAIN)
    web = nginx(line.net, WEB, REDIRECT)
    cap = lab.capture(line.gw, "any", "not arp and not icmp6", ["-y", "LINUX_SLL2"])
    assert line.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.like(expect.hotspot, PC, WEB, [run.first('tcp.payload contains "HTTP/1.1 302"')], cause="http-redirect", count=1)


def tagged(*tags):
    """A mirror that puts VLAN tags on its copies."""
    inserted = b"".join(struct.pack("!HH", *tag) for tag in tags)
    return lambda frame, out: [frame[:12] + inserted + frame[12:]]


@scenario("mirror-qinq", title="Two VLAN tags", position="switch", rows=["A.7 QinQ", "3.3 302"],
          shows="The mirror's copies carry provider tag 300 (88A8) and customer tag 42 (8100); a portal redirects.")
def qinq(run, lab):
    attempt(run, lab, REDIRECT, on="mon", mirror=tagged((0x88A8, 300), (0x8100, 42)))
    run.wire("vlan.id == 42 && http.response.code == 302", 1)
    run.like(expect.hotspot, PC, WEB, ["http.response.code == 302"], cause="http-redirect")


@scenario("mirror-vlan", title="One VLAN tag", position="switch", rows=["A.7 VLAN", "3.3 200"], shows="The mirror's copies carry tag 10; the probe succeeds.")
def vlan(run, lab):
    attempt(run, lab, on="mon", mirror=tagged((0x8100, 10)))
    run.wire("vlan.id == 10 && http.response.code == 200", 1)
    run.like(expect.success, PC, WEB, EXCHANGE)


def outer(payload, proto, ident=[0]):
    """The mirror's own Ethernet and IPv4 around a tunnelled copy."""
    ident[0] += 1
    return p.ethernet("00:50:56:01:02:03", "00:1b:17:4e:01:01", 0x0800, p.ip4("192.168.250.1", "192.168.250.9", proto, payload, 255, ident[0]))


@scenario("mirror-erspan", title="ERSPAN type II", position="switch", rows=["A.7 ERSPAN II", "3.3 302"],
          shows="The mirror sends its copies to an analyser in GRE with the 8-byte ERSPAN header; a portal redirects.")
def erspan(run, lab):
    count = [0]

    def mirror(frame, out):
        count[0] += 1
        gre = struct.pack("!HHI", 0x1000, 0x88BE, count[0]) + struct.pack("!HHI", 0x1000 | 10, 0x0800 | 101, 0)
        return [outer(gre + frame, 47)]
    attempt(run, lab, REDIRECT, on="mon", mirror=mirror)
    run.wire("erspan && http.response.code == 302", 1)
    run.like(expect.hotspot, PC, WEB, ["http.response.code == 302"], cause="http-redirect")


@scenario("mirror-vxlan", title="VXLAN", position="switch", rows=["A.7 VXLAN", "3.3 200"],
          shows="The mirror's copies are VXLAN datagrams of network 5001; the probe succeeds.")
def vxlan(run, lab):
    def mirror(frame, out):
        vx = struct.pack("!II", 0x08000000, 5001 << 8) + frame
        return [outer(p.udp("192.168.250.1", "192.168.250.9", 51111, 4789, vx), p.UDP)]
    attempt(run, lab, on="mon", mirror=mirror)
    run.wire("vxlan.vni == 5001 && http.response.code == 200", 1)
    run.like(expect.success, PC, WEB, EXCHANGE)


@scenario("mirror-same-address-two-vlans", title="One address on two VLANs", position="switch", rows=["3.9 same client IP on two VLANs"],
          shows="10.1.0.5 exists on VLAN 10 and, as another machine, on VLAN 20: the first succeeds, the second meets a portal.")
def two_vlans(run, lab):
    lines, port, seen = [], None, None
    for label, tag, rules, server in (("a", 10, RIGHT, WEB), ("b", 20, REDIRECT, WEB2)):
        line = Line(lab, mirror=tagged((0x8100, tag)), label=label, port=port, pc_mac=None if tag == 10 else "3c:52:82:1a:70:3e")
        port, seen = line.bend.port, seen or line
        dnsmasq(line.net, RESOLVER, [*CHAIN[:3], f"host-record=a1961.g2.akamai.net,{server}"], name="dns" + label)
        lines.append((line, nginx(line.net, server, rules, name="web" + label)))
    cap = lab.capture(seen.mon, seen.mon_iface, "not arp and not icmp6 and not (vlan and (arp or icmp6))")
    for line, _ in lines:
        assert line.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    for _, web in lines:
        run.truth(web.log("NCSI"))
    run.wire("vlan.id == 10 && http.response.code == 200", 1)
    run.wire("vlan.id == 20 && http.response.code == 302", 1)
    run.like(expect.success, PC, WEB, ["http.response.code == 200"])
    run.like(expect.hotspot, PC, WEB2, ["http.response.code == 302"], cause="http-redirect")


@scenario("tunnel-raw-ip", title="VPN interface without link header", rows=["8.1 RAW", "3.3 200"],
          shows="Captured on a tunnel interface: packets begin with the IP header. The probe succeeds through the tunnel.")
def raw_ip(run, lab):
    pc, net = lab.node("pc", ttl=128), lab.node("net")
    tun = Tun(pc, net, "10.1.0.5/24", "10.1.0.1/24")
    try:
        for address in (RESOLVER, WEB):
            net.ip("addr", "add", address + "/32", "dev", "lo")
        pc.route("default", "10.1.0.1")
        dnsmasq(net, RESOLVER, CHAIN)
        web = nginx(net, WEB, RIGHT)
        cap = lab.capture(pc, "tun0")
        assert Windows(pc, (RESOLVER,)).check()[0] == "answer"
        run.save(cap.stop() and cap)
        run.truth(web.log("NCSI"))
        run.wire("raw && http.response", 1)
        run.like(expect.success, PC, WEB, EXCHANGE)
    finally:
        tun.close()


def cooked(name, kind, field, locations, build, shows, rows):
    @scenario(name, title=f"Linux cooked capture, {kind}", shows=shows, rows=rows)
    def work(run, lab):
        line = Line(lab)
        dnsmasq(line.net, RESOLVER, CHAIN)
        web = nginx(line.net, WEB, locations)
        cap = lab.capture(line.pc, "any", "not arp and not icmp6", ["-y", kind])
        assert line.win.check()[0] == "answer"
        run.save(cap.stop() and cap)
        run.truth(web.log("NCSI"))
        run.wire(field + " && http.response", 1)
        if build is expect.success:
            run.like(build, PC, WEB, EXCHANGE)
        else:
            run.like(build, PC, WEB, ["http.response"], cause="http-redirect")


cooked("cooked-sll", "LINUX_SLL", "sll", RIGHT, expect.success, "Captured on all interfaces with the first cooked header; the probe succeeds.", ["8.1 SLL", "3.3 200"])
cooked("cooked-sll2", "LINUX_SLL2", "sll.ifindex", REDIRECT, expect.hotspot, "Captured on all interfaces with the second cooked header; a portal redirects.",
       ["8.1 SLL2", "3.3 302"])


@scenario("wire-injected-reset", title="Injected RST, the server's answer comes after it", rows=["3.3 RST before any response byte"],
          shows="A device on the line answers the GET with an RST of its own TTL and lets the GET through; the server's 200 comes 15 ms later to a closed connection.")
def injected_reset(run, lab):
    def forge(frame):
        ip = frame[14:34]
        sport, dport, seq, ack = struct.unpack("!HHII", frame[34:46])
        size = len(frame) - 34 - (frame[46] >> 4) * 4
        src, dst = socket.inet_ntoa(ip[12:16]), socket.inet_ntoa(ip[16:20])
        segment = p.tcp(dst, src, dport, sport, ack, seq + size, p.RST | p.ACK, window=0)
        packet = p.ip4(dst, src, p.TCP, segment, 57, 0x3039, df=False)
        return [(0.0005, True, frame[6:12] + frame[:6] + b"\x08\x00" + packet), frame]
    line = Line(lab, change=once(lambda frame, out: out and b"GET /connecttest" in frame, forge))
    dnsmasq(line.net, RESOLVER, CHAIN)
    web = nginx(line.net, WEB, RIGHT)
    cap = lab.capture(line.pc)
    line.win.check()
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    forged = run.frames("tcp.flags.reset == 1 && ip.src == 203.0.113.80 && ip.ttl == 57")
    run.like(expect.no_http, PC, WEB, ["http.request", forged[:1]], cause="http-reset")
    run.note("the right answer reached the wire, but the client had no connection left to read it: the attempt failed")


@scenario("wire-dns-injection", title="Two different answers to one DNS id", rows=["3.2 injection", "3.3 302"],
          shows="A device on the line answers the query first with an address of its own; the resolver's answer comes later. The client uses the first and is redirected.")
def dns_injection(run, lab):
    def forge(frame):
        sport = struct.unpack("!H", frame[34:36])[0]
        ident = struct.unpack("!H", frame[42:44])[0]
        message = dnsmsg.answer(ident, dnsmsg.WEB, answers=[(dnsmsg.WEB, dnsmsg.A, 5, WEB2)])
        packet = p.ip4(RESOLVER, "10.1.0.5", p.UDP, p.udp(RESOLVER, "10.1.0.5", 53, sport, message), 61, 0x7777, df=False)
        return [(0.001, True, frame[6:12] + frame[:6] + b"\x08\x00" + packet), frame]
    line = Line(lab, change=once(lambda frame, out: out and b"msftconnecttest" in frame and frame[23:24] == b"\x11", forge))
    dns = dnsmasq(line.net, RESOLVER, CHAIN)
    web = nginx(line.net, [WEB, WEB2], REDIRECT)
    cap = lab.capture(line.pc)
    assert line.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(dns.log("a1961") + web.log("NCSI"))
    run.wire("dns.flags.response == 1 && udp.srcport == 53 && !icmp", 2)
    run.like(expect.hotspot, PC, WEB2, ["http.response.code == 302"], cause="http-redirect", confidence=["high", "medium"])
    run.note("the injection itself is graded M by the table; the redirect is plain")
