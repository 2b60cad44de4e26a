"""TLS: the two sides share no version, in every way that ends; and the neighbours that only look so."""
from network import WEB_V6, Site
from scenario import scenario
from tls_lab import (HELLO, LOGIN, MAIL, OLD, Gate, alerts, certificate, far, found, gnutls_cli, gnutls_serv, s_client, s_server, tls)

A70, A40 = "tls.alert_message.desc == 70", "tls.alert_message.desc == 40"
RST = "tcp.flags.reset == 1 && ip.src == 203.0.113.80"
PING = b"ping\n"


@tls("tls-alert70-old-client", title="Old client refused with protocol_version", rows=["4.4 C<1.2 alert 70"], near_miss_of=["4.4 C>=1.2 alert 70"],
     shows="The client offers TLS 1.0 at most; the server takes 1.2 only and answers with fatal alert 70.")
def alert70(run, lab, site):
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1", "-cipher", OLD)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "TlsVersionMismatch", "tls-alert", [HELLO, A70])


@tls("tls-alert70-gnutls", title="GnuTLS on both ends: 1.1 at most against 1.2 and 1.3", rows=["4.4 C<1.2 alert 70"],
     shows="gnutls-cli offers TLS 1.1 at most, gnutls-serv takes 1.2 and 1.3: fatal alert 70.")
def alert70_gnutls(run, lab, site):
    gnutls_serv(site.net, certificate(lab, LOGIN), "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3")
    cap = lab.capture(site.pc)
    said = gnutls_cli(site.pc, "NORMAL:-VERS-ALL:+VERS-TLS1.0:+VERS-TLS1.1:%COMPAT")
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "TlsVersionMismatch", "tls-alert", [HELLO, A70])


@tls("tls-alert70-port-8443", title="Version refused on port 8443", rows=["4.4 C<1.2 alert 70", "TLS on an unusual port"],
     shows="The server listens on 8443; the client offers TLS 1.0 at most and gets fatal alert 70.")
def alert70_port(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-tls1_2", port=8443)
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1", "-cipher", OLD, sni=MAIL, port=8443)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "TlsVersionMismatch", "tls-alert", [HELLO, A70], host=MAIL)


@scenario("tls-alert70-v6", title="Old client refused over IPv6", rows=["4.4 C<1.2 alert 70"],
          shows="The same refusal by alert 70 over IPv6.")
def alert70_v6(run, lab):
    site = Site(lab, net6=True, warm=True)
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2", listen=WEB_V6)
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_1", "-cipher", OLD, to=WEB_V6)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "TlsVersionMismatch", "tls-alert", [HELLO, A70], family="v6", client="2001:db8:1::5", server=WEB_V6, severity=None)
    run.note("severity: rule 13's `v6-only failure` speaks of NCSI attempts; whether it lowers a TLS finding is not said")


@tls("tls-alert40-old-client", title="Old client refused with handshake_failure", rows=["4.4 C<1.2 alert 40"],
     shows="The client offers TLS 1.0 with the usual AES suites; the server has suites of TLS 1.2 only and answers alert 40.")
def alert40(run, lab, site):
    s_server(site.net, certificate(lab, LOGIN), "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0", "-no_tls1_3")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1", "-cipher", OLD)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "TlsVersionMismatch", "tls-alert", [HELLO, A40], confidence="medium")


def refused(run, lab, site, how, old=("-tls1",)):
    """An old hello ended by the server without a word."""
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2", listen="127.0.0.1", port=4433)
    gate = Gate(site.net, lambda version, new: version < 0x0303, how)
    cap = lab.capture(site.pc)
    said = s_client(site.pc, *old, "-cipher", OLD)
    return gate, cap, said


@tls("tls-rst-old-client", title="Old hello answered with RST", rows=["4.4 C<1.2 RST"],
     shows="The server itself resets the connection one round trip after a TLS 1.0 hello; nobody is seen to get on with it.")
def rst(run, lab, site):
    gate, cap, said = refused(run, lab, site, "rst")
    run.save(cap.stop() and cap)
    run.truth(gate.told + alerts(said))
    far(run)
    found(run, "TlsVersionMismatch", "tls-reset", [HELLO, RST], confidence="medium")


@tls("tls-fin-old-client", title="Old hello answered with FIN", rows=["4.4 C<1.2 FIN"],
     shows="The server closes the connection one round trip after a TLS 1.1 hello, without an alert.")
def fin(run, lab, site):
    gate, cap, said = refused(run, lab, site, "fin", ("-tls1_1",))
    run.save(cap.stop() and cap)
    run.truth(gate.told + alerts(said))
    found(run, "TlsVersionMismatch", "tls-closed", [HELLO, "tcp.flags.fin == 1 && ip.src == 203.0.113.80"], confidence="medium")


@tls("tls-rst-old-client-proven", title="Old hello reset, another client's 1.2 accepted by the same server", rows=["4.4 C<1.2 RST, same server accepts 1.2"],
     shows="10.1.0.5 offers TLS 1.0 and is reset; 10.1.0.6 offers 1.2 to the same server and is served.", position="switch")
def rst_proven(run, lab, site):
    other = site.host("pc2", "10.1.0.6")
    cert = certificate(lab, LOGIN)
    s_server(site.net, cert, "-tls1_2", listen="127.0.0.1", port=4433)
    gate = Gate(site.net, lambda version, new: version < 0x0303, "rst")
    cap = lab.capture(site.gw, "eth0", "tcp port 443")
    said = s_client(site.pc, "-tls1", "-cipher", OLD)
    good = s_client(other, "-tls1_2", says=PING)
    run.save(cap.stop() and cap)
    run.truth(gate.told + alerts(said) + alerts(good))
    run.wire("tls.handshake.type == 2 && ip.dst == 10.1.0.6", 1)
    far(run)
    found(run, "TlsVersionMismatch", "tls-reset", [HELLO + " && ip.src == 10.1.0.5", RST + " && ip.dst == 10.1.0.5"])


@tls("tls-client-rejects-version", title="Client refuses the server's version", rows=["4.4 client alert 70"],
     shows="The server has TLS 1.0 only and chooses it; the client, which wants 1.2 and no less, sends alert 70.")
def client_rejects(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-tls1", "-cipher", OLD)
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_2", sni=MAIL)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "TlsVersionMismatch", "tls-client-rejected", ["tls.handshake.type == 2", A70 + " && ip.src == 10.1.0.5"], host=MAIL)


@tls("tls-only-13-client", title="Client of TLS 1.3 alone against a server of 1.2", rows=["4.4 C>=1.2 alert 70"],
     shows="The hello offers 1.3 only; the server has 1.2 only and answers alert 70.")
def only_13(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-tls1_2")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_3", sni=MAIL)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "TlsVersionMismatch", "tls-alert", [HELLO, A70], host=MAIL)


@tls("tls-only-13-server", title="Client of TLS 1.2 against a server of 1.3 alone", rows=["4.4 C>=1.2 alert 70"],
     shows="The hello offers 1.2 at most; the server has 1.3 only and answers alert 70.")
def only_13_server(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-tls1_3")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_2", sni=MAIL)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "TlsVersionMismatch", "tls-alert", [HELLO, A70], host=MAIL)


@tls("tls-fallback-dance", title="Client falls back from 1.2 to 1.1 to 1.0", rows=["4.4 fallback dance"],
     shows="Hellos of 1.2 and 1.1 are reset by the server, the one of 1.0 right after is served.", near_miss_of=["4.4 middlebox RST"])
def dance(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-tls1", "-cipher", OLD, listen="127.0.0.1", port=4433)
    gate = Gate(site.net, lambda version, new: version > 0x0301, "rst")
    cap = lab.capture(site.pc)
    for version in ("-tls1_2", "-tls1_1"):
        s_client(site.pc, version, "-cipher", OLD, sni=MAIL)
    said = s_client(site.pc, "-tls1", "-cipher", OLD, "-fallback_scsv", sni=MAIL, says=PING)
    run.save(cap.stop() and cap)
    run.truth(gate.told + alerts(said))
    run.wire(HELLO, 3)
    far(run)
    found(run, "TlsVersionMismatch", "tls-fallback", [run.first(HELLO)], severity="warning", host=MAIL, confidence=["high", "medium"])
    run.note("one finding for the whole series; that the last handshake negotiated 1.0 is part of it and no LegacyTlsNegotiated beside it")


@tls("tls-13-intolerant", title="Hello with TLS 1.3 is reset, 1.2 right after works", rows=["4.4 version intolerance"],
     shows="The server resets a hello that offers 1.3; the same client's hello of 1.2 right after is served.")
def intolerant(run, lab, site):
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2", listen="127.0.0.1", port=4433)
    gate = Gate(site.net, lambda version, new: new, "rst")
    cap = lab.capture(site.pc)
    s_client(site.pc)
    said = s_client(site.pc, "-tls1_2", says=PING)
    run.save(cap.stop() and cap)
    run.truth(gate.told + alerts(said))
    run.wire(HELLO, 2)
    far(run)
    found(run, "TlsVersionMismatch", "tls-fallback", [run.first(HELLO), RST], severity="warning", confidence=["high", "medium"])


@tls("tls-legacy-login", title="TLS 1.0 negotiated with a Microsoft 365 sign-in name", rows=["4.4 legacy negotiated"], near_miss_of=["4.4 TLS_OK"],
     shows="login.microsoftonline.com takes TLS 1.0; the refusal would come later, inside the encryption.")
def legacy_login(run, lab, site):
    s_server(site.net, certificate(lab, LOGIN), "-tls1", "-cipher", OLD)
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1", "-cipher", OLD, says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "LegacyTlsNegotiated", None, ["tls.handshake.type == 2"], severity="warning", confidence=["high", "medium"])
    run.note("no cause of the contract's list names a success of an old version; cause is left open")


@tls("tls-legacy-other", title="TLS 1.1 negotiated with an ordinary name", rows=["4.4 legacy negotiated"],
     shows="A server of the company takes TLS 1.1 from a client whose best is 1.1.")
def legacy_other(run, lab, site):
    gnutls_serv(site.net, certificate(lab, MAIL), "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT")
    cap = lab.capture(site.pc)
    said = gnutls_cli(site.pc, "NORMAL:-VERS-ALL:+VERS-TLS1.0:+VERS-TLS1.1", sni=MAIL, says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "LegacyTlsNegotiated", None, ["tls.handshake.type == 2"], severity="warning", confidence=["high", "medium"], host=MAIL)
    run.note("no cause of the contract's list names a success of an old version; cause is left open")


@tls("tls-fallback-scsv", title="Server detects a needless fallback", rows=["4.4 alert 86"],
     shows="The hello offers 1.1 with the fallback mark; the server has 1.2 and answers alert 86.", near_miss_of=["4.4 C<1.2 alert 40"])
def scsv(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-cipher", OLD)
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_1", "-fallback_scsv", "-cipher", OLD, sni=MAIL)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "TlsHandshakeFailed", "tls-alert", [HELLO, "tls.alert_message.desc == 86"], host=MAIL, confidence=["high", "medium"])


@tls("tls-alert70-snap96", title="Version refused, every frame cut at 96 bytes", rows=["4.4 C<1.2 alert 70", "A.7 snaplen 96"],
     shows="Of the hello the record and the version 1.0 are there, the name is not; the alert is whole.")
def alert70_cut(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-tls1_2")
    cap = lab.capture(site.pc, options=["-s", "96"])
    said = s_client(site.pc, "-tls1", "-cipher", OLD, sni=MAIL)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "TlsVersionMismatch", "tls-alert", ["frame.cap_len < frame.len && tcp.dstport == 443", A70], host=None, confidence=["medium", "high"])
    run.note("the cut hello is a decisive packet (rule 14), but its version stands in the part that is there; host is null unless told otherwise")
