"""What a Windows client puts on the wire around its connectivity check, byte for byte and second for second.

`Windows(node, ["203.0.113.53"])` is the client in a namespace; `resolve` follows the Windows DNS client's schedule,
`get` sends one request on a connection of its own, `Connection` keeps one open (NTLM legs).
"""
import base64
import ipaddress
import random
import select
import socket
import struct
import time

WEB, WEB6, OLD, DNS = "www.msftconnecttest.com", "ipv6.msftconnecttest.com", "www.msftncsi.com", "dns.msftncsi.com"
TYPES = {"A": 1, "AAAA": 28}
EDGE = ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0")
TEAMS = ("Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Teams/1.6.00.4472 Chrome/102.0.5005.167 Electron/19.1.8 Safari/537.36")


def probe(host=WEB, path="/connecttest.txt", agent="Microsoft NCSI", more="", close=True):
    """The direct request: 111 bytes with its defaults, 97 for the older name and path."""
    return (f"GET {path} HTTP/1.1\r\n" + ("Connection: Close\r\n" if close else "")
            + f"User-Agent: {agent}\r\nHost: {host}\r\n{more}\r\n").encode()


def proxied(authorization=None, host=WEB, path="/connecttest.txt", keep=False, agent="Microsoft NCSI"):
    """The request to an explicit proxy: 141 bytes with its defaults; `keep` asks it to stay connected."""
    head = f"GET http://{host}{path} HTTP/1.1\r\n"
    head += "Proxy-Connection: Keep-Alive\r\n" if keep else "Connection: Close\r\n"
    head += f"User-Agent: {agent}\r\nHost: {host}\r\n"
    if authorization:
        head += f"Proxy-Authorization: {authorization}\r\n"
    return (head + "\r\n").encode()


def connect(authority, agent=EDGE, authorization=None):
    """A CONNECT as a browser sends it."""
    more = f"Proxy-Authorization: {authorization}\r\n" if authorization else ""
    return (f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nProxy-Connection: keep-alive\r\n"
            f"User-Agent: {agent}\r\n{more}\r\n").encode()


OLD_PROBE = probe(OLD, "/ncsi.txt")
assert len(probe()) == 111 and len(OLD_PROBE) == 97 and len(proxied()) == 141


def ntlm_type1(scheme="NTLM"):
    """The negotiate message as WinHTTP sends it (flags and version, no names)."""
    raw = b"NTLMSSP\0" + struct.pack("<II", 1, 0xA2088207) + bytes(16) + bytes([10, 0, 0x63, 0x45, 0, 0, 0, 15])
    return f"{scheme} {base64.b64encode(raw).decode()}"


def ntlm_type3(user, domain, workstation, scheme="NTLM"):
    """The authenticate message (UTF-16 names; the responses are zeros, no secret is in it)."""
    fields = [bytes(24), bytes(24), *(text.encode("utf-16-le") for text in (domain, user, workstation)), b""]
    at, heads, tail = 72, b"", b""
    for data in fields:
        heads += struct.pack("<HHI", len(data), len(data), at)
        tail, at = tail + data, at + len(data)
    raw = b"NTLMSSP\0" + struct.pack("<I", 3) + heads + struct.pack("<I", 0xA2888205) + bytes([10, 0, 0x63, 0x45, 0, 0, 0, 15])
    return f"{scheme} {base64.b64encode(raw + tail).decode()}"


def query(ident, name, kind="A"):
    """A DNS query without EDNS, recursion desired."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", ident, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", TYPES[kind], 1)


def skip_name(message, at):
    while message[at]:
        if message[at] >= 0xC0:
            return at + 2
        at += message[at] + 1
    return at + 1


class Answer:
    """A DNS answer: `rcode`, `cut` (TC), `addresses` of the asked type."""

    def __init__(self, message):
        flags, questions, count = struct.unpack_from("!HHH", message, 2)
        self.rcode, self.cut, self.addresses = flags & 15, bool(flags & 0x0200), []
        if not questions:  # unbound refuses with a bare header
            return
        at = skip_name(message, 12) + 4
        for _ in range(count):
            at = skip_name(message, at)
            kind, _, _, size = struct.unpack_from("!HHIH", message, at)
            if kind in (1, 28):
                self.addresses.append(str(ipaddress.ip_address(message[at + 10:at + 10 + size])))
            at += 10 + size


class Connection:
    """One TCP connection; `ask` sends a request and reads its response."""

    def __init__(self, node, address, port=80, wait=21.0, source=None):
        self.data = b""
        self.socket = node.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source:
            self.socket.bind((source, 0))
        self.socket.settimeout(wait)
        self.socket.connect((address, port))

    def ask(self, request, wait=35.0):
        """The response's bytes, up to its length or the end of the connection; b"" when none came."""
        self.socket.sendall(request)
        data, end = b"", time.monotonic() + wait
        try:
            while not self.whole(data, request):
                self.socket.settimeout(max(0.01, end - time.monotonic()))
                part = self.socket.recv(65536)
                if not part:
                    break
                data += part
        except (TimeoutError, ConnectionError):
            pass
        return data

    @staticmethod
    def whole(data, request):
        head, mark, body = data.partition(b"\r\n\r\n")
        if not mark or b"connection: close" in request.lower() or b"connection: close" in head.lower():
            return False
        if request.startswith(b"CONNECT") and b" 200 " in head[:16]:
            return True
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return len(body) >= int(line.split(b":")[1])
        return False

    def close(self):
        self.socket.close()


class Windows:
    """A Windows client with its resolvers."""

    def __init__(self, node, resolvers=()):
        self.node, self.resolvers = node, list(resolvers)

    def ask_order(self, count):
        """Who is asked when: (second, resolver indexes). One: 0 1 2 4 8; more: first, second, next, then all at 4 and 8."""
        if count == 1:
            return [(at, [0]) for at in (0, 1, 2, 4, 8)]
        return [(0, [0]), (1, [1]), (2, [2 % count if count > 2 else 1]), (4, range(count)), (8, range(count))]

    def resolve(self, name=WEB, kind="A", wait=10.0, resolvers=None):
        """One look-up by the schedule, one id and port for all copies; None when nobody answered.

        A resolver's SERVFAIL or REFUSED makes it ask the next at once; a negative answer ends it."""
        servers = resolvers or self.resolvers
        family = socket.AF_INET6 if ":" in servers[0] else socket.AF_INET
        ident, message = random.randrange(1, 65536), None
        message = query(ident, name, kind)
        with self.node.socket(family, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            start, order, refused = time.monotonic(), self.ask_order(len(servers)), []
            while time.monotonic() - start < wait:
                while order and time.monotonic() - start >= order[0][0]:
                    for index in order.pop(0)[1]:
                        sock.sendto(message, (servers[index], 53))
                until = min(wait, order[0][0] if order else wait) - (time.monotonic() - start)
                if not select.select([sock], [], [], max(0.0, until))[0]:
                    continue
                try:
                    data = sock.recv(4096)
                except (ConnectionError, BlockingIOError):  # an ICMP error, or a datagram whose checksum is wrong
                    continue
                if data[:2] != message[:2]:
                    continue
                answer = Answer(data)
                if answer.rcode in (2, 5):
                    refused.append(answer)
                    if len(refused) == len(servers):
                        return answer
                    order = [(0, [len(refused)])]
                    continue
                if answer.cut:
                    return self.resolve_tcp(message, servers[0])
                return answer
        return None

    def resolve_tcp(self, message, server):
        """The same question over TCP, after a cut answer."""
        with self.node.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.settimeout(5)
            sock.connect((server, 53))
            sock.sendall(struct.pack("!H", len(message)) + message)
            data = b""
            while len(data) < 2 or len(data) < 2 + struct.unpack("!H", data[:2])[0]:
                data += sock.recv(4096)
            return Answer(data[2:])

    def get(self, address, request=None, port=80, connect_wait=21.0, wait=35.0, linger=0.0):
        """One request on a connection of its own; (what happened, bytes): refused, timeout, unreachable, answer, nothing."""
        try:
            connection = Connection(self.node, address, port, connect_wait)
        except ConnectionRefusedError:
            return "refused", b""
        except TimeoutError:
            return "timeout", b""
        except OSError:
            return "unreachable", b""
        data = connection.ask(request or probe(), wait)
        if linger:
            time.sleep(linger)
        connection.close()
        return ("answer" if data else "nothing"), data

    def get_any(self, addresses, request=None, **more):
        """Tries every address until one answers, as WinHTTP does."""
        result = ("none", b"")
        for address in addresses:
            result = self.get(address, request, **more)
            if result[0] == "answer":
                break
        return result

    def check(self, name=WEB, request=None, kind="A", **more):
        """Look-up, then the probe: a whole NCSI attempt."""
        answer = self.resolve(name, kind)
        if answer is None or not answer.addresses:
            return "unresolved", b""
        return self.get_any(answer.addresses, request or probe(name), **more)
