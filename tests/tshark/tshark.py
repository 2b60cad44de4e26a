"""Runs tshark over a capture and returns its rows: one dictionary a packet, field to list of values."""

import hashlib
import subprocess

FIELDS = (
    "frame.number frame.encap_type frame.protocols ip.src ip.dst ipv6.src ipv6.dst tcp.stream tcp.srcport tcp.flags "
    "tcp.len udp.dstport "
    "dns.id dns.flags.response dns.flags.rcode dns.count.answers dns.count.auth_rr dns.count.add_rr "
    "dns.resp.type dns.a dns.aaaa "
    "http.request.method http.request.uri http.response.code "
    "tls.handshake.type tls.handshake.version tls.handshake.random "
    "tls.handshake.extensions.supported_version tls.handshake.extensions_server_name "
    "tls.alert_message.level tls.alert_message.desc"
).split()
# Between several values of a field; no field of text holds it.
BETWEEN = "\x1f"
# Bodies of HTTP where they end: for these a second, shorter look is taken.
BODY_FIELDS = ["frame.number", "tcp.stream", "http.response.code"]
# -n: no names are looked up. Everything else that the preferences of a user could change and that matters here is set.
OPTIONS = ["-n", "-o", "tcp.desegment_tcp_streams:TRUE", "-o", "tcp.reassemble_out_of_order:TRUE",
           "-o", "http.desegment_headers:TRUE", "-o", "tls.desegment_ssl_records:TRUE"]


def read(path, cache=None):
    """Rows of a capture, HTTP heads where they are complete; `cache` is a folder that keeps what tshark said before."""
    return run(path, FIELDS, ["-o", "http.desegment_body:FALSE"], cache)


def read_bodies(path, cache=None):
    """Rows of the responses of a capture, where their bodies are complete."""
    return run(path, BODY_FIELDS, ["-o", "http.desegment_body:TRUE", "-Y", "http.response && tcp"], cache)


def run(path, fields, options, cache):
    """One run of tshark: the rows that it prints."""
    command = ["tshark", *OPTIONS, *options, "-r", str(path), "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a",
               "-E", f"aggregator={BETWEEN}"]
    for field in fields:
        command += ["-e", field]
    output = kept = None
    if cache:
        cache.mkdir(parents=True, exist_ok=True)
        kept = cache / hashlib.sha256(path.read_bytes() + repr((fields, options, OPTIONS)).encode()).hexdigest()
        output = kept.read_bytes() if kept.exists() else None
    if output is None:
        output = subprocess.run(command, capture_output=True, check=False).stdout
        if kept:
            kept.write_bytes(output)
    rows = []
    for line in output.decode(errors="replace").split("\n"):
        values = line.split("\t")
        if len(values) == len(fields):
            rows.append({field: value.split(BETWEEN) if value else [] for field, value in zip(fields, values)})
    return rows
