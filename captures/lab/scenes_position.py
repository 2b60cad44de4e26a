"""The same traffic seen from where it lies: another switch port, uplinks, both sides of a NAT, one direction, behind a filter."""
import time

import anonymise
import containers
import dhcp
import expect
from network import MACS, RESOLVER, RESOLVER2, WEB, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, PROBE_RIGHT, RIGHT
from scenes_proxy import AT, PROXY, behind
from servers import dnsmasq, nginx, unbound
from windows import DNS, Windows, proxied
from windows import WEB as NAME

REDIRECT = "location / { return 302 http://login.hotel.example/; }"
EXCHANGE = ["http.request", "http.response"]
OUTSIDE = "198.51.100.2"
MASQUERADE = {"text": "oifname eth1 masquerade", "kind": "nat", "hook": "postrouting", "priority": 100}


def monitor(site):
    """A host on a port of its own, with no address."""
    node = site.lab.node("mon")
    return node, site.sw.plug(node, (), MACS["mon"])[0]


@scenario("pos-switch-dhcp", title="A healthy start, seen from another switch port",
          shows="The client takes a lease, probes and succeeds. The port shows its broadcasts alone: DISCOVER, REQUEST, ARP; the offer, the "
                "acknowledgement and all answers went by unicast.",
          rows=["00.15 switch port", "rule 7c"], near_miss_of=["NoAddress", "3.6 offer without ACK", "SuspectArpProbeFailed", "NoProbeSeen"], position="switch")
def switch_dhcp(run, lab):
    site = Site(lab, address=False)
    served = dnsmasq(site.gw, site.gateway, ["interface=eth0", "dhcp-range=10.1.0.100,10.1.0.150,255.255.255.0,1h", "dhcp-option=3,10.1.0.1",
                                             f"dhcp-option=6,{RESOLVER}", "dhcp-leasefile=" + lab.dir + "/leases", "no-ping", "log-dhcp",
                                             "dhcp-authoritative"], "dhcp")
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    node, iface = monitor(site)
    cap = lab.capture(node, iface)
    dhcp.lease(site.pc, "eth0", MACS["pc"])
    assert b"Connect Test" in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth(served.log("DHCPACK") + web.log("NCSI"))
    run.wire("dhcp.option.dhcp == 1", 1)
    run.wire("dhcp.option.dhcp == 2 || dhcp.option.dhcp == 5", 0)
    run.wire("http", 0)
    run.note("no finding: REQUEST proves the offer, and a capture of broadcasts cannot say that no probe was sent")


@scenario("pos-switch-arp", title="The client's ARP requests, seen from another switch port",
          shows="Four requests for the gateway; every reply went by unicast and is not here.", rows=["00.15 switch port", "rule 7c"],
          near_miss_of=["SuspectArpProbeFailed"], position="switch")
def switch_arp(run, lab):
    site = Site(lab)
    node, iface = monitor(site)
    cap = lab.capture(node, iface)
    for _ in range(4):
        site.pc.run("ping", "-c", "1", "-W", "2", "-q", site.gateway)
        site.pc.ip("neigh", "flush", "dev", "eth0")
        time.sleep(1)  # ARP's own pace
    run.save(cap.stop() and cap)
    run.truth("ping: each of the four was answered")
    run.wire("arp.opcode == 1", 4)
    run.wire("arp.opcode == 2", 0)


@scenario("pos-proxy-uplink", title="The proxy's own fetch", shows="Between squid and the Internet: its look-up, and the probe with the client's "
          "User-Agent, Via and X-Forwarded-For.", rows=["00.15 proxy's uplink", "rule 9"], near_miss_of=["3.3 200"], position="proxy-uplink")
def proxy_uplink(run, lab):
    site, log = behind(lab, ["http_access allow all"])
    cap = lab.capture(site.gw, "eth1")
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    run.wire("http.x_forwarded_for", 1)
    run.note("the proxy's fetch is shown as proxy-upstream of the proxy's address, without capability")
    run.expect(EXCHANGE, verdict="ActiveHttpProbeSucceeded", capability="null", family="v4", route="proxy-upstream", client=PROXY)


@scenario("pos-proxy-uplink-portal", title="The proxy's own fetch meets a portal", shows="Between squid and the Internet: 302 to the proxy's fetch.",
          rows=["00.15 proxy's uplink", "rule 9"], near_miss_of=["3.3 302"], position="proxy-uplink", options=["--capture-point", "proxy-uplink"])
def proxy_uplink_portal(run, lab):
    site, log = behind(lab, ["http_access allow all"], web=REDIRECT)
    cap = lab.capture(site.gw, "eth1")
    assert b" 302 " in site.win.get(PROXY, proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    run.note("the verdict of the answer, on the proxy's address, without capability")
    run.expect(["http.response.code == 302"], verdict="HotspotDetected", cause="http-redirect", capability="null", family="v4",
               route="proxy-upstream", client=PROXY)


@scenario("pos-proxy-both", title="Both legs of a proxied probe", shows="On the proxy's host: the client's request and, within it, squid's own look-up "
          "and fetch.", rows=["rule 9"], near_miss_of=["3.3 200"], position="server")
def proxy_both(run, lab):
    site, log = behind(lab, ["http_access allow all"])
    cap = lab.capture(site.box)
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    run.wire("http.request", 2)
    run.note("the proxy's fetch is joined to the client's leg, so one finding")
    run.like(expect.proxy_success, PC, AT, [f"http && ip.addr == {PC}"])


@scenario("pos-resolver-uplink", seconds=16, title="Questions between resolvers", shows="unbound asks the servers of the zones without recursion: answers, "
          "a wrong address for the DNS probe's name, and queries to a dead server without answer.", rows=["00.15 resolver's upstream", "rule 2 RD=0"],
          near_miss_of=["3.2 nxdomain", "3.2 timeout"], position="resolver-uplink")
def resolver_uplink(run, lab):
    site = Site(lab, resolvers=("10.1.0.1",))
    dnsmasq(site.net, RESOLVER2, [*CHAIN, f"host-record={DNS},131.107.255.254"])
    site.isp.rule(f"ip daddr {WEB} udp dport 53 drop")
    resolver = unbound(site.gw, "10.1.0.1", [*(line for zone, server in (("com", RESOLVER2), ("net", RESOLVER2), ("ipv6.msftconnecttest.com", WEB))
                       for line in ("stub-zone:", f'  name: "{zone}"', f"  stub-addr: {server}"))])
    cap = lab.capture(site.gw, "eth1")
    site.win.resolve()
    site.win.resolve(DNS)
    site.win.resolve("ipv6.msftconnecttest.com", "AAAA")
    time.sleep(3)  # on past the DNS deadline of the unanswered ones
    run.save(cap.stop() and cap)
    run.truth(resolver.log("info: 10.1.0.5"))
    assert run.frames('dns.flags.response == 0 && dns.flags.recdesired == 0 && dns.qry.name contains "msft"')
    run.wire("dns.flags.response == 0 && dns.flags.recdesired == 1", 0)


def translated(run, lab, answer, captures, merge=False):
    """A probe through a gateway that translates addresses."""
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, answer)
    site.gw.rule(**MASQUERADE)
    caps = [lab.capture(site.gw, iface, "not host 127.0.0.1", name=iface) for iface in captures]
    assert site.win.check()[0] == "answer"
    for cap in caps:
        cap.stop()
    if merge:
        run.save(caps[0], "pcapng", lambda _, target: containers.joined([cap.path for cap in caps], target))
    else:
        run.save(caps[0])
    run.truth(web.log("NCSI"))


@scenario("pos-nat-any", title="Both sides of a NAT in one capture", shows="tcpdump -i any on the gateway: every packet of a healthy probe twice, from "
          "10.1.0.5 inside and from 198.51.100.2 outside (SLL2).", rows=["00.15 both sides of a NAT", "8.1 SLL2"], position="server")
def nat_any(run, lab):
    translated(run, lab, RIGHT, ["any"])
    run.wire("http.request", 2)
    run.note("the outside copy is joined to the client's leg, so one finding")
    run.like(expect.success, PC, WEB, [f"http && ip.addr == {PC}"])


@scenario("pos-nat-merged", title="Two taps around a NAT, merged", shows="The gateway's inside and outside captures merged: a portal's 302 in both.",
          rows=["00.15 merged taps"], position="server")
def nat_merged(run, lab):
    translated(run, lab, REDIRECT, ["eth0", "eth1"], merge=True)
    run.wire("http.response.code == 302", 2)
    run.note("the outside copy is joined to the client's leg, so one finding")
    run.like(expect.hotspot, PC, WEB, [f"http.response.code == 302 && ip.addr == {PC}"], cause="http-redirect")


@scenario("pos-nat-outside", title="Outside a NAT", shows="The gateway's outside alone: the probe comes from its address.",
          rows=["00.15 NAT outside"], position="nat-outside")
def nat_outside(run, lab):
    translated(run, lab, RIGHT, ["eth1"])
    run.note("one client behind the address cannot be told from the address itself")
    run.like(expect.success, OUTSIDE, WEB, EXCHANGE)


def one_sided(run, lab, answer, direction):
    """A whole attempt of which one direction was captured."""
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, answer)
    cap = lab.capture(site.pc, options=["-Q", "out" if direction == "c2s" else "in"])
    assert site.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.wire("http.request", 1 if direction == "c2s" else 0)


@scenario("oneway-portal-c2s", title="A portal, without what it says", shows="The client's packets alone: query, SYN, request, and acknowledgements of an "
          "answer that was not captured.", rows=["8.3 one-way c2s", "A.7 one-way c2s"], near_miss_of=["3.3 response timeout"],
          position="switch")
def portal_c2s(run, lab):
    one_sided(run, lab, REDIRECT, "c2s")
    run.expect(["http.request"], verdict="Incomplete", cause="one-way", capability="null", family="v4", client=PC)


@scenario("oneway-portal-s2c", title="A portal, without the question", shows="What comes to the client alone: DNS answer, SYN-ACK, 302.",
          rows=["8.3 one-way s2c", "A.7 one-way s2c"], near_miss_of=["3.3 302"], position="switch")
def portal_s2c(run, lab):
    one_sided(run, lab, REDIRECT, "s2c")
    run.note("the address is the one just resolved for the probe's name, but the request that would make it a probe is missing")
    run.expect(["http.response.code == 302"], verdict="Incomplete", cause="one-way", severity="warning", capability="null", family="v4",
               client=PC, guess="HotspotDetected")


@scenario("oneway-success-c2s", title="A success, without the answer", shows="The client's packets alone, of a probe that succeeded.",
          rows=["8.3 one-way c2s"], near_miss_of=["3.3 response timeout"], position="switch")
def success_c2s(run, lab):
    one_sided(run, lab, RIGHT, "c2s")
    run.expect(["http.request"], verdict="Incomplete", cause="one-way", capability="null", family="v4", client=PC)


@scenario("oneway-success-s2c", title="A success, without the question", shows="What comes to the client alone: DNS answer, SYN-ACK, 200 with the right text.",
          rows=["8.3 one-way s2c"], position="switch")
def success_s2c(run, lab):
    one_sided(run, lab, RIGHT, "s2c")
    run.note("the right text from the address resolved for the probe's name is a probe's success even without the request")
    run.expect(["http.response"], verdict="ActiveHttpProbeSucceeded", confidence=["medium", "low"], capability="Internet", family="v4",
               client=PC, server=WEB)


@scenario("oneway-tcp-timeout", seconds=28, title="SYNs in a capture of one direction", shows="The client's packets alone: a query, and SYNs for 21 s that nobody answers.",
          rows=["8.3 one-way c2s", "rule 7c"], near_miss_of=["3.3 SYN timeout", "3.2 timeout"], position="switch")
def timeout_c2s(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    site.isp.rule("tcp dport 80 drop")
    cap = lab.capture(site.pc, options=["-Q", "out"])
    echo = site.background(9)
    assert site.win.check()[0] == "timeout"
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth("client: timeout; isp: nft tcp dport 80 drop")
    run.note("the query has no captured answer; the SYN to an address nobody gave shows that one came: one attempt, one finding")
    run.expect([f"dns.qry.name == {NAME}"], verdict="Incomplete", cause="one-way", severity="warning", capability="null", family="v4", client=PC)


def filtered(run, lab, capture_filter, answer=RIGHT, rule=None, lookups=()):
    """A whole attempt behind a capture filter."""
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, [*CHAIN, PROBE_RIGHT])
    web = nginx(site.net, WEB, answer)
    if rule:
        site.isp.rule(rule)
    cap = lab.capture(site.pc, filter=capture_filter)
    what = site.win.check()[0]
    for name in lookups:
        site.win.resolve(name)
    run.save(cap.stop() and cap)
    run.truth([f"capture filter: {capture_filter}; client: {what}", *web.log("NCSI")])


@scenario("filter-tcp80-success", title="A success behind a filter for port 80", shows="No DNS in the file; the probe and its answer are there.",
          rows=["rule 8"], near_miss_of=["dns-never-sent"])
def tcp80_success(run, lab):
    filtered(run, lab, "tcp port 80")
    run.wire("dns", 0)
    run.like(expect.success, PC, WEB, EXCHANGE)


@scenario("filter-tcp80-portal", title="A portal behind a filter for port 80", shows="No DNS in the file; request and 302 are there.",
          rows=["rule 8"], near_miss_of=["dns-never-sent"])
def tcp80_portal(run, lab):
    filtered(run, lab, "tcp port 80", REDIRECT)
    run.like(expect.hotspot, PC, WEB, EXCHANGE, cause="http-redirect")


@scenario("filter-tcp80-timeout", seconds=25, title="SYNs behind a filter for port 80", shows="SYNs to an address of which the file does not say whose it is.",
          rows=["rule 8", "3.1 attribution of a bare SYN"], near_miss_of=["3.3 SYN timeout"])
def tcp80_timeout(run, lab):
    filtered(run, lab, "tcp port 80", rule="tcp dport 80 drop")
    run.wire("not tcp.flags.syn == 1", 0)
    run.note("no finding: nothing ties the SYNs to a probe")


@scenario("filter-dns-success", title="Look-ups behind a filter for port 53", shows="The web host's look-up with its answer; the probe that followed and "
          "succeeded was filtered out.", rows=["rule 8"], near_miss_of=["3.3 SYN timeout", "NoProbeSeen"])
def dns_success(run, lab):
    filtered(run, lab, "port 53")
    run.wire("tcp", 0)
    run.note("a look-up alone that succeeds is no finding, and a file without TCP cannot say that no probe followed")


@scenario("filter-dns-probe", title="The DNS probe behind a filter for port 53", shows="The web host's look-up and the DNS probe with its right answer.",
          rows=["rule 8", "3.2 DNS probe OK"])
def dns_probe(run, lab):
    filtered(run, lab, "port 53", lookups=[DNS])
    run.like(expect.dns_success, PC, RESOLVER, [f"dns.qry.name == {DNS}"], family="v4")


@scenario("pos-two-clients", title="Two clients, one of them blocked", shows="On the gateway's inside: 10.1.0.5 probes with success; a rule resets 10.1.0.6.",
          rows=["9 many devices, one fails"], position="server")
def two_clients(run, lab):
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    other = Windows(site.host("pc2", "10.1.0.6"), [RESOLVER])
    site.gw.rule("ip saddr 10.1.0.6 tcp dport 80 reject with tcp reset")
    cap = lab.capture(site.gw, "eth0")
    assert site.win.check()[0] == "answer" and other.check()[0] == "refused"
    run.save(cap.stop() and cap)
    run.truth([*web.log("NCSI"), "gw: nft ip saddr 10.1.0.6 tcp dport 80 reject with tcp reset"])
    run.like(expect.success, PC, WEB, EXCHANGE)
    run.like(expect.no_http, "10.1.0.6", WEB, ["tcp.flags.reset == 1 && ip.dst == 10.1.0.6"], cause="tcp-reset")


def anonymised(run, lab, answer):
    """A whole attempt, anonymised after capture. Gives the client's stand-in."""
    site = Site(lab, offload=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, answer)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "answer"
    cap.stop()
    run.save(cap, convert=anonymise.rewrite)
    run.truth([*web.log("NCSI"), "then anonymise.py: addresses of headers mapped, bodies overwritten, DNS answers left, checksums adjusted"])
    return ".".join(map(str, anonymise.mapped(bytes(map(int, PC.split("."))))))


@scenario("anonymised-success", title="A success whose body was overwritten", shows="200 with 22 bytes X; the DNS answer names an address nobody connects to; "
          "the client's "
          "checksums are wrong, since its card would have filled them in.", rows=["rule 10"], near_miss_of=["3.3 200 other body"], made="rewritten")
def anonymised_success(run, lab):
    client = anonymised(run, lab, RIGHT)
    run.expect(EXCHANGE, verdict="Incomplete", cause="anonymised-capture", capability="null", family="v4", client=client)


@scenario("anonymised-portal", title="A portal's redirect in an anonymised capture", shows="302 with Location in the head, which was left; addresses were mapped.",
          rows=["rule 10"], made="rewritten")
def anonymised_portal(run, lab):
    client = anonymised(run, lab, REDIRECT)
    run.note("the verdict rests on the status line and Location, which were not rewritten")
    run.expect(["http.response.code == 302"], verdict="HotspotDetected", cause="http-redirect", severity="error",
               confidence=["high", "medium"], capability="Local", family="v4", client=client)
