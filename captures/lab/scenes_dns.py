"""The look-up: every way it fails, and the ways that only look so. dnsmasq and unbound answer."""
import expect
from network import RESOLVER, RESOLVER2, RESOLVER_V6, WEB, WEB2, WEB_V6, Site
from scenario import scenario
from servers import dnsmasq, nginx, squid, unbound
from windows import DNS, WEB6, proxied
from windows import WEB as NAME

PC = "10.1.0.5"
RIGHT = 'location = /connecttest.txt { default_type text/plain; add_header Cache-Control "max-age=30, must-revalidate"; return 200 "Microsoft Connect Test"; }'
CHAIN = ["cname=www.msftconnecttest.com,ncsi-geo.trafficmanager.net", "cname=ncsi-geo.trafficmanager.net,www.msftncsi.com.edgesuite.net",
         "cname=www.msftncsi.com.edgesuite.net,a1961.g2.akamai.net", f"host-record=a1961.g2.akamai.net,{WEB}"]
PROBE_RIGHT = "host-record=dns.msftncsi.com,131.107.255.255,fd3e:4f5a:5b81::1"
ASKED = 'dns.flags.response == 0 && dns.qry.name contains "msft"'
TOLD = 'dns.flags.response == 1 && dns.qry.name contains "msft"'


def failed_lookup(run, cause, evidence, **more):
    """The finding of a web host's name that did not resolve."""
    run.expect(evidence=evidence, **{"verdict": "ActiveHttpProbeFailed", "cause": cause, "severity": "error",
               "confidence": "high", "capability": "Local", "family": "v4", "client": PC, "server": RESOLVER,
               "host": NAME, **more})


@scenario("dns-nxdomain", title="The web probe's name does not exist",
          shows="The resolver answers www.msftconnecttest.com with NXDOMAIN. Windows asks nobody else and connects nowhere.",
          rows=["3.2 nxdomain"], near_miss_of=["3.2 suffix"])
def nxdomain(run, lab):
    site = Site(lab)
    dns = dnsmasq(site.net, RESOLVER, ["address=/msftconnecttest.com/"])
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "unresolved"
    run.save(cap.stop() and cap)
    run.truth(dns.log("config"))
    run.wire("dns.flags.rcode == 3", 1)
    failed_lookup(run, "dns-nxdomain", [ASKED, "dns.flags.rcode == 3"])


@scenario("dns-servfail", title="Both resolvers fail",
          shows="Two resolvers that reach no server for the name; each answers SERVFAIL, and nothing is connected.",
          rows=["3.2 servfail"])
def servfail(run, lab):
    site = Site(lab, resolvers=(RESOLVER, RESOLVER2))
    dnsmasq(site.net, WEB2, [], "upstream")  # knows no servers and refuses
    zone = ["forward-zone:", '  name: "."', f"  forward-addr: {WEB2}"]
    logs = [unbound(site.net, address, zone, name) for address, name in ((RESOLVER, "one"), (RESOLVER2, "two"))]
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "unresolved"
    run.save(cap.stop() and cap)
    run.truth([line for log in logs for line in log.log("SERVFAIL")])
    run.wire("dns.flags.rcode == 2", 2)
    failed_lookup(run, "dns-servfail", ["dns.flags.rcode == 2"], confidence=["high", "medium"])


@scenario("dns-refused", title="The resolver refuses the client",
          shows="The resolver does not serve this client's network: REFUSED, and nothing is connected.", rows=["3.2 refused"])
def refused(run, lab):
    site = Site(lab)
    dns = unbound(site.net, RESOLVER, ["  access-control: 10.0.0.0/8 refuse"])
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "unresolved"
    run.save(cap.stop() and cap)
    run.truth("unbound: access-control 10.0.0.0/8 refuse")
    run.wire("dns.flags.rcode == 5", 1)
    failed_lookup(run, "dns-refused", ["dns.flags.rcode == 5"], confidence=["high", "medium"])


@scenario("dns-nodata-v6-works", title="The name has no IPv4 address; the IPv6 probe works",
          shows="A of www.msftconnecttest.com is an empty NOERROR. AAAA of ipv6.msftconnecttest.com is answered, and the probe over "
                "IPv6 gets the right text.", rows=["3.2 nodata", "A.7 v4 fail + v6 ok"])
def nodata(run, lab):
    site = Site(lab, net6=True)
    dns = unbound(site.net, RESOLVER, ['  local-zone: "msftconnecttest.com." static', f'  local-data: "{NAME}. 300 IN AAAA {WEB_V6}"',
                                       f'  local-data: "{WEB6}. 300 IN AAAA {WEB_V6}"'])
    web = nginx(site.net, WEB_V6, RIGHT)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "unresolved"
    assert site.win.check(WEB6, kind="AAAA")[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(dns.log("NOERROR") + web.log("NCSI"))
    run.wire("dns.flags.response == 1 && dns.flags.rcode == 0", 2)
    run.wire("dns.a", 0)
    failed_lookup(run, "dns-nodata", ['dns.flags.response == 1 && dns.qry.type == 1'], severity="warning",
                  confidence=["high", "medium"])
    run.like(expect.success, "2001:db8:1::5", WEB_V6, ["http.request", "http.response"])


def dead(run, lab, **capture):
    """A resolver that hears and says nothing; the gateway answers the client's echoes."""
    site = Site(lab, warm=True)
    site.isp.rule("udp dport 53 counter drop")
    cap = lab.capture(site.pc, **capture)
    ping = site.background(6)
    assert site.win.resolve() is None
    site.end(ping)
    cap.stop()
    run.save(cap)
    run.truth("isp: nft counter " + " ".join(site.isp.run("nft", "list", "ruleset").split()))
    run.wire(ASKED, 5)
    run.wire(TOLD, 0)


@scenario("dns-timeout", seconds=20, title="The resolver never answers",
          shows="Five copies of one query in 8 s and no answer. The gateway answers the client's echoes before, during and after, so the "
                "capture sees what comes to the client.", rows=["3.2 timeout"], near_miss_of=["3.2 one-way"])
def timeout(run, lab):
    dead(run, lab)
    failed_lookup(run, "dns-timeout", [run.first(ASKED)])


@scenario("dns-timeout-one-way", seconds=20, title="Queries without answers in a capture of one direction",
          shows="Only what the client sends was captured: five copies of a query and echo requests without replies.",
          rows=["3.2 one-way", "8.3 one-way c2s"], near_miss_of=["3.2 timeout"], position="switch")
def timeout_one_way(run, lab):
    dead(run, lab, options=["-Q", "out"])
    run.expect([run.first(ASKED)], verdict="Incomplete", cause="one-way", severity="warning", capability="null", family="v4", client=PC,
               guess="ActiveHttpProbeFailed")


@scenario("dns-second-server", title="The first resolver is dead, the second answers",
          shows="The query is unanswered at the first resolver; a second later the second one gives the address, and the probe succeeds.",
          rows=["1.5 DNS client schedule"], near_miss_of=["3.2 timeout"])
def second_server(run, lab):
    site = Site(lab, resolvers=(RESOLVER, RESOLVER2))
    site.isp.rule(f"ip daddr {RESOLVER} udp dport 53 drop")
    dns = dnsmasq(site.net, RESOLVER2, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(dns.log("query[A]") + web.log("NCSI"))
    run.wire(ASKED, 2)
    run.like(expect.success, PC, WEB, ["http.request", "http.response"])


@scenario("dns-sinkholed", title="A blocklist answers 0.0.0.0",
          shows="A filtering resolver gives 0.0.0.0 for the name; nothing is connected.", rows=["3.2 sinkhole"])
def sinkholed(run, lab):
    site = Site(lab)
    dns = dnsmasq(site.net, RESOLVER, ["address=/msftconnecttest.com/#"])
    cap = lab.capture(site.pc)
    assert site.win.resolve().addresses == ["0.0.0.0"]
    run.save(cap.stop() and cap)
    run.truth(dns.log("config"))
    run.expect([TOLD], verdict="ActiveHttpProbeFailedButDnsSucceeded", cause="dns-sinkholed", severity="error", confidence="medium",
               capability="Local", family="v4", client=PC, host=NAME)


@scenario("dns-hijacked-portal", title="A portal's private address, then a redirect",
          shows="The resolver gives the gateway's own address for every name; the web server there redirects to a login page.",
          rows=["3.2 hijack", "3.3 302"])
def hijacked_portal(run, lab):
    site = Site(lab)
    dns = dnsmasq(site.gw, "10.1.0.1", ["address=/#/10.1.0.1"])
    web = nginx(site.gw, "10.1.0.1", "location / { return 302 http://login.hotel.example/?from=$host; }")
    site.win.resolvers = ["10.1.0.1"]
    cap = lab.capture(site.pc)
    assert b" 302 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth(dns.log("config") + web.log("NCSI"))
    run.like(expect.hotspot, PC, "10.1.0.1", ["http.request", "http.response.code == 302"], cause="http-redirect")


@scenario("dns-hijacked-silent", seconds=28, title="A private address where nobody answers",
          shows="The resolver gives 10.66.0.1, to which every SYN stays unanswered for 21 s while the gateway answers the client's echoes.",
          rows=["3.2 hijack without TCP"])
def hijacked_silent(run, lab):
    site = Site(lab, warm=True)
    dns = dnsmasq(site.net, RESOLVER, [f"address=/{NAME}/10.66.0.1"])
    site.gw.rule("ip daddr 10.66.0.1 drop")
    cap = lab.capture(site.pc)
    ping = site.background(9)
    assert site.win.check()[0] == "timeout"
    site.end(ping)
    run.save(cap.stop() and cap)
    run.truth(dns.log("config"))
    run.expect([TOLD, run.first("tcp.flags.syn == 1")], verdict="ActiveHttpProbeFailedButDnsSucceeded", cause="dns-hijacked", severity="error",
               confidence=["high", "medium"], capability="Local", family="v4", client=PC, server="10.66.0.1", host=NAME)


@scenario("dns-private-mirror", title="A private probe server with the right text",
          shows="The name resolves to a private address whose server answers exactly as Microsoft's does.", rows=["3.2 private mirror"],
          near_miss_of=["3.2 hijack", "3.2 sinkhole"])
def private_mirror(run, lab):
    site = Site(lab, warm=True)
    mirror = site.host("mirror", "10.1.0.80", "00:25:90:7c:11:80")
    dns = dnsmasq(site.net, RESOLVER, [f"address=/{NAME}/10.1.0.80"])
    web = nginx(mirror, "10.1.0.80", RIGHT)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(dns.log("config") + web.log("NCSI"))
    run.like(expect.success, PC, "10.1.0.80", ["http.request", "http.response"], confidence=["high", "medium"])


@scenario("dns-nat64", title="A NAT64 address is no hijack",
          shows="In a network of IPv6 alone the resolver's AAAA is 64:ff9b::cb00:7150, and the probe through the translator's address succeeds.",
          rows=["3.9 NAT64"], near_miss_of=["3.2 hijack"])
def nat64(run, lab):
    site = Site(lab, net6=True, resolvers=(RESOLVER_V6,))
    site.net.ip("addr", "add", "64:ff9b::cb00:7150/128", "dev", "eth0", "nodad")
    site.isp.route("64:ff9b::/96", "2001:db8:80::80")
    dns = dnsmasq(site.net, RESOLVER_V6, [f"host-record={WEB6},64:ff9b::cb00:7150"])
    web = nginx(site.net, "64:ff9b::cb00:7150", RIGHT)
    cap = lab.capture(site.pc)
    assert site.win.check(WEB6, kind="AAAA")[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(dns.log("config") + web.log("NCSI"))
    run.like(expect.success, "2001:db8:1::5", "64:ff9b::cb00:7150", ["http.request", "http.response"])


def beside_http(run, lab, lines, kinds=("A",)):
    """A wired Windows 10: the HTTP probe succeeds, the DNS probe follows."""
    site = Site(lab)
    dns = dnsmasq(site.net, RESOLVER, [*CHAIN, *lines])
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "answer"
    answers = [site.win.resolve(DNS, kind) for kind in kinds]
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI") + dns.log("dns.msftncsi.com is"))
    run.like(expect.success, PC, WEB, ["http.request", "http.response"])
    return answers


@scenario("dns-probe-right", title="Both probes of a wired Windows 10 succeed",
          shows="HTTP probe with the right text, then dns.msftncsi.com: A 131.107.255.255 and AAAA fd3e:4f5a:5b81::1.",
          rows=["3.2 DNS probe OK", "3.3 200"], near_miss_of=["3.2 DNS probe failed"])
def probe_right(run, lab):
    beside_http(run, lab, [PROBE_RIGHT], ("A", "AAAA"))
    for family, kind in (("v4", 1), ("v6", 28)):
        run.expect([f'dns.flags.response == 1 && dns.qry.name == "{DNS}" && dns.qry.type == {kind}'], verdict="ActiveDnsProbeSucceeded",
                   severity="ok", confidence="high", family=family, client=PC, server=RESOLVER, host=DNS)


@scenario("dns-probe-wrong", title="The DNS probe gets another address, the HTTP probe succeeds",
          shows="HTTP probe with the right text; dns.msftncsi.com resolves to 192.168.1.1.", rows=["3.2 DNS probe failed"],
          near_miss_of=["3.2 DNS probe OK"])
def probe_wrong(run, lab):
    beside_http(run, lab, [f"address=/{DNS}/192.168.1.1"])
    run.expect([f'dns.flags.response == 1 && dns.qry.name == "{DNS}"'], verdict="ActiveDnsProbeFailed", cause="dns-wrong-answer",
               severity="info", confidence="high", family="v4", client=PC, server=RESOLVER, host=DNS)


@scenario("dns-probe-nxdomain", title="The DNS probe's name does not exist, the HTTP probe succeeds",
          shows="HTTP probe with the right text; dns.msftncsi.com is NXDOMAIN.", rows=["3.2 DNS probe failed"])
def probe_nxdomain(run, lab):
    beside_http(run, lab, [f"address=/{DNS}/"])
    run.expect([f'dns.flags.response == 1 && dns.qry.name == "{DNS}"'], verdict="ActiveDnsProbeFailed", cause="dns-nxdomain",
               severity="info", confidence="high", family="v4", client=PC, server=RESOLVER, host=DNS)


@scenario("dns-truncated-then-tcp", title="A cut answer, then the whole one over TCP",
          shows="Forty addresses do not fit: the UDP answer has TC, the same question over TCP port 53 is answered, the probe succeeds.",
          rows=["3.2 TC then TCP", "3.9 DNS over TCP"])
def truncated(run, lab):
    site = Site(lab)
    hosts = lab.file("hosts", "".join(f"203.0.113.{n} {NAME}\n" for n in range(100, 140)))
    dns = dnsmasq(site.net, RESOLVER, [f"addn-hosts={hosts}"])
    for n in range(100, 140):
        site.net.ip("addr", "add", f"203.0.113.{n}/24", "dev", "eth0")
    web = nginx(site.net, "0.0.0.0", RIGHT)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.wire("dns.flags.truncated == 1", 1)
    run.wire("tcp.port == 53 && dns.flags.response == 1", 1)
    run.expect(["http.request", "http.response"], verdict="ActiveHttpProbeSucceeded", severity="ok", confidence="high",
               capability="Internet", family="v4", route="direct", client=PC, host=NAME)


@scenario("dns-suffix-noise", title="The name with a search suffix does not exist",
          shows="www.msftconnecttest.com.corp.example is NXDOMAIN; the name itself resolves and the probe succeeds.", rows=["3.2 suffix"],
          near_miss_of=["3.2 nxdomain"])
def suffix(run, lab):
    site = Site(lab)
    dns = dnsmasq(site.net, RESOLVER, [*CHAIN, "address=/corp.example/"])
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    site.win.resolve(NAME + ".corp.example")
    assert site.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(dns.log("NXDOMAIN") + web.log("NCSI"))
    run.wire("dns.flags.rcode == 3", 1)
    run.like(expect.success, PC, WEB, ["http.request", "http.response"])


@scenario("dns-nxdomain-then-proxy", title="The client cannot resolve the name and need not: its proxy does",
          shows="NXDOMAIN from the inside resolver, then the probe through the proxy with the right text.",
          rows=["3.2 nxdomain and then a proxy", "3.4 200"], near_miss_of=["3.2 nxdomain"])
def nxdomain_then_proxy(run, lab):
    site = Site(lab)
    inside = dnsmasq(site.gw, "10.1.0.1", ["address=/msftconnecttest.com/"], "inside")
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    proxy = squid(site.proxy(), "10.1.0.9", ["http_access allow all"], resolver=RESOLVER)
    site.win.resolvers = ["10.1.0.1"]
    cap = lab.capture(site.pc)
    assert site.win.resolve().rcode == 3
    assert b"Connect Test" in site.win.get("10.1.0.9", proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(inside.log("config") + proxy.log("connecttest"))
    run.like(expect.proxy_success, PC, "10.1.0.9:3128", ["http.request", "http.response"])


@scenario("dns-v6-name-fails", title="The IPv6 probe's name does not exist, IPv4 works",
          shows="A and HTTP of the IPv4 probe succeed; AAAA of ipv6.msftconnecttest.com is NXDOMAIN.", rows=["3.2 v6-only failure"])
def v6_name_fails(run, lab):
    site = Site(lab)
    dns = dnsmasq(site.net, RESOLVER, [*CHAIN, f"address=/{WEB6}/"])
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "answer"
    assert site.win.resolve(WEB6, "AAAA").rcode == 3
    run.save(cap.stop() and cap)
    run.truth(dns.log("config") + web.log("NCSI"))
    run.like(expect.success, PC, WEB, ["http.request", "http.response"])
    run.expect(["dns.flags.rcode == 3"], verdict="ActiveHttpProbeFailed", cause="dns-nxdomain", severity="info", family="v6", client=PC,
               host=WEB6)


@scenario("dns-only-probe", title="A DNS probe alone",
          shows="A wired Windows 10 asks dns.msftncsi.com alone and gets 131.107.255.255.", rows=["3.2 DNS probe OK"])
def probe_only(run, lab):
    site = Site(lab)
    dns = dnsmasq(site.net, RESOLVER, [PROBE_RIGHT])
    cap = lab.capture(site.pc)
    assert site.win.resolve(DNS).addresses == ["131.107.255.255"]
    run.save(cap.stop() and cap)
    run.truth(dns.log("dns.msftncsi.com is"))
    run.like(expect.dns_success, PC, RESOLVER, [ASKED, TOLD], capability="Internet", family="v4")


@scenario("dns-no-address-chain", title="The CNAME chain ends without an address",
          shows="The answer holds aliases down to a name that has no address.", rows=["3.2 CNAME chain ends"])
def chain_ends(run, lab):
    site = Site(lab)
    dns = unbound(site.net, RESOLVER, ['  local-zone: "msftconnecttest.com." static',
                  '  local-data: "www.msftconnecttest.com. 300 IN CNAME ncsi-geo.trafficmanager.net."'])
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "unresolved"
    run.save(cap.stop() and cap)
    run.truth(dns.log("NOERROR"))
    run.wire("dns.flags.rcode == 0 && dns.cname", 1)
    run.wire("dns.a", 0)
    failed_lookup(run, "dns-nodata", ["dns.cname"], confidence=["high", "medium"])
