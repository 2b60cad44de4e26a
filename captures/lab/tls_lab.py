"""What the TLS scenarios share: certificates, openssl and gnutls on both ends, and servers that refuse by version."""
import os
import re
import socket
import struct
import subprocess
import threading
import time

from netlab import LabError
from network import WEB, Site
from scenario import scenario, tshark
from servers import listening, ready

LOGIN, MAIL = "login.microsoftonline.com", "mail.corp.example"
PC = "10.1.0.5"
OLD = "DEFAULT@SECLEVEL=0"  # Debian's openssl speaks TLS 1.0 and 1.1 at this level only
HELLO = "tls.handshake.type == 1"
PUBLIC_CA = "/C=US/O=DigiCert Inc/CN=DigiCert Global G2 TLS RSA SHA256 2020 CA1"
PRIVATE_CA = "/C=DE/O=Corp Example/OU=Web Security/CN=Corp Example Inspection CA"


def openssl(lab, *argv):
    """Runs openssl in the scenario's directory."""
    done = subprocess.run(["openssl", *argv], cwd=lab.dir, capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"openssl {argv[0]}: {done.stderr}")


def certificate(lab, host, issuer=PUBLIC_CA, days=60, rsa=False):
    """A certificate for `host` by a new authority called `issuer`; gives the paths of (certificate, key, authority)."""
    kind = ["-newkey", "rsa:2048"] if rsa else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    openssl(lab, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", issuer,
            "-days", "90", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(lab, "req", "-new", *kind, "-nodes", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
            "-keyout", f"{host}.key", "-out", f"{host}.csr")
    openssl(lab, "x509", "-req", "-in", f"{host}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", str(days), "-copy_extensions", "copy", "-out", f"{host}.pem")
    return tuple(os.path.join(lab.dir, name) for name in (f"{host}.pem", f"{host}.key", "ca.pem"))


class Log:
    """A program's output."""

    def __init__(self, node, path):
        self.node, self.path = node, path

    def lines(self, *words):
        """Its lines that hold any of the words."""
        return [line.strip() for line in self.node.lab.read(self.path).splitlines() if any(word in line for word in words)]


def s_server(node, cert, *argv, listen=WEB, port=443):
    """openssl s_server that sends back every line reversed."""
    address = f"[{listen}]" if ":" in listen else listen
    keys = ["-cert", cert[0], "-key", cert[1]] if cert else []
    process, log = node.start(["openssl", "s_server", "-accept", f"{address}:{port}", *keys, "-rev", *argv], log="s_server")
    ready(node, "s_server", process, log, lambda: listening(node, listen, port))
    return Log(node, log)


def gnutls_serv(node, cert, priority, *argv, port=443):
    """gnutls-serv that echoes, on every address of the host."""
    process, log = node.start(["gnutls-serv", "--echo", "-p", str(port), "--x509certfile", cert[0], "--x509keyfile", cert[1],
                               "--priority", priority, *argv], log="gnutls-serv")
    ready(node, "gnutls-serv", process, log, lambda: listening(node, "127.0.0.1", port))
    return Log(node, log)


def client(node, argv, says=None, seconds=20.0, gap=0.0):
    """A TLS client; with `says` it sends that line once connected and waits for something that answers it. Gives its output."""
    process = subprocess.Popen(["ip", "netns", "exec", node.ns, *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, bufsize=0)
    node.lab.processes.append(process)
    os.set_blocking(process.stdout.fileno(), False)
    output, end, asked = b"", time.monotonic() + seconds, False
    answer = says.strip()[::-1] if says else None
    while time.monotonic() < end:
        output += process.stdout.read() or b""
        if process.poll() is not None:
            break
        if says and not asked and (b"Verify return code" in output or b"Simple Client Mode" in output):
            time.sleep(gap)
            process.stdin.write(says)
            asked = True
        if says is None or (asked and (answer in output or output.count(says.strip()) > 0)):
            process.stdin.close()
            says = None
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.terminate()
                process.wait(5)
            break
        time.sleep(0.01)
    else:
        process.terminate()
        process.wait(5)
    os.set_blocking(process.stdout.fileno(), True)
    return (output + (process.stdout.read() or b"")).decode(errors="replace")


def s_client(node, *argv, sni=LOGIN, to=WEB, port=443, says=None, **more):
    """openssl s_client; `sni=None` sends no name."""
    address = f"[{to}]" if ":" in to else to
    name = ["-servername", sni] if sni else ["-noservername"]
    return client(node, ["openssl", "s_client", "-connect", f"{address}:{port}", *name, *argv], says=says, **more)


def gnutls_cli(node, priority, *argv, sni=LOGIN, to=WEB, port=443, says=None):
    """gnutls-cli; the server's certificate is not checked."""
    name = ["--sni-hostname", sni] if sni else ["--disable-sni"]
    return client(node, ["gnutls-cli", "--insecure", *name, "-p", str(port), "--priority", priority, *argv, to], says=says)


def alerts(text):
    """The lines of a client's or server's output that say how a handshake ended, without what changes every time."""
    words = ("alert", "- Description", "Handshake was completed", "Protocol  :", "Cipher is", "New, ", "errno", "unexpected eof", "Error in the", "Verification error", "write:")
    out = []
    for line in text.splitlines():
        if any(word in line for word in words) and "BIO" not in line:
            line = line.strip()
            line = re.sub(r"\.\./\S+\.c:\d+:", "", line.split(":error:", 1)[-1])
            if line not in out:
                out.append(line)
    return out


def hello_versions(record):
    """(legacy version, offers TLS 1.3) of a ClientHello record."""
    legacy = struct.unpack_from("!H", record, 9)[0]
    return legacy, b"\x00\x2b" in record and b"\x03\x04" in record[record.index(b"\x00\x2b"):]


class Gate(threading.Thread):
    """A server in front of openssl on port 4433 of its own host: what `refuses(legacy, has_13)` is ended as `how` says.

    `how`: "rst" resets, "fin" closes, a number of bytes is sent before closing.
    """

    def __init__(self, node, refuses, how="rst", listen=WEB, port=443):
        super().__init__(daemon=True)
        self.node, self.refuses, self.how, self.told = node, refuses, how, []
        self.socket = node.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((listen, port))
        self.socket.listen(8)
        self.start()

    def run(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        try:
            hello = peer.recv(16384)
            if len(hello) < 11:
                peer.close()
                return
            version, new = hello_versions(hello)
            if self.refuses(version, new):
                self.told.append(f"hello {version:04x}{' with 1.3' if new else ''} refused by {self.how if isinstance(self.how, str) else 'alert'}")
                if self.how == "rst":
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                elif isinstance(self.how, bytes):
                    peer.sendall(self.how)
                peer.close()
                return
            back = self.node.socket(socket.AF_INET, socket.SOCK_STREAM)
            back.connect(("127.0.0.1", 4433))
            back.sendall(hello)
            threading.Thread(target=self.relay, args=(back, peer), daemon=True).start()
            self.relay(peer, back)
        except OSError:
            pass

    @staticmethod
    def relay(source, target):
        try:
            while part := source.recv(16384):
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def far(run):
    """Asserts that every reset took at least two thirds of the handshake's round trip after the hello: none came from a nearer device."""
    times = {}
    for row in tshark(run.path, "tcp", "tcp.stream", "frame.time_relative", "tcp.flags.syn", "tcp.flags.reset", "tcp.len"):
        stream, at, syn, reset, size = row.split("\t")
        times.setdefault(stream, []).append((float(at), syn in ("1", "True"), reset in ("1", "True"), int(size)))
    for rows in times.values():
        trip = rows[1][0] - rows[0][0]
        hello = next((at for at, _, _, size in rows if size), None)
        resets = [at for at, _, reset, _ in rows if reset]
        if hello is not None and resets and resets[0] - hello < 0.65 * trip:
            raise LabError(f"{run.name}: reset {resets[0] - hello:.4f} s after the hello, round trip {trip:.4f} s")


def tls(name, **meta):
    """A scenario with the usual network; the function gets (run, lab, site)."""
    def register(work):
        def make(run, lab):
            work(run, lab, Site(lab, warm=True))
        scenario(name, **meta)(make)
        return work
    return register


def found(run, verdict, cause, evidence, **more):
    """A TLS finding of the client 10.1.0.5 with WEB."""
    fields = {"verdict": verdict, "cause": cause, "severity": "error", "confidence": "high", "capability": "null",
              "family": "v4", "client": PC, "server": WEB, "host": LOGIN, **more}
    run.expect(evidence=evidence, **{key: item for key, item in fields.items() if item is not None})
