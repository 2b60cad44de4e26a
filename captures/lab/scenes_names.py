"""Odd look-ups, routers and proxies: names, addresses and challenges that do not change (or do change) the verdict."""
import socket
import time

import dnsmsg
import expect
from build_proxy import ntlm
from network import RESOLVER, WEB, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from scenes_http import EXCHANGE
from servers import dnsmasq, nginx, unbound
from windows import DNS, ntlm_type1, proxied
from windows import WEB as NAME
from wire import Handler, Line, drain, once


@scenario("odd-dns-ttl-zero", title="Answer with TTL 0, connection refused two seconds later", rows=["3.9 TTL=0 answers", "3.3 SYN RST"],
          shows="The address may not be cached, and the client connects to it two seconds later: refused.")
def ttl_zero(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, [f"host-record={NAME},{WEB},0"])
    cap = lab.capture(site.pc)
    site.win.resolve()
    time.sleep(2)
    assert site.win.get(WEB)[0] == "refused"
    run.save(cap.stop() and cap)
    run.truth("nothing listens on port 80")
    run.wire("dns.resp.ttl == 0", 1)
    run.like(expect.no_http, PC, WEB, ["tcp.flags.reset == 1"], cause="tcp-reset")


@scenario("odd-multicast-names", seconds=16, title="LLMNR and mDNS copies of the probe name", rows=["3.9 mDNS/LLMNR copies of names"], near_miss_of=["3.2 DNS timeout", "3.5 LLMNR", "3.5 mDNS"],
          shows="The client also asks for the name by LLMNR and mDNS, which nobody answers; DNS answers and the probe succeeds. The capture runs on for 13 s.")
def multicast(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, [*CHAIN, "host-record=time.corp.example,10.1.0.20"])
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    for group, port, ident in (("224.0.0.252", 5355, 0x7001), ("224.0.0.251", 5353, 0)):
        for again in range(2):
            with site.pc.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind(("10.1.0.5", 5353 if port == 5353 else 0))
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255 if port == 5353 else 1)
                sock.sendto(dnsmsg.message(ident, NAME, dnsmsg.A if again else dnsmsg.AAAA, flags=0), (group, port))
            time.sleep(0.1)
    assert site.win.check()[0] == "answer"
    site.win.resolve("time.corp.example")
    time.sleep(13)
    site.win.resolve("time.corp.example")
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.wire("udp.port == 5355 || udp.port == 5353", 4)
    run.like(expect.success, PC, WEB, EXCHANGE)


def ask(site, message, server=RESOLVER):
    """One datagram to the resolver and its answer."""
    with site.pc.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.sendto(message, (server, 53))
        return sock.recv(4096)


@scenario("odd-dns-cookie", title="EDNS with a cookie", rows=["3.9 EDNS/cookie", "3.2 dns.msftncsi.com OK", "3.2 nxdomain"],
          shows="Queries carry an OPT record with a client cookie. The DNS probe name gets its address, the web host NXDOMAIN.")
def cookie(run, lab):
    site = Site(lab, warm=True)
    dns = dnsmasq(site.net, RESOLVER, [f"host-record={DNS},131.107.255.255", "address=/msftconnecttest.com/"])
    cap = lab.capture(site.pc)
    option = bytes.fromhex("000a000824a5ac1d33f1b9e0")
    ask(site, dnsmsg.query(0x2C01, DNS, edns=(1232, option)))
    ask(site, dnsmsg.query(0x2C02, NAME, edns=(1232, option)))
    run.save(cap.stop() and cap)
    run.truth(dns.log("config"))
    run.wire("dns.opt.code == 10 && dns.flags.response == 0", 2)
    run.expect(["dns.a == 131.107.255.255"], verdict="ActiveDnsProbeSucceeded", severity="ok", confidence="high", family="v4", client=PC, server=RESOLVER, host=DNS)
    run.expect(["dns.flags.rcode == 3"], verdict="ActiveHttpProbeFailed", cause="dns-nxdomain", severity="error", confidence="high", capability="Local",
               family="v4", client=PC, server=RESOLVER, host=NAME)
    run.note("rule 3: the HTTP attempt of the family failed in the same 150 s, so the DNS probe raises nothing; its capability is left open")


@scenario("odd-dns-https-record", title="HTTPS record queries beside the look-up", rows=["1.5 type 65"], near_miss_of=["3.2 nodata"],
          shows="A browser asks type 65 for the same name and gets no data; the A query is answered and the probe succeeds.")
def https_record(run, lab):
    site = Site(lab, warm=True)
    unbound(site.net, RESOLVER, ['  local-zone: "msftconnecttest.com." static', f'  local-data: "{NAME}. 60 IN A {WEB}"',
                                 '  local-data: "msftconnecttest.com. 300 IN SOA ns1.example.net. hostmaster.example.net. 1 7200 900 1209600 300"'])
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    ask(site, dnsmsg.query(0x3A02, NAME, dnsmsg.HTTPS))
    assert site.win.check()[0] == "answer"
    ask(site, dnsmsg.query(0x3A03, NAME, dnsmsg.HTTPS))
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.wire("dns.qry.type == 65 && dns.flags.response == 1 && dns.count.answers == 0", 2)
    run.like(expect.success, PC, WEB, EXCHANGE)


def long_chain(address):
    """Aliases long enough for an answer of more than one packet."""
    names = [DNS] + [".".join(letter * 60 for letter in (chr(97 + n), chr(107 + n), chr(98 + n))) + ".example.net" for n in range(8)]
    return [f"cname={one},{two}" for one, two in zip(names, names[1:])] + [f"host-record={names[-1]},{address}", "edns-packet-max=4096"]


@scenario("odd-dns-fragments", title="Answer in IPv4 fragments", rows=["3.9 fragmented UDP", "3.2 dns.msftncsi.com OK"], near_miss_of=["3.2 TC then TCP"],
          shows="The answer for dns.msftncsi.com has a long chain of aliases and comes in two fragments; the address stands in the second.")
def fragments(run, lab):
    site = Site(lab, warm=True)
    dns = dnsmasq(site.net, RESOLVER, long_chain("131.107.255.255"))
    cap = lab.capture(site.pc)
    answer = ask(site, dnsmsg.query(0x2B01, DNS, edns=(4096, b"")))
    assert len(answer) > 1500, len(answer)
    run.save(cap.stop() and cap)
    run.truth(dns.log("131.107.255.255"))
    run.wire("ip.flags.mf == 1", 1)
    run.expect(["dns.a == 131.107.255.255"], verdict="ActiveDnsProbeSucceeded", severity="ok", confidence="high", family="v4", client=PC, server=RESOLVER, host=DNS)
    run.note("which fragment is evidence: the one that completes the answer is claimed")


@scenario("odd-no-route-at-router", title="Router without a way to the server", rows=["3.3 SYN ICMP"],
          shows="The gateway has no route to the server's address and answers the SYN with ICMP network unreachable.")
def no_route(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    site.gw.ip("route", "add", f"{RESOLVER}/32", "via", "198.51.100.1")
    site.gw.ip("route", "del", "default")
    cap = lab.capture(site.pc)
    assert site.win.check(connect_wait=9)[0] in ("unreachable", "timeout")
    run.save(cap.stop() and cap)
    run.truth("the gateway's routing table has no default route")
    first = run.first("icmp.type == 3 && icmp.code == 0")
    run.like(expect.no_http, PC, WEB, [first], cause="icmp-unreachable")


@scenario("odd-proxy-ntlm-broken-keepalive", seconds=39, title="Proxy closes after the NTLM challenge", rows=["1.9 type 2 then close", "3.4 broken keep-alive"],
          near_miss_of=["3.4 407 unanswered"], shows="The 407 with type 2 says Connection: close and FIN follows, so type 3 has no connection to go on; the client starts over once and gives up.")
def broken_keepalive(run, lab):
    site = Site(lab, warm=True)
    node = site.proxy()
    node.run("ping", "-c", "1", "-W", "3", "-q", PC)
    two = ntlm(2).split(b" ", 1)[1]

    def serve(connection, head):
        offer = b"NTLM " + two if b"Proxy-Authorization: NTLM" in head else b"NTLM"
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: " + offer
                           + b"\r\nContent-Length: 0\r\nProxy-Connection: close\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        drain(connection)
    proxy = Handler(node, "10.1.0.9", serve, 3128)
    cap = lab.capture(site.pc)
    echo = site.background(13)
    for _ in range(2):
        for credentials in (None, ntlm_type1()):
            site.win.get("10.1.0.9", proxied(credentials), 3128)
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth(f"the proxy got {len(proxy.heads)} requests, {sum(b'Proxy-Authorization' in head for head in proxy.heads)} with type 1, none with type 3")
    run.wire("ntlmssp.messagetype == 2", 2)
    run.expect([run.first("ntlmssp.messagetype == 2")], verdict="ProxyAuthenticationRequired", cause="proxy-auth-broken-keepalive", severity="error",
               confidence=["high", "medium"], capability="None", family="v4", route="explicit-proxy", client=PC, server="null", proxy="10.1.0.9:3128", host=NAME)


@scenario("odd-dns-second-copy", title="Second copy of the query answered with NXDOMAIN", rows=["3.2 nxdomain", "1.5 schedule"], near_miss_of=["3.2 DNS timeout", "3.2 injection"],
          shows="The first copy is lost on the line; the second (same id and port) gets NXDOMAIN: one look-up, one failure.")
def second_copy(run, lab):
    line = Line(lab, change=once(lambda frame, out: out and b"msftconnecttest" in frame, lambda frame: []))
    dns = dnsmasq(line.net, RESOLVER, ["address=/msftconnecttest.com/"])
    cap = lab.capture(line.pc)
    assert line.win.check()[0] == "unresolved"
    run.save(cap.stop() and cap)
    run.truth(dns.log("config"))
    run.wire("dns.flags.response == 0", 2)
    run.expect(["dns.flags.rcode == 3"], verdict="ActiveHttpProbeFailed", cause="dns-nxdomain", severity="error", confidence="high", capability="Local",
               family="v4", client=PC, server=RESOLVER, host=NAME, count=1)
