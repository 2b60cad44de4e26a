"""A device on the line that changes messages of a handshake between real programs; TLS over UDP; certificates asked for in TLS 1.3."""
from network import RESOLVER  # the first address of the servers' host, which a UDP server answers from
from netlab import LabError
from scenario import scenario
from servers import ready
from tls_lab import HELLO, MAIL, alerts, certificate, client, found, s_client, s_server, tls
from wire import Line, once

PING = b"ping\n"


def checksum(frame):
    """The same frame with a TCP checksum that is right again."""
    ip, tcp = frame[14:34], bytearray(frame[34:14 + int.from_bytes(frame[16:18], "big")])
    tcp[16:18] = b"\0\0"
    data = ip[12:20] + b"\0\6" + len(tcp).to_bytes(2, "big") + tcp + b"\0" * (len(tcp) & 1)
    total = sum(int.from_bytes(data[at:at + 2], "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    tcp[16:18] = (~total & 0xFFFF).to_bytes(2, "big")
    return frame[:34] + bytes(tcp)


def handshake_of(kind):
    """Whether a frame starts a TLS handshake record of this message."""
    return lambda frame, out: frame[54:56] == b"\x16\x03" and frame[59:60] == kind


@scenario("tls-decrypt-error", title="A message changed on the way", rows=["4.4 alert 80/50/51/20/47/10"], near_miss_of=["4.4 alert 42-48 after Certificate"],
          shows="A device turns over a bit of the server's signature; the client answers with alert 51, though version, suite and certificate were right.")
def decrypt_error(run, lab):
    def bend(frame):
        at = frame.index(b"\x0c\x00", 59)  # ServerKeyExchange: its last byte belongs to the signature
        length = int.from_bytes(frame[at + 1:at + 4], "big")
        last = at + 3 + length
        return [checksum(frame[:last] + bytes([frame[last] ^ 1]) + frame[last + 1:])]
    line = Line(lab, change=once(lambda frame, out: not out and handshake_of(b"\x02")(frame, out), bend))
    s_server(line.net, certificate(lab, MAIL), "-tls1_2")
    cap = lab.capture(line.pc)
    said = s_client(line.pc, "-tls1_2", sni=MAIL)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "TlsHandshakeFailed", "tls-alert", [HELLO, "tls.alert_message.desc == 51"], host=MAIL, confidence=["high", "medium"])


@scenario("tls-downgrade", title="A device takes TLS 1.3 out of the hello", rows=["4.4 downgrade"], near_miss_of=["4.4 client alert 70 (or 47)"],
          shows="On the way supported_versions becomes an unknown extension: the server, which can do 1.3, chooses 1.2 and says so in its random; the client, which offers 1.3, answers alert 47.")
def downgrade(run, lab):
    def hide(frame):
        at = frame.index(b"\x00\x2b\x00\x05\x04\x03\x04\x03\x03")
        return [checksum(frame[:at] + b"\x3a\x4b" + frame[at + 2:])]
    line = Line(lab, change=once(lambda frame, out: out and handshake_of(b"\x01")(frame, out), hide))
    s_server(line.net, certificate(lab, MAIL))
    cap = lab.capture(line.pc)
    said = s_client(line.pc, "-min_protocol", "TLSv1.2", sni=MAIL)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    found(run, "TlsVersionMismatch", "tls-client-rejected", [HELLO, "tls.handshake.type == 2", "tls.alert_message.desc == 47"], host=MAIL, confidence="medium")


@tls("tls-client-certificate-13", title="TLS 1.3 server wants a client certificate", rows=["4.4 CertificateRequest then failure"], near_miss_of=["4.4 alert 116"],
     shows="In TLS 1.3 request, refusal and alert 116 are all encrypted: on the wire the handshake was completed. Nothing can be told.")
def certificate_13(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-tls1_3", "-Verify", "1")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, sni=MAIL, seconds=3)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire("tls.handshake.type == 2", 1)


@tls("tls-dtls", title="DTLS that gets nowhere", rows=["4.3 DTLS"], near_miss_of=["4.4 hello retransmitted"],
     shows="DTLS 1.0 over UDP against a server of DTLS 1.2 (GnuTLS), which drops the hello: it is repeated unanswered. That is no TLS over TCP. Nothing to tell.")
def dtls(run, lab, site):
    cert = certificate(lab, MAIL)
    process, path = site.net.start(["gnutls-serv", "--udp", "--echo", "-p", "443", "--x509certfile", cert[0], "--x509keyfile", cert[1],
                                    "--priority", "NORMAL:-VERS-ALL:+VERS-DTLS1.2"], log="dtls")
    ready(site.net, "dtls server", process, path, lambda: "443" in site.net.run("ss", "-Huln", "sport = :443"))
    cap = lab.capture(site.pc)
    said = client(site.pc, ["openssl", "s_client", "-dtls1", "-cipher", "DEFAULT@SECLEVEL=0", "-connect", f"{RESOLVER}:443", "-servername", MAIL], seconds=4)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire("tcp", 0)
    if len(run.frames("dtls.handshake.type == 1")) < 3:
        raise LabError("the hello was answered")
