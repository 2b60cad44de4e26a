"""A DHCP client as Windows is one, over raw frames (RFC 2131): DISCOVER, REQUEST, then three ARP probes and an announcement."""
import random
import socket
import struct
import time

from packet import checksum, mac

# Message type 53, client id 61, host name 12, vendor class 60, parameters 55.
PARAMETERS = bytes([1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252])


def frame(own, ident, kind, more=b"", name=b"PC17", vendor=b"MSFT 5.0"):
    """A broadcast DHCP message of the client without an address."""
    options = (bytes([53, 1, kind, 61, 7, 1]) + own + more + bytes([12, len(name)]) + name + bytes([60, len(vendor)]) + vendor
               + bytes([55, len(PARAMETERS)]) + PARAMETERS + b"\xff")
    body = struct.pack("!BBBBIHHIIII", 1, 1, 6, 0, ident, 0, 0, 0, 0, 0, 0) + own + bytes(10 + 192) + b"\x63\x82\x53\x63" + options
    udp = struct.pack("!HHHH", 68, 67, 8 + len(body), 0) + body
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), random.randrange(65536), 0, 128, 17, 0, bytes(4), b"\xff" * 4)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return b"\xff" * 6 + own + b"\x08\x00" + head + udp


def arp(own, sender, target):
    """A broadcast who-has."""
    return b"\xff" * 6 + own + b"\x08\x06" + struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, own, sender, bytes(6), target)


def options_of(message):
    """The options of a DHCP message, by code."""
    at, found = 240, {}
    while at < len(message) and message[at] != 255:
        if message[at] == 0:
            at += 1
            continue
        found[message[at]] = message[at + 2:at + 2 + message[at + 1]]
        at += 2 + message[at + 1]
    return found


def lease(node, iface, hardware):
    """Takes a lease and sets it on the interface; gives the address."""
    own, ident = mac(hardware), random.randrange(1 << 32)
    with node.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as raw:
        raw.bind((iface, 3))
        raw.settimeout(5)

        def reply(kind):
            while True:
                data = raw.recv(2048)
                if data[12:14] == b"\x08\x00" and data[23] == 17 and data[34:38] == struct.pack("!HH", 67, 68):
                    message = data[42:]
                    if message[4:8] == struct.pack("!I", ident) and options_of(message)[53][0] == kind:
                        return message

        raw.send(frame(own, ident, 1))
        offer = reply(2)
        address, server = offer[16:20], options_of(offer)[54]
        raw.send(frame(own, ident, 3, bytes([50, 4]) + address + bytes([54, 4]) + server))
        ack = options_of(reply(5))
        for sender in (bytes(4), bytes(4), bytes(4), address):
            raw.send(arp(own, sender, address))
            time.sleep(0.3)  # the pace of RFC 5227's probes, shortened
    text = socket.inet_ntoa(address)
    node.ip("addr", "add", f"{text}/24", "dev", iface)
    node.route("default", socket.inet_ntoa(ack[3]))
    return text


class Client:
    """A DHCP client on an interface without an address, step by step: `discover`, `request`, `decline`, `inform`, `release`."""

    def __init__(self, node, iface, hardware, name=b"PC17", vendor=b"MSFT 5.0"):
        self.node, self.iface, self.hardware, self.own, self.name, self.vendor = node, iface, hardware, mac(hardware), name, vendor
        self.raw = node.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.raw.bind((iface, 3))
        self.ident, self.offer, self.ack = random.randrange(1 << 32), None, None

    def send(self, kind, more=b""):
        self.raw.send(frame(self.own, self.ident, kind, more, self.name, self.vendor))

    def reply(self, kinds, wait):
        """The next message of one of these kinds in this exchange, or None after `wait` seconds: (kind, message)."""
        end = time.monotonic() + wait
        while time.monotonic() < end:
            self.raw.settimeout(max(0.01, end - time.monotonic()))
            try:
                data = self.raw.recv(2048)
            except TimeoutError:
                return None
            if data[12:14] == b"\x08\x00" and data[23] == 17 and data[34:38] == struct.pack("!HH", 67, 68):
                message = data[42:]
                kind = options_of(message)[53][0]
                if message[4:8] == struct.pack("!I", self.ident) and kind in kinds:
                    return kind, message
        return None

    def discover(self, waits=(4, 4, 8, 16, 4)):
        """DISCOVER with Windows' pauses until an offer comes; gives the address offered, or None."""
        self.ident = random.randrange(1 << 32)
        for wait in waits:
            self.send(1)
            got = self.reply((2,), wait)
            if got:
                self.offer = got[1]
                return self.offer[16:20]
        return None

    def request(self, address=None, waits=(4,), server=True):
        """REQUEST for what was offered (or, without `server`, for an address of old); gives the kind of the answer, or None."""
        address = address or self.offer[16:20]
        more = bytes([50, 4]) + address
        if server:
            more += bytes([54, 4]) + options_of(self.offer)[54]
        else:
            self.ident = random.randrange(1 << 32)
        for wait in waits:
            self.send(3, more)
            got = self.reply((5, 6), wait)
            if got:
                self.ack = got[1] if got[0] == 5 else None
                return got[0]
        return None

    def probe(self, address, times=3, wait=0.3):
        """ARP probes for an address; whether somebody answers."""
        for _ in range(times):
            self.raw.send(arp(self.own, bytes(4), address))
            end = time.monotonic() + wait
            while time.monotonic() < end:
                self.raw.settimeout(max(0.01, end - time.monotonic()))
                try:
                    data = self.raw.recv(2048)
                except TimeoutError:
                    break
                if data[12:14] == b"\x08\x06" and data[20:22] == b"\0\2" and data[28:32] == address:
                    return True
        return False

    def decline(self, address):
        self.send(4, bytes([50, 4]) + address + bytes([54, 4]) + options_of(self.ack)[54])

    def speak(self, kind, address, more=b"", wait=4, server=None):
        """A message from the address that the client holds, by unicast to the server: a renewal (3), INFORM (8), RELEASE (7).
        Gives the kind of the answer, or None."""
        server = server or socket.inet_ntoa(options_of(self.ack)[54])
        self.ident = random.randrange(1 << 32)
        body = bytearray(frame(self.own, self.ident, kind, more, self.name, self.vendor)[42:])
        body[12:16] = socket.inet_aton(address)
        with self.node.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((address, 68))
            sock.settimeout(wait)
            sock.sendto(bytes(body), (server, 67))
            try:
                return options_of(sock.recv(2048))[53][0]
            except TimeoutError:
                return None

    def take(self, route=True):
        """Sets the granted address (and the router) on the interface, as announced by ARP; gives the address."""
        address = self.ack[16:20]
        self.probe(address)
        self.raw.send(arp(self.own, address, address))
        text = socket.inet_ntoa(address)
        self.node.ip("addr", "add", f"{text}/24", "dev", self.iface)
        told = options_of(self.ack)
        if route and 3 in told:
            self.node.route("default", socket.inet_ntoa(told[3][:4]))
        return text

    def close(self):
        self.raw.close()
