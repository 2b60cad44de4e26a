#!/usr/bin/env python3
"""Makes the captures: `run.py list`, `run.py NAME...`, `run.py all [-j N]`. Needs root (namespaces) and setup.sh.

Every module named here has SCENARIOS, a dictionary of capture name to `make(outdir)`; each is run in a process of its own.
"""
import argparse
import importlib
import multiprocessing
import os
import signal
import sys
import time
import traceback

import scenario

MODULES = [
    "scenes_dns",
    "scenes_http",
    "scenes_reach",
    "scenes_proxy",
    "scenes_discovery",
    "scenes_rows",
    "scenes_told",
    "scenes_host",
    "scenes_near_proxy",
    "scenes_office",
    "scenes_office_more",
    "scenes_os",
    "scenes_marks",
    "scenes_predict",
    "scenes_position",
    "scenes_slice",
    "scenes_near",
    "scenes_tunnels",
    "scenes_points",
    "scenes_proxy_more",
    "scenes_many",
    "tls",
    "build",
]
OUT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def scenarios():
    """Every capture's name and maker, and the modules that cannot be imported."""
    found, broken = scenario.SCENARIOS, []  # the first is filled by the modules that use its decorator
    for name in MODULES:
        try:
            module = importlib.import_module(name)
        except ImportError as error:
            broken.append(f"{name}: {error}")
            continue
        for capture, make in getattr(module, "SCENARIOS", {}).items():
            found.setdefault(capture, make)
    return found, broken


def one(name, make, results):
    """Makes one capture and tells how it went."""
    start = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # so that namespaces are deleted then too
    try:
        make(OUT)
        results.put((name, None, time.monotonic() - start))
    except BaseException:  # an interrupted scenario has cleaned up and is told too
        results.put((name, traceback.format_exc(), time.monotonic() - start))


def run(wanted, found, jobs, tries=2):
    """Runs scenarios side by side; a failed one is tried once more. Gives the names that failed."""
    results, waiting, running, failed = multiprocessing.Queue(), [(name, tries) for name in wanted], {}, []
    while waiting or running:
        while waiting and len(running) < jobs:
            name, left = waiting.pop(0)
            process = multiprocessing.Process(target=one, args=(name, found[name], results))
            process.start()
            running[name] = (process, left)
        name, error, seconds = results.get()
        process, left = running.pop(name)
        process.join()
        print(f"{'FAILED' if error else 'made  '} {name} {seconds:.1f} s", flush=True)
        if error:
            print(error, file=sys.stderr, flush=True)
            if left > 1:
                waiting.append((name, left - 1))
            else:
                failed.append(name)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", help="list, all, or names of captures (a trailing * is a wildcard)")
    parser.add_argument("-j", "--jobs", type=int, default=24)
    asked = parser.parse_args()
    found, broken = scenarios()
    for module in broken:
        print(f"left out {module}", file=sys.stderr)
    if asked.names == ["list"]:
        print("\n".join(found))
        return 0
    wanted = [] if asked.names != ["all"] else list(found)
    for name in asked.names if asked.names != ["all"] else []:
        hits = [known for known in found if known == name or (name.endswith("*") and known.startswith(name[:-1]))]
        if not hits:
            parser.error(f"no capture {name}")
        wanted += hits
    wanted.sort(key=lambda name: -scenario.SECONDS.get(name, 0))
    failed = run(wanted, found, asked.jobs)
    print(f"{len(wanted) - len(failed)} made, {len(failed)} failed" + (": " + " ".join(failed) if failed else ""))
    return 1 if failed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
