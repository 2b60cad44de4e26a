"""A DHCP client as Windows is one, over raw frames (RFC 2131): DISCOVER, REQUEST, then three ARP probes and an announcement."""
import random
import socket
import struct
import time

from packet import checksum, mac

# Message type 53, client id 61, host name 12, vendor class 60, parameters 55.
PARAMETERS = bytes([1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252])


def frame(own, ident, kind, more=b"", name=b"PC17"):
    """A broadcast DHCP message of the client without an address."""
    options = (bytes([53, 1, kind, 61, 7, 1]) + own + more + bytes([12, len(name)]) + name + bytes([60, 8]) + b"MSFT 5.0"
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
