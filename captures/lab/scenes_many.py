"""One of many: faults that come and go, clients of one proxy, adapters of one host, a rule for an old address."""
import time

import capfile
import expect
from network import MACS, RESOLVER, WEB, WEB2, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from scenes_format import REDIRECT, frames, written
from scenes_http import EXCHANGE
from scenes_proxy import BASIC, KNOWN, PROXY, behind, unauthenticated
from servers import dnsmasq, nginx
from windows import EDGE, Connection, Windows, probe, proxied

PC2, RETIRED, TUNNEL = "10.1.0.6", "13.107.4.52", "172.20.0.5"
REFUSAL = "tcp.flags.reset == 1"


def apart(fs):
    """The same frames with a minute more before every look-up: what Windows takes for attempts of their own."""
    out, minutes = [], -1
    for at, data, wire in fs:
        minutes += data[23:24] == b"\x11" and data[36:38] == b"\0\x35"
        out.append((at + minutes * 60_000_000_000, data, wire))
    return capfile.pcap(out)


def resolver_phases(run, lab, phases):
    """Attempts one after the other; in a phase that is False the resolver refuses (it has no data and nobody to ask)."""
    site = Site(lab, warm=True)
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    for number, works in enumerate(phases):
        dns = dnsmasq(site.net, RESOLVER, CHAIN if works else [], f"dns{number}")
        assert site.win.check()[0] == ("answer" if works else "unresolved")
        cap.lull()
        dns.process.terminate()
        dns.process.wait()
    run.save(cap.stop() and cap, convert=written(apart))
    run.truth(web.log("NCSI"))
    run.wire("dns.flags.rcode == 5", phases.count(False))
    run.wire("http.response.code == 200", phases.count(True))
    answers = run.frames("http.response.code == 200")
    refusals = run.frames("dns.flags.rcode == 5")
    for works in phases:
        if works:
            run.like(expect.success, PC, WEB, [answers.pop(0)])
        else:
            run.expect([refusals.pop(0)], verdict="ActiveHttpProbeFailed", cause="dns-refused", severity="warning",
                       confidence=["high", "medium"], capability="Local", family="v4", client=PC)
    run.place("/rates/1/by", "address")
    run.place("/rates/0/by", "dns-server")
    run.place("/rates/0/key", RESOLVER)
    run.place("/rates/0/attempts", len(phases))
    run.place("/rates/0/failed", phases.count(False))


@scenario("many-dns-flaps", title="A resolver that refuses now and then", rows=["3.8 recovered", "3.2 REFUSED"], seconds=8, made="rewritten",
          shows="Five attempts, a minute apart: the only resolver answers, refuses, answers, refuses and answers.")
def dns_flaps(run, lab):
    resolver_phases(run, lab, [True, False, True, False, True])
    run.place("/rates/0/intermittent", True)


@scenario("many-dns-once", title="A resolver that was down once", rows=["3.8 recovered"], near_miss_of=["3.2 REFUSED"], seconds=5, made="rewritten",
          shows="The only resolver refuses first and answers from then on: a repair, not a fault that comes and goes.")
def dns_once(run, lab):
    resolver_phases(run, lab, [False, True])
    run.place("/rates/0/intermittent", False)


def two_at_proxy(run, lab, rules, second_works):
    site, log = behind(lab, rules, warm=True)
    other = site.host("pc2", PC2)
    cap = lab.capture(site.box, filter="not port 80 and not port 53")  # the clients' side alone
    noise = [node.start(["ping", "-n", "-i", "3", "-c", "13", PROXY], log="ping")[0] for node in (site.pc, other)]
    assert b" 407 " in site.win.get(PROXY, proxied(), 3128)[1]
    told = Windows(other).get(PROXY, proxied(), 3128)[1]
    assert (b" 200 " if second_works else b" 407 ") in told.split(b"\r\n")[0] + b" ", told
    for process in noise:
        process.wait()
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    unauthenticated(run, "proxy-auth-unsupported", [f"http.response.code == 407 && ip.dst == {PC}"])
    run.place("/networks/0/kind", "proxy")
    run.place("/networks/0/name", f"{PROXY}:3128")


@scenario("many-proxy-one-fails", title="One proxy, two clients, two outcomes", rows=["3.4 407 Basic only"], position="switch", seconds=42,
          shows="squid asks one client for Basic credentials and lets the other one through by its address.")
def one_fails(run, lab):
    two_at_proxy(run, lab, [*BASIC, f"acl trusted src {PC2}", "http_access allow trusted", *KNOWN], True)
    run.like(expect.proxy_success, PC2, f"{PROXY}:3128", [f"http.response.code == 200 && ip.dst == {PC2}"])
    for at, item in (("count", 1), ("succeeded", 1), ("failed", 1), ("look_at", "clients"), ("clients/0", PC)):
        run.place(f"/networks/0/{at}", item)
    run.place("/networks/1/kind", "overall")
    run.place("/networks/1/look_at", "unclear")
    run.place("/networks/1/succeeded", 1)


@scenario("many-proxy-both-fail", title="One proxy, two clients, one outcome", rows=["3.4 407 Basic only"], position="switch", seconds=42,
          near_miss_of=["3.4 200"], shows="squid asks both clients for Basic credentials.")
def both_fail(run, lab):
    two_at_proxy(run, lab, [*BASIC, *KNOWN], False)
    unauthenticated(run, "proxy-auth-unsupported", [f"http.response.code == 407 && ip.dst == {PC2}"], client=PC2)
    for at, item in (("count", 2), ("succeeded", 0), ("failed", 2), ("look_at", "network")):
        run.place(f"/networks/0/{at}", item)


def refused(run, server=WEB, **more):
    """The finding of a direct probe that the gateway or a router refuses."""
    run.like(expect.no_http, PC, server, [run.first(f"{REFUSAL} && ip.src == {server}")], cause="tcp-reset", **more)


def old_address(run, lab, rule, others):
    site = Site(lab, warm=True)
    site.net.ip("addr", "add", f"{RETIRED}/32", "dev", "eth0")
    site.isp.route(f"{RETIRED}/32", WEB)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, [WEB, WEB2, RETIRED], RIGHT)
    site.gw.rule(rule)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "refused"
    for address in (RETIRED, *others):
        assert site.win.get(address, probe(host=address, path="/", agent=EDGE))[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(web.log("Edg") + [f"gw: nft {rule}"])


@scenario("many-pinned-address", title="A rule for the address that the probe once had", rows=["1.5 retired address"],
          shows="The firewall lets port 80 through to 13.107.4.52 alone; the probe's server of today is refused, a test by hand with the old address answered.")
def pinned(run, lab):
    old_address(run, lab, f"ip daddr != {RETIRED} tcp dport 80 reject with tcp reset", ())
    refused(run)
    run.wire(f"tcp.flags == 0x012 && ip.src == {RETIRED}", 1)
    run.place("/findings/0/rule", "reach.pinned-address")


@scenario("many-not-pinned", title="A rule against the probe server alone", near_miss_of=["1.5 retired address"], rows=["3.3 RST"],
          shows="The firewall refuses the probe's server; 13.107.4.52 and any other server are reached.")
def not_pinned(run, lab):
    old_address(run, lab, f"ip daddr {WEB} tcp dport 80 reject with tcp reset", (WEB2,))
    refused(run)
    run.place("/findings/0/rule", "reach.refused")


def two_adapters(run, lab, marked):
    """The client's second adapter stands for the tunnel's: its own switch and gateway address, the same way out."""
    site = Site(lab, warm=True)
    second = lab.switch("sw2")
    iface, _ = second.plug(site.pc, [f"{TUNNEL}/24"], "00:ff:5d:01:04:05")
    second.plug(site.gw, ["172.20.0.1/24"], "00:1b:17:4e:03:30")
    site.isp.route("172.20.0.0/24", "198.51.100.2")
    site.pc.ip("rule", "add", "from", TUNNEL, "lookup", "100")
    site.pc.ip("route", "add", "default", "via", "172.20.0.1", "dev", iface, "table", "100")
    site.pc.run("ping", "-c", "1", "-W", "3", "-q", "-I", TUNNEL, "172.20.0.1")
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    site.gw.rule(f"ip saddr {PC} tcp dport 80 reject with tcp reset")
    caps = [lab.capture(site.pc, "eth0", name="nic"), lab.capture(site.pc, iface, name="tunnel")]
    assert site.win.check()[0] == "refused"
    tunnel = Connection(site.pc, WEB, source=TUNNEL)
    assert b"Connect Test" in tunnel.ask(probe())
    tunnel.close()
    for cap in caps:
        cap.stop()

    def both(_, target):
        made = capfile.Section(options=[(3, b"Windows 10")])
        own = {bytes.fromhex(mac.replace(":", "")) for mac in (MACS["pc"], "00:ff:5d:01:04:05")}
        for name in ("Ethernet", "Tunnel"):
            made.interface(name=name)
        everything = [(at, number, data) for number, cap in enumerate(caps) for at, data, _ in frames(cap.path)]
        for at, number, data in sorted(everything):
            flags = (2 if data[6:12] in own else 1).to_bytes(4, "little")
            made.packet(at, data, number, options=[(2, flags)] if marked else [])
        with open(target, "wb") as out:
            out.write(made.data)
    run.save(caps[0], "pcapng", both)
    run.truth(web.log("NCSI"))
    refused(run, severity="info" if marked else "error")
    run.like(expect.success, TUNNEL, WEB, [f"http.request && ip.src == {TUNNEL}", f"http.response && ip.dst == {TUNNEL}"])
    run.place("/findings/0/related/0", 2 if marked else "null")


@scenario("many-forced-tunnel", title="The physical adapter under a forced tunnel", rows=["00.14 forced tunnel", "3.6 forced tunnel"], made="rewritten",
          shows="The capture marks what the host itself sent: the probe of its physical adapter is refused, that of the tunnel's address succeeds.")
def forced_tunnel(run, lab):
    two_adapters(run, lab, True)


@scenario("many-adapters-unmarked", title="Two addresses that nothing joins", rows=["3.9 probe on VPN and NIC at once"], made="rewritten",
          near_miss_of=["00.14 forced tunnel", "3.6 forced tunnel"], shows="The same traffic without marks: the two addresses may be two hosts.")
def unmarked(run, lab):
    two_adapters(run, lab, False)


def passive(run, lab, ttl, portal=False):
    """A failed probe, then a page from a server whose packets arrive with what is left of `ttl`."""
    site = Site(lab, warm=True)
    site.net.sysctl({"net/ipv4/ip_default_ttl": ttl})
    dnsmasq(site.net, RESOLVER, CHAIN)
    nginx(site.net, WEB, REDIRECT)
    page = nginx(site.net, WEB2, RIGHT, "page", port=8080)
    if not portal:
        site.gw.rule("tcp dport 80 reject with tcp reset")
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == ("answer" if portal else "refused")
    time.sleep(1.1)  # a client goes on later
    assert site.win.get(WEB2, probe(host="intranet.example", path="/", agent=EDGE), 8080)[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(page.log("Edg"))
    run.wire(f"ip.src == {WEB2} && ip.ttl != {ttl - 2}", 0)
    if portal:
        run.like(expect.hotspot, PC, WEB, ["http.response.code == 302"], cause="http-redirect")
    else:
        refused(run)
    run.place("/clients/0/v4/capability", "Local")
    run.place("/clients/0/online", False)


@scenario("many-passive-far", title="Traffic from afar after a failed probe", rows=["1.12 hops", "3.7 passive hops"], seconds=6,
          shows="Port 80 is refused; a page on another port comes with TTL 50, as over 14 routers: Windows' passive probe may raise the state again.")
def passive_far(run, lab):
    passive(run, lab, 52)
    run.place("/clients/0/timeline/1/rule", "passive.hops")
    run.place("/clients/0/timeline/1/approximate", True)
    run.place("/clients/0/timeline/1/capability", "Internet")
    run.place("/clients/0/timeline/1/predicted", True)


@scenario("many-passive-near", title="Traffic from nearby after a failed probe", rows=["3.3 RST"], near_miss_of=["1.12 hops", "3.7 passive hops"], seconds=6,
          shows="Port 80 is refused; a page on another port comes with TTL 62: two routers are not the Internet.")
def passive_near(run, lab):
    passive(run, lab, 64)
    run.place("/clients/0/timeline/1", "null")


@scenario("many-passive-portal", title="Traffic from afar behind a portal", rows=["3.3 302"], near_miss_of=["1.12 hops", "3.7 passive hops"], seconds=6,
          shows="A portal redirects the probe; a page on another port comes with TTL 50. In hotspot state Windows ignores it.")
def passive_portal(run, lab):
    passive(run, lab, 52, portal=True)
    run.place("/clients/0/timeline/1", "null")


@scenario("many-redirect-opened", title="Windows opens a browser at a portal", rows=["1.4 /redirect", "3.3 302"],
          shows="The probe meets a portal; Edge then asks for /redirect at the probe's host, and the portal takes over.")
def redirect_opened(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, REDIRECT)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "answer"
    assert site.win.check(request=probe(path="/redirect", agent=EDGE))[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(web.log("302"))
    run.like(expect.hotspot, PC, WEB, [run.first("http.response.code == 302")], cause="http-redirect")
    run.expect(['http.request.uri == "/redirect"'], verdict="ProbeLookAlike", severity="info", capability="null", family="v4",
               client=PC, host="www.msftconnecttest.com")
    run.place("/findings/1/rule", "probe.browser-redirect")
