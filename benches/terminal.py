#!/usr/bin/env python3
"""Measures the terminal UI from outside, as a person feels it: a pseudo-terminal, keys in, the screen's bytes out.

    benches/terminal.py first FILE...        time from start to the first whole screen, beside that of `--version`
    benches/terminal.py keys FILE            time from a key to its answer while FILE is read
    benches/terminal.py keys --slow FILE     the same while FILE comes slowly through standard input
    benches/terminal.py still FILE           bytes drawn while nothing happens, the file read or its pipe waiting
    benches/terminal.py cost FILE            processor time and memory of reading with the UI open and of `report`

Needs nothing beyond Python 3. The program measured is target/release/ncsight, or what --ncsight names.
"""

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
import threading
import time

COLUMNS, ROWS = 120, 40
ZONE = "Asia/Tokyo"
# Longest wait for anything.
PATIENCE = 1800.0
# A frame at 30 frames a second.
FRAME = 0.033


class Screen:
    """The program in a pseudo-terminal, with everything it has drawn since `forget`."""

    def __init__(self, arguments, stdin=None):
        self.parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environment = dict(os.environ, TERM="xterm-256color", LANG="C.UTF-8", TZ=ZONE)
        environment.pop("NO_COLOR", None)
        environment.pop("LC_ALL", None)

        def own_terminal():
            os.setsid()
            fcntl.ioctl(child, termios.TIOCSCTTY, 0)

        self.start = time.monotonic()
        self.process = subprocess.Popen(
            arguments,
            stdin=child if stdin is None else stdin,
            stdout=child,
            stderr=child,
            env=environment,
            preexec_fn=own_terminal,
            close_fds=True,
        )
        os.close(child)
        self.drawn = b""

    def read(self, seconds):
        """Reads what is drawn within `seconds`, once; says when it came, or None."""
        ready, _, _ = select.select([self.parent], [], [], max(0.0, seconds))
        if not ready:
            return None
        try:
            new = os.read(self.parent, 1 << 16)
        except OSError:
            new = b""
        if not new:
            raise SystemExit(f"the program ended: {self.drawn[-400:]!r}")
        self.drawn += new
        return time.monotonic()

    def wait(self, *texts, patience=PATIENCE):
        """When one of the texts stood on the screen."""
        end = time.monotonic() + patience
        while True:
            if any(text in self.drawn for text in texts):
                return time.monotonic()
            if self.read(end - time.monotonic()) is None:
                raise SystemExit(f"waited for {texts}: {self.drawn[-400:]!r}")

    def forget(self):
        while self.read(0) is not None:
            pass
        self.drawn = b""

    def key(self, text):
        os.write(self.parent, text)

    def end(self):
        """Quits; returns processor time in seconds and the most memory in MiB."""
        self.key(b"q")
        # What is not read would hold the program up.
        reader = threading.Thread(target=self.drain, daemon=True)
        reader.start()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        reader.join(PATIENCE)
        os.close(self.parent)
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

    def drain(self):
        try:
            while os.read(self.parent, 1 << 16):
                pass
        except OSError:
            pass


def milliseconds(times):
    times = sorted(times)
    at = lambda part: times[min(len(times) - 1, int(len(times) * part))] * 1000
    return (
        f"{len(times)} times, median {statistics.median(times) * 1000:.1f} ms, "
        f"95 of 100 within {at(0.95):.1f} ms, longest {times[-1] * 1000:.1f} ms"
    )


def plain(arguments):
    """Runs a program without a terminal; returns processor time, memory and time."""
    start = time.monotonic()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, time.monotonic() - start


def first(options):
    """The last line of the screen is the last that is drawn."""
    for path in options.files:
        times = []
        for _ in range(options.times):
            screen = Screen([options.ncsight, path])
            times.append(screen.wait(b" quit") - screen.start)
            screen.end()
        bare = [plain([options.ncsight, "--version"])[2] for _ in range(options.times)]
        size = os.path.getsize(path) / 1e6
        print(f"{path}, {size:.0f} MB: first screen {milliseconds(times)}")
        print(f"  `ncsight --version` for comparison: {milliseconds(bare)}")


def feed(path, pipe, pieces, pause):
    """Writes `path` in small pieces with pauses between, and leaves the pipe open."""
    with open(path, "rb") as file:
        while piece := file.read(pieces):
            try:
                os.write(pipe, piece)
            except OSError:
                return
            time.sleep(pause)


def keys(options):
    """The zone of the times changes to and fro: what a key draws is told from what reading draws by its text."""
    for path in options.files:
        if options.slow:
            here, there = os.pipe()
            threading.Thread(target=feed, args=(path, there, 1500, 0.01), daemon=True).start()
            screen = Screen([options.ncsight, "-"], stdin=here)
            os.close(here)
        else:
            screen = Screen([options.ncsight, path])
        screen.wait(b" quit")
        screen.wait(b"+09:00")
        answers, reading = [], True
        while len(answers) < options.keys and reading:
            turn = len(answers)
            # Not in step with anything that the program does by the clock.
            until = time.monotonic() + options.pause * (0.5 + (turn * 37 % 100) / 100)
            while (left := until - time.monotonic()) > 0:
                screen.read(left)
            screen.forget()
            sent = time.monotonic()
            screen.key(b"u")
            answers.append(screen.wait(b"UTC" if turn % 2 == 0 else b"+09:00") - sent)
            reading = threads(screen.process.pid, "analysis")
        late = sum(answer > FRAME for answer in answers)
        state = "still reading" if reading else "read to the end"
        how = "slowly through standard input" if options.slow else "from the disk"
        print(f"{path} {how}: key to answer {milliseconds(answers)}; {late} later than a frame of 33 ms; {state}")
        screen.end()


def still(options):
    for path in options.files:
        for piped in (False, True):
            if piped:
                here, there = os.pipe()
                threading.Thread(target=feed, args=(path, there, 1 << 16, 0), daemon=True).start()
                screen = Screen([options.ncsight, "-"], stdin=here)
                os.close(here)
            else:
                screen = Screen([options.ncsight, path])
            screen.wait(b" quit")
            # The rate sinks to nothing first.
            quiet = time.monotonic()
            while time.monotonic() - quiet < 3.0:
                quiet = screen.read(1.0) or quiet
            before, drawn = cpu(screen.process.pid), len(screen.drawn)
            end = time.monotonic() + options.seconds
            while (left := end - time.monotonic()) > 0:
                screen.read(left)
            spent = cpu(screen.process.pid) - before
            what = "its pipe open and silent" if piped else "read to its end"
            print(
                f"{path}, {what}: {len(screen.drawn) - drawn} bytes drawn in {options.seconds:.0f} s, "
                f"{spent * 1000 / options.seconds:.1f} ms of processor time a second"
            )
            screen.end()


def cpu(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cost(options):
    """Reads to the end in both ways, in turn. `report` shows no finding, so that it pays for none of its words."""
    for path in options.files:
        reports, screens = [], []
        for _ in range(options.times):
            reports.append(plain([options.ncsight, "report", "--client", "203.0.113.255", "--format", "csv", path]))
            screen = Screen([options.ncsight, path])
            screen.wait(b" quit")
            while threads(screen.process.pid, "analysis"):
                screen.drawn = screen.drawn[-65536:]
                screen.read(0.1)
            screens.append(screen.end())
        report = statistics.median(one[0] for one in reports)
        opened = statistics.median(one[0] for one in screens)
        allowed = 1.05 * report + 0.05
        print(
            f"{path}: `report` {report:.2f} s of processor time, UI {opened:.2f} s = {opened / report:.3f} of it, "
            f"{opened / allowed:.3f} of what is allowed (1.05 and 50 ms)"
        )
        print(
            f"  most memory: `report` {statistics.median(one[1] for one in reports):.0f} MiB, "
            f"UI {statistics.median(one[1] for one in screens):.0f} MiB"
        )


def threads(pid, name):
    """Whether the process has a thread of that name."""
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/comm", encoding="utf-8") as file:
                if file.read().strip() == name:
                    return True
    except OSError:
        pass
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["first", "keys", "still", "cost"])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--ncsight", default="target/release/ncsight")
    parser.add_argument("--slow", action="store_true", help="feed standard input, 1500 bytes every 10 ms")
    parser.add_argument("--times", type=int, default=11, help="repetitions")
    parser.add_argument("--keys", type=int, default=200, help="keys pressed")
    parser.add_argument("--pause", type=float, default=0.1, help="seconds between keys, on average")
    parser.add_argument("--seconds", type=float, default=5.0, help="time to sit still")
    options = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    {"first": first, "keys": keys, "still": still, "cost": cost}[options.what](options)


if __name__ == "__main__":
    main()
