#!/usr/bin/env python3
"""Counts the instructions that the program takes for each attack, a byte of the (uncompressed) capture.

    NCSIGHT_HOSTILE_WRITE=FOLDER cargo test --test hostile -- --nocapture
    python3 tests/hostile/instructions.py PROGRAM FOLDER

No input may cost more than 10 million instructions and 300 for each byte. Needs valgrind.
"""

import gzip
import re
import subprocess
import sys
from pathlib import Path

START = 10_000_000
EACH = 300


def size(path: Path) -> int:
    """Bytes of the capture, unpacked."""
    raw = path.read_bytes()
    return len(gzip.decompress(raw)) if raw.startswith(b"\x1f\x8b") else len(raw)


def instructions(program: str, path: Path) -> int:
    """What one report takes."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "report", "--format", "json"]
    run = subprocess.run([*command, str(path)], capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def main() -> int:
    program, folder = sys.argv[1], Path(sys.argv[2])
    over = 0
    print(f"{'attack':22} {'bytes':>12} {'instructions':>15} {'a byte':>8} {'of the bound':>13}")
    for path in sorted(folder.iterdir()):
        count, bytes_ = instructions(program, path), size(path)
        share = count / (START + EACH * bytes_)
        over += share > 1
        print(f"{path.name:22} {bytes_:12} {count:15} {count / bytes_:8.1f} {share:12.0%}", flush=True)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
