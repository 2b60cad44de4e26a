"""Runs of programs, counted by the kernel, and the captures that they read: for peers.py."""
import os
import platform
import re
import subprocess
import time
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ["downloads", "flows", "sessions"]


@dataclass
class Run:
    wall: float
    # User and system, of the program and what it started.
    cpu: float
    # The most that one process had resident, in MiB.
    memory: float


def run(argv):
    """Runs a program, whose output goes nowhere."""
    start = time.monotonic()
    child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(argv)}: exit status {child.returncode}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def rounds(commands, count):
    """Runs all of them in turn, as often as said, in an order that is reversed each time."""
    done = {name: [] for name in commands}
    for number in range(count):
        for name in list(commands) if number % 2 == 0 else reversed(commands):
            done[name].append(run(commands[name]))
    return done


def warm(path):
    """Reads a file, so that the next one finds it in memory."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


class Traffic:
    """Generated captures in a folder. What is there is used again, unless the generator is newer."""

    def __init__(self, folder, megabytes, generator):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.megabytes, self.generator = folder, megabytes, generator
        sources = [os.path.join(HERE, "generate.rs"), *(entry.path for entry in os.scandir(os.path.join(HERE, "traffic")))]
        self.newest = max(os.path.getmtime(source) for source in sources)

    def file(self, kind, form="pcap", times=1, clients=100_000, source=None):
        """A capture of that kind and form; where there is a source, its packets."""
        path = os.path.join(self.folder, f"{kind}-{self.megabytes * times}{'-given' if source else ''}.{form}")
        # What is being written has another name, so that an interrupted run leaves nothing that looks whole.
        partial = os.path.join(self.folder, f"partial.{form}")
        if source or not os.path.exists(path) or os.path.getmtime(path) < self.newest:
            program = [self.generator] if self.generator else ["cargo", "bench", "--quiet", "--locked", "--bench", "generate", "--"]
            arguments = [source or kind, str(self.megabytes * times), os.path.abspath(partial), str(clients)]
            subprocess.run([*program, *arguments], check=True, cwd=os.path.join(HERE, ".."), stderr=subprocess.DEVNULL)
            os.rename(partial, path)
        warm(path)
        return path

    def first(self, path, megabytes):
        """The first packets of a classic capture."""
        part = os.path.join(self.folder, "part.pcap")
        # Packet by packet: a child's memory is counted from what this program has when it starts it.
        with open(path, "rb") as file, open(part, "wb") as out:
            out.write(file.read(24))
            while len(header := file.read(16)) == 16:
                size = int.from_bytes(header[8:12], "little")
                if file.tell() + size > megabytes * 1_000_000:
                    break
                out.write(header)
                out.write(file.read(size))
        return part


def said(pattern, *argv):
    """What a program says of itself, as far as the pattern matches."""
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except OSError:
        return None
    found = re.search(pattern, done.stdout)
    return found[0] if found else None


def circumstances(ncsight):
    """Machine and versions."""
    def find(pattern, path):
        with open(path, encoding="utf-8") as file:
            found = re.search(pattern, file.read(), re.M)
        return found[1].strip() if found else "unknown"

    memory = int(find(r"^MemTotal:\s+(\d+)", "/proc/meminfo")) >> 20
    processor = find(r"^model name\s*:(.*)$", "/proc/cpuinfo")
    system = find(r'^PRETTY_NAME="?([^"\n]*)', "/etc/os-release")
    machine = f"{processor}, {os.cpu_count()} cores, {memory} GiB, {system}, Linux {platform.release()}"
    versions = [
        said(r"ncsight \S+", ncsight, "--version"),
        said(r"rustc \S+", "rustc", "-V"),
        said(r"tcpdump version \S+", "tcpdump", "--version"),
        said(r"libpcap version \S+", "tcpdump", "--version"),
        said(r"TShark .*?\d[\d.]*\d", "tshark", "--version"),
        said(r"nDPI [\d.]+", "ndpiReader", "-h"),
        said(r"gzip \S+", "gzip", "--version"),
    ]
    return f"{machine}; {', '.join(version for version in versions if version)}"
