#!/usr/bin/env python3
"""squid's Negotiate authenticator for the lab: takes any token for the machine account's Kerberos ticket."""
import sys

for line in sys.stdin:
    word = line.split()[0] if line.split() else ""
    print("AF = PC17$@CORP.EXAMPLE" if word == "YR" else "BH not understood", flush=True)
