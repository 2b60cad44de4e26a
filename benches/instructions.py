#!/usr/bin/env python3
"""Counts instructions a packet under callgrind, and compares them with those that are recorded in instructions.json.

    benches/instructions.py              fails where a workload takes 5 % more than recorded
    benches/instructions.py --record     writes what is counted now

Times differ from machine to machine and from minute to minute; instructions of the same binary do not. They do differ
between compilers and C libraries, which pick other code for other processors: where these are not those of the record,
the counts are shown and nothing fails. Needs valgrind, and target/release/ncsight or what --ncsight names.
"""
import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RECORD = os.path.join(HERE, "instructions.json")
# Kind and megabytes: long enough that the start of the program does not count, short enough for a minute.
WORKLOADS = {"bulk": 40, "tiny": 20, "probes": 6, "mixed": 6}
ALLOWED = 1.05


def output(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def circumstances():
    """What the counts depend on beside the code."""
    flags = re.search(r"^flags\s*:(.*)$", open("/proc/cpuinfo", encoding="ascii").read(), re.M)
    level = "avx2" if flags and " avx2 " in flags.group(1) + " " else "without avx2"
    return {
        "rustc": output("rustc", "-V").strip(),
        "valgrind": output("valgrind", "--version").strip(),
        "libc": " ".join(platform.libc_ver()),
        "processor": f"{platform.machine()} {level}",
    }


def count(program, capture):
    """Instructions of a whole run, and packets read."""
    with tempfile.NamedTemporaryFile() as profile:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile.name}", program, "report", "--stats", capture],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
    counted = re.search(r"Collected : (\d+)", run.stderr)
    packets = re.search(r"read (\d+) packets", run.stderr)
    if not counted or not packets:
        sys.exit(f"{capture}: nothing counted\n{run.stderr}")
    return int(counted.group(1)), int(packets.group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--ncsight", default=os.path.join(HERE, "..", "target", "release", "ncsight"))
    options = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, megabytes in WORKLOADS.items():
            capture = os.path.join(folder, f"{kind}.pcap")
            subprocess.run(
                ["cargo", "bench", "--quiet", "--bench", "generate", "--", kind, str(megabytes), capture],
                check=True,
                cwd=os.path.join(HERE, ".."),
            )
            instructions, packets = count(options.ncsight, capture)
            found[kind] = round(instructions / packets, 1)
    here = circumstances()
    if options.record:
        with open(RECORD, "w", encoding="utf-8") as file:
            json.dump({"circumstances": here, "instructions_a_packet": found}, file, indent=2)
            file.write("\n")
        return
    with open(RECORD, encoding="utf-8") as file:
        record = json.load(file)
    comparable = record["circumstances"] == here
    worse = []
    for kind, now in found.items():
        before = record["instructions_a_packet"][kind]
        print(f"{kind:8} {now:10.1f} instructions a packet, recorded {before:10.1f}: {now / before:.3f}")
        worse += [kind] * (now > before * ALLOWED)
    if not comparable:
        print(f"not compared: the record is of {record['circumstances']}, this is {here}")
    elif worse:
        sys.exit(f"more than {ALLOWED:.2f} times the recorded instructions: {', '.join(worse)}")


if __name__ == "__main__":
    main()
