"""Writers of pcap (every magic) and pcapng (sections, interfaces, every block that captures carry)."""
import struct

NULL, ETHERNET, RAW, LOOP, SLL, SLL2 = 0, 1, 101, 108, 113, 276


def pcap(frames, link=ETHERNET, nano=False, big=False, modified=False, snap=262144):
    """A classic capture. `frames` are (nanoseconds, bytes) or (nanoseconds, bytes, wire length)."""
    end = ">" if big else "<"
    magic = 0xA1B23C4D if nano else 0xA1B2CD34 if modified else 0xA1B2C3D4
    out = struct.pack(end + "IHHiIII", magic, 2, 4, 0, 0, snap, link)
    for frame in frames:
        at, data = frame[0], frame[1]
        wire = frame[2] if len(frame) > 2 else len(data)
        part = at % 1_000_000_000 if nano else at % 1_000_000_000 // 1000
        out += struct.pack(end + "IIII", at // 1_000_000_000, part, min(len(data), snap), wire)
        if modified:  # Kuznetzov's patch: interface index, protocol, packet type, padding
            out += struct.pack(end + "IHBx", 2, 0x0800, 0)
        out += data[:snap]
    return out


class Section:
    """One pcapng section of one byte order; blocks are appended in call order."""

    def __init__(self, big=False, options=()):
        self.end = ">" if big else "<"
        self.interfaces = []
        body = struct.pack(self.end + "IHHq", 0x1A2B3C4D, 1, 0, -1) + self._options(options)
        self.data = self._block(0x0A0D0D0A, body)

    def _block(self, kind, body):
        body += b"\0" * (-len(body) % 4)
        size = struct.pack(self.end + "I", len(body) + 12)
        return struct.pack(self.end + "I", kind) + size + body + size

    def _options(self, options):
        if not options:
            return b""
        out = b""
        for code, value in options:
            out += struct.pack(self.end + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)
        return out + struct.pack(self.end + "HH", 0, 0)

    def interface(self, link=ETHERNET, snap=262144, tsresol=None, tsoffset=None, name=None, os=None):
        """An interface description; `tsresol` is the raw option byte (6 = microseconds)."""
        options = []
        if name:
            options.append((2, name.encode()))
        if tsresol is not None:
            options.append((9, bytes([tsresol])))
        if os:
            options.append((12, os.encode()))
        if tsoffset is not None:
            options.append((14, struct.pack(self.end + "q", tsoffset)))
        units = 1_000_000 if tsresol is None else 2 ** (tsresol & 0x7F) if tsresol & 0x80 else 10 ** tsresol
        self.interfaces.append((units, tsoffset or 0))
        self.data += self._block(1, struct.pack(self.end + "HHI", link, 0, snap) + self._options(options))
        return len(self.interfaces) - 1

    def _stamp(self, interface, at):
        units, offset = self.interfaces[interface]
        ticks = (at - offset * 1_000_000_000) * units // 1_000_000_000
        return struct.pack(self.end + "II", ticks >> 32, ticks & 0xFFFFFFFF)

    def packet(self, at, data, interface=0, wire=None, options=()):
        """An enhanced packet block."""
        body = struct.pack(self.end + "I", interface) + self._stamp(interface, at)
        body += struct.pack(self.end + "II", len(data), len(data) if wire is None else wire)
        body += data + b"\0" * (-len(data) % 4) + self._options(options)
        self.data += self._block(6, body)

    def simple_packet(self, data):
        """A simple packet block: interface 0 and no time."""
        self.data += self._block(3, struct.pack(self.end + "I", len(data)) + data)

    def obsolete_packet(self, at, data, interface=0, drops=0):
        """The packet block of the first drafts."""
        body = struct.pack(self.end + "HH", interface, drops) + self._stamp(interface, at)
        body += struct.pack(self.end + "II", len(data), len(data)) + data
        self.data += self._block(2, body)

    def journal(self, at, fields):
        """A systemd journal export block, as etl2pcapng writes trace events."""
        text = f"__REALTIME_TIMESTAMP={at // 1000}\n" + "".join(f"{k}={v}\n" for k, v in fields)
        self.data += self._block(9, text.encode())

    def custom(self, data, number=32473):
        """A custom block that may be copied, with the enterprise number for documentation."""
        self.data += self._block(0x0BAD, struct.pack(self.end + "I", number) + data)

    def statistics(self, at, received, dropped, interface=0):
        """An interface statistics block."""
        options = [(4, struct.pack(self.end + "Q", received)), (5, struct.pack(self.end + "Q", dropped))]
        body = struct.pack(self.end + "I", interface) + self._stamp(interface, at) + self._options(options)
        self.data += self._block(5, body)

    def names(self, address, name):
        """A name resolution block with one IPv4 record."""
        record = address + name.encode() + b"\0"
        body = struct.pack(self.end + "HH", 1, len(record)) + record + b"\0" * (-len(record) % 4)
        self.data += self._block(4, body + struct.pack(self.end + "HH", 0, 0))
