"""Probes through an explicit proxy: squid, its authentication, its refusals, and its absence."""
import base64
import os
import time

import expect
from netlab import until
from network import RESOLVER, WEB, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from servers import dnsmasq, nginx, squid
from windows import Connection, connect, ntlm_type1, ntlm_type3, proxied

PROXY, AT = "10.1.0.9", "10.1.0.9:3128"
NTLM = ["auth_param ntlm program /usr/lib/squid/ntlm_fake_auth", "auth_param ntlm children 1", "auth_param ntlm keep_alive on"]
BASIC = ["auth_param basic program /usr/lib/squid/basic_fake_auth", "auth_param basic children 1", "auth_param basic realm corp proxy"]
KNOWN = ["acl known proxy_auth REQUIRED", "http_access allow known", "http_access deny all"]
EXCHANGE = ["http.request", "http.response"]


def der(tag, *parts):
    """A DER element; lengths of 128 and more take two bytes."""
    body = b"".join(parts)
    return bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")) + body


# SPNEGO NegTokenInit with the Kerberos mechanism and an opaque AP-REQ (RFC 4178, RFC 4121); no ticket is in it.
KERBEROS = bytes.fromhex("06092a864886f712010202")
TOKEN = der(0x60, bytes.fromhex("06062b0601050502"), der(0xA0, der(0x30, der(0xA0, der(0x30, KERBEROS)),
            der(0xA2, der(0x04, der(0x60, KERBEROS, b"\x01\x00", der(0x6E, bytes(300))))))))


def failed(run, cause, evidence, **more):
    """The finding of a proxied probe that failed for another cause than 407."""
    run.expect(evidence, **{"verdict": "ActiveHttpProbeFailed", "cause": cause, "severity": "error", "confidence": ["high", "medium"],
               "capability": "None", "family": "v4", "route": "explicit-proxy", "client": PC, "server": "null", "proxy": AT, **more})


def unauthenticated(run, cause, evidence, **more):
    """The finding of a 407 the client did not get past."""
    run.expect(evidence, **{"verdict": "ProxyAuthenticationRequired", "cause": cause, "severity": "error",
               "confidence": ["high", "medium"], "capability": "None", "family": "v4", "route": "explicit-proxy", "client": PC,
               "server": "null", "proxy": AT, **more})


def behind(lab, rules, web=RIGHT, **site):
    """A site with squid and, where `web` is given, the Internet behind it; gives (site, squid's log)."""
    net = Site(lab, **site)
    dnsmasq(net.net, RESOLVER, CHAIN)
    if web:
        nginx(net.net, WEB, web)
    net.box = net.proxy()
    return net, squid(net.box, PROXY, rules)


def one(run, lab, rules, status, web=RIGHT, **more):
    """One proxied probe and its answer."""
    site, log = behind(lab, rules, web)
    cap = lab.capture(site.pc)
    what, data = site.win.get(PROXY, proxied(), 3128)
    assert what == "answer", what
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    run.wire(f"http.response.code == {status}", 1)
    return data


@scenario("proxy-success", title="A probe through a proxy", shows="The 141-byte request in absolute form to squid, 200 with the right text.",
          rows=["3.4 200", "A.1 141 bytes"])
def success(run, lab):
    one(run, lab, ["http_access allow all"], 200)
    run.like(expect.proxy_success, PC, AT, EXCHANGE)


def unanswered(run, lab, rules, ping):
    """A 407 to which the client does nothing for 35 s; the proxy's host answers its echoes."""
    site, log = behind(lab, rules, warm=True)
    cap = lab.capture(site.pc)
    echo = site.background(ping)
    assert b" 407 " in site.win.get(PROXY, proxied(), 3128)[1]
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    run.wire("http.request", 1)
    run.wire("http.response.code == 407", 1)


@scenario("proxy-407-ntlm-unanswered", seconds=42, title="A 407 that offers NTLM and gets no answer",
          shows="squid asks for NTLM; the client closes and sends nothing more to the proxy for 36 s, while it talks to the gateway.",
          rows=["3.4 407 unanswered"], near_miss_of=["3.3 407"])
def ntlm_unanswered(run, lab):
    unanswered(run, lab, [*NTLM, *KNOWN], 13)
    unauthenticated(run, "proxy-auth-unanswered", EXCHANGE)


@scenario("proxy-407-basic-only", seconds=42, title="A 407 that offers Basic alone", shows="squid asks for Basic, for which the service has no password.",
          rows=["3.4 407 Basic only"], near_miss_of=["3.4 407 unanswered"])
def basic_only(run, lab):
    unanswered(run, lab, [*BASIC, *KNOWN], 13)
    unauthenticated(run, "proxy-auth-unsupported", EXCHANGE)


def legs(site, user, first_apart=True):
    """NTLM as WinHTTP does it: the bare request, then type 1 and type 3 on one kept connection. Gives the responses."""
    answers = []
    if first_apart:
        bare = Connection(site.pc, PROXY, 3128)
        answers.append(bare.ask(proxied()))
        bare.close()
    connection = Connection(site.pc, PROXY, 3128)
    answers.append(connection.ask(proxied(ntlm_type1(), keep=True)))
    answers.append(connection.ask(proxied(ntlm_type3(user, "CORP", "PC17"), keep=True)))
    connection.close()
    return [int(answer.split(b" ")[1]) for answer in answers]


@scenario("proxy-ntlm-success", title="NTLM that works", shows="407, type 1, 407 with type 2, type 3, 200 with the right text; type 2 and 3 share "
          "a connection.", rows=["3.9 NTLM success", "1.9 legs"], near_miss_of=["3.4 407 unanswered", "3.4 407 rejected"])
def ntlm_success(run, lab):
    site, log = behind(lab, [*NTLM, *KNOWN])
    cap = lab.capture(site.pc)
    assert legs(site, "PC17$") == [407, 407, 200]
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    run.like(expect.proxy_success, PC, AT, ["http.response.code == 200"])


@scenario("proxy-ntlm-rejected", title="NTLM that is rejected", shows="407, type 1, 407 with type 2, type 3 of PC17$, 407 again: the machine account "
          "is not among the proxy's users.", rows=["3.4 407 rejected"], near_miss_of=["3.9 NTLM success"])
def ntlm_rejected(run, lab):
    site, log = behind(lab, [*NTLM, "acl staff proxy_auth corp\\alice corp\\bob", "http_access deny !staff", "http_access allow all"])
    cap = lab.capture(site.pc)
    assert legs(site, "PC17$") == [407, 407, 407]
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    unauthenticated(run, "proxy-auth-rejected", ["ntlmssp.messagetype == 3", run.frames("http.response.code == 407")[-1:]])


@scenario("proxy-ntlm-denied", title="Authenticated, and then denied", shows="407, type 1, type 2, type 3 of PC17$, then 403: who it is is known, and "
          "it may not.", rows=["1.9 type 3 then 403"], near_miss_of=["3.4 407 rejected"])
def ntlm_denied(run, lab):
    site, log = behind(lab, [*NTLM, "acl known proxy_auth REQUIRED", "acl probes dstdomain .msftconnecttest.com", "http_access deny !known",
                             "http_access deny probes", "http_access allow all"])
    cap = lab.capture(site.pc)
    assert legs(site, "PC17$") == [407, 407, 403]
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    failed(run, "proxy-denied", ["http.response.code == 403"])


@scenario("proxy-ntlm-connection-closed", seconds=42, title="The proxy closes after type 2",
          shows="squid without kept client connections: 407 with type 2 and Connection: close, then FIN. Type 3 has no connection to go on; the client "
                "begins anew with type 1 and meets the same.", rows=["1.9 broken keep-alive", "3.4 407 close"], near_miss_of=["3.4 407 unanswered"])
def broken(run, lab):
    site, log = behind(lab, [*NTLM, *KNOWN, "client_persistent_connections off"], warm=True)
    cap = lab.capture(site.pc)
    echo = site.background(13)
    for leg in (None, ntlm_type1(), ntlm_type1()):
        connection = Connection(site.pc, PROXY, 3128)
        assert b" 407 " in connection.ask(proxied(leg, keep=True))
        connection.close()
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    run.wire("ntlmssp.messagetype == 2", 2)
    run.wire("ntlmssp.messagetype == 3", 0)
    unauthenticated(run, "proxy-auth-broken-keepalive", [run.first("ntlmssp.messagetype == 2")])


@scenario("proxy-loop", seconds=18, title="A user refused again and again", shows="Four NTLM rounds of one user on a CONNECT within 15 s, each ending in 407.",
          rows=["5.4 credential loops"], near_miss_of=["3.4 407 rejected"])
def loop(run, lab):
    page = lab.file("errors/ERR_CACHE_ACCESS_DENIED", "<html><head><title>Access denied</title></head></html>")
    site, log = behind(lab, [*NTLM, "error_directory " + page.rsplit("/", 1)[0], "acl staff proxy_auth corp\\bob", "http_access deny !staff", "http_access allow all"], web=None)
    cap = lab.capture(site.pc)
    for _ in range(4):
        kept = Connection(site.pc, PROXY, 3128)
        answers = [kept.ask(connect("outlook.office365.com:443", authorization=leg)) for leg in (ntlm_type1(), ntlm_type3("alice", "CORP", "PC17"))]
        kept.close()
        assert all(b" 407 " in answer for answer in answers)
        time.sleep(4)  # the user types again
    run.save(cap.stop() and cap)
    run.truth(log.log("407"))
    run.note("rows of rule 6 and of the loop both fit; the loop replaces the single refusals")
    run.expect(["ntlmssp.messagetype == 3"], verdict="AuthenticationLoop", capability="null", family="v4", client=PC, server="null", proxy=AT)


@scenario("proxy-negotiate-success", title="Negotiate in one leg", shows="407 Negotiate, a SPNEGO token with the Kerberos mechanism, 200 with the "
          "right text. The proxy is squid; its authenticator takes every token.", rows=["1.9 Kerberos", "A.7 Kerberos single-leg"],
          near_miss_of=["3.4 407 unanswered"])
def negotiate(run, lab):
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "negotiate_accept.py")
    with open(program, encoding="ascii") as file:
        program = lab.file("squid/negotiate_accept.py", file.read())
    site, log = behind(lab, [f"auth_param negotiate program /usr/bin/python3 {program}", "auth_param negotiate children 1", *KNOWN])
    cap = lab.capture(site.pc)
    connection = Connection(site.pc, PROXY, 3128)
    statuses = [connection.ask(proxied(token, keep=True)).split(b" ")[1]
                for token in (None, "Negotiate " + base64.b64encode(TOKEN).decode())]
    connection.close()
    assert statuses == [b"407", b"200"], statuses
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    run.like(expect.proxy_success, PC, AT, ["http.response.code == 200"])


@scenario("proxy-403", title="The proxy denies", shows="squid answers the probe with 403 and its page.", rows=["3.4 403"], near_miss_of=["3.3 403"])
def denied(run, lab):
    one(run, lab, ["http_access deny all"], 403)
    failed(run, "proxy-denied", EXCHANGE)


@scenario("proxy-302", title="The proxy redirects to a login page", shows="squid answers the probe with 302 (deny_info).", rows=["3.4 302"],
          near_miss_of=["3.3 302"])
def redirected(run, lab):
    one(run, lab, ["acl guests src 10.1.0.0/24", "deny_info 302:http://login.corp.example/?u=%u guests", "http_access deny guests"], 302)
    failed(run, "proxy-redirect", EXCHANGE)


@scenario("proxy-503", title="The proxy reaches nobody", shows="squid cannot connect to the probe's server and answers 503.", rows=["3.4 5xx"],
          near_miss_of=["3.3 503"])
def upstream(run, lab):
    one(run, lab, ["http_access allow all"], 503, web=None)
    failed(run, "proxy-upstream-failure", EXCHANGE)


@scenario("proxy-content", title="Another page through the proxy", shows="squid fetches a portal's page in the place of the text: 200 with HTML.",
          rows=["3.4 200 with another body"], near_miss_of=["3.3 200 other body"])
def content(run, lab):
    one(run, lab, ["http_access allow all"], 200, web="location / { return 200 '<html><head><title>Login</title></head></html>'; }")
    failed(run, "proxy-content-replaced", EXCHANGE)


@scenario("proxy-recovers-after-407", seconds=12, title="A probe before the login of the user, another after it",
          shows="A 407 unanswered, and 8 s later all legs with success.", rows=["3.8 recovered", "3.4 407 then success"],
          near_miss_of=["AuthenticationLoop"])
def recovers(run, lab):
    site, log = behind(lab, [*NTLM, *KNOWN])
    cap = lab.capture(site.pc)
    assert b" 407 " in site.win.get(PROXY, proxied(), 3128)[1]
    time.sleep(8)  # the user logs in
    assert legs(site, "PC17$") == [407, 407, 200]
    run.save(cap.stop() and cap)
    run.truth(log.log("connecttest"))
    run.note("legs of one client, proxy and URI within 35 s are one attempt, so the first 407 belongs to the attempt that ended well")
    run.like(expect.proxy_success, PC, AT, ["http.response.code == 200"])


def unreachable(run, lab, reject, ping, background_first=True):
    """A proxy that was in use a moment ago and is gone."""
    site, log = behind(lab, ["http_access allow all"], warm=bool(ping))
    cap = lab.capture(site.pc)
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    if reject:
        log.process.terminate()
        until("squid's end", lambda: log.process.poll() is not None)
    else:
        site.box.rule("tcp dport 3128 drop", hook="input")
    echo = site.background(ping) if ping else None
    what, _ = site.win.get(PROXY, proxied(), 3128)
    if echo:
        site.end(echo)
    run.save(cap.stop() and cap)
    run.truth([*log.log("connecttest"), f"client at the second attempt: {what}"])
    run.note("the success before it makes the proxy known and the host of the SYN certain: a bare SYN to a known proxy is read as the next probe")
    run.like(expect.proxy_success, PC, AT, ["http.request", "http.response"])
    return what


@scenario("proxy-refused", title="The proxy is gone: RST", shows="A probe through the proxy succeeds; then its process is gone, and the next SYN "
          "draws RST.", rows=["3.4 SYN to proxy RST"], options=["--proxy", AT])
def gone(run, lab):
    assert unreachable(run, lab, True, 0) == "refused"
    failed(run, "proxy-unreachable", ["tcp.flags.reset == 1"])


@scenario("proxy-timeout", seconds=28, title="The proxy is gone: silence", shows="A probe through the proxy succeeds; then every SYN to it is dropped for 21 s, "
          "while the gateway answers echoes.", rows=["3.4 SYN to proxy unanswered"], options=["--proxy", AT])
def silent(run, lab):
    assert unreachable(run, lab, False, 9) == "timeout"
    failed(run, "proxy-unreachable", [run.frames("tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.dstport == 3128")[1:2]])


@scenario("proxy-connect-407", seconds=42, title="Another application's CONNECT meets 407 and stays there",
          shows="A CONNECT of a browser to app.example:443 gets 407; no later request succeeds. The probe itself passes.",
          rows=["3.9 407 on CONNECT", "rule 6"])
def connect_407(run, lab):
    site, log = behind(lab, [*NTLM, "acl probes dstdomain .msftconnecttest.com", "http_access allow probes", *KNOWN], warm=True)
    cap = lab.capture(site.pc)
    echo = site.background(13)
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    assert b" 407 " in site.win.get(PROXY, connect("app.example:443"), 3128)[1]
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth(log.log(":3128") + log.log("TCP"))
    run.like(expect.proxy_success, PC, AT, ["http.response.code == 200"])
    run.expect(["http.response.code == 407"], verdict="ProxyAuthenticationRequired", cause="proxy-auth-unanswered", severity="warning",
               capability="null", family="v4", route="explicit-proxy", client=PC, server="null", proxy=AT, host="app.example")


@scenario("proxy-connect-407-resolved", title="A CONNECT's 407 is the first leg", shows="CONNECT, 407, type 1, type 2, type 3, 200: the normal course.",
          rows=["3.9 407 on CONNECT", "rule 6"], near_miss_of=["3.4 407 unanswered"])
def connect_resolved(run, lab):
    site, log = behind(lab, [*NTLM, *KNOWN], web=None)
    dnsmasq(site.net, "203.0.113.54", [f"host-record=app.example,{WEB}"], "dns2")
    nginx(site.net, WEB, RIGHT, "tls", port=443)
    squid_lines = [*NTLM, *KNOWN]
    log.process.terminate()
    until("squid's end", lambda: log.process.poll() is not None)
    log = squid(site.box, PROXY, squid_lines, resolver="203.0.113.54", name="squid2")
    cap = lab.capture(site.pc)
    bare = Connection(site.pc, PROXY, 3128)
    answers = [bare.ask(connect("app.example:443"))]
    bare.close()
    kept = Connection(site.pc, PROXY, 3128)
    answers += [kept.ask(connect("app.example:443", authorization=leg)) for leg in (ntlm_type1(), ntlm_type3("alice", "CORP", "PC17"))]
    kept.close()
    assert [int(answer.split(b" ")[1]) for answer in answers] == [407, 407, 200]
    run.save(cap.stop() and cap)
    run.truth(log.log("TCP"))
    run.wire("http.response.code == 200", 1)


@scenario("proxy-direct-first", seconds=28, title="The normal start behind a proxy", shows="The direct probe is dropped for 21 s; then the probe goes through the "
          "proxy and succeeds.", rows=["00.13 direct failure then proxied success"], near_miss_of=["3.4 ProxyNotDiscovered", "3.3 SYN timeout", "3.7 proxy"])
def direct_first(run, lab):
    site, log = behind(lab, ["http_access allow all"], warm=True)
    site.gw.rule(f"ip saddr {PC} tcp dport 80 drop")
    cap = lab.capture(site.pc)
    echo = site.background(9)
    assert site.win.check()[0] == "timeout"
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth([*log.log("connecttest"), f"gw: nft ip saddr {PC} tcp dport 80 drop"])
    run.like(expect.no_http, PC, WEB, [run.first(f"tcp.flags.syn == 1 && ip.dst == {WEB}")], cause="tcp-timeout", severity="info")
    run.like(expect.proxy_success, PC, AT, EXCHANGE)


@scenario("proxy-not-discovered", seconds=95, title="The probe goes direct and fails while the browser uses a proxy",
          shows="The direct probe is dropped; a browser's CONNECT through the proxy works before and after; no proxied probe follows within 62 s.",
          rows=["3.4 ProxyNotDiscovered"])
def not_discovered(run, lab):
    site, log = behind(lab, ["http_access allow all"], web=None, warm=True)
    nginx(site.net, WEB, RIGHT, "tls", port=443)
    site.gw.rule(f"ip saddr {PC} tcp dport 80 drop")
    cap = lab.capture(site.pc)
    echo = site.background(29)
    open_one = Connection(site.pc, PROXY, 3128)
    assert b" 200 " in open_one.ask(connect(f"{WEB}:443"))
    open_one.close()
    assert site.win.check()[0] == "timeout"
    site.end(echo, 120)
    other = Connection(site.pc, PROXY, 3128)
    assert b" 200 " in other.ask(connect(f"{WEB}:443"))
    other.close()
    run.save(cap.stop() and cap)
    run.truth([*log.log("CONNECT"), f"gw: nft ip saddr {PC} tcp dport 80 drop"])
    run.expect([run.first(f"tcp.flags.syn == 1 && ip.dst == {WEB}")], verdict="ProxyNotDiscovered", cause="tcp-timeout", severity="error",
               confidence=["high", "medium"], capability="Local", family="v4", client=PC)
