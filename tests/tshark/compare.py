#!/usr/bin/env python3
"""Compares what ncsight reads of captures with what tshark reads: packets, link types, DNS answers, HTTP requests and
responses, TLS hellos and fatal alerts, each with its packet number.

    tests/tshark/compare.py [--ncsight PROGRAM] [--cache FOLDER] [--share K/N] [CAPTURE...]

Without captures: all in captures/ (or one of N shares of them, counted from 0: tshark takes half a second to start), and all
in the folder that NCSIGHT_CORPUS names (skipped where it is not set).
Every difference stands in differences.toml with its reason. Exit status: 0 all as listed; 1 a difference that is not
listed, or a listed one that no longer occurs; 2 a program is missing.
"""

import argparse
import collections
import concurrent.futures
import fnmatch
import os
import pathlib
import shutil
import subprocess
import sys
import tomllib
import zlib

from messages import KINDS, Message, from_ncsight, from_tshark
import tshark

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
SUFFIXES = (".pcap", ".pcapng", ".cap", ".gz", ".zst")
# Differences of one file and kind above this number are listed as a count.
LISTED_ONE_BY_ONE = 12


class Table:
    """The committed differences and their reasons."""

    def __init__(self, path):
        with open(path, "rb") as file:
            content = tomllib.load(file)
        self.classes = content.get("class", {})
        self.groups = content.get("difference", [])
        self.used_classes = collections.Counter()
        self.used_files = set()

    def listed(self, name):
        """Differences listed for a file: {text: reason}."""
        found = {}
        for number, group in enumerate(self.groups):
            for pattern, texts in group["files"].items():
                if fnmatch.fnmatchcase(name, pattern):
                    self.used_files.add((number, pattern))
                    found.update({text: group["reason"] for text in texts})
        return found

    def stale(self, roots):
        """What is listed and did not occur, as far as the roots that were read whole allow to say so."""
        for number, group in enumerate(self.groups):
            for pattern in group["files"]:
                if pattern.split("/", 1)[0] in roots and (number, pattern) not in self.used_files:
                    yield f"no file is called {pattern}"
        if roots >= {"captures", "corpus"}:
            for name in self.classes:
                if not self.used_classes[name]:
                    yield f"class {name} explains nothing any more"


def find_captures(arguments):
    """(name in the table, path), and the roots that are read whole."""
    def below(folder, root):
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in SUFFIXES)
        return [(f"{root}/{path.relative_to(folder).as_posix()}", path) for path in paths]

    corpus = os.environ.get("NCSIGHT_CORPUS")
    if arguments.captures:
        found = []
        for path in map(pathlib.Path, arguments.captures):
            root = "captures"
            if corpus and path.resolve().is_relative_to(pathlib.Path(corpus).resolve()):
                name = f"corpus/{path.resolve().relative_to(pathlib.Path(corpus).resolve()).as_posix()}"
                found.append((name, path))
                continue
            found.extend(below(path, root) if path.is_dir() else [(f"{root}/{path.name}", path)])
        return found, set()
    share, shares = arguments.share
    roots = {"captures"} if shares == 1 else set()
    found = [one for one in below(arguments.folder, "captures") if zlib.crc32(one[0].encode()) % shares == share % shares]
    if corpus:
        roots.add("corpus")
        found.extend(below(pathlib.Path(corpus), "corpus"))
    else:
        print("skipped: NCSIGHT_CORPUS is not set, only captures/ is compared")
    return found, roots


def share_of(text):
    """K/N as two numbers."""
    share, shares = map(int, text.split("/"))
    return share, shares


def program(arguments):
    """The ncsight to compare."""
    places = [arguments.ncsight] if arguments.ncsight else [
        PROJECT / "target/release/ncsight", PROJECT / "target/debug/ncsight"]
    for place in places:
        if place and shutil.which(str(place)):
            return str(place)
    print("no ncsight found; build it first: cargo build", file=sys.stderr)
    sys.exit(2)


def differences(ours, theirs):
    """Pairs off what both read. Returns what is left: (sign, message); + is ours alone, - tshark's alone, ~ what both
    have at different places."""
    own = collections.defaultdict(list)
    for message in ours.messages:
        own[message.kind].append(message)
    left = []
    for message in theirs.messages:
        partner = next((one for one in own[message.kind]
                        if one.value == message.value and one.packet == message.packet), None)
        if partner:
            own[message.kind].remove(partner)
        else:
            left.append(message)
    signed = []
    for message in left:
        stream = theirs.streams.get(message.packet)
        partner = next((one for one in own[message.kind] if one.value == message.value and stream is not None
                        and theirs.streams.get(one.packet) == stream), None)
        if partner:
            own[message.kind].remove(partner)
            place = "record-end" if message.kind == "tls.server_hello" and partner.packet < message.packet else "place"
            signed.append(("~", Message(partner.packet, message.kind, f"{message.value} {message.packet}", (place,))))
        else:
            signed.append(("-", message))
    signed.extend(("+", message) for messages in own.values() for message in messages)
    return signed


def explain(left, ours, table):
    """Takes out what a class of the table explains. Returns the texts of the rest, and counts by class."""
    rest = collections.defaultdict(list)
    by_class = collections.Counter()
    for sign, message in left:
        tags = [tag for tag in message.tags if tag in table.classes]
        if "not-decoded" in tags and not ours.not_decoded:
            tags.remove("not-decoded")
        if sign != "+" and tags:
            by_class[tags[0]] += 1
            table.used_classes[tags[0]] += 1
        else:
            rest[sign, message.kind].append(message)
    texts = []
    for (sign, kind), messages in sorted(rest.items()):
        if len(messages) > LISTED_ONE_BY_ONE:
            texts.append(f"{sign}{len(messages)} times {kind}")
        else:
            texts.extend(f"{sign}{message.packet} {kind} {message.value}".rstrip() for message in messages)
    return texts, by_class


def compare(name, path, ncsight, cache, table):
    ours = from_ncsight(subprocess.run([ncsight, "inventory", str(path)], capture_output=True, check=False))
    theirs = from_tshark(tshark.read(path, cache), lambda: tshark.read_bodies(path, cache))
    left = differences(ours, theirs)
    return name, ours, theirs, left


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ncsight", help="the program; target/release or target/debug by default")
    parser.add_argument("--folder", type=pathlib.Path, default=PROJECT / "captures", help="the folder of captures")
    parser.add_argument("--cache", type=pathlib.Path, help="keep what tshark says here")
    parser.add_argument("--share", type=share_of, default=(0, 1), metavar="K/N", help="share K of N of captures/")
    parser.add_argument("--jobs", type=int, default=2, help="captures read at a time")
    parser.add_argument("--verbose", action="store_true", help="print explained differences, too")
    parser.add_argument("captures", nargs="*", help="captures or folders of them")
    arguments = parser.parse_args()
    if not shutil.which("tshark"):
        print("no tshark found; install it to compare: apt-get install tshark", file=sys.stderr)
        return 2
    ncsight = program(arguments)
    table = Table(HERE / "differences.toml")
    found, roots = find_captures(arguments)
    faults = 0
    totals = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda item: compare(*item, ncsight, arguments.cache, table), found)
        for name, ours, theirs, left in results:
            texts, by_class = explain(left, ours, table)
            listed = table.listed(name)
            unlisted = [text for text in texts if text not in listed]
            gone = [text for text in listed if text not in texts]
            faults += len(unlisted) + len(gone)
            totals.update(by_class)
            counts = " ".join(f"{kind}={ours.count(kind)}/{theirs.count(kind)}" for kind in KINDS
                              if ours.count(kind) or theirs.count(kind))
            explained = sum(by_class.values()) + len(texts) - len(unlisted)
            word = "DIFFERS" if unlisted or gone else f"{explained} explained" if explained else "equal"
            print(f"{word}\t{name}\t{counts}")
            for name_of_class, count in sorted(by_class.items()) if arguments.verbose else ():
                print(f"\t\t{count} {name_of_class}")
            for text in texts if arguments.verbose else ():
                if text in listed:
                    print(f"\t\t{text}: {listed[text]}")
            for text in unlisted:
                print(f"\tunlisted\t{text}")
            for text in gone:
                print(f"\tgone\t{text}")
            for undecoded in ours.not_decoded:
                print(f"\tnot decoded\t{undecoded}")
    for text in table.stale(roots):
        faults += 1
        print(f"gone\t{text}")
    print(f"{len(found)} captures, {faults} faults; differences by class: "
          + (", ".join(f"{count} {name}" for name, count in totals.most_common()) or "none"))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
