"""Looking for a proxy: WPAD by DNS, the PAC file, and what the probe does after it. nginx gives the file, squid is the proxy."""
import expect
from network import RESOLVER, WEB, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from scenes_proxy import AT, EXCHANGE, PROXY
from servers import dnsmasq, nginx, squid
from windows import proxied
from windows_discovery import NAME, discover, pac

WPAD = f"host-record={NAME},{PROXY}"
FILE = pac(f"PROXY {AT}", "DIRECT")
ASKED, TOLD = 'dns.flags.response == 0 && dns.qry.name contains "wpad"', 'dns.flags.response == 1 && dns.qry.name contains "wpad"'
FETCH = f"http.request && ip.dst == {PROXY} && tcp.dstport == 80"
FETCHED = f"http.response && ip.src == {PROXY} && tcp.srcport == 80"


def give(text, mime="application/x-ns-proxy-autoconfig"):
    """nginx's way of giving a text that is a file."""
    return lambda lab: f"location / {{ default_type {mime}; root {lab.file('files/wpad.dat', text).rsplit('/', 1)[0]}; }}"


def around(lab, pac_server, names=(WPAD,), proxy=True, web=RIGHT):
    """A site whose DNS knows `wpad`, with a PAC server and squid on the host that it leads to; gives (site, nginx's log)."""
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, [*CHAIN, *names])
    if web:
        nginx(site.net, WEB, web)
    site.box = site.proxy()
    log = None
    if pac_server is not None:
        lines = pac_server(lab) if callable(pac_server) else pac_server
        log = nginx(site.box, PROXY, lines, "pac")
    if proxy:
        squid(site.box, PROXY, ["http_access allow all"])
    return site, log


def broken(run, cause, evidence, **more):
    """The finding of a discovery that was there and did not work."""
    run.expect(evidence, **{"verdict": "ProxyDiscoveryFailed", "cause": cause, "severity": "warning", "confidence": ["high", "medium"],
               "capability": "null", "family": "v4", "route": "direct", "client": PC, "server": PROXY, "host": NAME, **more})


def then_direct(run, **more):
    """The finding of the direct probe that follows and works."""
    run.like(expect.success, PC, WEB, [f"http.response && ip.src == {WEB}"], **more)


def fetched(run, lab, pac_server, status):
    """A discovery that gets an answer of that status, and a direct probe after it."""
    site, log = around(lab, pac_server, proxy=False)
    cap = lab.capture(site.pc)
    what, data = discover(site.win)
    assert what == "answer" and data.split(b" ")[1] == str(status).encode(), data[:80]
    assert b" 200 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("wpad"))


@scenario("wpad-404", title="WPAD leads to a web server without the file", shows="DNS knows wpad.corp.example; the server there answers 404 to "
          "/wpad.dat. The probe goes directly afterwards and works.", rows=["3.5 404"])
def not_found(run, lab):
    fetched(run, lab, "location / { return 404; }", 404)
    broken(run, "http-status", [ASKED, TOLD, FETCH, FETCHED], confidence="high", **{"details.proxy.discovery.method": "dns",
           "details.proxy.discovery.pac_status": 404, "details.proxy.discovery.url": f"http://{NAME}/wpad.dat"})
    then_direct(run)


@scenario("wpad-html", title="WPAD leads to a page", shows="The server behind wpad.corp.example gives its start page for every path: 200 and HTML.",
          rows=["3.5 HTML"], near_miss_of=["3.5 200"])
def page(run, lab):
    fetched(run, lab, "location / { return 200 '<!DOCTYPE html><html><head><title>Intranet</title></head></html>'; }", 200)
    broken(run, "http-wrong-body", [FETCH, FETCHED], **{"details.proxy.discovery.pac_mime": "text/html"})
    then_direct(run)


@scenario("wpad-401", title="The PAC file wants a sign-in", shows="The server behind wpad.corp.example answers 401: services read the file without a name.",
          rows=["3.5 401"], near_miss_of=["3.3 401"])
def locked(run, lab):
    users = "users:$apr1$x$qsXkqHaaGqk7lbDE8ZbnE1\n"
    fetched(run, lab, lambda lab: f"auth_basic corp; auth_basic_user_file {lab.file('users', users)};", 401)
    broken(run, "http-intercept-auth", [FETCH, FETCHED])
    then_direct(run)


@scenario("wpad-refused", title="WPAD leads to a host without web server", shows="DNS knows wpad.corp.example; the host there answers port 80 with RST.",
          rows=["3.5 TCP fail"])
def refused(run, lab):
    site, _ = around(lab, None, proxy=False)
    cap = lab.capture(site.pc)
    assert discover(site.win)[0] == "refused"
    assert b" 200 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth("no program listens on port 80")
    broken(run, "tcp-reset", [ASKED, TOLD, "tcp.flags.reset == 1"], confidence="high")
    then_direct(run)


@scenario("wpad-timeout", seconds=30, title="WPAD leads to a host that is silent", shows="Every SYN to port 80 of the host behind wpad.corp.example is "
          "dropped for 21 s, while the gateway answers echoes. Only then the probe goes, directly, and works.", rows=["3.5 TCP fail", "3.5 cost"])
def silent(run, lab):
    site, _ = around(lab, None, proxy=False)
    site.box.rule("tcp dport 80 drop", hook="input")
    cap = lab.capture(site.pc)
    echo = site.background(9)
    assert discover(site.win)[0] == "timeout"
    assert b" 200 " in site.win.check()[1]
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth("proxy: nft tcp dport 80 drop")
    broken(run, "tcp-timeout", [TOLD, run.first(f"tcp.flags.syn == 1 && ip.dst == {PROXY}")])
    then_direct(run)


@scenario("wpad-found", title="WPAD works", shows="DNS knows wpad.corp.example, nginx gives /wpad.dat with its own content type, and the probe goes through "
          "the proxy that the file names.", rows=["3.5 200"], near_miss_of=["3.5 404", "3.5 HTML", "3.5 401"])
def found(run, lab):
    site, log = around(lab, give(FILE))
    cap = lab.capture(site.pc)
    assert b"FindProxyForURL" in discover(site.win)[1]
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("wpad"))
    run.like(expect.proxy_success, PC, AT, [f"http.response && tcp.srcport == 3128"])


@scenario("wpad-nxdomain", title="Nobody knows WPAD", shows="wpad.corp.example does not exist: normal where automatic discovery is not used. The direct "
          "probe works.", rows=["3.5 NXDOMAIN"], near_miss_of=["3.5 404", "3.5 TCP fail"])
def unknown(run, lab):
    site, _ = around(lab, None, names=(f"address=/{NAME}/",), proxy=False)
    cap = lab.capture(site.pc)
    assert discover(site.win)[0] == "unresolved"
    assert b" 200 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.wire("dns.flags.rcode == 3", 1)
    then_direct(run)
