#!/usr/bin/env python3
"""Runs scenarios of live capture, as root, in network namespaces that it makes and deletes.

    ./run.py            # the names
    ./run.py NAME...    # these; `all` for all of them. NCSIGHT names the program under test.
"""
import signal
import sys
import time

import harness  # noqa: F401  (finds the laboratory)
import scenes
import scenes_screen  # noqa: F401  (registers its scenes)
from netlab import Lab


def ended(number, _):
    """A signal ends the run as an exception does, so that nothing is left behind."""
    raise SystemExit(128 + number)


def main(names):
    signal.signal(signal.SIGTERM, ended)
    if not names:
        print("\n".join(scenes.ALL))
        return 0
    for name in scenes.ALL if names == ["all"] else names:
        start = time.monotonic()
        with Lab(name) as lab:
            try:
                scenes.ALL[name](lab)
            except Exception as error:
                print(f"{name}: {error}", flush=True)
                raise
        print(f"{name}: ok, {time.monotonic() - start:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
