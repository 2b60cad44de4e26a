"""TLS that starts in mid-stream, after a dialogue in the clear with a real mail server (dovecot)."""
import os

from network import WEB
from servers import listening, ready
from tls_lab import HELLO, OLD, Log, alerts, certificate, client, found, s_client, tls

NAME = "mail.corp.example"


def dovecot(node, cert, *lines):
    """dovecot with IMAP on 143 and POP3 on 110; without `cert` it has no TLS."""
    lab = node.lab
    base, log = os.path.join(lab.dir, "dovecot"), os.path.join(lab.dir, "dovecot.log")
    keys = [f"ssl_cert = <{cert[0]}", f"ssl_key = <{cert[1]}", "ssl = yes"] if cert else ["ssl = no"]
    conf = lab.file("dovecot.conf", "\n".join([
        "protocols = imap pop3", f"listen = {WEB}", f"base_dir = {base}", f"state_dir = {base}", f"log_path = {log}",
        "mail_location = maildir:/nonexistent", *keys, "auth_mechanisms = plain",
        "passdb {", "  driver = static", "  args = nopassword=y", "}", "service imap-login {", "  inet_listener imaps {", "    port = 0",
        "  }", "}", "service pop3-login {", "  inet_listener pop3s {", "    port = 0", "  }", "}", *lines]) + "\n")
    os.chmod(lab.dir, 0o755)  # dovecot's unprivileged processes pass through here
    process, output = node.start(["dovecot", "-F", "-c", conf], log="dovecot")
    ready(node, "dovecot", process, output, lambda: listening(node, WEB, 143) and listening(node, WEB, 110))
    return Log(node, log)


@tls("tls-starttls-imap", title="Version refused after STARTTLS of IMAP", rows=["4.3 STARTTLS", "4.4 C<1.2 FIN"],
     shows="On port 143 the client asks for STARTTLS and offers TLS 1.1 at most; dovecot takes 1.2 and newer, and closes without an alert.")
def imap(run, lab, site):
    log = dovecot(site.net, certificate(lab, NAME), "ssl_min_protocol = TLSv1.2")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1_1", "-cipher", OLD, "-starttls", "imap", sni=NAME, port=143)
    run.save(cap.stop() and cap)
    run.truth([line[line.index("SSL_accept"):line.index(" (no auth")] for line in log.lines("SSL_accept")] + alerts(said))
    run.wire('imap.request.command == "STARTTLS"', 1)
    found(run, "TlsVersionMismatch", "tls-closed", [HELLO, "tcp.flags.fin == 1 && ip.src == 203.0.113.80"], host=NAME, confidence="medium")


@tls("tls-starttls-pop3", title="TLS 1.0 agreed after STLS of POP3", rows=["4.3 STARTTLS", "4.4 C<1.2 completes"],
     shows="On port 110 the client asks for TLS with STLS; both sides agree on TLS 1.0.")
def pop3(run, lab, site):
    dovecot(site.net, certificate(lab, NAME), "ssl_min_protocol = TLSv1", "ssl_cipher_list = ALL:@SECLEVEL=0")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-tls1", "-cipher", OLD, "-starttls", "pop3", sni=NAME, port=110, says=b"QUIT\r\n", seconds=4)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire('pop.request.command == "STLS"', 1)
    found(run, "LegacyTlsNegotiated", None, [HELLO, "tls.handshake.type == 2"], host=NAME, severity="warning", confidence=["high", "medium"])


@tls("tls-starttls-ok", title="TLS 1.3 after STARTTLS of IMAP", rows=["4.3 STARTTLS", "4.4 TLS_OK"], near_miss_of=["4.4 C<1.2 alert 70"],
     shows="The same server and a client of today: STARTTLS, then TLS 1.3 and a mail session. Nothing to tell.")
def imap_ok(run, lab, site):
    dovecot(site.net, certificate(lab, NAME), "ssl_min_protocol = TLSv1.2")
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-starttls", "imap", sni=NAME, port=143, says=b"a1 LOGOUT\r\n", seconds=4)
    run.save(cap.stop() and cap)
    run.truth(alerts(said))
    run.wire("tls.handshake.type == 2", 1)


@tls("tls-starttls-refused", title="Server has no TLS to offer after STLS", rows=["4.3 STARTTLS"], near_miss_of=["4.3 STARTTLS", "4.4 alert 40/71, C>=1.2"],
     shows="dovecot has no TLS. openssl asks by STLS, is refused by -ERR and sends a hello all the same, which is one more unknown command; curl sees that STARTTLS is not offered and leaves. No handshake took place.")
def refused(run, lab, site):
    dovecot(site.net, None)
    cap = lab.capture(site.pc)
    said = s_client(site.pc, "-starttls", "pop3", sni=NAME, port=110, seconds=4)
    by_curl = client(site.pc, ["curl", "-sS", "--ssl-reqd", "--max-time", "5", f"imap://{WEB}/"])
    run.save(cap.stop() and cap)
    run.truth([line for line in (said + by_curl).splitlines() if "STARTTLS" in line or "curl:" in line])
    run.wire('pop.response.description contains "TLS support"', 1)
