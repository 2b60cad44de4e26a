"""Microsoft 365: endpoint sets that are reached and that are not, by stage; an Office that waits for Windows' judgement.

The names resolve to servers of the lab; nginx and openssl answer for them with certificates of a lab authority.
"""
import socket
import ssl
import time

from network import PORTAL, RESOLVER, WEB, WEB2, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from servers import dnsmasq, nginx, squid
from tls_lab import certificate, openssl
from windows import EDGE, Connection, connect, ntlm_type1, ntlm_type3, proxied

LOGIN, CONFIG, MAIL, ACTIVATION = "login.microsoftonline.com", "officeclient.microsoft.com", "outlook.office365.com", "activation.sls.microsoft.com"
STATIC, CRL = "aadcdn.msauth.net", "crl3.digicert.com"
CERTIFICATES = {CRL, "ocsp.digicert.com", "ctldl.windowsupdate.com"}
OFFICE = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)"
SYN = "tcp.flags.syn == 1 && tcp.flags.ack == 0"
RESET = "tcp.flags.reset == 1"


def names(*hosts, to=WEB2):
    """Lines of dnsmasq that give these names an address."""
    return [f"host-record={host},{to}" for host in hosts]


def tls_site(lab, node, hosts, listen=WEB2, more=""):
    """nginx that answers for `hosts` over TLS 1.3, and for `more` in clear."""
    cert, key, _ = certificate(lab, hosts[0])
    return nginx(node, listen, more or "location / { return 404; }", name="office",
                 extra=f"server {{ listen {listen}:443 ssl; ssl_certificate {cert}; ssl_certificate_key {key}; ssl_session_tickets off; "
                       f"ssl_protocols TLSv1.3; access_log {lab.dir}/office/tls.log full; location / {{ return 200 'ok'; }} }}")


def secure(node, address, host, port=443, through=None, seconds=21.0, trust=False):
    """One TLS connection with a request inside; gives "ok" or what went wrong. `through` is an open tunnel."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = (True, ssl.CERT_REQUIRED) if trust else (False, ssl.CERT_NONE)
    raw = through
    try:
        if raw is None:
            raw = node.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            raw.settimeout(seconds)
            raw.connect((address, port))
        with context.wrap_socket(raw, server_hostname=host) as tls:
            tls.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {OFFICE}\r\nConnection: close\r\n\r\n".encode())
            while tls.recv(4096):
                pass
        return "ok"
    except TimeoutError:
        return "timeout"
    except ConnectionRefusedError:
        return "refused"
    except (OSError, ssl.SSLError) as error:
        return f"failed: {type(error).__name__}"
    finally:
        if raw is not None:
            raw.close()


def visit(site, host, **more):
    """Look-up and TLS, as Office does."""
    answer = site.win.resolve(host)
    if answer is None or not answer.addresses:
        return "unresolved"
    return secure(more.pop("node", site.pc), answer.addresses[0], host, **more)


def office(lab, hosts=(LOGIN, CONFIG, MAIL, ACTIVATION), lines=(), more="", **site):
    """A site whose Internet has Windows' probe server and these names of Microsoft 365."""
    made = Site(lab, **site)
    made.dns = dnsmasq(made.net, RESOLVER, [*CHAIN, *names(*hosts), *lines])
    nginx(made.net, WEB, RIGHT)
    made.office = tls_site(lab, made.net, list(hosts), more=more)
    return made


def unreachable(run, cause, evidence, **more):
    """The finding of a required set that nothing reaches."""
    run.expect(evidence, **{"verdict": "EndpointSetUnreachable", "cause": cause, "severity": "error", "confidence": "high",
                            "capability": "null", "family": "v4", "client": PC, **more})


@scenario("office-all-works", title="Office starts, and everything works", rows=["5 network not guilty"],
          near_miss_of=["5.3 set unreachable"],
          shows="Configuration, licence, sign-in and mailbox: every name resolves, every TLS 1.3 handshake is completed; a list of withdrawn "
                "certificates comes over port 80.")
def all_works(run, lab):
    site = office(lab, lines=names(CRL), more="location / { return 200 'crl'; }")
    cap = lab.capture(site.pc)
    for host in (CONFIG, ACTIVATION, LOGIN, MAIL):
        assert visit(site, host) == "ok", host
    assert site.win.get(site.win.resolve(CRL).addresses[0], f"GET /x.crl HTTP/1.1\r\nHost: {CRL}\r\nConnection: close\r\n\r\n".encode())[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(site.dns.log("query[A]"))
    run.wire("tls.handshake.type == 2", 4)
    for number, purpose in ((86, "configuration"), (83, "configuration"), (56, "sign-in"), (1, "mailbox")):
        run.endpoint(id=number, purpose=purpose, required=True, clients=1, resolved="1/0", connected="1/0", tls="1/0", blocked_at="null")
    run.endpoint(id=125, purpose="certificates", required=True, clients=1, resolved="1/0", connected="1/0", http="1/0", blocked_at="null")
    run.cleared(True)


@scenario("office-signin-dropped", seconds=30, title="The sign-in's addresses are blocked", rows=["5.3 set unreachable: TCP"],
          near_miss_of=["5 network not guilty"],
          shows="login.microsoftonline.com resolves and every SYN to it is dropped for 21 s; configuration and mailbox work, the gateway answers echoes.")
def dropped(run, lab):
    site = office(lab, hosts=(CONFIG, MAIL), lines=names(LOGIN, to=PORTAL), warm=True)
    site.gw.rule(f"ip daddr {PORTAL} drop")
    cap = lab.capture(site.pc)
    echo = site.background(10)
    assert visit(site, CONFIG) == "ok"
    assert visit(site, LOGIN) == "timeout"
    assert visit(site, MAIL) == "ok"
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth([*site.dns.log("query[A]"), "client at 203.0.113.7:443: timed out after 21 s"])
    syns = f"{SYN} && ip.dst == {PORTAL}"
    unreachable(run, "tcp-timeout", [syns], host=LOGIN, server=PORTAL, route="direct")
    run.endpoint(id=56, purpose="sign-in", resolved="1/0", connected="0/1", tls="0/0", blocked_at="connected")
    run.endpoint(id=1, purpose="mailbox", tls="1/0", blocked_at="null")
    run.cleared(False)


@scenario("office-signin-refused", title="The sign-in's addresses are refused", rows=["5.3 set unreachable: TCP RST"],
          shows="login.microsoftonline.com resolves, its port 443 answers RST; configuration works.")
def refused(run, lab):
    site = office(lab, hosts=(CONFIG,), lines=names(LOGIN, to=PORTAL))
    cap = lab.capture(site.pc)
    assert visit(site, CONFIG) == "ok"
    assert visit(site, LOGIN) == "refused"
    run.save(cap.stop() and cap)
    run.truth([*site.dns.log("query[A]"), "client at 203.0.113.7:443: connection refused"])
    run.note("a single refusal: medium")
    unreachable(run, "tcp-reset", [RESET], host=LOGIN, server=PORTAL, route="direct", confidence="medium")
    run.endpoint(id=56, blocked_at="connected", connected="0/1")


@scenario("office-signin-nxdomain", title="The sign-in's name does not exist here", rows=["5.3 set unreachable: DNS"],
          shows="The resolver answers NXDOMAIN for login.microsoftonline.com and login.windows.net; other names work.")
def nxdomain(run, lab):
    site = office(lab, hosts=(CONFIG, MAIL), lines=["address=/microsoftonline.com/", "address=/login.windows.net/"])
    cap = lab.capture(site.pc)
    assert visit(site, CONFIG) == "ok"
    assert visit(site, LOGIN) == "unresolved" and visit(site, "login.windows.net") == "unresolved"
    run.save(cap.stop() and cap)
    run.truth(site.dns.log("NXDOMAIN"))
    unreachable(run, "dns-nxdomain", ["dns.flags.rcode == 3"], host=LOGIN, server=RESOLVER)
    run.endpoint(id=56, blocked_at="resolved", resolved="0/2")


@scenario("office-pattern-nxdomain", title="A name under a wildcard does not exist", rows=["5.3 wildcard"], near_miss_of=["5.3 set unreachable: DNS"],
          shows="NXDOMAIN for a tenant's autodiscover name and for a host under *.msecnd.net: the list promises neither. All else works.")
def pattern(run, lab):
    site = office(lab, lines=["local=/onmicrosoft.com/", "local=/msecnd.net/"])
    cap = lab.capture(site.pc)
    assert visit(site, "autodiscover.contoso.onmicrosoft.com") == "unresolved"
    assert visit(site, "az1234.vo.msecnd.net") == "unresolved"
    assert visit(site, LOGIN) == "ok"
    run.save(cap.stop() and cap)
    run.truth(site.dns.log("NXDOMAIN"))
    run.wire("dns.flags.rcode == 3", 2)
    run.endpoint(id=56, tls="1/0", blocked_at="null")
    run.cleared(True)


@scenario("office-tls-alert", title="The sign-in's server rejects every handshake", rows=["5.3 set unreachable: TLS"], near_miss_of=["5.3 set unreachable: TCP"],
          shows="The server behind login.microsoftonline.com answers both hellos with alert 112; configuration works.")
def tls_alert(run, lab):
    site = office(lab, hosts=(CONFIG,), lines=names(LOGIN, to=PORTAL))
    cut = nginx(site.net, PORTAL, "location / { return 404; }", name="cut", port=8080,
                extra=f"server {{ listen {PORTAL}:443 ssl; ssl_reject_handshake on; }}")
    cap = lab.capture(site.pc)
    assert visit(site, CONFIG) == "ok"
    for _ in range(2):
        assert visit(site, LOGIN).startswith("failed")
    run.save(cap.stop() and cap)
    run.truth([*site.dns.log("query[A]"), "nginx: ssl_reject_handshake, alert 112", f"{cut.process.args[0]}: running"][:2])
    alerts = f"tls.alert_message && ip.src == {PORTAL}"
    run.wire(alerts, 2)
    run.expect([alerts], verdict="TlsHandshakeFailed", cause="tls-sni", severity="error", client=PC, server=PORTAL, host=LOGIN, count=2)
    unreachable(run, "tls-sni", [alerts], host=LOGIN, server=PORTAL)
    run.endpoint(id=56, connected="2/0", tls="0/2", blocked_at="tls")


@scenario("office-one-of-two", title="One of two clients cannot sign in", rows=["5.3 all attempts"], near_miss_of=["5.3 set unreachable: TCP RST"],
          position="switch", shows="The gateway refuses the first client's connections to the sign-in; the second client signs in.")
def one_of_two(run, lab):
    site = office(lab)
    other = site.host("pc2", "10.1.0.6")
    site.gw.rule(f"ip saddr {PC} ip daddr {WEB2} tcp dport 443 reject with tcp reset")
    cap = lab.capture(site.gw)
    assert visit(site, LOGIN) == "refused"
    win, site.win.node = site.win.node, other
    assert visit(site, LOGIN, node=other) == "ok"
    site.win.node = win
    run.save(cap.stop() and cap)
    run.truth([*site.dns.log("query[A]"), "first client: refused; second client: 200"])
    run.wire("tls.handshake.type == 2", 1)
    run.endpoint(id=56, clients=2, resolved="2/0", connected="1/1", tls="1/0", blocked_at="null")
    run.cleared(False)


GATE = ["tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.dstport == 80"]


def no_internet(site, seconds=21.0):
    """Windows' probe meets silence: it then says that there is no Internet."""
    site.gw.rule(f"ip daddr {WEB} tcp dport 80 drop")
    assert site.win.check(connect_wait=seconds)[0] == "timeout"


def gate(run, lab, signs_in, prepare=None):
    """A failed probe, a start of Office, other web traffic, and perhaps a sign-in; a minute of it.

    `prepare(site)` gives what the client does besides."""
    site = office(lab, hosts=(CONFIG, LOGIN, "www.example.org"), warm=True)
    besides = prepare(site) if prepare else None
    cap = lab.capture(site.pc)
    echo = site.background(29)
    no_internet(site)
    assert visit(site, CONFIG) == "ok"
    if signs_in:
        assert site.win.resolve(LOGIN).addresses
    if besides:
        besides()
    assert visit(site, "www.example.org") == "ok"
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth([*site.dns.log("query[A]"), "client at 203.0.113.80:80: timed out after 21 s"])
    run.expect(GATE, verdict="ActiveHttpProbeFailedButDnsSucceeded", cause="tcp-timeout", severity="error", confidence="high",
               capability="Local", client=PC, server=WEB)


@scenario("office-gated", seconds=95, title="Office starts and does not try to sign in", rows=["5.1 gated by NCSI"],
          shows="The probe's port 80 is dropped. Office fetches its configuration, another site works over TLS, and for more than a minute nobody asks "
                "for a sign-in server.")
def gated(run, lab):
    gate(run, lab, False)
    run.wire(f'dns.qry.name contains "login"', 0)
    run.expect([run.first(f'dns.qry.name == "{CONFIG}"')], verdict="OfficeGatedByNcsi", cause="tcp-timeout", severity="error", confidence="medium",
               capability="null", family="v4", client=PC, host=CONFIG)


@scenario("office-not-gated", seconds=95, title="Office starts and asks for its sign-in server", rows=["5.1 gated by NCSI: refuted"],
          near_miss_of=["5.1 gated by NCSI"],
          shows="As office-gated, but login.microsoftonline.com is looked up: Office does try.")
def not_gated(run, lab):
    gate(run, lab, True)
    run.wire(f'dns.qry.name == "{LOGIN}" && dns.flags.response == 0', 1)


@scenario("office-crl-refused", title="Lists of withdrawn certificates are blocked, TLS is not", rows=["5.2 certificate checks on port 80"],
          near_miss_of=["5.3 set unreachable: TLS"],
          shows="crl3.digicert.com resolves and its port 80 answers RST, while the sign-in's TLS works.")
def crl_refused(run, lab):
    site = office(lab, lines=names(CRL, to=PORTAL))
    cap = lab.capture(site.pc)
    assert visit(site, LOGIN) == "ok"
    address = site.win.resolve(CRL).addresses[0]
    assert site.win.get(address, f"GET /DigiCertGlobalG2TLS.crl HTTP/1.1\r\nHost: {CRL}\r\nConnection: close\r\n\r\n".encode())[0] == "refused"
    run.save(cap.stop() and cap)
    run.truth([*site.dns.log("query[A]"), "client at 203.0.113.7:80: connection refused"])
    run.note("a single refusal: medium")
    unreachable(run, "tcp-reset", [RESET], host=CRL, server=PORTAL, confidence="medium")
    run.endpoint(id=56, tls="1/0", blocked_at="null")
    run.endpoint(id=125, purpose="certificates", connected="0/1", blocked_at="connected")
    run.cleared(False)


@scenario("office-autodiscover-302", title="Autodiscover is redirected in clear, as it should", rows=["5.2 autodiscover 302"],
          near_miss_of=["3.3 302"],
          shows="GET /autodiscover/autodiscover.xml on port 80 of autodiscover-s.outlook.com is answered 302 to https; the sign-in works.")
def autodiscover(run, lab):
    host = "autodiscover-s.outlook.com"
    site = office(lab, lines=names(host), more="location / { return 302 https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml; }")
    cap = lab.capture(site.pc)
    assert visit(site, LOGIN) == "ok"
    request = f"GET /autodiscover/autodiscover.xml HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {OFFICE}\r\nConnection: close\r\n\r\n".encode()
    assert b" 302 " in site.win.get(site.win.resolve(host).addresses[0], request)[1]
    run.save(cap.stop() and cap)
    run.truth(site.office.log("autodiscover"))
    run.wire("http.response.code == 302", 1)
    run.endpoint(id=8, purpose="mailbox", resolved="1/0", connected="1/0", http="1/0", blocked_at="null")
    run.cleared(True)


@scenario("office-proxy-denied", title="The proxy denies the sign-in and lets the rest pass", rows=["5.3 set unreachable: proxy"],
          near_miss_of=["5 network not guilty"],
          shows="CONNECT to login.microsoftonline.com is answered 403, CONNECT to officeclient.microsoft.com 200 with TLS inside.")
def proxy_denied(run, lab):
    site = office(lab)
    box = site.proxy()
    page = lab.file("errors/ERR_ACCESS_DENIED", "<html><head><title>Denied</title></head></html>")
    log = squid(box, "10.1.0.9", ["error_directory " + page.rsplit("/", 1)[0], "acl signin dstdomain .microsoftonline.com", "http_access deny signin",
                                  "http_access allow all"])
    cap = lab.capture(site.pc)
    for host, status in ((CONFIG, b" 200 "), (LOGIN, b" 403 "), (LOGIN, b" 403 ")):
        kept = Connection(site.pc, "10.1.0.9", 3128)
        assert status in kept.ask(connect(f"{host}:443"))
        if status == b" 200 ":
            assert secure(site.pc, None, host, through=kept.socket) == "ok"
        kept.close()
    run.save(cap.stop() and cap)
    run.truth(log.log("CONNECT"))
    unreachable(run, "proxy-denied", ["http.response.code == 403"], host=LOGIN, server="null", proxy="10.1.0.9:3128", route="explicit-proxy")
    run.endpoint(id=86, proxy="1/0", connected="1/0", tls="1/0", blocked_at="null")
    run.endpoint(id=56, proxy="0/2", connected="0/0", blocked_at="proxy")


def basic(user, password):
    """A Basic credential."""
    import base64
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def mail_server(lab, users="alice:right"):
    """A site with a web server of one's own that asks for Basic; gives (site, nginx)."""
    site = Site(lab)
    site.dns = dnsmasq(site.net, RESOLVER, names("mail.corp.example", to=WEB2))
    name, password = users.split(":")
    import subprocess
    hashed = subprocess.run(["openssl", "passwd", "-apr1", password], capture_output=True, text=True, check=True).stdout.strip()
    file = lab.file("users", f"{name}:{hashed}\n")
    return site, nginx(site.net, WEB2, f"location / {{ auth_basic mail; auth_basic_user_file {file}; try_files /none =204; }}", name="mail")


def asks(site, password):
    """One request of Outlook to its mail server; gives the status."""
    request = (f"POST /EWS/Exchange.asmx HTTP/1.1\r\nHost: mail.corp.example\r\nUser-Agent: {OFFICE}\r\nContent-Length: 0\r\n"
               f"Authorization: {basic('alice', password)}\r\nConnection: close\r\n\r\n").encode()
    return int(site.win.get(WEB2, request)[1].split(b" ")[1])


@scenario("office-401-loop", seconds=20, title="A mail server refuses a stored old password again and again", rows=["5.4 401 loop in clear"],
          near_miss_of=["5.4 401 then success"],
          shows="Four EWS requests in clear with Basic credentials of alice within 12 s, each answered 401 by nginx.")
def loop401(run, lab):
    site, log = mail_server(lab)
    cap = lab.capture(site.pc)
    assert site.win.resolve("mail.corp.example").addresses
    for _ in range(4):
        assert asks(site, "old") == 401
        time.sleep(3)  # Outlook's next try
    run.save(cap.stop() and cap)
    run.truth(log.log(" 401 "))
    run.wire("http.response.code == 401", 4)
    run.note("the capture ends before a success would have to follow: medium")
    run.expect(["http.response.code == 401", "http.authorization"], verdict="AuthenticationLoop", cause="http-auth-rejected", severity="error",
               confidence="medium", capability="null", family="v4", route="direct", client=PC, server=WEB2, host="mail.corp.example", count=4)


@scenario("office-401-success", seconds=15, title="A mistyped password, and then the right one", rows=["5.4 401 then success"],
          near_miss_of=["5.4 401 loop in clear"],
          shows="Three EWS requests with Basic credentials of alice are answered 401, the fourth with the right password 204.")
def success401(run, lab):
    site, log = mail_server(lab)
    cap = lab.capture(site.pc)
    assert site.win.resolve("mail.corp.example").addresses
    assert [asks(site, password) for password in ("old", "old", "old", "right")] == [401, 401, 401, 204]
    run.save(cap.stop() and cap)
    run.truth(log.log("alice") or log.log("EWS"))
    run.wire("http.response.code == 401", 3)
