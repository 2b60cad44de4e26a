"""TLS: near misses of the table's rows, and a handshake of which one direction was captured."""
import os
import socket
import struct

from network import WEB
from netlab import LabError
from scenario import tshark
from tls_bytes import sent
from tls_lab import HELLO, LOGIN, MAIL, OLD, Gate, alerts, certificate, far, found, gnutls_serv, s_client, s_server, tls
from tlsmsg import WINDOWS10, hello

PING = b"ping\n"
RST = "tcp.flags.reset == 1 && ip.src == 203.0.113.80"


@tls("tls-two-names", title="One name reset, another served right after", rows=["4.4 RST, C>=1.2"], near_miss_of=["4.4 version intolerance"],
     shows="A program of TLS 1.3 is reset for mail.corp.example; another program's 1.2 for the sign-in name is served by the same address right after. "
           "Nobody tried the first name again.")
def two_names(run, lab, site):
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2", listen="127.0.0.1", port=4433)
    gate = Gate(site.net, lambda version, new: new, "rst")
    cap = lab.capture(site.pc)
    s_client(site.pc, sni=MAIL)
    said = s_client(site.pc, "-tls1_2", says=PING)
    run.save(cap.stop() and cap)
    run.truth(gate.told + alerts(said))
    run.wire(HELLO, 2)
    far(run)
    found(run, "TlsHandshakeFailed", "tls-reset", [run.first(HELLO), RST], host=MAIL, confidence=["high", "medium"])


@tls("tls-scsv-accepted", title="The fallback mark is sent and accepted", rows=["4.4 TLS_OK"], near_miss_of=["4.4 alert 86"],
     shows="The hello of 1.2 carries the fallback mark; 1.2 is also the server's best, so that it goes on.")
def scsv_accepted(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-tls1_2")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_2", "-fallback_scsv", sni=MAIL, says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire("tls.handshake.ciphersuite == 0x5600", 1)
    run.wire("tls.app_data", 2)


@tls("tls-alpn-agreed", title="One of two application protocols is agreed", rows=["4.4 TLS_OK"], near_miss_of=["4.4 alert 120"],
     shows="The client offers h2 and http/1.1; the server, which would refuse anything else, takes http/1.1.")
def alpn_agreed(run, lab, site):
    gnutls_serv(site.net, certificate(lab, MAIL), "NORMAL:-VERS-ALL:+VERS-TLS1.2", "--alpn", "http/1.1", "--alpn-fatal")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_2", "-alpn", "h2,http/1.1", sni=MAIL, says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire('tls.handshake.type == 2 && tls.handshake.extensions_alpn_str == "http/1.1"', 1)


@tls("tls-syn-late", title="The connection opens at the second SYN", rows=["4.4 TLS_OK"], near_miss_of=["4.4 SYN fails"],
     shows="The gateway drops the first SYN; the one that follows a second later is answered, and TLS ends well.")
def syn_late(run, lab, site):
    s_server(site.net, certificate(lab, MAIL))
    site.gw.rule(f"ip daddr {WEB} tcp dport 443 quota until 70 bytes drop")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, sni=MAIL, says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire("tcp.flags.syn == 1 && tcp.flags.ack == 0", 2)
    run.wire("tls.handshake.type == 2", 1)


@tls("tls-resumption-declined", title="A second connection makes a full handshake", rows=["4.4 TLS_OK"], near_miss_of=["4.4 resumption"],
     shows="The client offers its session's ticket; the server, another one of the same name, does not know it and sends its certificate again.")
def declined(run, lab, site):
    cert, session = certificate(lab, LOGIN), os.path.join(lab.dir, "session")
    s_server(site.net, cert, "-tls1_2")
    s_server(site.net, cert, "-tls1_2", port=8443)
    s_client(site.pc, "-tls1_2", "-sess_out", session, port=8443, says=PING)
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_2", "-sess_in", session, says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire("tls.handshake.type == 11", 1)
    run.wire(HELLO + " && tls.handshake.session_ticket_length > 0 || " + HELLO + " && tls.handshake.extension.type == 35 && tls.handshake.extension.len > 0", 1)


class Quiet(Gate):
    """Carries a handshake to openssl, which is not told when the client leaves: it would answer that with an alert."""

    @staticmethod
    def relay(source, target):
        try:
            while part := source.recv(16384):
                target.sendall(part)
        except OSError:
            pass


@tls("tls-client-closes-12", title="Client closes after the server chose 1.2", rows=["rule 11 client aborted"],
     near_miss_of=["4.4 S<1.2, client FIN without alert"],
     shows="The client offers TLS 1.2 and gets it, and ends the connection on the ServerHello without an alert: it did not leave for the version.")
def closes_12(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-tls1_2", "-cipher", OLD, listen="127.0.0.1", port=4433)
    Quiet(site.net, lambda version, new: False)
    cap = lab.capture(site.pc)
    sent(site, hello(0x0303, WINDOWS10, MAIL), lambda data: b"" if b"\x16\x03\x03" in data else None)
    run.save(cap.stop() and cap)
    run.truth("the client closed on the ServerHello")
    run.wire("tls.handshake.type == 2 && tls.handshake.version == 0x0303", 1)


def one_side(source, target):
    """Copies of a capture only what the client sent: a mirror of one direction."""
    data = open(source, "rb").read()
    if data[:4] != b"\xd4\xc3\xb2\xa1":
        raise LabError("not a pcap file of this byte order")
    kept, at = [data[:24]], 24
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + size]
        if frame[26:30] == socket.inet_aton("10.1.0.5"):
            kept.append(data[at:at + 16 + size])
        at += 16 + size
    open(target, "wb").write(b"".join(kept))


@tls("tls-one-way", title="Only the client's side of a handshake", rows=["4.4 one-way"], near_miss_of=["4.4 hello retransmitted", "4.4 C<1.2 FIN"],
     shows="TLS 1.2 to the sign-in name ends well, but the mirror port gives what the client sends and nothing else.")
def one_way(run, lab, site):
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2")
    cap = lab.capture(site.pc, filter="tcp port 443")
    said = s_client(site.pc, "-tls1_2", says=PING)
    run.save(cap.stop() and cap, convert=one_side)
    run.truth(alerts(said))
    run.wire("ip.dst == 10.1.0.5", 0)
    if not tshark(run.path, "tcp.ack > 1"):
        raise LabError("nothing of the server was acknowledged")
