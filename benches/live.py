#!/usr/bin/env python3
"""Live capture against `tcpdump -w /dev/null` on the same interface in turn, in namespaces that this script makes and deletes.

    sudo benches/live.py drops [--pps 400000] [--pairs 5] [--seconds 10]     # packets dropped; 0 pps is the top speed of all cores
    sudo benches/live.py cpu   [--pps 100000] [--pairs 5] [--seconds 10]     # CPU seconds, bulk traffic
    sudo benches/live.py ui    [--pps 100000] [--pairs 5] [--seconds 10]     # the same with the terminal UI
    sudo benches/live.py soak  [--pps 50000] [--seconds 3600]                # resident memory, 10,000 new flows a second;
                               [--samples FILE]                              # all samples as CSV
    sudo benches/live.py delay [--times 20]                                  # from the packet that settles it to the line

It needs target/release/ncsight (or --ncsight), tcpdump and tcpreplay; for `--pps 0` trafgen (netsniff-ng) in its place, which
sends from every core: where one core sends less than the rate that is wanted, two may. Medians are of the pairs in which
tcpdump itself dropped nothing.
"""
import argparse
import json
import os
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

from terminal import Screen

HERE = os.path.dirname(os.path.abspath(__file__))
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def sh(*argv):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


class Cable:
    """Two namespaces with a veth between them."""

    def __enter__(self):
        self.tap, self.far = (f"bench{os.getpid()}{end}" for end in "ab")
        for name in (self.tap, self.far):
            sh("ip", "netns", "add", name)
        sh("ip", "link", "add", "eth0", "netns", self.tap, "type", "veth", "peer", "name", "eth0", "netns", self.far)
        for name in (self.tap, self.far):
            sh("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
            sh("ip", "-n", name, "link", "set", "eth0", "up")
        return self

    def __exit__(self, *_):
        for name in (self.tap, self.far):
            subprocess.run(["ip", "netns", "del", name], check=False)


def packet(flow, sequence, flags, payload, back=False):
    """A TCP segment of a flow (a number) between a client and a server, as an Ethernet frame without checksums of TCP."""
    client, server = struct.pack("!I", 0x0A000000 | (flow // 20000 % 60000 + 1)), bytes([198, 51, 100, 1 + flow % 200])
    ports = (20000 + flow % 40000, 443)
    source, destination = (server, client) if back else (client, server)
    ports = ports[::-1] if back else ports
    tcp = struct.pack("!HHIIBBHHH", *ports, sequence & 0xFFFFFFFF, 1, 0x50, flags, 65000, 0, 0) + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), flow & 0xFFFF, 0x4000, 64, 6, 0, source, destination)
    return b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0" + head + tcp


def write(path, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for index, frame in enumerate(frames):
            out.write(struct.pack("<IIII", 1700000000 + index // 100000, index % 100000 * 10, len(frame), len(frame)) + frame)


def bulk(path, packets=100_000, size=1400):
    """Downloads over TLS that began before the capture: records of application data, acknowledged now and then."""
    data = b"\x17\x03\x03\x40\x00" + b"\xa5" * (size - 5)
    write(path, (packet(i % 97, 1000 + i * size, 0x10, b"" if i % 3 == 2 else data, back=i % 3 != 2) for i in range(packets)))


def small_frames(packets):
    """Small packets of many established connections, most of which say nothing."""
    return (packet(i % 5000, 1000 + i, 0x10, b"\x17\x03\x03\x00\x50" + b"\xa5" * 80, back=i % 2 == 1) for i in range(packets))


def small(path, packets=100_000):
    write(path, small_frames(packets))


def recipe(path, packets=10_000):
    """The same in trafgen's words."""
    with open(path, "w", encoding="ascii") as out:
        out.writelines("{ " + ", ".join(map(hex, frame)) + " }\n" for frame in small_frames(packets))


def flows(path, count=100_000):
    """Connections that open, say a little and close: five packets each."""
    def each():
        for flow in range(count):
            yield packet(flow, 999, 2, b"")
            yield packet(flow, 999, 0x12, b"", back=True)
            yield packet(flow, 1000, 0x18, b"\x17\x03\x03\x00\x50" + b"\xa5" * 80)
            yield packet(flow, 1080, 0x11, b"")
            yield packet(flow, 1000, 0x11, b"", back=True)
    write(path, each())


def cpu_of(pid):
    """Seconds of CPU of a process, user and system."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE


class Reader:
    """A program that captures, until it is ended."""

    def __init__(self, cable, argv, ready, out=subprocess.DEVNULL):
        self.err = tempfile.NamedTemporaryFile("w+", delete=False)
        self.process = subprocess.Popen(["ip", "netns", "exec", cable.tap, *argv], stdout=out, stderr=self.err)
        end = time.monotonic() + 20
        while ready not in self.said():
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{argv[0]}: {self.said()}")
            time.sleep(0.02)

    def said(self):
        with open(self.err.name, encoding="utf-8") as file:
            return file.read()

    def settled(self):
        """CPU seconds, when it has read what is there."""
        before = -1.0
        while (now := cpu_of(self.process.pid)) - before > 1.5 / TICK:
            before = now
            time.sleep(0.5)
        return now

    def end(self):
        """Ends it when it has read what is there; gives (CPU seconds, what it said)."""
        now = self.settled()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        said = self.said()
        os.unlink(self.err.name)
        return now, said


class Watched(Reader):
    """The terminal UI, in a terminal that is read."""

    def __init__(self, cable, options):
        self.screen = Screen(["ip", "netns", "exec", cable.tap, options.ncsight, "-i", "eth0"])
        self.process, self.drawn = self.screen.process, b""
        threading.Thread(target=self.read, daemon=True).start()
        end = time.monotonic() + 20
        # The first line names the fields, each of the others a socket.
        while subprocess.check_output(["ip", "netns", "exec", cable.tap, "cat", "/proc/net/packet"]).count(b"\n") < 2:
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"no capture: {self.drawn[-400:]!r}")
            time.sleep(0.02)

    def read(self):
        try:
            while new := os.read(self.screen.parent, 1 << 16):
                self.drawn += new
        except OSError:
            pass

    def end(self):
        used = self.settled()
        self.screen.key(b"q")
        self.process.wait(60)
        return used, self.drawn.decode("utf-8", "replace")


def tcpdump(cable):
    return Reader(cable, ["tcpdump", "-i", "eth0", "-Z", "root", "-w", "/dev/null"], "listening")


def ncsight(cable, options, *more, **kind):
    return Reader(cable, [options.ncsight, "report", "--format", "ndjson", "-i", "eth0", *more], "listening", **kind)


def replay(cable, path, options):
    """Sends; gives packets sent and the rate that was reached."""
    count = int(options.pps * options.seconds)
    done = subprocess.run(["ip", "netns", "exec", cable.far, "tcpreplay", "-q", "--preload-pcap", "--pps", str(options.pps), "--loop",
                           "0", "--limit", str(count), "-i", "eth0", path], capture_output=True, text=True, check=True)
    return int(re.search(r"Successful packets:\s+(\d+)", done.stdout)[1]), float(re.search(r"([\d.]+) pps", done.stdout)[1])


def flood(cable, path, options):
    """Sends as fast as all cores can; gives packets sent and the rate that was reached."""
    count, start = int(400_000 * options.seconds), time.monotonic()
    subprocess.run(["ip", "netns", "exec", cable.far, "trafgen", "-Q", "-q", "-n", str(count), "-o", "eth0", "-i", path],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return count, count / (time.monotonic() - start)


def dropped(said):
    """Packets dropped by the kernel, as the program says in the end."""
    return int((re.findall(r"dropped (\d+) by the kernel", said) or re.findall(r"(\d+) packets dropped by kernel", said))[-1])


def pairs(options, path, show, ours=ncsight, send=replay):
    rows = []
    with Cable() as cable:
        for number in range(options.pairs):
            row = {}
            for name in (("tcpdump", "ncsight") if number % 2 == 0 else ("ncsight", "tcpdump")):
                reader = tcpdump(cable) if name == "tcpdump" else ours(cable, options)
                sent, rate = send(cable, path, options)
                cpu, said = reader.end()
                row[name] = {"sent": sent, "pps": round(rate), "cpu": round(cpu, 3), "dropped": dropped(said)}
            rows.append(row)
            print(json.dumps(row), flush=True)
    valid = [row for row in rows if row["tcpdump"]["dropped"] == 0]
    print(f"{len(valid)} of {len(rows)} pairs count")
    if valid:
        show(valid)


def drops(options, path):
    if not options.pps and not shutil.which("trafgen"):
        raise SystemExit("no trafgen found; install netsniff-ng, or name a rate")
    make, send, path = (small, replay, path) if options.pps else (recipe, flood, path.removesuffix(".pcap") + ".cfg")
    make(path)
    pairs(options, path, lambda rows: print(
        "median drops of ncsight:", statistics.median(row["ncsight"]["dropped"] for row in rows),
        "at", statistics.median(row["ncsight"]["pps"] for row in rows), "packets a second"), send=send)


def cpu(options, path, ours=ncsight):
    bulk(path)
    pairs(options, path, lambda rows: print("median of CPU seconds, ncsight / tcpdump:", round(statistics.median(
        row["ncsight"]["cpu"] / max(row["tcpdump"]["cpu"], 1 / TICK) for row in rows), 2)), ours)


def ui(options, path):
    cpu(options, path, Watched)


def soak(options, path):
    """Every loop has other addresses, so all connections are new."""
    flows(path)
    with Cable() as cable:
        reader = ncsight(cable, options)
        sender = subprocess.Popen(["ip", "netns", "exec", cable.far, "tcpreplay", "-q", "--preload-pcap", "--unique-ip", "--pps",
                                   str(options.pps), "--loop", "0", "--limit", str(int(options.pps * options.seconds)), "-i", "eth0", path],
                                  stdout=subprocess.PIPE, text=True)
        start, sizes = time.monotonic(), []
        with open(options.samples, "w", encoding="ascii") as samples:
            samples.write("seconds,resident bytes,cpu seconds\n")
            while sender.poll() is None:
                time.sleep(max(1.0, min(5.0, options.seconds / 30)))
                sizes.append((time.monotonic() - start, resident(reader.process.pid)))
                samples.write(f"{sizes[-1][0]:.1f},{sizes[-1][1]},{cpu_of(reader.process.pid):.2f}\n")
                samples.flush()
        print(re.search(r"Rated: .*", sender.stdout.read())[0])
        _, said = reader.end()
        print(said.splitlines()[-1])
        for part in (1 / 12, 1 / 4, 1 / 2, 3 / 4, 1):
            at, size = min(sizes, key=lambda sample: abs(sample[0] - part * options.seconds))
            print(f"{at:7.0f} s {size / (1 << 20):8.1f} MiB")
        # The first quarter fills the tables.
        full = [sample for sample in sizes if sample[0] > options.seconds / 4]
        if len(full) > 2:
            slope = statistics.linear_regression(*zip(*full)).slope * 3600 / (1 << 20)
            print(f"from {full[0][0]:.0f} s on: {slope:+.2f} MiB an hour, {min(size for _, size in full) / (1 << 20):.1f} to "
                  f"{max(size for _, size in full) / (1 << 20):.1f} MiB")


def delay(options, path):
    """The last packet of a portal's answer is sent, and the line waited for."""
    source = os.path.join(HERE, "..", "captures", "direct-302.pcapng")
    took = []
    with Cable() as cable:
        for number in range(options.times):
            sh("tcprewrite", f"--seed={number + 1}", "-i", source, "-o", path)
            with tempfile.NamedTemporaryFile() as out:
                reader = ncsight(cable, options, out=out)
                sh("ip", "netns", "exec", cable.far, "tcpreplay", "-q", "--topspeed", "-i", "eth0", path)
                start = time.monotonic()
                while not os.path.getsize(out.name):
                    if time.monotonic() - start > 10:
                        raise SystemExit("no finding: " + reader.said())
                    time.sleep(0.002)
                took.append(time.monotonic() - start)
                reader.end()
    print(f"median {statistics.median(took) * 1e3:.0f} ms, longest {max(took) * 1e3:.0f} ms")


def ended(number, _):
    """A signal ends the script as an exception does, so that nothing is left behind."""
    raise SystemExit(128 + number)


def main():
    signal.signal(signal.SIGTERM, ended)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["drops", "cpu", "ui", "soak", "delay"])
    parser.add_argument("--pps", type=int)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--samples", default=os.devnull)
    parser.add_argument("--ncsight", default=os.path.join(HERE, "..", "target", "release", "ncsight"))
    options = parser.parse_args()
    if options.pps is None:
        options.pps = {"drops": 400_000, "cpu": 100_000, "ui": 100_000, "soak": 50_000}.get(options.what, 0)
    if options.seconds is None:
        options.seconds = 3600 if options.what == "soak" else 10
    with tempfile.TemporaryDirectory() as folder:
        {"drops": drops, "cpu": cpu, "ui": ui, "soak": soak, "delay": delay}[options.what](options, os.path.join(folder, "traffic.pcap"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
