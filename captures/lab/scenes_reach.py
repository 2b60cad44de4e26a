"""Resolved, and no HTTP answer: connections refused, dropped, reset, silent. Firewalls are nftables rules on routers."""
import threading

import expect
from network import RESOLVER, WEB, WEB2, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from scenes_http import HEAD, scripted
from servers import Scripted, dnsmasq, nginx
from windows import WEB as NAME

SYNS = "tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.dstport == 80"


def reach(run, lab, rule=None, at="isp", serve=True, ping=0, lines=CHAIN, warm=None, wait=35.0, **capture):
    """One attempt through a firewall; gives what the client saw."""
    site = Site(lab, warm=bool(ping) if warm is None else warm)
    dns = dnsmasq(site.net, RESOLVER, lines)
    web = nginx(site.net, [WEB, WEB2], RIGHT) if serve else None
    if rule:
        getattr(site, at).rule(rule)
    cap = lab.capture(site.pc, **capture)
    echo = site.background(ping) if ping else None
    what, data = site.win.check(wait=wait)
    if echo:
        site.end(echo)
    run.save(cap.stop() and cap)
    run.truth(f"client: {what}, {len(data)} bytes")
    if rule:
        run.truth(f"{at}: nft {rule}")
    run.truth(web.log("NCSI") if web else "nothing listens on port 80")
    return what


@scenario("tcp-timeout", seconds=28, title="SYNs into nothing", shows="The name resolves; every SYN is dropped on the way for 21 s, while the gateway "
          "answers the client's echoes.", rows=["3.3 SYN timeout"])
def syn_timeout(run, lab):
    assert reach(run, lab, "tcp dport 80 counter drop", ping=9) == "timeout"
    run.like(expect.no_http, PC, WEB, [run.first(SYNS)], cause="tcp-timeout")


@scenario("tcp-timeout-quiet", seconds=26, title="SYNs into nothing, and nothing else towards the client",
          shows="As tcp-timeout, but after the look-up the capture holds no packet towards the client: it may have seen one direction only.",
          rows=["rule 7c"], near_miss_of=["3.3 SYN timeout"])
def syn_timeout_quiet(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    site.isp.rule("tcp dport 80 drop")
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "timeout"
    # A packet after the deadline, from the client again: an unanswered query to a resolver that is gone.
    site.isp.rule("udp dport 53 drop")
    site.win.resolve("time.corp.example", wait=1.5)
    run.save(cap.stop() and cap)
    run.truth("client: timeout; isp: nft tcp dport 80 drop; udp dport 53 drop after 21 s")
    run.note("the look-up's answer came before the window that begins with the first SYN; nothing came in it")
    run.expect([run.first(SYNS)], verdict="Incomplete", cause="one-way", severity="warning", capability="null", family="v4", client=PC,
               guess="ActiveHttpProbeFailedButDnsSucceeded")


@scenario("tcp-refused", title="Nothing listens", shows="The server answers the SYN with RST.", rows=["3.3 RST refused"])
def refused(run, lab):
    assert reach(run, lab, serve=False) == "refused"
    run.like(expect.no_http, PC, WEB, ["tcp.flags.reset == 1"], cause="tcp-reset")


@scenario("tcp-refused-near", title="A firewall refuses", shows="The gateway itself answers the SYN with RST in the server's name: TTL 64 and "
          "faster than any packet from beyond.", rows=["3.3 RST refused by a near hop"])
def refused_near(run, lab):
    assert reach(run, lab, "tcp dport 80 reject with tcp reset", at="gw") == "refused"
    run.wire("tcp.flags.reset == 1 && ip.ttl == 64", 1)
    run.like(expect.no_http, PC, WEB, ["tcp.flags.reset == 1"], cause="tcp-reset")


@scenario("icmp-prohibited", title="A router prohibits", shows="The second router answers the SYN with ICMP 3/13 from its own address.",
          rows=["3.3 ICMP"])
def prohibited(run, lab):
    assert reach(run, lab, "tcp dport 80 reject with icmpx type admin-prohibited") == "unreachable"
    run.wire("icmp.type == 3 && icmp.code == 13", 1)
    run.like(expect.no_http, PC, WEB, [SYNS, "icmp.type == 3"], cause="icmp-unreachable", confidence=["high", "medium"])


@scenario("http-blackholed", seconds=42, title="The request is swallowed", shows="Handshake; the request and its retransmissions are never acknowledged, "
          "since a filter drops segments with data. Echoes to the gateway are answered throughout.", rows=["3.3 GET blackholed"])
def blackholed(run, lab):
    assert reach(run, lab, "ip protocol tcp tcp dport 80 meta length > 80 drop", ping=13) == "nothing"
    run.like(expect.no_http, PC, WEB, [run.first("tcp.dstport == 80 && tcp.len == 111")], cause="http-timeout",
             confidence=["high", "medium"])


@scenario("http-silent", seconds=42, title="The request is acknowledged and never answered",
          shows="Handshake, request, its acknowledgement, and no data for 35 s. Echoes to the gateway are answered throughout.",
          rows=["3.3 response timeout"])
def silent(run, lab):
    what, data = scripted(run, lab, [40.0], ping=13)
    assert what == "nothing"
    run.like(expect.no_http, PC, WEB, ["http.request"], cause="http-timeout", confidence=["high", "medium"])


@scenario("http-late", seconds=42, title="The right answer after 36 s", shows="The right text comes 36 s after the request, when Windows has given up.",
          rows=["3.3 late answer"], near_miss_of=["3.3 200"])
def late(run, lab):
    what, data = scripted(run, lab, [36.0, HEAD + b"Microsoft Connect Test", "fin"], wait=40.0, ping=13)
    assert data.endswith(b"Connect Test")
    run.like(expect.no_http, PC, WEB, ["http.request"], cause="http-timeout", confidence=["high", "medium"])


@scenario("http-reset-middlebox", title="A filter resets after the request",
          shows="The request draws a RST from a router in the server's name, with another TTL and at once.", rows=["3.3 RST after GET"])
def reset_near(run, lab):
    assert reach(run, lab, "ip protocol tcp tcp dport 80 meta length > 80 reject with tcp reset", at="gw") == "nothing"
    run.like(expect.no_http, PC, WEB, ["http.request", "tcp.flags.reset == 1 && ip.src == " + WEB], cause="http-reset",
             confidence=["high", "medium"])


@scenario("http-reset-server", title="The server resets after the request", shows="The server reads the request and resets the connection.",
          rows=["3.3 RST after GET"])
def reset_server(run, lab):
    scripted(run, lab, ["rst"])
    run.like(expect.no_http, PC, WEB, ["http.request", "tcp.flags.reset == 1 && ip.src == " + WEB], cause="http-reset",
             confidence=["high", "medium"])


@scenario("http-closed", title="The server closes without an answer", shows="nginx closes the connection on the request (its status 444).",
          rows=["3.3 FIN before any response byte"])
def closed(run, lab):
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, "location / { return 444; }")
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "nothing"
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.like(expect.no_http, PC, WEB, ["http.request", "tcp.flags.fin == 1 && ip.src == " + WEB], cause="http-closed",
             confidence=["high", "medium"])


@scenario("tcp-second-address", seconds=28, title="The first address is dead, the second answers",
          shows="Two addresses; 21 s of SYNs to the first, then the probe succeeds at the second. One attempt.",
          rows=["00.3 all addresses are one attempt"], near_miss_of=["3.3 SYN timeout"])
def second_address(run, lab):
    hosts = lab.file("hosts", f"{WEB} {NAME}\n{WEB2} {NAME}\n")
    assert reach(run, lab, f"ip daddr {WEB} tcp dport 80 drop", ping=9, lines=[f"addn-hosts={hosts}", "no-round-robin"]) == "answer"
    run.wire(f"http.request && ip.dst == {WEB2}", 1)
    run.like(expect.success, PC, WEB2, ["http.request", "http.response"])


@scenario("tcp-second-address-refused", title="The first address refuses, the second answers",
          shows="Two addresses; RST from the first, then the probe succeeds at the second. One attempt.",
          rows=["00.3 all addresses are one attempt"], near_miss_of=["3.3 RST refused"])
def second_refused(run, lab):
    hosts = lab.file("hosts", f"{WEB} {NAME}\n{WEB2} {NAME}\n")
    assert reach(run, lab, f"ip daddr {WEB} tcp dport 80 reject with tcp reset", lines=[f"addn-hosts={hosts}", "no-round-robin"]) == "answer"
    run.wire(f"http.request && ip.dst == {WEB2}", 1)
    run.like(expect.success, PC, WEB2, ["http.request", "http.response"])


def cut(run, lab, echoes, serve):
    """An attempt that is still waiting when its capture is stopped, `echoes` seconds after it began."""
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    serve(site)
    cap = lab.capture(site.pc)
    attempt = threading.Thread(target=site.win.check, kwargs={"connect_wait": echoes + 3.0, "wait": echoes + 3.0})
    attempt.start()
    site.end(site.background(echoes + 1, 1))
    cap.stop(lull=False)
    attempt.join()
    run.save(cap)
    run.truth(f"the capture was stopped about {echoes} s after the client's packet, before the deadline; the client still waited")
    run.wire("tcp.flags.fin == 1", 0)


@scenario("ended-after-request", title="The capture ends 2 s after the request", shows="Look-up, handshake, request, acknowledgement, end.",
          rows=["A.7 capture ends 2 s after GET"], near_miss_of=["3.3 response timeout"])
def ended_request(run, lab):
    cut(run, lab, 2, lambda site: Scripted(site.net, WEB, [6.0]))
    run.expect(["http.request"], verdict="Incomplete", cause="capture-ended", severity="warning", capability="null", family="v4",
               client=PC, guess="ActiveHttpProbeFailedButDnsSucceeded")


@scenario("ended-after-syn", title="The capture ends 5 s after the SYN", shows="Look-up, three SYNs without answer, end.",
          rows=["rule 7a"], near_miss_of=["3.3 SYN timeout"])
def ended_syn(run, lab):
    cut(run, lab, 5, lambda site: site.isp.rule("tcp dport 80 drop"))
    run.expect([run.first(SYNS)], verdict="Incomplete", cause="capture-ended", severity="warning", capability="null", family="v4", client=PC,
               guess="ActiveHttpProbeFailedButDnsSucceeded")


@scenario("ended-after-query", title="The capture ends 3 s after the query", shows="Three copies of the query without answer, end.",
          rows=["rule 7a"], near_miss_of=["3.2 timeout"])
def ended_query(run, lab):
    site = Site(lab, warm=True)
    site.isp.rule("udp dport 53 drop")
    cap = lab.capture(site.pc)
    echo = site.background(3, 1)
    assert site.win.resolve(wait=3.0) is None
    site.end(echo)
    run.save(cap.stop(lull=False) and cap)
    run.truth("the capture was stopped 3 s after the first query, before the deadline; isp: nft udp dport 53 drop")
    run.wire("dns", 3)
    run.expect([run.first("dns")], verdict="Incomplete", cause="capture-ended", severity="warning", capability="null", family="v4", client=PC,
               guess="ActiveHttpProbeFailed")
