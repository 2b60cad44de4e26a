"""What answers a direct probe: the right text in every form, and everything else. nginx and squid answer."""
import gzip
import time

import containers
import expect
from network import PORTAL, RESOLVER, WEB, WEB2, WEB_V6, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from servers import Scripted, dnsmasq, nginx, squid
from windows import OLD, OLD_PROBE, WEB6, Connection, Windows, probe
from windows import WEB as NAME

EXCHANGE = ["http.request", "http.response"]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"


def answered(run, lab, locations, lines=CHAIN, form=None, **site):
    """One attempt against nginx, its capture in a container of FORMS or cooked (`sll`, `sll2`); gives the site and the response."""
    net = Site(lab, **site)
    dnsmasq(net.net, RESOLVER, lines)
    web = nginx(net.net, WEB, locations)
    cooked = {"sll": ["-y", "LINUX_SLL"], "sll2": ["-y", "LINUX_SLL2"]}.get(form)
    cap = lab.capture(net.pc, "any", "not host 127.0.0.1", cooked) if cooked else lab.capture(net.pc)
    what, data = net.win.check()
    assert what == "answer", what
    convert, suffix = containers.FORMS.get(form, (None, "pcap"))
    run.save(cap.stop() and cap, suffix, convert)
    run.truth(web.log("NCSI"))
    return net, data


def right(name, locations, title, shows, rows, near=(), form=None, **finding):
    """Registers a scenario whose answer is right, in a form of its own."""
    @scenario(name, title=title, shows=shows, rows=rows, near_miss_of=near)
    def work(run, lab):
        answered(run, lab, locations, form=form)
        run.wire("http.response.code == 200", 1)
        run.like(expect.success, PC, WEB, EXCHANGE, **finding)


def wrong(name, locations, cause, status, title, shows, rows, near=(), form=None, **finding):
    """Registers a scenario whose answer is somebody else's."""
    @scenario(name, title=title, shows=shows, rows=rows, near_miss_of=near)
    def work(run, lab):
        answered(run, lab, locations, form=form)
        run.wire(f"http.response.code == {status}", 1)
        run.like(expect.hotspot, PC, WEB, ["http.request", f"http.response.code == {status}"], cause=cause, **finding)


def page(title, text):
    return f"<html><head><title>{title}</title></head><body><p>{text}</p></body></html>"


right("direct-success", RIGHT, "The normal Windows 10 probe",
      "Look-up with today's chain of aliases, the 111-byte request, 200 with the 22 bytes.", ["3.3 200", "A.1 111 bytes"],
      near=["3.2 CNAME chain ends"])
right("direct-success-sll", RIGHT, "The normal probe, captured with -i any",
      "The same on a Linux machine's pseudo-interface, with cooked headers of the first version.", ["8.1 SLL", "3.3 200"], form="sll")
right("direct-success-sll2", RIGHT, "The normal probe, captured with -i any, newer headers",
      "The same with cooked headers of the second version.", ["8.1 SLL2", "3.3 200"], form="sll2")

@scenario("direct-offload", title="A host's own capture with checksum offload",
          shows="A healthy probe; every checksum of what the client sends is wrong, since the card would have filled it in.",
          rows=["8.5 offload", "3.3 200"], near_miss_of=["rule 10 anonymised"])
def offload(run, lab):
    answered(run, lab, RIGHT, offload=True)
    run.like(expect.success, PC, WEB, EXCHANGE)


@scenario("direct-ncsi-txt", title="The older probe", shows="GET /ncsi.txt from www.msftncsi.com, 97 bytes, answered with the 14 bytes.",
          rows=["1.2 ncsi.txt", "A.1 97 bytes"])
def ncsi_txt(run, lab):
    site = Site(lab, client="192.168.7.20")
    dnsmasq(site.net, RESOLVER, [f"cname={OLD},{OLD}.edgesuite.net", f"cname={OLD}.edgesuite.net,a1961.g2.akamai.net",
                                 f"host-record=a1961.g2.akamai.net,{WEB},{WEB2}"])
    web = nginx(site.net, [WEB, WEB2], 'location = /ncsi.txt { default_type text/plain; return 200 "Microsoft NCSI"; }')
    cap = lab.capture(site.pc, options=["--time-stamp-precision=nano"])
    assert site.win.check(OLD, OLD_PROBE)[1].endswith(b"Microsoft NCSI")
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.expect(EXCHANGE, verdict="ActiveHttpProbeSucceeded", severity="ok", confidence="high", capability="Internet", family="v4",
               route="direct", client="192.168.7.20", host=OLD)


@scenario("direct-success-v6", title="Both families succeed",
          shows="The IPv4 probe and, beside it, the IPv6 probe of ipv6.msftconnecttest.com, both with the right text.", rows=["A.7 IPv6"])
def both(run, lab):
    site = Site(lab, net6=True)
    dnsmasq(site.net, RESOLVER, [*CHAIN, f"host-record={WEB6},{WEB_V6}"])
    web = nginx(site.net, [WEB, WEB_V6], RIGHT)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "answer" and site.win.check(WEB6, kind="AAAA")[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.like(expect.success, PC, WEB, [f"http && ip.addr == {WEB}"])
    run.like(expect.success, "2001:db8:1::5", WEB_V6, [f"http && ipv6.addr == {WEB_V6}"])


def from_file(name, content, setting, title, shows, rows, **finding):
    """Registers a scenario where nginx serves a file."""
    @scenario(name, title=title, shows=shows, rows=rows)
    def work(run, lab):
        path = lab.file("files/" + ("connecttest.txt.gz" if "gzip" in setting else "connecttest.txt"), content)
        root = path.rsplit("/", 1)[0]
        answered(run, lab, f"location / {{ root {root}; default_type text/plain; types {{ text/plain txt; }} {setting} }}")
        run.wire("http.response.code == 200", 1)
        if finding.get("confidence") == "low":
            run.note("a success of low confidence: rule 13 gives both ok and warning, so the severity is not compared")
        run.like(expect.success, PC, WEB, EXCHANGE, **finding)


from_file("direct-chunked", "Microsoft Connect Test", "ssi on; ssi_types text/plain;", "The right text in chunks",
          "A server that builds its pages anew sends Transfer-Encoding: chunked.", ["3.3 chunked"])
from_file("direct-gzip", gzip.compress(b"Microsoft Connect Test", mtime=0), "gzip_static always;", "The right text, compressed",
          "Content-Encoding: gzip, though the probe did not ask for it; decompressed it is the right text.", ["3.3 gzip"],
          confidence="low", severity=None)
from_file("direct-whitespace", b"\xef\xbb\xbfMicrosoft Connect Test\r\n", "", "The right text with a byte order mark and a newline",
          "27 bytes: UTF-8 BOM, the text, CR LF.", ["1.2 trimmed body", "3.9 UTF-8 BOM"], confidence=["high", "medium"])


def scripted(run, lab, steps, wait=35.0, ping=0, request=None, **server):
    """One attempt against a server of few words."""
    site = Site(lab, warm=bool(ping))
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = Scripted(site.net, WEB, steps, **server)
    cap = lab.capture(site.pc)
    echo = site.background(ping) if ping else None
    what, data = site.win.check(request=request, wait=wait)
    if echo:
        site.end(echo)
    run.save(cap.stop() and cap)
    run.truth(f"scripted server: {len(web.heads)} request head(s) of {[len(head) for head in web.heads]} bytes; client: {what}, {len(data)} bytes")
    return what, data


@scenario("direct-split-body", title="The body in two segments", shows="Head, then one byte of the body, then the other 21.",
          rows=["3.9 22-byte body split 1+21"])
def split(run, lab):
    scripted(run, lab, [HEAD, 0.05, b"M", 0.05, b"icrosoft Connect Test", "fin"])
    run.wire(f"tcp.srcport == 80 && tcp.len > 0", 3)
    run.like(expect.success, PC, WEB, ["http.request", "tcp.srcport == 80 && tcp.len == 21"])


wrong("direct-302", "location / { return 302 http://login.hotel.example/?orig=$host$request_uri; }", "http-redirect", 302,
      "A portal redirects", "The web server at the right address answers 302 to a login page.", ["3.3 302"], form="pcapng")
wrong("direct-307-https", "location / { return 307 https://$host$request_uri; }", "http-redirect", 307,
      "A filter upgrades to https", "307 to the same host and path under https.", ["3.3 307"], confidence=["high", "medium"])
wrong("direct-200-html", f"location / {{ return 200 '{page('Welcome to Hotel WiFi', 'Please accept the terms.')}'; }}", "http-wrong-body", 200,
      "A portal's page", "200 with a login page.", ["3.3 200 other body"])
wrong("direct-200-empty", "location / { return 200; }", "http-empty-body", 200, "An empty answer", "200 with Content-Length: 0.", ["3.3 200 empty"], form="nano")
wrong("direct-204", "location / { return 204; }", "http-status", 204, "No content", "204, as Android's check would want it.", ["3.3 204"],
      confidence=["high", "medium"])
wrong("direct-403", f"error_page 403 /blocked.html; location = /blocked.html {{ internal; return 403 '{page('Web Page Blocked', 'FortiGuard category: not rated.')}'; }} location / {{ return 403; }}",
      "http-blocked", 403, "A firewall blocks the probe", "403 with a block page whose title says so.", ["3.3 403"], form="big", confidence=["high", "medium"])
wrong("direct-404", "location / { return 404; }", "http-status", 404, "Another web server", "404 from a server that does not have the file.",
      ["3.3 404"], confidence=["high", "medium"])
wrong("direct-401", "location / { add_header WWW-Authenticate 'Basic realm=\"Guest access\"' always; return 401; }", "http-intercept-auth", 401,
      "A gateway wants a login", "401 with WWW-Authenticate.", ["3.3 401"], confidence=["high", "medium"], route="transparent-proxy")
wrong("direct-407", "location / { add_header Proxy-Authenticate 'NTLM' always; add_header Proxy-Authenticate 'Basic realm=\"proxy\"' always; return 407; }",
      "http-intercept-auth", 407, "An intercepting proxy wants a login", "407 to a request in origin form.", ["3.3 407"],
      near=["3.4 407 unanswered"], confidence=["high", "medium"], route="transparent-proxy")
wrong("direct-502", "location / { add_header Via '1.1 gw3.corp.example (nginx)' always; proxy_pass http://127.0.0.1:9; }", "http-server-error", 502,
      "A gateway whose upstream is dead", "502 with Via, from a gateway that reaches nobody.", ["3.3 502"], confidence=["high", "medium"],
      route=None)
wrong("direct-511", f"error_page 511 /login.html; location = /login.html {{ internal; return 511 '{page('Network Authentication Required', 'Log in first.')}'; }} location / {{ return 511; }}",
      "http-status", 511, "The portal's own status", "511 Network Authentication Required (RFC 6585).", ["3.3 511"], confidence=["high", "medium"])
wrong("direct-304", "location / { return 304; }", "http-status", 304, "Not modified, though nobody asked",
      "304 to a request without a condition: a broken cache.", ["3.3 304"], confidence=["high", "medium"])


wrong("direct-301", "location / { return 301 http://portal.example/; }", "http-redirect", 301, "A permanent redirect",
      "301 to another host.", ["3.3 301"], form="sll2", confidence=["high", "medium"])
wrong("direct-308", "location / { return 308 https://$host$request_uri; }", "http-redirect", 308, "A permanent redirect to https",
      "308 to the same host and path under https.", ["3.3 308"], confidence=["high", "medium"])
wrong("direct-451", "location / { return 451; }", "http-blocked", 451, "Blocked for legal reasons", "451 from a filter.", ["3.3 451"],
      form="pcapng", confidence=["high", "medium"])
wrong("direct-500", "location / { return 500; }", "http-server-error", 500, "A server's fault", "500 from the server.", ["3.3 5xx"],
      confidence=["high", "medium"])
wrong("direct-embedded", f"location / {{ return 200 '{page('Test', 'Expected text: Microsoft Connect Test')}'; }}", "http-wrong-body", 200,
      "The right text inside a page", "200 with HTML that holds the expected text among other text.", ["3.3 200 embedded"],
      near=["3.3 200"], confidence="low", severity="warning")


@scenario("direct-v6-timeout", seconds=28, title="IPv6 is broken, IPv4 works", shows="The IPv4 probe succeeds; SYNs of the IPv6 probe are dropped for 21 s while the "
          "gateway answers echoes.", rows=["rule 13 v6-only failure"], near_miss_of=["3.3 SYN timeout"])
def v6_timeout(run, lab):
    site = Site(lab, net6=True, warm=True)
    dnsmasq(site.net, RESOLVER, [*CHAIN, f"host-record={WEB6},{WEB_V6}"])
    web = nginx(site.net, WEB, RIGHT)
    site.isp.rule(f"ip6 daddr {WEB_V6} drop")
    cap = lab.capture(site.pc)
    echo = site.background(9, gateway="2001:db8:1::1")
    assert site.win.check()[0] == "answer" and site.win.check(WEB6, kind="AAAA")[0] == "timeout"
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth([*web.log("NCSI"), f"isp: nft ip6 daddr {WEB_V6} drop"])
    run.like(expect.success, PC, WEB, EXCHANGE)
    run.like(expect.no_http, "2001:db8:1::5", WEB_V6, [run.first(f"tcp.flags.syn == 1 && ipv6.dst == {WEB_V6}")], cause="tcp-timeout", family="v6",
             host=WEB6, severity="info", confidence="medium")
    run.notes.append("the name was looked up over IPv4, and no ARP or ND in the capture says that both addresses are one host")


@scenario("direct-503-intercepted", title="A transparent proxy without Internet",
          shows="squid on the gateway intercepts port 80 and cannot reach the server: 503 with its own headers to an origin-form request.",
          rows=["3.3 503"], near_miss_of=["3.4 5xx"])
def intercepted(run, lab):
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, CHAIN)
    proxy = squid(site.gw, "127.0.0.1", ["http_access allow all"], port=3127, also=["http_port 10.1.0.1:3129 intercept"])
    site.gw.intercept("ip saddr 10.1.0.5 tcp dport 80", ":3129")
    cap = lab.capture(site.pc)
    assert b" 503 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth(proxy.log("connecttest"))
    run.expect(["http.request", "http.response.code == 503"], verdict="HotspotDetected", cause="http-server-error", severity="error",
               confidence=["high", "medium"], capability="Local", family="v4", client=PC, server=WEB, host=NAME)


@scenario("direct-stale-cache", seconds=40, title="A transparent cache answers for a dead Internet",
          shows="squid on the gateway intercepts port 80. It fetched the text 33 s ago for another client; the server is gone now. "
                "The answer is right and has Age: 33 or more.", rows=["3.3 200 with Age"])
def stale(run, lab):
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    other = site.host("pc2", "10.1.0.6")
    proxy = squid(site.gw, "127.0.0.1", ["http_access allow all", "offline_mode on"], port=3127, also=["http_port 10.1.0.1:3129 intercept"])
    site.gw.intercept("ip saddr 10.1.0.0/24 tcp dport 80", ":3129")
    assert b"Connect Test" in Windows(other, [RESOLVER]).check()[1]
    web.process.terminate()
    time.sleep(33)  # the cache's age is real time
    cap = lab.capture(site.pc)
    assert b"\r\nAge: 3" in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth(proxy.log("connecttest"))
    run.expect(EXCHANGE, verdict="ActiveHttpProbeSucceeded", severity="warning", capability="Internet", family="v4", client=PC,
               server=WEB, host=NAME)


@scenario("direct-garbage", title="Another protocol on port 80", shows="The server's answer to the request is the banner of a mail server.",
          rows=["3.3 garbage"])
def garbage(run, lab):
    scripted(run, lab, [b"220 mail.corp.example ESMTP ready\r\n500 5.5.1 unrecognised command\r\n", "fin"])
    run.like(expect.no_http, PC, WEB, ["http.request", "tcp.srcport == 80 && tcp.len > 0"], cause="http-invalid",
             confidence=["high", "medium"])


@scenario("direct-http09", title="An answer without a head", shows="The server sends the right text and nothing else: HTTP/0.9.",
          rows=["3.3 HTTP/0.9"], near_miss_of=["3.3 200"])
def http09(run, lab):
    scripted(run, lab, [b"Microsoft Connect Test", "fin"])
    run.like(expect.no_http, PC, WEB, ["http.request", "tcp.srcport == 80 && tcp.len > 0"], cause="http-invalid",
             confidence=["high", "medium"])


@scenario("direct-keepalive", title="Two probes on one connection",
          shows="The newer request with Cache-Control and Pragma and without Connection: Close, twice on one connection, both answered right.",
          rows=["3.9 keep-alive second response"])
def keepalive(run, lab):
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    connection = Connection(site.pc, site.win.resolve().addresses[0])
    request = probe(more="Cache-Control: no-cache\r\nPragma: no-cache\r\n", close=False)
    for pause in (2.0, 0.0):
        assert connection.ask(request).endswith(b"Connect Test")
        time.sleep(pause)  # between two probes of the client
    connection.close()
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.wire("tcp.flags.syn == 1 && tcp.flags.ack == 0", 1)
    run.wire("http.response.code == 200", 2)
    run.note("two equal successes within 150 s fold into one finding (contract: equal repeats fold)")
    run.like(expect.success, PC, WEB, EXCHANGE, count=2)


@scenario("portal-polls", seconds=36, title="A portal, polled", shows="Windows asks again after 5, 10 and 15 s; the portal redirects every time.",
          rows=["1.7 portal polls"])
def polls(run, lab):
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, "location / { return 302 http://login.hotel.example/; }")
    cap = lab.capture(site.pc)
    for pause in (5, 10, 15, 0):
        assert b" 302 " in site.win.check()[1]
        time.sleep(pause)  # Windows' back-off is real time
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.wire("http.response.code == 302", 4)
    run.expect([run.first("http.response.code == 302"), run.frames("http.response.code == 302")[-1:]], verdict="HotspotDetected",
               cause="http-redirect", severity="error", confidence="high", capability="Local", family="v4", route="direct", client=PC,
               server=WEB, host=NAME, count=4)


@scenario("portal-recovered", seconds=13, title="A portal, then the Internet",
          shows="The first probe is redirected; the user logs in, and the probe 10 s later gets the right text.", rows=["3.8 recovered"])
def recovered(run, lab):
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, CHAIN)
    portal = nginx(site.net, PORTAL, "location / { return 302 http://login.hotel.example/; }", "portal")
    web = nginx(site.net, WEB, RIGHT)
    site.isp.intercept(f"ip daddr {WEB} tcp dport 80", PORTAL)
    cap = lab.capture(site.pc)
    assert b" 302 " in site.win.check()[1]
    cap.lull()  # the connection has closed before the way changes
    site.isp.run("nft", "flush", "ruleset")
    time.sleep(10)  # the next poll of the portal
    assert site.win.check()[1].endswith(b"Connect Test")
    run.save(cap.stop() and cap)
    run.truth(portal.log("NCSI") + web.log("NCSI"))
    run.like(expect.hotspot, PC, WEB, ["http.response.code == 302"], cause="http-redirect", severity="warning")
    run.like(expect.success, PC, WEB, ["http.response.code == 200"])
