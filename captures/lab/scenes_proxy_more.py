"""More of what happens at an explicit proxy: Kerberos without ticket, names that do not resolve, failures behind it."""
import base64
import os

import expect
from kdc import Realm
from network import RESOLVER, WEB, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from scenes_proxy import (AT, BASIC, EXCHANGE, KNOWN, NTLM, PROXY, TOKEN, behind, failed, one, unanswered, unauthenticated)
from servers import Scripted, dnsmasq, nginx, squid
from windows import Connection, connect, ntlm_type1, ntlm_type3, proxied

DIGEST = ["auth_param digest program /usr/lib/squid/digest_file_auth -c {}", "auth_param digest children 1", "auth_param digest realm corp proxy"]
PROXY_NAME = "proxy.corp.example"
TOLD = ["--proxy", f"{PROXY_NAME}:3128"]


def digest(lab):
    """squid's lines for Digest."""
    users = lab.file("users", "alice:corp proxy:0123456789abcdef0123456789abcdef\n")
    return [line.format(users) for line in DIGEST]


@scenario("proxy-407-digest-only", seconds=42, title="A 407 that offers Digest alone", shows="squid asks for Digest, for which the service has no password.",
          rows=["3.4 407 Digest only"], near_miss_of=["3.4 407 unanswered"])
def digest_only(run, lab):
    unanswered(run, lab, [*digest(lab), *KNOWN], 13)
    unauthenticated(run, "proxy-auth-unsupported", EXCHANGE)


@scenario("proxy-407-basic-and-ntlm", seconds=42, title="A 407 that offers NTLM beside Basic", shows="squid offers both; the client sends nothing more.",
          rows=["3.4 407 unanswered"], near_miss_of=["3.4 407 Basic only", "3.4 407 Digest only"])
def both(run, lab):
    unanswered(run, lab, [*NTLM, *BASIC, *KNOWN], 13)
    unauthenticated(run, "proxy-auth-unanswered", EXCHANGE)


@scenario("proxy-407-others-pass", seconds=42, title="Other applications get through, the probe gets 407",
          shows="A browser's CONNECT signs in with NTLM and gets 200; the probe through the same proxy gets 407 and does not answer it.",
          rows=["3.4 others get 200, probe gets 407"])
def others_pass(run, lab):
    site, log = behind(lab, [*NTLM, *KNOWN], web=None, warm=True)
    nginx(site.net, WEB, RIGHT, "tls", port=443)
    cap = lab.capture(site.pc)
    echo = site.background(13)
    kept = Connection(site.pc, PROXY, 3128)
    answers = [kept.ask(connect(f"{WEB}:443", authorization=leg)) for leg in (ntlm_type1(), ntlm_type3("alice", "CORP", "PC17"))]
    kept.close()
    assert b" 200 " in answers[1][:16]
    assert b" 407 " in site.win.get(PROXY, proxied(), 3128)[1]
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth(log.log("407") + log.log("CONNECT", "200"))
    unauthenticated(run, "proxy-auth-unanswered", [run.frames("http.response.code == 407")[-1:]],
                    says=[f"Other applications of this client get through the same proxy {AT} ({WEB}), the probe gets 407"])


@scenario("proxy-ntlm-anonymous", title="NTLM without a name", shows="407, type 1, 407 with type 2, an anonymous type 3 (no user, no domain), 407 again.",
          rows=["3.4 407 rejected", "3.4 anonymous type 3"], near_miss_of=["3.9 NTLM success"])
def anonymous(run, lab):
    site, log = behind(lab, [*NTLM, "acl staff proxy_auth corp\\bob", "http_access deny !staff", "http_access allow all"])
    cap = lab.capture(site.pc)
    kept = Connection(site.pc, PROXY, 3128)
    answers = [kept.ask(proxied(leg, keep=True)) for leg in (ntlm_type1(), ntlm_type3("", "", "PC17"))]
    kept.close()
    assert all(b" 407 " in answer for answer in answers), answers
    run.save(cap.stop() and cap)
    run.truth(log.log("407"))
    unauthenticated(run, "proxy-auth-rejected", ["ntlmssp.messagetype == 3"], says=["an anonymous user", "it names no user and no domain"],
                    **{"details.proxy.user": "null", "details.proxy.workstation": "PC17"})


def realm(run, lab, services, ask):
    """squid with Negotiate, and a KDC; `ask(site, kdc)` is what the client does."""
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "negotiate_accept.py")
    with open(program, encoding="ascii") as file:
        program = lab.file("squid/negotiate_accept.py", file.read())
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, [*CHAIN, f"host-record={PROXY_NAME},{PROXY}"])
    nginx(site.net, WEB, RIGHT)
    site.box, dc = site.proxy(), site.host("dc", "10.1.0.10")
    log = squid(site.box, PROXY, [f"auth_param negotiate program /usr/bin/python3 {program}", "auth_param negotiate children 1", *KNOWN])
    kdc = Realm(dc, "10.1.0.10", "PC17$", services)
    cap = lab.capture(site.pc)
    ask(site, kdc)
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest") + kdc.log("TGS_REQ"))


@scenario("proxy-kerberos-unknown", seconds=42, title="The proxy has no service principal name", shows="squid asks for Negotiate; the KDC knows no "
          "HTTP/proxy.corp.example (KRB_ERROR 7) and the client sends nothing more.", rows=["3.4 Kerberos failed"], near_miss_of=["3.4 407 unanswered"])
def unknown_service(run, lab):
    def ask(site, kdc):
        echo = site.background(13)
        assert site.win.resolve(PROXY_NAME)
        assert b" 407 " in site.win.get(PROXY, proxied(), 3128)[1]
        kdc.sign_in(site.pc)
        told = kdc.ticket(site.pc, f"HTTP/{PROXY_NAME}")
        assert "not found in Kerberos database" in told, told
        site.end(echo)
    realm(run, lab, [], ask)
    run.wire("kerberos.error_code == 25", 1)
    unauthenticated(run, "proxy-auth-unanswered", ["http.response.code == 407", run.first("kerberos.error_code == 7")],
                    says=[f"gave no ticket for HTTP/{PROXY_NAME} (error 7): the service principal name is registered for no account"],
                    **{"details.proxy.kerberos_error": 7})


@scenario("proxy-kerberos-ticket", title="Kerberos as it should be", shows="squid asks for Negotiate; the KDC asks the client to prove itself (KRB_ERROR 25: no "
          "failure), gives the ticket, and the probe passes.", rows=["1.9 Kerberos"], near_miss_of=["3.4 Kerberos failed"])
def known_service(run, lab):
    def ask(site, kdc):
        assert site.win.resolve(PROXY_NAME)
        kept = Connection(site.pc, PROXY, 3128)
        assert b" 407 " in kept.ask(proxied(keep=True))
        told = kdc.sign_in(site.pc) + kdc.ticket(site.pc, f"HTTP/{PROXY_NAME}")
        assert "kvno = 1" in told, told
        assert b" 200 " in kept.ask(proxied("Negotiate " + base64.b64encode(TOKEN).decode(), keep=True))
        kept.close()
    realm(run, lab, [f"HTTP/{PROXY_NAME}"], ask)
    run.wire("kerberos.error_code == 25", 1)
    run.like(expect.proxy_success, PC, AT, ["http.response.code == 200"])


@scenario("proxy-502", title="The server behind the proxy gives no proper HTTP", shows="squid gets a response with two lengths and says 502.", rows=["3.4 502"],
          near_miss_of=["3.3 503"])
def bad_gateway(run, lab):
    site, log = behind(lab, ["http_access allow all"], web=None)
    Scripted(site.net, WEB, [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nhello", "fin"])
    cap = lab.capture(site.pc)
    told = site.win.get(PROXY, proxied(), 3128)[1]
    assert b" 502 " in told, told
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    failed(run, "proxy-upstream-failure", EXCHANGE, says=["502: the server behind the proxy"])


@scenario("proxy-504", title="The proxy waits in vain", shows="The server behind squid takes the request and is silent; after its own three seconds squid says 504.",
          rows=["3.4 504"], near_miss_of=["3.3 503"])
def gateway_timeout(run, lab):
    site, log = behind(lab, ["http_access allow all", "read_timeout 3 seconds"], web=None)
    Scripted(site.net, WEB, [20])
    cap = lab.capture(site.pc)
    assert b" 504 " in site.win.get(PROXY, proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    failed(run, "proxy-upstream-failure", EXCHANGE, says=["504: the proxy waited"])


@scenario("proxy-portal-behind", title="A portal behind the proxy", shows="What squid reaches in the place of the probe's server redirects to a login page: 302 through "
          "the proxy.", rows=["3.4 302"], near_miss_of=["3.3 302"])
def portal(run, lab):
    one(run, lab, ["http_access allow all"], 302, web="location / { return 302 http://login.hotel.example/; }")
    failed(run, "proxy-redirect", EXCHANGE)


@scenario("proxy-icmp", title="A device reports that the proxy may not be reached", shows="The SYN to the proxy draws ICMP 3/13.", rows=["3.4 SYN to proxy ICMP"],
          options=["--proxy", AT])
def prohibited(run, lab):
    site, _ = behind(lab, ["http_access allow all"], warm=True)
    site.box.rule("tcp dport 3128 reject with icmp type admin-prohibited", hook="input")
    cap = lab.capture(site.pc)
    assert site.win.get(PROXY, proxied(), 3128)[0] == "unreachable"
    run.save(cap.stop() and cap)
    run.truth("proxy: nft tcp dport 3128 reject with icmp type admin-prohibited")
    run.expect(["icmp.type == 3"], verdict="ActiveHttpProbeFailed", cause="proxy-unreachable", severity="error", confidence=["high", "medium"],
               capability="None", family="v4", route="explicit-proxy", client=PC, server="null", proxy=AT)


@scenario("proxy-socks", title="The proxy is a SOCKS server", shows="The probe goes to a port that speaks SOCKS 5 and answers that no method is acceptable (05 ff).",
          rows=["3.4 SOCKS"])
def socks(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    Scripted(site.proxy(), PROXY, [b"\x05\xff", "fin"], port=1080)
    cap = lab.capture(site.pc)
    assert site.win.get(PROXY, proxied(), 1080)[1] == b"\x05\xff"
    run.save(cap.stop() and cap)
    run.truth("a server that answers 05 ff")
    failed(run, "http-invalid", ["tcp.dstport == 1080 && tcp.len > 0"], proxy=f"{PROXY}:1080", says=["SOCKS server"])


@scenario("proxy-connect-probe-host", title="A CONNECT to the probe's host", shows="A browser tunnels to www.msftconnecttest.com:443 through the proxy, and the probe itself "
          "goes through it, too.", rows=["3.4 CONNECT to the probe host", "1.4 look-alike"], near_miss_of=["3.4 200"])
def tunnel(run, lab):
    site, log = behind(lab, ["http_access allow all"])
    nginx(site.net, WEB, RIGHT, "tls", port=443)
    cap = lab.capture(site.pc)
    browser = Connection(site.pc, PROXY, 3128)
    assert b" 200 " in browser.ask(connect("www.msftconnecttest.com:443"))
    browser.close()
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(log.log("msftconnecttest"))
    run.expect(['http.request.method == "CONNECT"'], verdict="ProbeLookAlike", severity="info", capability="null", client=PC, server="null", proxy=AT)
    run.like(expect.proxy_success, PC, AT, ['http.request.method == "GET"'])


def named(run, lab, names, then):
    """A client that is told a proxy by name."""
    site = Site(lab, warm=True)
    log = dnsmasq(site.net, RESOLVER, [*CHAIN, *names])
    nginx(site.net, WEB, RIGHT)
    squid(site.proxy(), PROXY, ["http_access allow all"])
    cap = lab.capture(site.pc)
    then(site)
    run.save(cap.stop() and cap)
    run.truth(log.log("config"))


@scenario("proxy-name-nxdomain", title="The proxy's name does not exist", shows="The resolver says NXDOMAIN for the name of the proxy that the client is told to use; "
          "it goes nowhere.", rows=["3.4 proxy name"], options=TOLD)
def nameless(run, lab):
    def then(site):
        assert site.win.resolve(PROXY_NAME).rcode == 3
    named(run, lab, [f"address=/{PROXY_NAME}/"], then)
    run.expect(["dns.flags.rcode == 3", "dns.flags.response == 0"], verdict="ActiveHttpProbeFailed", cause="proxy-name-unresolved", severity="error",
               confidence="medium", capability="None", family="v4", route="explicit-proxy", client=PC, server=RESOLVER, proxy="null", host=PROXY_NAME)


@scenario("proxy-name-v4-only", title="The proxy has no IPv6 address", shows="No AAAA, but an A record for the proxy's name, and the probe through it works.",
          rows=["3.4 200"], near_miss_of=["3.4 proxy name"], options=TOLD)
def v4_only(run, lab):
    def then(site):
        assert not site.win.resolve(PROXY_NAME, "AAAA").addresses
        assert site.win.resolve(PROXY_NAME).addresses == [PROXY]
        assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    named(run, lab, [f"host-record={PROXY_NAME},{PROXY}"], then)
    run.like(expect.proxy_success, PC, AT, EXCHANGE)


@scenario("proxy-name-then-direct", title="Without its proxy the client goes directly", shows="NXDOMAIN for the proxy's name; the probe goes directly afterwards and works: "
          "whoever asked for the proxy, it was not the probe.", rows=["3.3 200"], near_miss_of=["3.4 proxy name"], options=TOLD)
def then_direct(run, lab):
    def then(site):
        assert site.win.resolve(PROXY_NAME).rcode == 3
        assert b" 200 " in site.win.check()[1]
    named(run, lab, [f"address=/{PROXY_NAME}/"], then)
    run.like(expect.success, PC, WEB, EXCHANGE)
