"""How a Windows client looks for its proxy: `wpad` in DNS, then the PAC file from whoever has the name."""
import random
import select
import socket
import struct
import threading

from windows import query

PAC_AGENT = "WinHttp-Autoproxy-Service/5.1"
NAME = "wpad.corp.example"


def pac_request(host=NAME, path="/wpad.dat", agent=PAC_AGENT):
    """The request for the PAC file as WinHTTP sends it."""
    return (f"GET {path} HTTP/1.1\r\nConnection: Close\r\nAccept: */*\r\nUser-Agent: {agent}\r\nHost: {host}\r\n\r\n").encode()


def pac(*proxies):
    """A PAC file that returns these, in order."""
    return 'function FindProxyForURL(url, host) {\n  if (isPlainHostName(host)) return "DIRECT";\n  return "' + "; ".join(proxies) + '";\n}\n'


def discover(win, name=NAME, request=None, **more):
    """Asks DNS for the name and fetches the file from its address: (what happened, bytes)."""
    answer = win.resolve(name)
    if answer is None or not answer.addresses:
        return "unresolved", b""
    return win.get(answer.addresses[0], request or pac_request(name), **more)


GROUPS = {"llmnr": ("224.0.0.252", 5355), "mdns": ("224.0.0.251", 5353), "netbios": ("10.1.0.255", 137)}


def netbios_name(name="WPAD", suffix=0):
    """A name in the first-level encoding of RFC 1001, 14.1."""
    raw = name.ljust(15).encode() + bytes([suffix])
    return b"\x20" + b"".join(bytes([65 + (byte >> 4), 65 + (byte & 15)]) for byte in raw) + b"\0"


def question(protocol, ident):
    """What a client sends to find `wpad` on the link."""
    if protocol == "netbios":
        return struct.pack("!HHHHHH", ident, 0x0110, 1, 0, 0, 0) + netbios_name() + struct.pack("!HH", 0x20, 1)
    name = "wpad.local" if protocol == "mdns" else "wpad"
    message = query(0 if protocol == "mdns" else ident, name)
    return message[:2] + b"\0\0" + message[4:]  # no recursion is wanted of neighbours


def answer(protocol, asked, address):
    """What a neighbour that has the name answers."""
    data = socket.inet_aton(address)
    if protocol == "netbios":
        return asked[:2] + struct.pack("!HHHHH", 0x8500, 0, 1, 0, 0) + netbios_name() + struct.pack("!HHIHH", 0x20, 1, 300, 6, 0) + data
    if protocol == "mdns":
        name = asked[12:-4]
        return struct.pack("!HHHHHH", 0, 0x8400, 0, 1, 0, 0) + name + struct.pack("!HHIH", 1, 0x8001, 120, 4) + data
    return asked[:2] + struct.pack("!HHHHH", 0x8000, 1, 1, 0, 0) + asked[12:] + b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 30, 4) + data


class Neighbour(threading.Thread):
    """A host on the link that answers to `wpad` with an address."""

    def __init__(self, node, own, protocol, address):
        super().__init__(daemon=True)
        self.protocol, self.address, (group, port) = protocol, address, GROUPS[protocol]
        self.socket = node.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.bind(("", port))
        if protocol != "netbios":
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(own))
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        self.start()

    def run(self):
        asked, who = self.socket.recvfrom(2048)
        to = GROUPS["mdns"] if self.protocol == "mdns" else who
        self.socket.sendto(answer(self.protocol, asked, self.address), to)


def call(node, own, protocol, wait=0.41, times=2):
    """Asks the link for `wpad`, `times` times, until somebody answers; gives the answer's bytes or None."""
    group, port = GROUPS[protocol]
    with node.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.bind(("" if protocol == "mdns" else own, {"llmnr": 0, "mdns": 5353, "netbios": 137}[protocol]))
        if protocol != "netbios":
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255 if protocol == "mdns" else 1)
        if protocol == "mdns":
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(own))
        message = question(protocol, random.randrange(1, 65536))
        for _ in range(times):
            sock.sendto(message, (group, port))
            if select.select([sock], [], [], wait)[0]:
                return sock.recv(2048)
    return None
