"""Puts a capture of tcpdump into other containers, packets and times unchanged, and merges captures. No names of this machine get in."""
import struct

import capfile


def frames(path):
    """(link type, snap length, [(nanoseconds, bytes, wire length)]) of a little-endian pcap."""
    with open(path, "rb") as file:
        data = file.read()
    unit = 1 if data[:4] == bytes.fromhex("4d3cb2a1") else 1000
    snap, link = struct.unpack_from("<II", data, 16)
    out, at = [], 24
    while at + 16 <= len(data):
        sec, part, size, wire = struct.unpack_from("<IIII", data, at)
        out.append((sec * 1_000_000_000 + part * unit, data[at + 16:at + 16 + size], wire))
        at += 16 + size
    return link, snap, out


def put(path, data):
    with open(path, "wb") as file:
        file.write(data)


def big_endian(source, target):
    """As a big-endian machine would write it."""
    link, snap, packets = frames(source)
    put(target, capfile.pcap(packets, link, big=True, snap=snap))


def nano(source, target):
    """With the magic of nanoseconds."""
    link, snap, packets = frames(source)
    put(target, capfile.pcap(packets, link, nano=True, snap=snap))


def pcapng(source, target):
    """One section, one interface, nanoseconds."""
    joined([source], target)


def joined(sources, target):
    """Captures merged by time as interfaces of one pcapng section."""
    section, packets = capfile.Section(), []
    for source in sources:
        link, snap, found = frames(source)
        interface = section.interface(link, snap, tsresol=9, name=f"eth{len(section.interfaces)}")
        packets += [(at, interface, data, wire) for at, data, wire in found]
    for at, interface, data, wire in sorted(packets, key=lambda packet: packet[0]):
        section.packet(at, data, interface, wire)
    put(target, section.data)


FORMS = {"pcapng": (pcapng, "pcapng"), "big": (big_endian, "pcap"), "nano": (nano, "pcap")}
