"""Microsoft 365: TLS that is reset, NTLM refused in clear, certificate checks that are dropped, IPv6, addresses without names, one direction."""
import base64
import os
import struct
import time

from network import PORTAL, RESOLVER, RESOLVER_V6, WEB2, WEB_V6, Site
from scenario import scenario
from scenes_dns import PC
from scenes_office import CONFIG, CRL, LOGIN, OFFICE, RESET, SYN, gate, names, office, secure, unreachable, visit
from servers import dnsmasq
from tls_lab import Gate, certificate, far
from tls_quic import PYTHON, HERE, server as quic_server
from tls_rows import one_side
from windows import Connection, ntlm_type1, ntlm_type3
from wire import Handler

MAILBOX = "mail.corp.example"
SIGN_IN_ADDRESS = "20.190.160.14"  # within 20.190.128.0/18, which Microsoft lists for the sign-in
CRL_REQUEST = f"GET /DigiCertGlobalG2TLS.crl HTTP/1.1\r\nHost: {CRL}\r\nConnection: close\r\n\r\n".encode()


class Late(Gate):
    """A server that thinks for 50 ms before it resets: no device on the way could be meant."""

    def serve(self, peer):
        time.sleep(0.05)
        super().serve(peer)


@scenario("office-tls-reset", title="TLS to the sign-in is cut", rows=["5.3 set unreachable: TLS"], near_miss_of=["5.3 set unreachable: TCP RST"],
          shows="The server behind login.microsoftonline.com takes both connections and resets them well over one round trip after the hello; configuration works.")
def tls_reset(run, lab):
    site = office(lab, hosts=(CONFIG,), lines=names(LOGIN, to=PORTAL))
    cut = Late(site.net, lambda version, new: True, "rst", listen=PORTAL)
    cap = lab.capture(site.pc)
    assert visit(site, CONFIG) == "ok"
    address = site.win.resolve(LOGIN).addresses[0]
    for _ in range(2):
        time.sleep(1)  # Office's own pace
        assert secure(site.pc, address, LOGIN).startswith("failed")
    run.save(cap.stop() and cap)
    run.truth([*site.dns.log("query[A]"), *cut.told])
    far(run)
    resets = f"{RESET} && ip.src == {PORTAL}"
    run.wire(resets, 2)
    run.wire("tls.alert_message", 0)
    run.expect([run.first(resets)], verdict="TlsHandshakeFailed", cause="tls-reset", severity="error", client=PC, server=PORTAL, host=LOGIN, count=2)
    unreachable(run, "tls-reset", [resets], host=LOGIN, server=PORTAL, confidence=["high", "medium"])
    run.endpoint(id=56, connected="2/0", tls="0/2", blocked_at="tls")


@scenario("office-crl-dropped", seconds=30, title="Lists of withdrawn certificates are dropped", rows=["5.2 certificate checks on port 80"],
          near_miss_of=["5.3 set unreachable: TLS"],
          shows="crl3.digicert.com resolves and every SYN to its port 80 is dropped for 21 s; the sign-in's TLS works, the gateway answers echoes.")
def crl_dropped(run, lab):
    site = office(lab, lines=names(CRL, to=PORTAL), warm=True)
    site.gw.rule(f"ip daddr {PORTAL} tcp dport 80 drop")
    cap = lab.capture(site.pc)
    echo = site.background(10)
    assert visit(site, LOGIN) == "ok"
    assert site.win.get(site.win.resolve(CRL).addresses[0], CRL_REQUEST)[0] == "timeout"
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth([*site.dns.log("query[A]"), "client at 203.0.113.7:80: timed out after 21 s"])
    unreachable(run, "tcp-timeout", [f"{SYN} && ip.dst == {PORTAL}"], host=CRL, server=PORTAL, route="direct")
    run.endpoint(id=56, tls="1/0", blocked_at="null")
    run.endpoint(id=125, purpose="certificates", connected="0/1", blocked_at="connected")
    run.cleared(False)


def both_families(lab, *lines):
    """A site with IPv6 and a resolver over IPv6; the sign-in's name has an address of version 6."""
    site = Site(lab, net6=True, resolvers=(RESOLVER_V6,), warm=True)
    site.dns = dnsmasq(site.net, RESOLVER_V6, [f"host-record={LOGIN},{WEB_V6}", *lines])
    return site


@scenario("office-signin-v6-refused", title="The sign-in is refused over IPv6", rows=["5.3 set unreachable: TCP RST"],
          shows="A client of IPv6 alone resolves login.microsoftonline.com by AAAA; port 443 of the address answers RST twice.")
def v6_refused(run, lab):
    site = both_families(lab)
    cap = lab.capture(site.pc)
    for _ in range(2):
        address = site.win.resolve(LOGIN, kind="AAAA").addresses[0]
        assert secure(site.pc, address, LOGIN) == "refused"
    run.save(cap.stop() and cap)
    run.truth([*site.dns.log("query[AAAA]"), f"client at {WEB_V6}: connection refused, twice"])
    run.wire(RESET, 2)
    unreachable(run, "tcp-reset", [RESET], host=LOGIN, server=WEB_V6, family="v6", client="2001:db8:1::5")
    run.endpoint(id=56, purpose="sign-in", resolved="2/0", connected="0/2", blocked_at="connected")


@scenario("office-v6-fallback", title="The sign-in is refused over IPv6 and works over IPv4", rows=["5.3 all attempts"],
          near_miss_of=["5.3 set unreachable: TCP RST"],
          shows="login.microsoftonline.com has addresses of both families; the one of IPv6 answers RST twice, TLS over IPv4 is established.")
def v6_fallback(run, lab):
    site = office(lab, hosts=(CONFIG, LOGIN), lines=[f"host-record={LOGIN},{WEB_V6}"], net6=True, warm=True)
    cap = lab.capture(site.pc)
    address = site.win.resolve(LOGIN, kind="AAAA").addresses[0]
    for _ in range(2):
        assert secure(site.pc, address, LOGIN) == "refused"
    assert visit(site, LOGIN) == "ok"
    run.save(cap.stop() and cap)
    run.truth([*site.dns.log("query["), f"client at {WEB_V6}: connection refused; over IPv4: 200"])
    run.wire(RESET, 2)
    run.wire("tls.handshake.type == 2", 1)
    run.endpoint(id=56, purpose="sign-in", tls="1/0", blocked_at="null")


@scenario("office-address-only", title="An address of the sign-in is refused, its look-up is older than the capture", rows=["5.3 by address"],
          near_miss_of=["5.3 set unreachable: DNS"],
          shows="After a visit to officeclient.microsoft.com two connections to 20.190.160.14:443, which Microsoft lists for the sign-in, are answered RST; no name of theirs is in the capture.")
def address_only(run, lab):
    site = office(lab)
    site.net.ip("addr", "add", f"{SIGN_IN_ADDRESS}/32", "dev", "eth0")
    site.isp.ip("route", "add", f"{SIGN_IN_ADDRESS}/32", "via", WEB2)
    cap = lab.capture(site.pc)
    assert visit(site, CONFIG) == "ok"
    for _ in range(2):
        assert secure(site.pc, SIGN_IN_ADDRESS, LOGIN) == "refused"
    run.save(cap.stop() and cap)
    run.truth(f"client at {SIGN_IN_ADDRESS}:443: connection refused, twice")
    run.wire('dns.qry.name contains "login"', 0)
    run.wire(RESET, 2)
    run.note("only the address tells the set: medium")
    unreachable(run, "tcp-reset", [RESET], host="null", server=SIGN_IN_ADDRESS, confidence="medium")
    run.endpoint(id=56, connected="0/2", blocked_at="connected")


@scenario("office-one-way", seconds=30, title="Only the client's side of a sign-in that is dropped", rows=["5.3 one-way"],
          near_miss_of=["5.3 set unreachable: TCP"],
          shows="As office-signin-dropped, but the mirror port gives what the client sends and nothing else: that no answer came cannot be told.")
def one_way(run, lab):
    site = office(lab, hosts=(CONFIG,), lines=names(LOGIN, to=PORTAL), warm=True)
    site.gw.rule(f"ip daddr {PORTAL} drop")
    cap = lab.capture(site.pc)
    echo = site.background(10)
    assert visit(site, CONFIG) == "ok"
    assert visit(site, LOGIN) == "timeout"
    site.end(echo)
    run.save(cap.stop() and cap, convert=one_side)
    run.truth([*site.dns.log("query[A]"), "client at 203.0.113.7:443: timed out after 21 s"])
    run.wire(f"ip.dst == {PC}", 0)


class Ntlm:
    """A web server that speaks NTLM over kept connections: it challenges, and takes the users it knows."""

    def __init__(self, node, users):
        self.users, self.told = users, []
        Handler(node, WEB2, self.serve)

    @staticmethod
    def challenge():
        """The challenge message: target CORP, eight random bytes."""
        target = "CORP".encode("utf-16-le")
        raw = b"NTLMSSP\0" + struct.pack("<IHHII", 2, len(target), len(target), 56, 0x00818205) + os.urandom(8) + bytes(8)
        raw += struct.pack("<HHI", 0, 0, 56 + len(target)) + bytes([10, 0, 0x63, 0x45, 0, 0, 0, 15]) + target
        return base64.b64encode(raw).decode()

    def answer(self, head):
        """Status line and headers that answer one request."""
        token = next((line.split(b" ", 2)[2] for line in head.split(b"\r\n") if line.lower().startswith(b"authorization: ntlm ")), None)
        raw = base64.b64decode(token) if token else b""
        kind = struct.unpack_from("<I", raw, 8)[0] if len(raw) >= 12 else 0
        if kind == 1:
            return f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM {self.challenge()}\r\nContent-Length: 0\r\n\r\n"
        if kind == 3:
            size, _, at = struct.unpack_from("<HHI", raw, 36)
            user = raw[at:at + size].decode("utf-16-le")
            self.told.append(f"NTLM user {user}: {'accepted' if user in self.users else 'refused'}")
            if user in self.users:
                return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        return "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"

    def serve(self, connection, first):
        """Answers the requests of one connection, one after the other."""
        data = first
        while data:
            connection.sendall(self.answer(data).encode())
            data = connection.recv(16384)


def ews(authorization=None):
    """A request of Outlook to its mail server."""
    more = f"Authorization: {authorization}\r\n" if authorization else ""
    return (f"POST /EWS/Exchange.asmx HTTP/1.1\r\nHost: {MAILBOX}\r\nUser-Agent: {OFFICE}\r\nContent-Length: 0\r\n{more}\r\n").encode()


def ntlm(run, lab, user, rounds):
    """Whole NTLM exchanges, each on a connection of its own. Gives (site, server, statuses of the last leg)."""
    site = Site(lab)
    site.dns = dnsmasq(site.net, RESOLVER, names(MAILBOX, to=WEB2))
    server = Ntlm(site.net, {"bob"})
    cap = lab.capture(site.pc)
    assert site.win.resolve(MAILBOX).addresses
    ends = []
    for _ in range(rounds):
        kept = Connection(site.pc, WEB2)
        assert b" 401 " in kept.ask(ews()) and b" 401 " in kept.ask(ews(ntlm_type1()))
        ends.append(int(kept.ask(ews(ntlm_type3(user, "CORP", "PC17"))).split(b" ")[1]))
        kept.close()
        time.sleep(2)  # Outlook's next try
    run.save(cap.stop() and cap)
    run.truth(server.told)
    return ends


@scenario("office-ntlm-loop", seconds=15, title="A mail server refuses an NTLM user again and again", rows=["5.4 401 loop in clear"],
          near_miss_of=["5.4 401 then success"],
          shows="Four EWS connections in clear, each a whole NTLM exchange for CORP\\alice; the server answers every authenticate message with 401.")
def ntlm_loop(run, lab):
    assert ntlm(run, lab, "alice", 4) == [401] * 4
    last = "ntlmssp.messagetype == 3"
    run.wire(last, 4)
    run.wire("http.response.code == 401", 12)
    run.note("the capture ends before a success would have to follow: medium")
    run.expect([last], verdict="AuthenticationLoop", cause="http-auth-rejected", severity="error", confidence="medium", capability="null",
               family="v4", route="direct", client=PC, server=WEB2, host=MAILBOX, count=4)


@scenario("office-ntlm-success", seconds=15, title="A mail server's own 401s of NTLM", rows=["5.4 401 then success"],
          near_miss_of=["5.4 401 loop in clear"],
          shows="Four EWS connections in clear: every one meets two 401 of the exchange itself, and 200 after the authenticate message of CORP\\bob.")
def ntlm_success(run, lab):
    assert ntlm(run, lab, "bob", 4) == [200] * 4
    run.wire("http.response.code == 401", 8)
    run.wire("http.response.code == 200", 4)


@scenario("office-signs-in-over-quic", seconds=95, title="Office signs in over HTTP/3", rows=["5.1 gated by NCSI: refuted"],
          near_miss_of=["5.1 gated by NCSI"],
          shows="As office-gated, but the sign-in goes over QUIC, its look-up being older than the capture: only the hello's name tells it.")
def over_quic(run, lab):
    def sign_in(site):
        cert = certificate(lab, LOGIN)
        quic_server(site.net, cert)
        return lambda: site.pc.run(PYTHON, os.path.join(HERE, "quic_client.py"), "203.0.113.80", LOGIN, "1", cert[2])
    gate(run, lab, False, sign_in)
    run.wire(f'dns.qry.name contains "login"', 0)
    run.wire(f'tls.handshake.extensions_server_name == "{LOGIN}" && quic', 1)
    run.endpoint(id=56, purpose="sign-in", connected="1/0", tls="0/0", blocked_at="null")
