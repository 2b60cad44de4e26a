"""Near misses at proxies: what resembles a failure there and is none, or is another's."""
import expect
from network import RESOLVER, WEB, Site
from scenario import scenario
from scenes_discovery import ASKED, FETCH, FETCHED, around, broken, then_direct
from scenes_dns import CHAIN, PC, RIGHT
from scenes_proxy import AT, EXCHANGE, KNOWN, NTLM, PROXY, behind, unauthenticated
from servers import dnsmasq, nginx, squid
from windows import EDGE, Connection, connect, proxied
from windows_discovery import discover

OPEN = ["http_access allow all"]
THROUGH = "http.response && tcp.srcport == 3128"


def beside(name, status, cause, near, extra, title):
    """Registers a scenario in which the direct probe gets an answer that would be the proxy's, and the proxied probe passes."""
    @scenario(name, title=title, shows=f"What stands in the place of the probe's server answers {status} to the direct probe; squid, which reaches the right one, "
              "lets the probe through.", rows=[f"3.3 {status}"], near_miss_of=[near])
    def work(run, lab):
        site, log = behind(lab, OPEN, web=f"if ($remote_addr = {PC}) {{ {extra} }} {RIGHT}")
        cap = lab.capture(site.pc)
        assert f" {status} ".encode() in site.win.check()[1]
        assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
        run.save(cap.stop() and cap)
        run.truth(log.log("connecttest"))
        run.like(expect.hotspot, PC, WEB, [f"http.response && ip.src == {WEB}"], cause=cause, severity="info")
        run.like(expect.proxy_success, PC, AT, [THROUGH])
    return work


beside("direct-403-beside-proxy", 403, "http-blocked", "3.4 403", "return 403;", "The direct probe is forbidden, the proxied one is not")
beside("direct-302-beside-proxy", 302, "http-redirect", "3.4 302", "return 302 http://login.hotel.example/;",
       "The direct probe is redirected, the proxied one is not")


@scenario("proxy-page-of-another", title="A page of another host through the proxy", shows="A browser gets an HTML page of another host through the proxy; the "
          "probe through it gets the right text.", rows=["3.4 200"], near_miss_of=["3.4 200 with another body"])
def another(run, lab):
    site, log = behind(lab, OPEN, web="location /start { return 200 '<html><title>Intranet</title></html>'; } " + RIGHT)
    cap = lab.capture(site.pc)
    browser = Connection(site.pc, PROXY, 3128)
    assert b"Intranet" in browser.ask(proxied(host=WEB, path="/start", agent=EDGE))
    browser.close()
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("GET"))
    run.like(expect.proxy_success, PC, AT, [run.frames(THROUGH)[-1:]])


@scenario("proxy-first-syn-lost", title="The first SYN to the proxy is lost", shows="The first SYN is dropped; its repetition a second later is answered and the probe passes.",
          rows=["3.4 200"], near_miss_of=["3.4 SYN to proxy unanswered"], options=["--proxy", AT])
def first_lost(run, lab):
    site, log = behind(lab, OPEN, warm=True)
    # The limit is full after one SYN, so its copy passes.
    site.box.rule("tcp dport 3128 tcp flags syn limit rate 1/hour burst 1 packets drop", hook="input")
    cap = lab.capture(site.pc)
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    run.wire("tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.dstport == 3128", 2)
    run.like(expect.proxy_success, PC, AT, EXCHANGE)


@scenario("proxy-connect-other-host", title="A CONNECT to another host", shows="A browser tunnels to another host through the proxy, and the probe itself goes through it, too.",
          rows=["3.4 200"], near_miss_of=["3.4 CONNECT to the probe host"])
def other_host(run, lab):
    site, log = behind(lab, OPEN)
    nginx(site.net, WEB, RIGHT, "tls", port=443)
    cap = lab.capture(site.pc)
    browser = Connection(site.pc, PROXY, 3128)
    assert b" 200 " in browser.ask(connect(f"{WEB}:443"))
    browser.close()
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("CONNECT") + log.log("connecttest"))
    run.like(expect.proxy_success, PC, AT, ['http.request.method == "GET"', run.frames("http.response.code == 200")[-1:]])


@scenario("proxy-http-on-1080", title="A proxy that speaks HTTP on the port of SOCKS", shows="squid listens on port 1080 and lets the probe through.",
          rows=["3.4 200"], near_miss_of=["3.4 SOCKS"])
def http_on_1080(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    nginx(site.net, WEB, RIGHT)
    log = squid(site.proxy(), PROXY, OPEN, port=1080)
    cap = lab.capture(site.pc)
    assert b" 200 " in site.win.get(PROXY, proxied(), 1080)[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    run.like(expect.proxy_success, PC, f"{PROXY}:1080", ["tcp.dstport == 1080 && tcp.len > 0"])


@scenario("proxy-407-everybody", seconds=42, title="Everybody gets 407", shows="A browser's CONNECT and the probe get 407 from the same proxy, and neither answers it.",
          rows=["3.4 407 unanswered"], near_miss_of=["3.4 others get 200, probe gets 407"])
def everybody(run, lab):
    site, log = behind(lab, [*NTLM, *KNOWN], warm=True)
    cap = lab.capture(site.pc)
    echo = site.background(13)
    assert b" 407 " in site.win.get(PROXY, connect("app.example:443"), 3128)[1]
    assert b" 407 " in site.win.get(PROXY, proxied(), 3128)[1]
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth(log.log("407"))
    first, last = run.frames("http.response.code == 407")
    unauthenticated(run, "proxy-auth-unanswered", [last])
    run.expect([first], verdict="ProxyAuthenticationRequired", cause="proxy-auth-unanswered", severity="warning", capability="null", family="v4",
               route="explicit-proxy", client=PC, server="null", proxy=AT, host="app.example")


@scenario("wpad-second-suffix", title="WPAD under the second suffix", shows="wpad.lab.corp.example does not exist; wpad.corp.example does, and its server has no file.",
          rows=["3.5 404"], near_miss_of=["3.5 NXDOMAIN"])
def second_suffix(run, lab):
    site, log = around(lab, "location / { return 404; }", names=("address=/wpad.lab.corp.example/", f"host-record=wpad.corp.example,{PROXY}"), proxy=False)
    cap = lab.capture(site.pc)
    assert discover(site.win, "wpad.lab.corp.example")[0] == "unresolved"
    assert b" 404 " in discover(site.win)[1]
    assert b" 200 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("wpad"))
    run.wire("dns.flags.rcode == 3", 1)
    broken(run, "http-status", [run.frames(ASKED)[-1:], FETCH, FETCHED], confidence="high")
    then_direct(run)
