"""QUIC with a real client and server (aioquic); and where a firewall drops it. NCSIGHT_LAB_PYTHON names the interpreter that has aioquic."""
import os
import sys

from network import WEB
from servers import ready
from tls_lab import MAIL, Log, alerts, certificate, client, s_client, s_server, tls

PYTHON = os.environ.get("NCSIGHT_LAB_PYTHON", sys.executable)
HERE = os.path.dirname(os.path.abspath(__file__))
NAMED = f'tls.handshake.extensions_server_name == "{MAIL}" && quic'


def server(node, cert):
    process, log = node.start([PYTHON, os.path.join(HERE, "quic_server.py"), WEB, cert[0], cert[1]], log="quic")
    ready(node, "quic server", process, log, lambda: "listens" in node.lab.read(log))
    return Log(node, log)


def ask(node, cert, version):
    return client(node, [PYTHON, os.path.join(HERE, "quic_client.py"), WEB, MAIL, version, cert[2]], seconds=12).strip().splitlines()


def good(name, version, title):
    @tls(name, title=title, rows=["4.3 QUIC"], near_miss_of=["4.4 hello retransmitted"],
         shows=f"An HTTP/3 request over QUIC version {version} is answered; the only packets are UDP. Nothing to tell, but the client is there.")
    def make(run, lab, site):
        cert = certificate(lab, MAIL)
        server(site.net, cert)
        cap = lab.capture(site.pc)
        said = ask(site.pc, cert, version)
        run.save(cap.stop() and cap)
        run.truth(said)
        # tshark 4.0 knows the keys of version 2 under its draft's number only.
        if version == "1":
            run.wire(NAMED, 1)
    return make


good("quic-v1", "1", "HTTP/3 over QUIC version 1")
good("quic-v2", "2", "HTTP/3 over QUIC version 2")


@tls("quic-blocked", title="QUIC dropped, TCP works", rows=["4.3 QUIC", "4.4 TLS_OK"], near_miss_of=["4.4 hello retransmitted"],
     shows="A firewall drops UDP 443: the client's Initial packets stay unanswered; TLS over TCP to the same name then works. No error.")
def blocked(run, lab, site):
    cert = certificate(lab, MAIL)
    server(site.net, cert)
    s_server(site.net, cert)
    site.isp.rule("udp dport 443 drop")
    cap = lab.capture(site.pc)
    said = ask(site.pc, cert, "1")
    tcp = s_client(site.pc, sni=MAIL, says=b"ping\n")
    run.save(cap.stop() and cap)
    run.truth(said + alerts(tcp) + ["isp: nft udp dport 443 drop"])
    run.wire("udp.srcport == 443", 0)
