"""A live run of ncsight inside the laboratory of captures/lab: real clients, real servers, namespaces of its own."""
import json
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "captures", "lab"))
from netlab import LabError, until  # noqa: E402  (the laboratory stands beside the captures)

NCSIGHT = os.environ.get("NCSIGHT", os.path.join(HERE, "..", "..", "target", "debug", "ncsight"))


class Live:
    """ncsight on an interface of a node."""

    def __init__(self, node, *argv, before=(), stdin=subprocess.DEVNULL, wait="listening"):
        self.node = node
        self.out = os.path.join(node.lab.dir, f"live-{time.monotonic_ns()}.ndjson")
        self.err = self.out + ".err"
        command = ["ip", "netns", "exec", node.ns, *before, NCSIGHT, "report", "--format", "ndjson", *argv]
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(command, stdin=stdin, stdout=out, stderr=err, start_new_session=True)
        node.lab.processes.append(self.process)
        if wait:
            self.says(wait)

    def errors(self):
        with open(self.err, encoding="utf-8") as file:
            return file.read()

    def says(self, text, seconds=20.0):
        """Waits until standard error says `text`; gives all of it."""
        def test():
            if text in self.errors():
                return True
            if self.process.poll() is not None:
                raise LabError(f"ncsight ended without saying {text!r}: {self.errors()}")
            return False
        until(f"ncsight to say {text!r}", test, seconds)
        return self.errors()

    def lines(self, path=None):
        """What was printed so far: whole lines only."""
        with open(path or self.out, encoding="utf-8") as file:
            return [json.loads(line) for line in file.read().split("\n")[:-1]]

    def finds(self, verdict, cause=None, seconds=20.0, **more):
        """Waits for a finding; gives it."""
        def test():
            for line in self.lines():
                wanted = {"verdict": verdict, "cause": cause, **more}
                if all(line.get(key) == value for key, value in wanted.items()):
                    return line
            if self.process.poll() is not None:
                raise LabError(f"ncsight ended: {self.errors()}")
            return None
        return until(f"{verdict} ({cause})", test, seconds)

    def kill(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM):
        """Ends it and gives (exit code, lines)."""
        self.kill(number)
        code = self.process.wait(20)
        return code, self.lines()


class Screen:
    """A terminal (tmux) on a node, in which a shell runs."""

    def __init__(self, node, columns=80, rows=24):
        self.socket = f"ncsight-live-{os.getpid()}-{time.monotonic_ns()}"
        self.folder = os.path.join(node.lab.dir, self.socket)
        os.mkdir(self.folder)
        shell = "env -u NO_COLOR PS1='ready$ ' LANG=C.UTF-8 TZ=UTC bash --norc --noprofile -i"
        done = subprocess.run(["ip", "netns", "exec", node.ns, "tmux", "-L", self.socket, "-f", "/dev/null", "new-session",
                               "-d", "-x", str(columns), "-y", str(rows), "-c", self.folder, shell], capture_output=True, text=True)
        check(done.returncode == 0, f"tmux: {done.stderr}")
        self.waits("ready$")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-server")

    def tmux(self, *argv):
        return subprocess.run(["tmux", "-L", self.socket, *argv], capture_output=True, text=True).stdout

    def shows(self):
        return self.tmux("capture-pane", "-p")

    def keys(self, *keys):
        for key in keys:
            self.tmux("send-keys", key)

    def types(self, text):
        self.tmux("send-keys", "-l", text)

    def line(self, text):
        self.types(text)
        self.keys("Enter")

    def waits(self, text, seconds=20.0, gone=False):
        """Waits until the screen shows `text` (or does not any more); gives the screen."""
        def test():
            screen = self.shows()
            return screen if (text in screen) != gone else None
        try:
            return until(f"the screen to show {text!r}", test, seconds)
        except LabError as error:
            raise LabError(f"{error}:\n{self.shows()}") from None

    def is_given_back(self):
        """The terminal is the shell's again."""
        state = self.tmux("display-message", "-p", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}").strip()
        check(state == "0 0 1", f"the terminal is not given back: {state}")

    def file(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()


def check(condition, what):
    """An expectation of a scenario."""
    if not condition:
        raise LabError(what)


def tshark(*argv):
    """Runs tshark; gives (exit code, lines, errors)."""
    done = subprocess.run(["tshark", *argv], capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines(), done.stderr
