"""A scene of hosts on one segment: keeps the clock, IP identifications and TCP sequence numbers."""
import dnsmsg
import packet as p

# 2026-01-12 09:00:00 UTC
START = 1_768_208_400_000_000_000

REQUEST = (b"GET /connecttest.txt HTTP/1.1\r\nConnection: Close\r\nUser-Agent: Microsoft NCSI\r\n"
           b"Host: www.msftconnecttest.com\r\n\r\n")
REQUEST6 = REQUEST.replace(b"www.", b"ipv6.")
REQUEST_PROXY = REQUEST.replace(b"GET /", b"GET http://www.msftconnecttest.com/")
BODY = b"Microsoft Connect Test"
DATE = b"Mon, 12 Jan 2026 09:00:00 GMT"
HEAD = (b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\nDate: " + DATE + b"\r\nConnection: close\r\n"
        b"Content-Type: text/plain\r\nCache-Control: max-age=30, must-revalidate\r\n\r\n")
PORTAL = (b"HTTP/1.1 302 Found\r\nServer: nginx\r\nDate: " + DATE + b"\r\nContent-Length: 0\r\n"
          b"Location: http://login.hotel.example/?orig=www.msftconnecttest.com\r\nConnection: close\r\n\r\n")


class Host:
    """An address as the capture point sees it: with the MAC of the next hop and the TTL left."""

    def __init__(self, ip, mac, ttl=64, ident=0x2000):
        self.ip, self.mac, self.ttl, self.ident = ip, mac, ttl, ident

    def next_ident(self):
        self.ident += 1
        return self.ident


ROUTER_MAC = "00:1b:17:00:01:10"


def client():
    """A Windows client (TTL 128)."""
    return Host("10.1.0.5", "00:15:5d:01:04:05", 128, 0x4A10)


def client6():
    return Host("2001:db8:1::5", "00:15:5d:01:04:05", 128)


def resolver():
    """A resolver on the client's own network."""
    return Host("10.1.0.53", "00:15:5d:01:04:35", 64, 0x1100)


def resolver6():
    return Host("2001:db8:1::35", "00:15:5d:01:04:35", 64)


def proxy():
    return Host("10.1.0.9", "00:15:5d:01:04:09", 64, 0x5200)


def gateway():
    return Host("10.1.0.1", ROUTER_MAC, 64, 0x0900)


def web(ip="203.0.113.80", ttl=54):
    """A server on the Internet, ten hops away, behind the router's MAC."""
    return Host(ip, ROUTER_MAC, ttl, 0x7700)


class Scene:
    """Frames in file order; `tags` are the VLAN tags of every frame."""

    def __init__(self, tags=()):
        self.t, self.frames, self.tags = START, [], tags

    def wait(self, ms):
        """Moves the clock (backwards too)."""
        self.t += int(ms * 1_000_000)

    def raw(self, frame, wire=None):
        """Puts a frame; gives its packet number."""
        self.frames.append((self.t, frame, len(frame) if wire is None else wire))
        return len(self.frames)

    def ip(self, src, dst, data):
        """Puts an IP packet behind the scene's Ethernet header."""
        kind = 0x86DD if data[0] >> 4 == 6 else 0x0800
        return self.raw(p.ethernet(dst.mac, src.mac, kind, data, self.tags))

    def send(self, src, dst, proto, data, ttl=None, **head):
        """Puts a transport segment from `src` to `dst`."""
        ttl = src.ttl if ttl is None else ttl
        if ":" in src.ip:
            return self.ip(src, dst, p.ip6(src.ip, dst.ip, proto, data, ttl, **head))
        head.setdefault("ident", src.next_ident())
        head.setdefault("df", proto == p.TCP)
        return self.ip(src, dst, p.ip4(src.ip, dst.ip, proto, data, ttl, **head))

    def udp(self, src, dst, sport, dport, data, **head):
        return self.send(src, dst, p.UDP, p.udp(src.ip, dst.ip, sport, dport, data), **head)

    def ask(self, src, server, ident, name, kind=dnsmsg.A, port=None, **more):
        """A DNS query from an ephemeral port that depends on the id."""
        return self.udp(src, server, port or 49152 + ident % 16000, 53, dnsmsg.query(ident, name, kind, **more))

    def tell(self, server, dst, ident, name, kind=dnsmsg.A, port=None, ttl=None, **more):
        """The DNS answer to `ask`; `ttl` is that of the IP packet."""
        message = dnsmsg.answer(ident, name, kind, **more)
        return self.udp(server, dst, 53, port or 49152 + ident % 16000, message, ttl=ttl)

    def lookup(self, src, server, name=dnsmsg.WEB, address="203.0.113.80", ident=0x3A01, ms=8.0):
        """A look-up of the web probe host that ends well; gives (query, answer)."""
        asked = self.ask(src, server, ident, name)
        self.wait(ms)
        records = dnsmsg.chain(address) if name == dnsmsg.WEB else [(name, dnsmsg.A, 300, address)]
        told = self.tell(server, src, ident, name, answers=records)
        self.wait(0.6)
        return asked, told

    def background(self, src, server, times=1, every_ms=3000.0):
        """Answered look-ups of an unrelated name: unicast traffic towards the client."""
        for i in range(times):
            self.wait(every_ms)
            self.lookup(src, server, "time.corp.example", "10.1.0.20", 0x5000 + len(self.frames))


class Tcp:
    """One connection; sequence numbers follow what was put on the wire."""

    def __init__(self, scene, c, s, sport=49812, dport=80, isn_c=0x1D2C3B4A, isn_s=0x9F8E7D6C, rtt=18.0):
        self.scene, self.ends, self.ports = scene, (c, s), (sport, dport)
        self.next, self.isn, self.rtt = [isn_c, isn_s], (isn_c, isn_s), rtt

    def seg(self, side, data=b"", flags=p.ACK | p.PSH, seq=None, ack=None, advance=True, window=None,
            options=b"", ttl=None, **head):
        """A segment from side 0 (client) or 1 (server); gives its packet number."""
        src, dst = self.ends[side], self.ends[1 - side]
        seq = self.next[side] if seq is None else seq
        ack = (self.next[1 - side] if flags & p.ACK else 0) if ack is None else ack
        window = (1026 if side == 0 else 501) if window is None else window
        whole = p.tcp(src.ip, dst.ip, self.ports[side], self.ports[1 - side], seq, ack, flags, data, window, options)
        if advance:
            end = seq + len(data) + (1 if flags & (p.SYN | p.FIN) else 0)
            self.next[side] = end & 0xFFFFFFFF
        return self.scene.send(src, dst, p.TCP, whole, ttl=ttl, **head)

    def c(self, data=b"", **more):
        return self.seg(0, data, **more)

    def s(self, data=b"", **more):
        return self.seg(1, data, **more)

    def ack(self, side, **more):
        return self.seg(side, flags=p.ACK, **more)

    def syn(self, again=False, **more):
        """The client's SYN; `again` repeats it with the same sequence number."""
        return self.seg(0, flags=p.SYN, window=64240, options=p.WINDOWS_SYN, seq=self.isn[0], **more)

    def open(self):
        """The handshake; gives the three packet numbers."""
        one = self.syn()
        self.scene.wait(self.rtt)
        two = self.seg(1, flags=p.SYN | p.ACK, window=64240, options=p.LINUX_SYNACK)
        self.scene.wait(0.05)
        three = self.ack(0)
        self.scene.wait(0.2)
        return one, two, three

    def request(self, data=REQUEST):
        """A request and, one round trip later, its acknowledgement; gives the request's number."""
        number = self.c(data)
        self.scene.wait(self.rtt)
        self.ack(1)
        self.scene.wait(0.3)
        return number

    def close(self, first=1):
        """FIN from both sides, `first` begins."""
        self.scene.wait(0.1)
        self.seg(first, flags=p.FIN | p.ACK)
        self.scene.wait(0.1)
        self.ack(1 - first)
        self.scene.wait(0.1)
        self.seg(1 - first, flags=p.FIN | p.ACK)
        self.scene.wait(self.rtt)
        self.ack(first)

    def exchange(self, request=REQUEST, response=HEAD + BODY):
        """Handshake, request, response, close; gives (request, response)."""
        self.open()
        asked = self.request(request)
        told = self.s(response)
        self.scene.wait(0.1)
        self.ack(0)
        self.close()
        return asked, told
