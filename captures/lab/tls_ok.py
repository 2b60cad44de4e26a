"""TLS handshakes that end well, or never began: no finding. And long hellos, which end both ways."""
import os
import socket
import struct
import subprocess
import time

from network import WEB
from servers import nginx
from tls_lab import HELLO, LOGIN, MAIL, OLD, alerts, certificate, found, gnutls_cli, gnutls_serv, s_client, s_server, tls
from windows import EDGE

PING = b"ping\n"


def healthy(name, title, shows, rows, near_miss_of=()):
    """A handshake that ends well: no finding."""
    return tls(name, title=title, shows=shows, rows=rows, near_miss_of=near_miss_of)


@healthy("tls-ok-12", "TLS 1.2 ends well", "A sign-in name over 1.2: handshake, data both ways, encrypted close_notify.", ["4.4 TLS_OK", "encrypted alert after ChangeCipherSpec"],
         ["4.4 interception", "4.4 legacy negotiated"])
def ok_12(run, lab, site):
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_2", says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire("tls.record.content_type == 21", 2)


@healthy("tls-ok-13", "TLS 1.3 ends well", "A sign-in name over 1.3 (legacy version 1.2 in both hellos).", ["4.4 TLS_OK"], ["4.4 legacy negotiated"])
def ok_13(run, lab, site):
    s_server(site.net, certificate(lab, LOGIN))
    cap = lab.capture(site.pc)
    said = s_client(site.pc, says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))


@healthy("tls-ok-retry-request", "TLS 1.3 with HelloRetryRequest", "The server wants another group first; two ServerHellos and two hellos, one good handshake.",
         ["4.3 HelloRetryRequest"], ["4.4 fallback dance"])
def ok_retry(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-tls1_3", "-groups", "P-384")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-groups", "X25519:P-384", sni=MAIL, says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire(HELLO, 2)


@healthy("tls-ok-hello-two-segments", "Hello of two segments", "A long list of application protocols makes the hello longer than one segment; TLS 1.3 ends well.",
         ["4.4 hello over segments"], ["4.4 hello retransmitted"])
def ok_large(run, lab, site):
    s_server(site.net, certificate(lab, MAIL))
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-alpn", ",".join(f"protocol-number-{n:03}" for n in range(90)), sni=MAIL, says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire("tcp.dstport == 443 && tcp.len == 1460", 1)


@healthy("tls-alert70-hello-two-segments", "Long hello refused", "A hello of two segments offers 1.2 at most; a server of 1.3 alone answers alert 70.", ["4.4 C>=1.2 alert 70"])
def alert70_large(run, lab, site):
    s_server(site.net, certificate(lab, MAIL), "-tls1_3")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_2", "-alpn", ",".join(f"protocol-number-{n:03}" for n in range(90)), sni=MAIL)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire("tcp.dstport == 443 && tcp.len == 1460", 1)
    found(run, "TlsVersionMismatch", "tls-alert", ["tls.alert_message.desc == 70"], host=MAIL)


@healthy("tls-ok-small-records", "Handshake spread over small records", "The server sends its flight in records of 512 bytes; its RSA certificate spans two of them.",
         ["4.3 handshake over records"])
def ok_records(run, lab, site):
    s_server(site.net, certificate(lab, MAIL, rsa=True), "-tls1_2", "-max_send_frag", "512")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_2", sni=MAIL, says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))


@healthy("tls-ok-resumed", "Session resumed", "TLS 1.2 to a sign-in name twice; the second handshake shows no certificate.", ["4.4 resumption"], ["4.4 interception"])
def ok_resumed(run, lab, site):
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2")
    session = os.path.join(lab.dir, "session")
    s_client(site.pc, "-tls1_2", "-sess_out", session, says=PING)
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_2", "-sess_in", session, says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire("tls.handshake.type == 11", 0)


@healthy("tls-ok-gnutls", "GnuTLS on both ends, TLS 1.3", "gnutls-cli and gnutls-serv agree on 1.3.", ["4.4 TLS_OK"])
def ok_gnutls(run, lab, site):
    gnutls_serv(site.net, certificate(lab, MAIL), "NORMAL")
    cap = lab.capture(site.pc)
    said = gnutls_cli(site.pc, "NORMAL", sni=MAIL, says=PING)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))


@healthy("tls-client-aborts", "Client leaves before any answer", "The client closes 2 ms after its hello, before the server's answer of 16 ms can come.", ["rule 11 client aborted"],
         ["4.4 C<1.2 RST", "4.4 server's version refused"])
def aborts(run, lab, site):
    s_server(site.net, certificate(lab, MAIL))
    hello = stored_hello(lab, site)
    cap = lab.capture(site.pc)
    with site.pc.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.connect((WEB, 443))
        sock.sendall(hello)
        time.sleep(0.002)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    run.save(cap.stop() and cap)
    run.truth("the client resets its connection 2 ms after the hello")
    run.wire("tcp.flags.reset == 1 && tcp.flags.ack == 1 && ip.src == 10.1.0.5", 1)


def stored_hello(lab, site):
    """The hello that openssl would send, taken from a connection to a listener that says nothing."""
    with site.net.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((WEB, 9443))
        listener.listen(1)
        process = subprocess.Popen(["ip", "netns", "exec", site.pc.ns, "openssl", "s_client", "-connect", f"{WEB}:9443", "-servername", MAIL],
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lab.processes.append(process)
        peer, _ = listener.accept()
        hello = peer.recv(16384)
        peer.close()
        process.wait(5)
    return hello


@healthy("tls-port-closed", "Nobody listens on 443", "The SYN to port 443 is refused; no TLS ever began.", ["4.4 SYN fails"], ["4.4 C<1.2 RST"])
def port_closed(run, lab, site):
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1", "-cipher", OLD, sni=MAIL)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire(HELLO, 0)


@healthy("tls-plain-http", "Plain HTTP on port 443", "A program speaks HTTP to port 443 and nginx answers 200 in clear; there is no TLS to fail.", ["4.3 records"], ["4.4 C<1.2 FIN"])
def plain_http(run, lab, site):
    web = nginx(site.net, WEB, "location / { return 200 hello; }", port=443)
    cap = lab.capture(site.pc)
    site.win.get(WEB, f"GET / HTTP/1.1\r\nHost: {MAIL}:443\r\nUser-Agent: {EDGE}\r\nConnection: close\r\n\r\n".encode(), 443)
    run.save(cap.stop() and cap)
    run.truth(web.log("GET"))
    run.wire(HELLO, 0)
