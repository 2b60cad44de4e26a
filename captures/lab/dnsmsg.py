"""DNS messages (RFC 1035) with name compression, for the built captures."""
import struct

from packet import addr

A, CNAME, SOA, PTR, TXT, AAAA, OPT, RRSIG, HTTPS = 1, 5, 6, 12, 16, 28, 41, 46, 65
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5

WEB = "www.msftconnecttest.com"
WEB6 = "ipv6.msftconnecttest.com"
PROBE = "dns.msftncsi.com"
PROBE_A = "131.107.255.255"
PROBE_AAAA = "fd3e:4f5a:5b81::1"


def pack_name(name, known, at):
    """A name at message offset `at`, with pointers to names written before."""
    out = b""
    labels = [label for label in name.rstrip(".").split(".") if label]
    for i in range(len(labels)):
        rest = ".".join(labels[i:]).lower()
        if rest in known:
            return out + struct.pack("!H", 0xC000 | known[rest])
        if at + len(out) < 0x4000:
            known[rest] = at + len(out)
        out += bytes([len(labels[i])]) + labels[i].encode()
    return out + b"\0"


def message(ident, name, qtype, flags=0x0100, rcode=0, answers=(), authority=(), edns=None):
    """One message. Records are (name, type, ttl, data); `edns` is (size, options) or None."""
    additional = 0 if edns is None else 1
    out = struct.pack("!HHHHHH", ident, flags | rcode, 1, len(answers), len(authority), additional)
    known = {}
    out += pack_name(name, known, 12) + struct.pack("!HH", qtype, 1)
    for owner, kind, ttl, data in [*answers, *authority]:
        out += pack_name(owner, known, len(out))
        out += struct.pack("!HHI", kind, 1, ttl)
        start = len(out) + 2
        if kind in (A, AAAA):
            body = addr(data)
        elif kind in (CNAME, PTR):
            body = pack_name(data, known, start)
        elif kind == SOA:
            body = pack_name(data, known, start)
            body += pack_name("hostmaster." + data.split(".", 1)[-1], known, start + len(body))
            body += struct.pack("!IIIII", 2026011201, 7200, 900, 1209600, 300)
        else:
            body = data
        out += struct.pack("!H", len(body)) + body
    if edns is not None:
        size, options = edns
        out += b"\0" + struct.pack("!HHIH", OPT, size, 0, len(options)) + options
    return out


def query(ident, name, qtype=A, **more):
    """A recursive query."""
    return message(ident, name, qtype, **more)


def answer(ident, name, qtype=A, **more):
    """An answer of a recursive resolver (QR, RD, RA)."""
    return message(ident, name, qtype, flags=0x8180, **more)


def chain(address, ttl=30, kind=A):
    """The CNAME chain that the web probe host has had since 2023, ending in `address`."""
    return [
        (WEB, CNAME, 2134, "ncsi-geo.trafficmanager.net"),
        ("ncsi-geo.trafficmanager.net", CNAME, 30, "www.msftncsi.com.edgesuite.net"),
        ("www.msftncsi.com.edgesuite.net", CNAME, 9120, "a1961.g2.akamai.net"),
        ("a1961.g2.akamai.net", kind, ttl, address),
    ]
