#!/usr/bin/env python3
"""Checks the form of every capture and its expectation: `check.py [FOLDER]`. Prints what is wrong and gives 1 if anything is.

Fields and names are those the tool's interface promises; sizes, packet numbers against what tshark counts; nothing of the machine inside.
"""
import glob
import os
import re
import subprocess
import sys
import tomllib

VERDICTS = set("""ActiveHttpProbeSucceeded ActiveHttpProbeSucceededViaProxy ActiveDnsProbeSucceeded ActiveHttpProbeFailed
ActiveHttpProbeFailedButDnsSucceeded HotspotDetected ActiveDnsProbeFailed ProxyAuthenticationRequired ProxyNotDiscovered ProxyDiscoveryFailed
TlsVersionMismatch TlsHandshakeFailed LegacyTlsNegotiated TlsIntercepted NoAddress NoGlobalAddress NoRoute SuspectArpProbeFailed
AuthenticationLoop OfficeGatedByNcsi EndpointSetUnreachable OsCheckSucceeded OsCheckPortal OsCheckBlocked OsCheckFailed ProbeLookAlike
NoProbeSeen Incomplete""".split())
CAUSES = set("""dns-nxdomain dns-servfail dns-refused dns-nodata dns-timeout dns-hijacked dns-sinkholed dns-wrong-answer dns-never-sent
tcp-timeout tcp-reset icmp-unreachable http-timeout http-closed http-reset http-invalid http-redirect http-wrong-body http-empty-body
http-blocked http-intercept-auth http-auth-rejected http-server-error http-status proxy-unreachable proxy-name-unresolved proxy-auth-unanswered
proxy-auth-rejected proxy-auth-unsupported proxy-auth-broken-keepalive proxy-denied proxy-redirect proxy-upstream-failure
proxy-content-replaced tls-alert tls-reset tls-closed tls-client-rejected tls-fallback tls-cipher tls-certificate tls-sni
tls-middlebox-reset tls-timeout one-way truncated-packets capture-ended gap filtered-capture anonymised-capture dhcp-no-offer dhcp-no-ack
dhcp-nak dhcp-decline dhcp-no-router router-silent router-no-prefix arp-timeout neighbour-timeout probe-never-sent""".split())
ALLOWED = {"severity": {"ok", "info", "warning", "error"}, "confidence": {"high", "medium", "low"},
           "capability": {"None", "Local", "Internet", "null"}, "family": {"v4", "v6", "null"},
           "route": {"direct", "explicit-proxy", "transparent-proxy", "proxy-upstream", "null"}}
FIELDS = {"verdict", "cause", "guess", "client", "server", "proxy", "host", "count", "system", "products", "evidence", "says"} | set(ALLOWED)
MADE = {"programs", "built", "rewritten"}
MACHINE = re.compile(rb"/tmp/|/root/|/home/|/usr/|(Merge|Edit)cap|Dumpcap|" + re.escape(os.uname().release).encode())


def packets(path):
    """How many packets tshark counts."""
    done = subprocess.run(["tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.number"], capture_output=True, text=True)
    return len(done.stdout.splitlines())


def wrong(toml):
    """What is wrong with one expectation and its capture."""
    with open(toml, "rb") as file:
        raw = file.read()
    told = tomllib.loads(raw.decode())
    name = os.path.basename(toml)[:-5]
    files = [os.path.join(os.path.dirname(toml), f) for f in told.get("files", [])]
    captures = files or [path for path in glob.glob(toml[:-5] + ".*") if not path.endswith(".toml")]
    if not captures:
        yield "no capture"
    if len(captures) > 1 and not files:
        yield f"{len(captures)} captures"
    total = 0
    for path in captures:
        with open(path, "rb") as file:
            data = file.read()
        total += packets(path)
        if len(data) > 20000:
            yield f"{os.path.basename(path)}: {len(data)} bytes"
        if MACHINE.search(data):
            yield f"{os.path.basename(path)}: {MACHINE.search(data).group()}"
    if MACHINE.search(raw):
        yield f"expectation: {MACHINE.search(raw).group()}"
    for field in ("title", "shows", "rows", "made", "how", "truth", "position", "options"):
        if field not in told or told[field] == "" or told[field] == [] and field != "options":
            yield f"{field} missing"
    if told.get("made") not in MADE:
        yield f"made {told.get('made')}"
    if told.get("how") != "run.py " + name:
        yield f"how {told.get('how')}"
    for finding in told.get("finding", []):
        yield from (f"field {field}" for field in set(finding) - FIELDS if "." not in field)
        if finding["verdict"] not in VERDICTS:
            yield f"verdict {finding['verdict']}"
        if finding.get("guess") and (finding["guess"] not in VERDICTS or finding["verdict"] != "Incomplete"):
            yield f"guess {finding['guess']}"
        if finding.get("cause") and finding["cause"] not in CAUSES:
            yield f"cause {finding['cause']}"
        for field, allowed in ALLOWED.items():
            given = finding.get(field, [])
            if not set(given if isinstance(given, list) else [given]) <= allowed:
                yield f"{field} {given}"
        if any(number < 1 or number > total for number in finding.get("evidence", [])):
            yield f"evidence {finding['evidence']} of {total} packets"


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    tomls, faults, made = sorted(glob.glob(os.path.join(folder, "*.toml"))), 0, {}
    for toml in tomls:
        for fault in wrong(toml):
            print(f"{os.path.basename(toml)}: {fault}")
            faults += 1
        with open(toml, "rb") as file:
            kind = tomllib.load(file).get("made")
        made[kind] = made.get(kind, 0) + 1
    print(f"{len(tomls)} expectations, {faults} faults; made: " + ", ".join(f"{kind} {count}" for kind, count in sorted(made.items())))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
