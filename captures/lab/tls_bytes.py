"""TLS: clients that send bytes of their own (as Windows of some age would) to real servers, and servers that answer so."""
import socket
import struct
import time

import packet as p
from network import WEB, RESOLVER
from scenario import scenario
from servers import dnsmasq
from tls_lab import HELLO, LOGIN, MAIL, OLD, Gate, alerts, certificate, far, found, s_client, s_server, tls
from tlsmsg import WINDOWS10, alert, extension, hello, record, sslv2_hello
from wire import Line, once

A70 = "tls.alert_message.desc == 70"
PING = b"ping\n"


def sent(site, pieces, then=None, port=443):
    """Sends pieces a millisecond apart on a connection of its own, reads until `then(data)` gives bytes to say or b"" to leave."""
    with site.pc.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(5)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((WEB, port))
        data = b""
        try:
            for piece in [pieces] if isinstance(pieces, bytes) else pieces:
                sock.sendall(piece)
                time.sleep(0.001)
            while part := sock.recv(16384):
                data += part
                last = then(data) if then else None
                if last is not None:
                    sock.sendall(last)
                    break
        except ConnectionError:
            pass
        return data


def known(site):
    """The client has looked the sign-in name up."""
    dns = dnsmasq(site.net, RESOLVER, [f"host-record={LOGIN},{WEB}"])
    return dns


@tls("tls-sslv2-hello", title="Hello in SSLv2 format refused", rows=["4.3 SSLv2-format hello", "4.4 C<1.2 alert 70"],
     shows="A client of the XP age wraps its TLS 1.0 hello in the SSLv2 format; openssl answers alert 70.")
def sslv2(run, lab, site):
    known(site)
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2")
    cap = lab.capture(site.pc)
    site.win.resolve(LOGIN)
    data = sent(site, sslv2_hello())
    run.save(cap.stop() and cap)
    run.truth(f"the server sent {data.hex()}")
    run.wire("tls.record.version == 0x0002", 1)
    found(run, "TlsVersionMismatch", "tls-alert", ["tls.record.version == 0x0002", A70])
    run.note("host: such a hello has no SNI, so it is the name that the client resolved for the address (rule 15)")


@tls("tls-hello-in-pieces", title="Hello over three records and three segments", rows=["4.3 handshake over records", "4.4 C<1.2 alert 70"],
     shows="The first segment ends inside the record header, the message is spread over three records; openssl answers alert 70.")
def pieces(run, lab, site):
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2")
    whole = hello(0x0301, wrap=False)
    data = record(22, whole[:40]) + record(22, whole[40:60]) + record(22, whole[60:])
    cap = lab.capture(site.pc)
    got = sent(site, [data[:3], data[3:70], data[70:]])
    run.save(cap.stop() and cap)
    run.truth(f"the server sent {got.hex()}")
    found(run, "TlsVersionMismatch", "tls-alert", [A70])


@tls("tls-grease-13-only", title="GREASE and 1.3 against a server of 1.2", rows=["4.3 GREASE", "4.4 C>=1.2 alert 70"],
     shows="supported_versions holds the reserved 7A7A and 1.3; the server has 1.2 only and answers alert 70.")
def grease(run, lab, site):
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2")
    data = hello(0x0303, bytes.fromhex("3a3a13011302") + WINDOWS10, more=extension(0x2A2A, b"") + extension(43, bytes.fromhex("047a7a0304")))
    cap = lab.capture(site.pc)
    got = sent(site, data)
    run.save(cap.stop() and cap)
    run.truth(f"the server sent {got.hex()}")
    found(run, "TlsVersionMismatch", "tls-alert", [HELLO, A70])


def refuses(last):
    """What a client does once it has the ServerHello."""
    return lambda data: last if b"\x16\x03\x01" in data or b"\x16\x03\x02" in data else None


@tls("tls-client-closes", title="Client closes after the server chose 1.0", rows=["4.4 S<1.2, client FIN without alert"],
     shows="The client offers TLS 1.2; the ServerHello says 1.0, and the client ends the connection without an alert, as Schannel does.")
def client_closes(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-tls1", "-cipher", OLD)
    cap = lab.capture(site.pc)
    sent(site, hello(0x0303, WINDOWS10, MAIL), refuses(b""))
    run.save(cap.stop() and cap)
    run.truth("the client closed on the ServerHello")
    found(run, "TlsVersionMismatch", "tls-client-rejected", ["tls.handshake.type == 2"], host=MAIL, confidence=["medium", "high"])
    run.note("the table gives M, the contract no grade")


@tls("tls-client-alert-47", title="Client answers the server's version with alert 47", rows=["4.4 client alert 70 (or 47)"],
     shows="The client offers TLS 1.2; the ServerHello says 1.1; the client sends illegal_parameter.")
def client_alert_47(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-tls1_1", "-cipher", OLD)
    cap = lab.capture(site.pc)
    sent(site, hello(0x0303, WINDOWS10, MAIL), refuses(alert(47, version=0x0303)))
    run.save(cap.stop() and cap)
    run.truth("the client sent alert 47 on the ServerHello")
    found(run, "TlsVersionMismatch", "tls-client-rejected", ["tls.handshake.type == 2", "tls.alert_message.desc == 47"], host=MAIL, confidence=["high", "medium"])


@tls("tls-win7-three-tries", title="Windows 7 hello reset three times", rows=["4.4 C<1.2 RST"],
     shows="WinHTTP with its first defaults offers TLS 1.0 with Windows 7's suites, is reset by the server, and tries twice more at once.")
def three_tries(run, lab, site):
    gate = Gate(site.net, lambda version, new: version < 0x0303, "rst")
    cap = lab.capture(site.pc)
    for _ in range(3):
        sent(site, hello())
    run.save(cap.stop() and cap)
    run.truth(gate.told)
    far(run)
    run.wire(HELLO, 3)
    first = run.first("tcp.flags.reset == 1 && ip.src == 203.0.113.80")
    found(run, "TlsVersionMismatch", "tls-reset", [run.first(HELLO), first], confidence="medium", count=3)


@tls("tls-insufficient-security", title="Server finds the suites too weak", rows=["4.4 alert 71"], near_miss_of=["4.4 C<1.2 alert 70"],
     shows="A hello of TLS 1.2 with Windows 10's older suites gets fatal alert 71.")
def insufficient(run, lab, site):
    Gate(site.net, lambda version, new: True, alert(71, version=0x0303))
    cap = lab.capture(site.pc)
    got = sent(site, hello(0x0303, WINDOWS10))
    run.save(cap.stop() and cap)
    run.truth(f"the server sent {got.hex()}")
    found(run, "TlsHandshakeFailed", "tls-cipher", [HELLO, "tls.alert_message.desc == 71"], confidence=["high", "medium"])


@tls("tls-close-notify-first", title="Old hello answered with close_notify", rows=["4.4 alert 0 before ServerHello", "4.4 C<1.2 FIN"], near_miss_of=["4.4 other alerts"],
     shows="A hello of TLS 1.1 gets the warning close_notify and FIN: the server closed politely.")
def close_notify(run, lab, site):
    Gate(site.net, lambda version, new: True, alert(0, level=1, version=0x0302))
    cap = lab.capture(site.pc)
    got = sent(site, hello(0x0302))
    run.save(cap.stop() and cap)
    run.truth(f"the server sent {got.hex()} and closed")
    found(run, "TlsVersionMismatch", "tls-closed", [HELLO], confidence="medium")


@tls("tls-name-warning", title="Warning about the name, then a good handshake", rows=["4.4 TLS_OK", "encrypted alert after ChangeCipherSpec"],
     near_miss_of=["4.4 alert 112", "4.4 alert 0 before ServerHello"], shows="The server does not know the name, says so with a warning of code 112, and goes on to TLS 1.2 and data.")
def name_warning(run, lab, site):
    cert = certificate(lab, MAIL)
    s_server(site.net, cert, "-no_tls1_3", "-servername", "other.corp.example", "-cert2", cert[0], "-key2", cert[1])
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_2", sni=MAIL, says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire("tls.alert_message.level == 1 && tls.alert_message.desc == 112", 1)
    run.wire("tls.app_data", 2)


class Smtp(Gate):
    """Speaks SMTP up to STARTTLS, then hands over to openssl on port 4433."""

    def serve(self, peer):
        try:
            peer.sendall(b"220 smtp.corp.example ESMTP\r\n")
            while (line := peer.recv(4096)) and not line.startswith(b"STARTTLS"):
                peer.sendall(b"250-smtp.corp.example\r\n250 STARTTLS\r\n")
            peer.sendall(b"220 ready\r\n")
            super().serve(peer)
        except OSError:
            pass


@tls("tls-starttls", title="Version refused after STARTTLS", rows=["4.3 STARTTLS", "4.4 C<1.2 alert 70"],
     shows="On port 587 the hello comes after STARTTLS; TLS 1.0 at most is refused with alert 70.")
def starttls(run, lab, site):
    name = "smtp.corp.example"
    s_server(site.net, certificate(lab, name), "-tls1_2", listen="127.0.0.1", port=4433)
    Smtp(site.net, lambda version, new: False, port=587)
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1", "-cipher", OLD, "-starttls", "smtp", sni=name, port=587)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "TlsVersionMismatch", "tls-alert", [HELLO, A70], host=name)


@scenario("tls-injected-reset", title="Injected RST, the server's own answer comes too late", rows=["4.4 middlebox RST"], near_miss_of=["4.4 RST, C>=1.2"],
          shows="A device on the line answers the hello with an RST of its own TTL and lets the hello through; the server's flight comes 15 ms later.")
def injected(run, lab):
    def forge(frame):
        ip = frame[14:34]
        sport, dport, seq, ack = struct.unpack("!HHII", frame[34:46])
        size = len(frame) - 34 - (frame[46] >> 4) * 4
        src, dst = socket.inet_ntoa(ip[12:16]), socket.inet_ntoa(ip[16:20])
        packet = p.ip4(dst, src, p.TCP, p.tcp(dst, src, dport, sport, ack, seq + size, p.RST | p.ACK, window=0), 57, 0x3039, df=False)
        return [(0.0005, True, frame[6:12] + frame[:6] + b"\x08\x00" + packet), frame]
    line = Line(lab, change=once(lambda frame, out: out and frame[54:55] == b"\x16" and frame[59:60] == b"\x01", forge))
    s_server(line.net, certificate(lab, MAIL), "-tls1_2")
    cap = lab.capture(line.pc)
    said = s_client(line.pc, "-tls1_2", sni=MAIL)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    forged = run.frames("tcp.flags.reset == 1 && ip.src == 203.0.113.80 && ip.ttl == 57")
    found(run, "TlsHandshakeFailed", "tls-middlebox-reset", [HELLO, forged[:1]], host=MAIL, confidence=["high", "medium"])
