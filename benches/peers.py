#!/usr/bin/env python3
"""The whole program against other programs that read captures, on traffic that is generated for it.

    benches/peers.py                        measures, prints the table, and says which bounds do not hold
    benches/peers.py --write README.md      writes the table between its marks there, too

Needs target/release/ncsight (or --ncsight), tcpdump and gzip; tshark, ndpiReader and capinfos where they are installed.
Runs take turns and come in rounds whose order is reversed each time; ratios are medians of those within a round. Times
and memory are what the kernel counts for a child and its own children. Files are read once before, so that they come
from memory: 16 GB of it, and 13 GB of disk, are enough; with less, leave out the row `growth`.
"""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys

from measured import KINDS, Traffic, circumstances, rounds, warm

HERE = os.path.dirname(os.path.abspath(__file__))
MARKS = ("<!-- benches/peers.py -->", "<!-- end of benches/peers.py -->")
# The fields that ncsight reads, of the packets that it looks at.
FIELDS = ("frame.number frame.time_epoch ip.src ip.dst ipv6.src ipv6.dst tcp.srcport tcp.dstport tcp.flags dns.qry.name dns.qry.type "
          "dns.flags.rcode dns.a dns.aaaa http.request.method http.host http.request.uri http.user_agent http.response.code "
          "http.location http.proxy_authenticate tls.handshake.type tls.handshake.extensions_server_name tls.handshake.version "
          "tls.alert_message.desc").split()
TSHARK = ["tshark", "-n", "-r", "FILE", "-Y", "dns || http || tls.handshake || tls.alert_message || tcp.flags & 7", "-T", "fields",
          *(part for field in FIELDS for part in ("-e", field))]
# What must hold, by row and workload: at most, or at least.
AT_MOST = {
    "wall": {"downloads": 0.5, "flows": 0.7, "sessions": 1.2},
    "cpu": {"downloads": 0.75, "flows": 1.0, "sessions": 2.0},
    "memory": {"downloads": 24, "flows": 48, "sessions": 256},
    "pcapng": dict.fromkeys(KINDS, 1.15),
    "gzip": dict.fromkeys(KINDS, 1.15),
    "growth": {"downloads": 10.5, "flows": 10.5, "sessions": 2.1},
}
AT_LEAST = {"tshark": {"downloads": 70, "flows": 200, "sessions": 80}}


class Table:
    """Rows of cells; bounds that do not hold."""

    def __init__(self):
        self.rows = {}
        self.missed = []

    def put(self, row, kind, value, shown):
        self.rows.setdefault(row, {})[kind] = shown
        most, least = AT_MOST.get(row, {}).get(kind), AT_LEAST.get(row, {}).get(kind)
        bad = most is not None and value > most or least is not None and value < least
        bound = "" if most is least is None else f" (at {'most' if least is None else 'least'} {most if least is None else least})"
        print(f"  {row} {kind}: {shown}{bound}{' MISSED' if bad else ''}", flush=True)
        if bad:
            self.missed.append(f"{row} of {kind}: {value:.2f}{bound}")

    def markdown(self, titles):
        lines = ["| | " + " | ".join(f"`{kind}`" for kind in KINDS) + " |", "|---|" + "---|" * len(KINDS)]
        for row, title in titles.items():
            if cells := self.rows.get(row):
                lines.append(f"| {title} | " + " | ".join(cells.get(kind, "") for kind in KINDS) + " |")
        return "\n".join(lines)


def median(runs, what):
    return statistics.median(getattr(run, what) for run in runs)


def ratio(over, under, what):
    """Median of the ratios within a round."""
    return statistics.median(getattr(a, what) / max(getattr(b, what), 1e-4) for a, b in zip(over, under))


def copying(table, kind, path, options):
    """Against a program that only copies."""
    commands = {
        "tcpdump": ["tcpdump", "-r", path, "-w", "/dev/null"],
        "all": [options.ncsight, "report", path],
        "one": [options.ncsight, "report", "--threads", "1", path],
    }
    if shutil.which("capinfos"):
        commands["capinfos"] = ["capinfos", "-c", path]
    done = rounds(commands, options.rounds)
    tcpdump, everything, one = done["tcpdump"], done["all"], done["one"]
    table.put("tcpdump", kind, 0, f"{median(tcpdump, 'wall'):.2f} s, CPU {median(tcpdump, 'cpu'):.2f} s")
    value = ratio(everything, tcpdump, "wall")
    table.put("wall", kind, value, f"{median(everything, 'wall'):.2f} s: **{value:.2f}**")
    value = ratio(one, tcpdump, "cpu")
    table.put("cpu", kind, value, f"{median(one, 'cpu'):.2f} s: **{value:.2f}**")
    value = max(median(everything, "memory"), median(one, "memory"))
    table.put("memory", kind, value, f"{value:.0f} MiB")
    if "capinfos" in done:
        value = ratio(done["capinfos"], one, "cpu")
        table.put("capinfos", kind, value, f"{value:.2f}")


def formats(table, kind, path, traffic, options):
    """The same packets in pcapng, and compressed."""
    given = getattr(options, kind)
    pcapng = traffic.file(kind, "pcapng", source=given)
    done = rounds({
        "pcap": [options.ncsight, "report", path],
        "pcapng": [options.ncsight, "report", pcapng],
        "pcap, one": [options.ncsight, "report", "--threads", "1", path],
        "pcapng, one": [options.ncsight, "report", "--threads", "1", pcapng],
    }, options.rounds)
    wall, cpu = ratio(done["pcapng"], done["pcap"], "wall"), ratio(done["pcapng, one"], done["pcap, one"], "cpu")
    table.put("pcapng", kind, max(wall, cpu), f"{wall:.2f}, CPU {cpu:.2f}")
    packed = traffic.file(kind, "pcap.gz", source=given)
    done = rounds({"ours": [options.ncsight, "report", packed], "gzip": ["sh", "-c", 'gzip -dc "$1" | wc -c', "sh", packed]}, options.rounds)
    value = ratio(done["ours"], done["gzip"], "wall")
    table.put("gzip", kind, value, f"{median(done['ours'], 'wall'):.2f} s: {value:.2f}")


def growth(table, kind, path, traffic, options):
    """More of the same."""
    times, clients = (2, 200_000) if kind == "sessions" else (10, 100_000)
    if shutil.disk_usage(traffic.folder).free < (times + 1) * options.megabytes * 1_000_000:
        print(f"  growth {kind}: not enough room in {traffic.folder}")
        return
    large = traffic.file(kind, "pcap", times, clients)
    done = rounds({"small": [options.ncsight, "report", path], "large": [options.ncsight, "report", large]}, min(options.rounds, 3))
    wall, memory = ratio(done["large"], done["small"], "wall"), ratio(done["large"], done["small"], "memory")
    table.put("growth", kind, wall, f"× {times}: {wall:.2f}, memory {memory:.2f}")
    os.unlink(large)


def dissectors(table, kind, path, traffic, options):
    """Programs that look as deep, on the first part of the capture."""
    part = traffic.first(path, 100 if kind == "downloads" else 25)
    commands = {"ours": [options.ncsight, "report", "--threads", "1", part]}
    if shutil.which("tshark"):
        commands["tshark"] = [part if word == "FILE" else word for word in TSHARK]
    if shutil.which("ndpiReader"):
        commands["ndpiReader"] = ["ndpiReader", "-q", "-i", part]
    done = rounds(commands, min(options.rounds, 3))
    for name in ("tshark", "ndpiReader"):
        if name in done:
            value = ratio(done[name], done["ours"], "cpu")
            table.put(name, kind, value, f"{value:.0f}" if value > 10 else f"{value:.1f}")
    os.unlink(part)


def titles():
    return {
        "capture": "capture",
        "tcpdump": "`tcpdump -r FILE -w /dev/null`",
        "wall": "`ncsight report FILE`: wall time, against that",
        "cpu": "`ncsight report --threads 1 FILE`: CPU time, against that",
        "memory": "peak resident memory",
        "pcapng": "pcapng against pcap: wall time",
        "gzip": "gzip against `gzip -dc FILE \\| wc -c`: wall time",
        "growth": "a longer capture (`sessions`: of as many more clients): wall time",
        "tshark": "CPU time of `tshark` for the same fields, against ours",
        "ndpiReader": "CPU time of `ndpiReader -q`, against ours",
        "capinfos": "CPU time of `capinfos -c`, which only counts, against ours",
    }


def write(path, text):
    with open(path, encoding="utf-8") as file:
        before, rest = file.read().split(MARKS[0], 1)
    after = rest.split(MARKS[1], 1)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ncsight", default=os.path.join(HERE, "..", "target", "release", "ncsight"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--folder", default=os.path.join(HERE, "..", "target", "peers"), help="where the traffic is generated")
    parser.add_argument("--generate", help="a program that generates it, instead of cargo bench --bench generate")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--rows", nargs="+", choices=["copying", "formats", "growth", "dissectors"],
                        default=["copying", "formats", "growth", "dissectors"])
    for kind in KINDS:
        parser.add_argument(f"--{kind}", metavar="FILE", help="a classic capture to read instead; then no longer one is made")
    parser.add_argument("--write", metavar="README.md")
    options = parser.parse_args()
    for needed in ("tcpdump", "gzip"):
        if not shutil.which(needed):
            sys.exit(f"{needed} is not installed")
    traffic, table = Traffic(options.folder, options.megabytes, options.generate), Table()
    for kind in options.kinds:
        given = getattr(options, kind)
        path = given or traffic.file(kind, "pcap")
        warm(path)
        # The first run is not measured.
        first = subprocess.run([options.ncsight, "report", "--format", "ndjson", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True, check=True)
        packets, clients, findings = re.search(r"(\d+) packets, (\d+) clients, (\d+) findings", first.stderr).groups()
        table.put("capture", kind, 0, f"{int(packets) / 1e6:.2f} million packets, {clients} clients, {findings} findings")
        if "copying" in options.rows:
            copying(table, kind, path, options)
        if "dissectors" in options.rows:
            dissectors(table, kind, path, traffic, options)
        if "formats" in options.rows:
            formats(table, kind, path, traffic, options)
        if "growth" in options.rows and not given:
            growth(table, kind, path, traffic, options)
    text = f"{table.markdown(titles())}\n\n{circumstances(options.ncsight)}"
    print(f"\n{text}")
    if options.write:
        write(options.write, text)
    if table.missed:
        sys.exit("these bounds do not hold:\n  " + "\n  ".join(table.missed))


if __name__ == "__main__":
    main()
