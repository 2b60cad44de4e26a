"""What a scenario made by programs is: its traffic, its capture, and the expectation told by servers' logs and tshark.

A scenario is a function `f(run, lab)` under `@scenario(NAME, ...)`. It makes traffic, gives the capture to `run.save`,
and states findings with `run.expect`; `evidence` there are display filters, resolved to packet numbers by tshark,
and each must match. `run.first(FILTER)` stands for the first match alone. `run.wire(FILTER, N)` asserts what is on the wire. Nothing here asks the program under test.
"""
import os
import shutil
import subprocess

import expect
from netlab import Lab, LabError

SCENARIOS, SECONDS = {}, {}
CAUSED = (expect.hotspot, expect.no_http)


def tshark(path, display, *fields):
    """Rows of fields of the packets that match."""
    argv = ["tshark", "-n", "-r", path, "-Y", display, "-T", "fields"]
    for field in fields or ("frame.number",):
        argv += ["-e", field]
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"tshark {display}: {done.stderr}")
    return [line for line in done.stdout.splitlines() if line]


class Run:
    """One making of one capture."""

    def __init__(self, name, meta, outdir):
        self.name, self.meta, self.outdir = name, meta, outdir
        self.path, self.told, self.findings, self.notes, self.seen, self.places = None, [], [], [], {}, []
        self.endpoints, self.network_cleared = [], None

    def save(self, source, suffix="pcap", convert=None):
        """Takes a capture (a stopped `Capture` or a path); `convert(source, target)` may rewrite it."""
        path = source if isinstance(source, str) else source.path
        for old in ("pcap", "pcapng"):
            if os.path.exists(os.path.join(self.outdir, f"{self.name}.{old}")):
                os.remove(os.path.join(self.outdir, f"{self.name}.{old}"))
        self.path = os.path.join(self.outdir, f"{self.name}.{suffix}")
        (convert or shutil.copyfile)(path, self.path)
        os.chmod(self.path, 0o644)
        if os.path.getsize(self.path) > 20000:
            raise LabError(f"{self.name}: {os.path.getsize(self.path)} bytes")

    def frames(self, display):
        """Packet numbers of a display filter; an HTTP message of several segments is the packet where it begins (its status line)."""
        if display not in self.seen:
            rows = [line.split("\t") for line in tshark(self.path, display, "frame.number", "tcp.segment")]
            begins = "http." in display  # tshark names the last segment, the one that completes the message
            self.seen[display] = sorted({min(map(int, segments.split(","))) if segments and begins else int(number)
                                         for number, segments in rows})
        return self.seen[display]

    def first(self, display):
        """The first packet of a display filter, as a list: of copies of one query, SYN or request the decisive one."""
        return self.frames(display)[:1]

    def wire(self, display, count):
        """Asserts how many packets match."""
        got = len(self.frames(display))
        if got != count:
            raise LabError(f"{self.name}: {display}: {got} packets, not {count}")

    def truth(self, text):
        """What a server's log or the client says."""
        self.told += [text] if isinstance(text, str) else text

    def note(self, text):
        """Something the rules leave open, and what was chosen."""
        self.notes.append(text)

    def like(self, build, client, server, evidence, **fields):
        """One finding in the form of a function of expect.py (`expect.success`, `expect.hotspot` ...)."""
        finding = build(client, server, None, **fields) if build not in CAUSED else build(client, server, fields.pop("cause"), None, **fields)
        del finding["evidence"]
        self.expect(evidence=evidence, **{key: value for key, value in finding.items() if value is not None})

    def expect(self, evidence=(), **fields):
        """One finding, field by field."""
        numbers = set()
        for item in evidence:
            found = item if isinstance(item, list) else [item] if isinstance(item, int) else self.frames(item)
            if not found:
                raise LabError(f"{self.name}: no packet matches {item}")
            numbers.update(found)
        self.findings.append((fields, sorted(numbers)))

    def place(self, at, item):
        """What stands at a place of the JSON report beside the findings; "null" is nothing."""
        self.places.append((at, item))

    def endpoint(self, **fields):
        """One row of the table of Microsoft 365 endpoint sets; stages are "worked/failed"."""
        self.endpoints.append(fields)

    def cleared(self, value):
        """Whether the report says that the network is not guilty."""
        self.network_cleared = value

    def finish(self):
        if not self.path:
            raise LabError(f"{self.name}: nothing saved")
        seen = [f"tshark {display}: " + (("frame " + ", ".join(map(str, found))) if found else "none")
                for display, found in self.seen.items()]
        findings = [dict(fields, **({"evidence": numbers} if numbers else {})) for fields, numbers in self.findings]
        expect.write(self.outdir, self.name, truth="; ".join([*self.told, *seen]), notes=self.notes, findings=findings, report=self.places,
                     endpoints=self.endpoints, network_cleared=self.network_cleared, **self.meta)


def scenario(name, *, title, shows, rows, near_miss_of=(), made="programs", position="client", options=(), seconds=5):
    """Registers a scenario under its capture's name; `seconds` is about how long its time-outs take (long ones start first)."""
    meta = {"title": title, "shows": shows, "rows": list(rows), "near_miss_of": list(near_miss_of), "made": made,
            "position": position, "options": list(options)}

    def register(work):
        def make(outdir):
            run = Run(name, meta, outdir)
            with Lab(name) as lab:
                work(run, lab)
                run.finish()
        if name in SCENARIOS:
            raise ValueError(name)
        SCENARIOS[name], SECONDS[name] = make, seconds
        return work
    return register
