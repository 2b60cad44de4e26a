#!/usr/bin/env python3
"""Counts the instructions that the program takes for each capture, a byte of it after decompression.

    NCSIGHT_HOSTILE_WRITE=FOLDER cargo test --test hostile -- --nocapture
    python3 tests/hostile/instructions.py PROGRAM FOLDER...

No input may cost more than 10 million instructions and 300 for each byte. Folders are searched with all that is below
them. Needs valgrind, which knows no instructions for SHA-256 and so has the digest of the file made in software, for 52 a
byte: the last column estimates what a processor with such instructions takes. What is counted decides.
"""

import gzip
import re
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

START = 10_000_000
EACH = 300
# What the digest takes a byte where the processor has instructions for it.
HARDWARE = 3
# What is unpacked of one body: no more is looked into (MAX_HTTP_BODY).
BODY = 8 << 10
GZIP = b"\x1f\x8b\x08"


def bodies(raw: bytes) -> int:
    """Bytes that come out of the packed bodies of responses, as far as they are unpacked at all."""
    total, at = 0, raw.find(GZIP)
    while at >= 0:
        try:
            total += len(zlib.decompressobj(31).decompress(raw[at : at + (64 << 10)], BODY))
        except zlib.error:
            pass
        at = raw.find(GZIP, at + 1)
    return total


def size(path: Path) -> int:
    """Bytes of the capture, unpacked, and of what is packed in it."""
    raw = path.read_bytes()
    if raw.startswith(GZIP):
        raw = gzip.decompress(raw)
    return len(raw) + bodies(raw)


def instructions(program: str, path: Path) -> tuple[int, int]:
    """What one report takes, and its digest alone; what is no capture is refused, and costs something, too."""
    with tempfile.NamedTemporaryFile() as profile:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile.name}", program, "report"]
        run = subprocess.run([*command, "--format", "json", str(path)], capture_output=True, text=True, check=False)
        told = subprocess.run(["callgrind_annotate", profile.name], capture_output=True, text=True, check=True).stdout
    lines = [line for line in told.splitlines() if re.search(r":sha2::sha256::compress|sha256.*compress256", line)]
    digest = sum(int(re.match(r"\s*([\d,]+)", line).group(1).replace(",", "")) for line in lines)
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1)), digest


def main() -> int:
    program, folders = sys.argv[1], [Path(folder) for folder in sys.argv[2:]]
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    over = 0
    print(f"{'capture':22} {'bytes':>12} {'instructions':>15} {'a byte':>8} {'of the bound':>13} {'with SHA':>9}")
    for path in files:
        (count, digest), bytes_ = instructions(program, path), size(path)
        with_sha = count - digest + min(digest, HARDWARE * path.stat().st_size)
        share, real = count / (START + EACH * bytes_), with_sha / (START + EACH * bytes_)
        over += share > 1
        print(f"{path.name:22} {bytes_:12} {count:15} {count / bytes_:8.1f} {share:12.0%} {real:9.0%}", flush=True)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
