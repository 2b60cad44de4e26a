"""Built captures: look-ups that no resolver program can be made to give, and noise beside them."""
import struct

import dnsmsg as d
import expect
import packet as p
from built import C, W, built_in
from scene import (Scene, Tcp, client, client6, resolver, resolver6, web)

R = "10.1.0.53"
SCENARIOS = {}
built = built_in(SCENARIOS)


def plain(scene, c, s=None):
    """A healthy exchange after the look-up; gives (request, response)."""
    return Tcp(scene, c, s or web()).exchange()


def signature(owner, i):
    """An RRSIG of the size of RSA-2048; its bytes mean nothing."""
    signer = b"\x07example\x03net\0"
    return struct.pack("!HBBIIIH", d.CNAME, 8, len(owner.split(".")), 60, 1769000000, 1767000000, 4660 + i) + signer + \
        bytes((7 * i + n * 31) & 0xFF for n in range(256))


@built("built-dns-ipv6-fragments")
def ipv6_fragments():
    s, c, r = Scene(), client6(), resolver6()
    s.ask(c, r, 0x2B02, d.PROBE, d.AAAA, edns=(4096, b""))
    s.wait(28)
    records, owner = [], d.PROBE
    for i in range(5):
        alias = f"edge{i}.{'abcdefghij'[i] * 20}.example.net"
        records += [(owner, d.CNAME, 60, alias), (owner, d.RRSIG, 60, signature(owner, i))]
        owner = alias
    records.append((owner, d.AAAA, 60, d.PROBE_AAAA))
    message = d.answer(0x2B02, d.PROBE, d.AAAA, answers=records, edns=(1232, b""))
    whole = p.udp(r.ip, c.ip, 53, 49152 + 0x2B02, message)
    for part in reversed(p.ip6_fragments(r.ip, c.ip, p.UDP, whole, 1448, 0xCAFE0001)):
        told = s.ip(r, c, part)
        s.wait(0.02)
    return s, dict(title="DNS probe over IPv6 answered in fragments, last one first",
                   shows="The answer for the AAAA of dns.msftncsi.com comes in two IPv6 fragments in the wrong order.",
                   rows=["3.2 dns.msftncsi.com OK", "3.9 fragmented UDP"],
                   truth=f"built; tshark: frame {told} reassembled, dns.aaaa fd3e:4f5a:5b81::1",
                   findings=[expect.dns_success(c.ip, r.ip, [told], family="v6")],
                   notes=["which fragment counts as evidence: the one that completes the answer is claimed"])


@built("built-dns-name-loop")
def name_loop():
    s, c, r = Scene(), client(), resolver()
    s.ask(c, r, 0x3A01, d.WEB)
    s.wait(6)
    loop = bytearray(d.answer(0x3A01, d.WEB))
    at, loop[7] = len(loop), 2
    for target in (at + 16, at):  # each record's name points to the other's
        loop += struct.pack("!HHHIH", 0xC000 | target, d.A, 1, 30, 4) + bytes([203, 0, 113, 80])
    s.udp(r, c, 53, 49152 + 0x3A01, bytes(loop))
    s.wait(1000)
    s.ask(c, r, 0x3A01, d.WEB)
    s.wait(7)
    s.tell(r, c, 0x3A01, d.WEB, answers=d.chain(W))
    s.wait(1)
    asked, told = plain(s, c)
    return s, dict(title="Answer whose compressed name points in a circle", rows=["3.9 compressed name loops"],
                   shows="The first answer's name is a pointer to a pointer back to itself; the client ignores it, asks again and is answered well.",
                   truth=f"built; tshark: malformed answer, then frame {told} http.response.code 200",
                   findings=[expect.success(C, W, [asked, told])])
