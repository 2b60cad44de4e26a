"""Built captures: explicit proxies, and authentication that needs a domain."""
import base64
import struct

import expect
from built import C, built_in
from scene import BODY, DATE, HEAD, REQUEST_PROXY, Scene, Tcp, client, proxy

PROXY = "10.1.0.9:3128"
SCENARIOS = {}
built = built_in(SCENARIOS)

VIA = HEAD.replace(b"Connection: close\r\n", b"Via: 1.1 proxy.corp.example (squid/5.7)\r\nConnection: close\r\n")


def denied(challenges, extra=b"Proxy-Connection: keep-alive\r\nConnection: keep-alive\r\n"):
    """A 407 with the given Proxy-Authenticate lines."""
    body = b"<html><head><title>407 Proxy Authentication Required</title></head></html>"
    head = b"HTTP/1.1 407 Proxy Authentication Required\r\nServer: squid/5.7\r\nDate: " + DATE + b"\r\nContent-Type: text/html\r\n"
    head += b"Content-Length: %d\r\n" % len(body)
    head += b"".join(b"Proxy-Authenticate: " + one + b"\r\n" for one in challenges)
    return head + extra + b"\r\n" + body


def with_credentials(value):
    """The probe with a Proxy-Authorization header."""
    return REQUEST_PROXY[:-2] + b"Proxy-Authorization: " + value + b"\r\n\r\n"


def ntlm(kind):
    """An NTLM message of MS-NLMP: type 1 or type 2, of test values only."""
    if kind == 1:
        raw = b"NTLMSSP\0" + struct.pack("<II", 1, 0xA2088207) + b"\0" * 16 + bytes.fromhex("0a00614a0000000f")
    else:
        domain = "CORP".encode("utf-16-le")
        info = struct.pack("<HH", 2, len(domain)) + domain + struct.pack("<HH", 0, 0)
        raw = b"NTLMSSP\0" + struct.pack("<IHHII", 2, len(domain), len(domain), 56, 0xA2898205)
        raw += bytes.fromhex("0123456789abcdef") + b"\0" * 8
        raw += struct.pack("<HHI", len(info), len(info), 56 + len(domain)) + bytes.fromhex("0a00614a0000000f") + domain + info
    return b"NTLM " + base64.b64encode(raw)


def der(tag, body):
    """One DER element."""
    size = len(body)
    length = bytes([size]) if size < 128 else b"\x82" + struct.pack("!H", size)
    return bytes([tag]) + length + body


def kerberos():
    """A SPNEGO NegTokenInit whose first mechanism is Kerberos, with a filler in place of the ticket."""
    krb5, spnego = bytes.fromhex("2a864886f712010202"), bytes.fromhex("2b0601050502")
    ticket = der(0x60, der(0x06, krb5) + b"\x01\x00" + der(0x6E, bytes((n * 37) & 0xFF for n in range(480))))
    init = der(0x30, der(0xA0, der(0x30, der(0x06, krb5))) + der(0xA2, der(0x04, ticket)))
    return b"Negotiate " + base64.b64encode(der(0x60, der(0x06, spnego) + der(0xA0, init)))


@built("built-proxy-kerberos")
def kerberos_success():
    s, c = Scene(), client()
    t = Tcp(s, c, proxy(), dport=3128, rtt=0.4)
    t.open()
    t.request(REQUEST_PROXY)
    t.s(denied([b"Negotiate", b"NTLM"]))
    s.wait(0.2)
    t.ack(0)
    s.wait(6)
    asked = t.request(with_credentials(kerberos()))
    s.wait(30)
    told = t.s(VIA.replace(b"Via:", b"Proxy-Authentication-Info: Negotiate oRQwEqADCgEAoQsGCSqGSIb3EgECAg==\r\nVia:") + BODY)
    t.ack(0)
    t.close()
    return s, dict(title="Kerberos in one leg, then the right answer", rows=["1.9 Negotiate success", "3.4 407 -> 200"],
                   near_miss_of=["3.4 407 unanswered", "3.4 407 rejected"],
                   shows="407 offers Negotiate and NTLM; the client answers once with a SPNEGO token that holds Kerberos and gets 200 with the body.",
                   truth=f"built; tshark: frame {told} http.response.code 200", findings=[expect.proxy_success(C, PROXY, [asked, told])])


@built("built-proxy-ntlm-second-connection")
def leg_on_other_connection():
    s, c = Scene(), client()
    px = proxy()
    t = Tcp(s, c, px, dport=8080, rtt=0.4)
    t.open()
    t.request(REQUEST_PROXY)
    t.s(denied([b"Negotiate", b"NTLM"], b"Connection: close\r\n"))
    t.close()
    s.wait(12)
    t = Tcp(s, c, px, dport=8080, sport=49813, isn_c=0x33445566, isn_s=0x55667788, rtt=0.4)
    t.open()
    t.request(with_credentials(ntlm(1)))
    t.s(denied([ntlm(2)]))
    t.ack(0)
    s.wait(1)
    asked = t.request(with_credentials(type3()))
    told = t.s(VIA + BODY)
    t.ack(0)
    t.close()
    return s, dict(title="First 407 on one connection, NTLM on the next", rows=["1.9 NTLM success", "3.9 NTLM success"],
                   near_miss_of=["3.4 407 unanswered", "3.4 broken keep-alive"],
                   shows="The 407 without credentials closes its connection; types 1 to 3 share a second one and end in 200 with the body. Proxy port 8080.",
                   truth=f"built; tshark: frame {told} http.response.code 200",
                   findings=[expect.proxy_success(C, "10.1.0.9:8080", [asked, told])])


def type3():
    """An NTLM type 3 of the computer account; the responses are fillers."""
    parts = [b"\x11" * 24, b"\x22" * 44, "CORP".encode("utf-16-le"), "PC0017$".encode("utf-16-le"), "PC0017".encode("utf-16-le"), b""]
    at, head, data = 72, b"", b""
    for part in parts:
        head += struct.pack("<HHI", len(part), len(part), at + len(data))
        data += part
    raw = b"NTLMSSP\0" + struct.pack("<I", 3) + head + struct.pack("<I", 0xA2888205) + bytes.fromhex("0a00614a0000000f")
    return b"NTLM " + base64.b64encode(raw + data)
