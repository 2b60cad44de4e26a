"""Looking for a proxy: WPAD by DNS, the PAC file, and what the probe does after it. nginx gives the file, squid is the proxy."""
import expect
from network import RESOLVER, WEB, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from scenes_proxy import AT, EXCHANGE, PROXY
from servers import dnsmasq, nginx, squid
from windows import proxied
from windows_discovery import NAME, Neighbour, call, discover, pac, pac_request

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
    broken(run, "tcp-timeout", [TOLD, run.first(f"tcp.flags.syn == 1 && ip.dst == {PROXY}")], says=["Looking for a proxy took 21."])
    then_direct(run, says=["Proxy discovery cost 21.", "could not fetch the PAC file"])


@scenario("wpad-found", title="WPAD works", shows="DNS knows wpad.corp.example, nginx gives /wpad.dat with its own content type, and the probe goes through "
          "the proxy that the file names.", rows=["3.5 200"], near_miss_of=["3.5 404", "3.5 HTML", "3.5 401", "3.5 PAC, then direct"])
def found(run, lab):
    site, log = around(lab, give(FILE))
    cap = lab.capture(site.pc)
    assert b"FindProxyForURL" in discover(site.win)[1]
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("wpad"))
    run.like(expect.proxy_success, PC, AT, ["http.response && tcp.srcport == 3128"], says=[f"whose text names PROXY {AT}."],
             **{"details.proxy.discovery.pac_status": 200, "details.proxy.discovery.pac_bytes": len(FILE),
                "details.proxy.discovery.pac_mime": "application/x-ns-proxy-autoconfig", "details.proxy.discovery.method": "dns"})


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


@scenario("wpad-found-direct", title="The PAC file says DIRECT for the probe", shows="WPAD works; the file returns DIRECT for the probe's host and the "
          "proxy for all others, and the probe goes directly and works.", rows=["3.5 PAC, then direct"], near_miss_of=["3.4 ProxyNotDiscovered"])
def says_direct(run, lab):
    text = ('function FindProxyForURL(url, host) {\n  if (dnsDomainIs(host, ".msftconnecttest.com")) return "DIRECT";\n'
            f'  return "PROXY {AT}";\n}}\n')
    site, log = around(lab, give(text, "text/plain"), proxy=False)
    cap = lab.capture(site.pc)
    assert b"FindProxyForURL" in discover(site.win)[1]
    assert b" 200 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("wpad"))
    then_direct(run, says=["the file says DIRECT for the probe, or could not be evaluated", "Windows may refuse the file", f"names PROXY {AT}."])


@scenario("wpad-404-stuck", seconds=30, title="Without the PAC file the probe does not get out", shows="WPAD leads to a server that answers 404; the probe goes "
          "directly, and the firewall lets only the proxy out.", rows=["3.5 404", "3.5 fall-back"])
def stuck(run, lab):
    site, log = around(lab, "location / { return 404; }", proxy=False, web=None)
    site.gw.rule(f"ip saddr {PC} tcp dport 80 drop")
    cap = lab.capture(site.pc)
    echo = site.background(9)
    assert b" 404 " in discover(site.win)[1]
    assert site.win.check()[0] == "timeout"
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth([*log.log("wpad"), f"gw: nft ip saddr {PC} tcp dport 80 drop"])
    broken(run, "http-status", [FETCH, FETCHED], severity="error", says=["went directly and did not get out"])
    run.like(expect.no_http, PC, WEB, [run.first(f"tcp.flags.syn == 1 && ip.dst == {WEB}")], cause="tcp-timeout", confidence=["high", "medium"],
             says=["could not fetch the PAC file"])


@scenario("wpad-portal", title="A portal answers for every name", shows="The portal's resolver gives its own address for every name, wpad too, and its web "
          "server redirects every request: a portal, and no broken discovery.", rows=["3.3 302"], near_miss_of=["3.5 404", "3.5 HTML"])
def portal(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, [f"address=/#/{WEB}"])
    log = nginx(site.net, WEB, "location / { return 302 http://login.hotel.example/; }")
    cap = lab.capture(site.pc)
    assert b" 302 " in discover(site.win)[1]
    assert b" 302 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("GET"))
    run.like(expect.hotspot, PC, WEB, [run.frames("http.response.code == 302")[-1:]], cause="http-redirect")


@scenario("wpad-unchanged", title="The PAC file has not changed", shows="The client asks for the file only if it changed; nginx answers 304, and the probe goes "
          "through the proxy.", rows=["3.5 200"], near_miss_of=["3.5 404"])
def unchanged(run, lab):
    site, log = around(lab, give(FILE))
    date = next(line for line in discover(site.win)[1].split(b"\r\n") if line.startswith(b"Last-Modified")).split(b": ")[1].decode()
    cap = lab.capture(site.pc)
    request = pac_request().replace(b"Accept", f"If-Modified-Since: {date}\r\nAccept".encode())
    assert b" 304 " in discover(site.win, request=request)[1]
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("304"))
    run.like(expect.proxy_success, PC, AT, ["http.response && tcp.srcport == 3128"])


@scenario("pac-500", title="A PAC file that was set and is not given", shows="No name is looked for: the client has the URL of a file, and its server answers 500.",
          rows=["3.5 404"], near_miss_of=["3.3 503"])
def error(run, lab):
    site, log = around(lab, "location / { return 500; }", proxy=False)
    cap = lab.capture(site.pc)
    request = pac_request("pac.corp.example", "/corp/proxy.pac", "Mozilla/4.0 (compatible; Win32; WinHttp.WinHttpRequest.5)")
    assert b" 500 " in site.win.get(PROXY, request)[1]
    assert b" 200 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("proxy.pac"))
    broken(run, "http-server-error", [FETCH, FETCHED], host="pac.corp.example", **{"details.proxy.discovery.method": "configured"})
    then_direct(run)


@scenario("wpad-pac-proxy-refused", title="The proxy of the PAC file is not there", shows="WPAD works; the proxy that the file names refuses the connection.",
          rows=["3.4 SYN to proxy RST"], near_miss_of=["3.5 TCP fail"])
def dead_proxy(run, lab):
    site, log = around(lab, give(FILE), proxy=False)
    cap = lab.capture(site.pc)
    assert b"FindProxyForURL" in discover(site.win)[1]
    assert site.win.get(PROXY, proxied(), 3128)[0] == "refused"
    run.save(cap.stop() and cap)
    run.truth(log.log("wpad"))
    run.expect(["tcp.flags.reset == 1"], verdict="ActiveHttpProbeFailed", cause="proxy-unreachable", severity="error", confidence="medium",
               capability="None", family="v4", route="explicit-proxy", client=PC, server="null", proxy=AT, says=[f"names PROXY {AT}."])


def unanswered(site):
    """DNS does not know the name; the client asks the link."""
    assert discover(site.win)[0] == "unresolved"


@scenario("wpad-link-silent", title="Nobody on the link knows WPAD", shows="NXDOMAIN for wpad.corp.example, then LLMNR, mDNS and NetBIOS questions that nobody "
          "answers: normal. The direct probe works.", rows=["3.5 LLMNR", "3.5 mDNS", "3.5 NBNS"], near_miss_of=["3.5 TCP fail"])
def link_silent(run, lab):
    site, _ = around(lab, None, names=(f"address=/{NAME}/",), proxy=False)
    cap = lab.capture(site.pc)
    unanswered(site)
    for protocol in ("llmnr", "mdns", "netbios"):
        assert call(site.pc, PC, protocol) is None
    assert b" 200 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.wire("llmnr", 2)
    run.wire("mdns", 2)
    run.wire("nbns", 2)
    then_direct(run, says=["called for wpad on the link (LLMNR, mDNS, NetBIOS)", "Proxy discovery cost 2."])


def neighbour(run, lab, protocol, name):
    """DNS does not know the name; a neighbour answers to it and gives the file; the probe goes through its proxy."""
    site, log = around(lab, give(FILE), names=(f"address=/{NAME}/",))
    Neighbour(site.box, PROXY, protocol, PROXY)
    cap = lab.capture(site.pc)
    unanswered(site)
    assert call(site.pc, PC, protocol)
    assert b"FindProxyForURL" in site.win.get(PROXY, pac_request("wpad"))[1]
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("wpad"))
    run.like(expect.proxy_success, PC, AT, ["http.response && tcp.srcport == 3128"], says=[f"Security: {PROXY} answered to the name wpad over {name}"],
             **{"details.proxy.discovery.method": protocol})


for one, shown in (("llmnr", "LLMNR"), ("mdns", "mDNS"), ("netbios", "NetBIOS")):
    scenario(f"wpad-{one}-answered", title=f"A neighbour answers to wpad by {shown}", shows=f"NXDOMAIN in DNS; a host on the link answers the {shown} question "
             "and gives a PAC file; the probe goes through its proxy.", rows=[f"3.5 {shown}"])(
        lambda run, lab, one=one, shown=shown: neighbour(run, lab, one, shown))


@scenario("wpad-llmnr-401", title="A neighbour answers to wpad and wants NTLM", shows="NXDOMAIN in DNS; a host answers the LLMNR question, and to /wpad.dat with 401: how "
          "credentials are fished for.", rows=["3.5 LLMNR", "3.5 401"])
def fished(run, lab):
    site, log = around(lab, 'location / { add_header WWW-Authenticate NTLM always; return 401; }', names=(f"address=/{NAME}/",), proxy=False)
    Neighbour(site.box, PROXY, "llmnr", PROXY)
    cap = lab.capture(site.pc)
    unanswered(site)
    assert call(site.pc, PC, "llmnr")
    assert b" 401 " in site.win.get(PROXY, pac_request("wpad"))[1]
    assert b" 200 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("wpad"))
    broken(run, "http-intercept-auth", ["llmnr && dns.flags.response == 1", FETCH, FETCHED], host="wpad", says=[f"Security: {PROXY} answered"])
    then_direct(run)
