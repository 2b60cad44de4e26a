#!/usr/bin/env python3
"""Checks that evidence shows what its cause says, and that tshark reads every capture without complaint: `evidence.py [NAME...]`.

`check.py` looks at the form of expectations; this asks tshark what the evidence packets are. A trailing * is a wildcard.
"""
import fnmatch
import glob
import os
import subprocess
import sys
import tomllib

OUT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# What one of the evidence packets of a cause, or of a verdict without one, must be.
SHOWN = {"ActiveHttpProbeSucceeded": 'http.response.code == 200 || tcp.payload contains "HTTP/1.1 200"',
         "ActiveHttpProbeSucceededViaProxy": 'http.response.code == 200 || tcp.payload contains "HTTP/1.1 200"',
         "ActiveDnsProbeSucceeded": "dns.a == 131.107.255.255 || dns.aaaa == fd3e:4f5a:5b81::1",
         "LegacyTlsNegotiated": "tls.handshake.type == 2", "TlsIntercepted": "tls.handshake.type == 11",
         "dns-nxdomain": "dns.flags.rcode == 3", "dns-servfail": "dns.flags.rcode == 2", "dns-refused": "dns.flags.rcode == 5",
         "tcp-reset": "tcp.flags.reset == 1", "http-reset": "tcp.flags.reset == 1", "icmp-unreachable": "icmp.type == 3 || icmpv6.type == 1",
         "http-redirect": 'http.response.code >= 300 && http.response.code < 400 || tcp.payload contains "HTTP/1.1 30"',
         "http-server-error": 'http.response.code >= 500 || tcp.payload contains "HTTP/1.1 50"', "tls-alert": "tls.alert_message",
         "tls-cipher": "tls.alert_message", "tls-certificate": "tls.alert_message", "tls-sni": "tls.alert_message",
         "tls-reset": "tcp.flags.reset == 1", "tls-middlebox-reset": "tcp.flags.reset == 1", "tls-timeout": "tls.handshake.type == 1",
         "proxy-auth-broken-keepalive": "http.response.code == 407"}
# tshark takes the two machines' packets for one connection; the redirect is checked by its bytes alone there.
FAINT = {"built-same-ports-two-vlans"}


def tshark(path, display):
    """Packet numbers that match; a complaint is an error."""
    done = subprocess.run(["tshark", "-n", "-r", path, "-Y", display, "-T", "fields", "-e", "frame.number"], capture_output=True, text=True)
    noise = [line for line in done.stderr.splitlines() if line and "Running as user" not in line]
    if done.returncode or noise:
        raise ValueError("; ".join(noise))
    return {int(number) for number in done.stdout.split()}


def faults(toml):
    """What is wrong with the evidence of one expectation."""
    with open(toml, "rb") as file:
        told = tomllib.load(file)
    paths = [os.path.join(OUT, name) for name in told.get("files", [])] or [p for p in glob.glob(toml[:-5] + ".*") if not p.endswith(".toml")]
    paths = [path for path in paths if path.endswith((".pcap", ".pcapng")) and os.path.getsize(path)]
    for path in paths:
        try:
            tshark(path, "frame")
        except ValueError as error:
            yield f"{os.path.basename(path)}: {error}"
            return
    for finding in told.get("finding", []):
        shown, given = SHOWN.get(finding.get("cause", finding["verdict"])), set(finding.get("evidence", []))
        if not shown or not given or not paths or finding["verdict"] == "Incomplete" or os.path.basename(toml)[:-5] in FAINT:
            continue
        if not given & set().union(*(tshark(path, shown) for path in paths)):
            yield f"{finding['verdict']}: no packet of {sorted(given)} is {shown}"


def main():
    wanted, count = sys.argv[1:] or ["*"], 0
    for toml in sorted(glob.glob(os.path.join(OUT, "*.toml"))):
        if any(fnmatch.fnmatch(os.path.basename(toml)[:-5], want) for want in wanted):
            for fault in faults(toml):
                print(f"{os.path.basename(toml)}: {fault}")
                count += 1
    print(f"{count} faults")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
