"""Built captures: what TCP and HTTP may do that a program cannot easily be made to do.

Every one is a look-up, a connection and a request; only the pitfall differs, and the
expectation says that the pitfall changes nothing (or what it changes).
"""
import expect
import packet as p
from built import C, W, built_in
from scene import BODY, HEAD, PORTAL, REQUEST, Host, Scene, Tcp, client, gateway, resolver, web

SCENARIOS = {}
built = built_in(SCENARIOS)


def start(**more):
    """A scene with the look-up done and a connection ready to open."""
    scene, c = Scene(), client()
    scene.lookup(c, resolver())
    return scene, Tcp(scene, c, web(), **more)


def ok(asked, told, title, shows, row, **more):
    """The expectation of a probe that succeeded, with the pitfall's row."""
    findings = more.pop("findings", None) or [expect.success(C, W, [asked, told], count=1)]
    return dict(title=title, shows=shows, rows=[row], findings=findings,
                truth=more.pop("truth", f"built; tshark: frame {asked} http.request, frame {told} http.response.code 200"),
                **more)


@built("built-syn-refused-thrice")
def syn_refused_thrice():
    s, t = start()
    answers = []
    for again in range(3):
        if again:
            s.wait(500)
        t.syn()
        s.wait(18)
        answers.append(t.seg(1, flags=p.RST | p.ACK, seq=0, ack=t.isn[0] + 1, window=0, advance=False))
    return s, dict(title="SYN refused three times with one sequence number",
                   shows="Windows repeats a refused SYN twice after half a second, with the same ports and initial sequence number; each is refused with RST. One attempt.",
                   rows=["3.3 SYN RST", "3.9 SYN retransmissions"], truth=f"built; tshark: frames {answers} tcp.flags.reset",
                   findings=[expect.no_http(C, W, "tcp-reset", answers[:1])],
                   notes=["details.count: the repeats are one connection attempt (same ISN), so no count above 1 is claimed here"])


@built("built-overlap")
def overlap():
    s, t = start()
    t.open()
    asked = t.request()
    base, whole = t.next[1], HEAD + BODY
    told = t.s(whole[:120], flags=p.ACK)
    s.wait(240)
    t.s(whole[60:], seq=base + 60, advance=False)
    t.next[1] = base + len(whole)
    t.ack(0)
    t.close()
    return s, ok(asked, told, "Retransmission that overlaps what was there",
                 "The first 120 bytes of the response arrive; the retransmission starts at byte 60 and carries the rest.",
                 "3.9 overlapping retransmission")


@built("built-sequence-wrap")
def sequence_wrap():
    s, t = start(isn_s=0xFFFFFFC0, isn_c=0xFFFFFFF0)
    t.open()
    asked = t.request()
    told = t.s((HEAD + BODY)[:100], flags=p.ACK)
    s.wait(0.2)
    t.s((HEAD + BODY)[100:])
    t.ack(0)
    t.close()
    return s, ok(asked, told, "Sequence numbers wrap inside request and response",
                 "Both directions pass 2^32: the client inside the GET, the server inside the response head.", "3.9 sequence wrap")


@built("built-response-first-by-clock")
def response_first_by_clock():
    s, t = start()
    s.wait(2)
    t.rtt = 0.06
    asked, told = t.exchange()
    frames = list(s.frames)
    request, acked, response = frames[asked - 1], frames[asked], frames[told - 1]
    late = (response[0] + 40_000, *request[1:])
    frames[asked - 1:told] = [response, late, (late[0] + 10_000, *acked[1:])]
    s.frames = frames
    return s, ok(asked + 1, asked, "Response stamped before the request",
                 "Two queues with clocks 40 microseconds apart: the response is earlier in file and in time, though it acknowledges the request.",
                 "3.9 response before request in file order", near_miss_of=["3.3 HTTP/0.9 or garbage"], position="switch")


@built("built-zero-window")
def zero_window():
    s, t = start()
    t.open()
    asked = t.c(REQUEST, window=0)
    s.wait(18)
    t.ack(1)
    for ms in (210, 430):
        s.wait(ms)
        t.seg(1, flags=p.ACK, seq=t.next[1] - 1, advance=False)
        s.wait(0.1)
        t.ack(0, window=0)
    s.wait(500)
    t.ack(0)
    s.wait(18)
    told = t.s(HEAD + BODY)
    t.ack(0)
    t.close()
    return s, ok(asked, told, "Client's window is shut for a second",
                 "The GET goes out with window 0; the server probes the window twice and answers when it opens.", "3.9 zero-window")


@built("built-net-unreachable")
def net_unreachable():
    s, t = start()
    first = None
    for ms in (0, 1000, 2000):
        s.wait(ms)
        t.syn()
        s.wait(1.1)
        sent = s.frames[-1][1][14:42]
        error = s.send(gateway(), client(), p.ICMP, p.icmp(3, 0, b"\0" * 4, sent))
        first = first or error
    return s, dict(title="Router says network unreachable",
                   shows="Each of three SYNs is answered by the router 10.1.0.1 with ICMP destination unreachable, code 0.",
                   rows=["3.3 SYN ICMP"], truth=f"built; tshark: frame {first} icmp.type 3 icmp.code 0",
                   findings=[expect.no_http(C, W, "icmp-unreachable", [first])])


@built("built-one-way-unanswered")
def one_way_unanswered():
    s, c = Scene(), client()
    t = Tcp(s, c, web())
    t.open()
    seq = t.next[0]
    t.c(REQUEST)
    for ms in (300, 600, 1200, 2400, 4800, 9600):
        s.wait(ms)
        t.c(REQUEST, seq=seq, advance=False)
    s.wait(25_000)
    t.seg(0, flags=p.RST | p.ACK, window=0)
    for _ in range(3):
        s.wait(1000)
        s.ask(c, resolver(), 0x6001 + len(s.frames), "time.corp.example")
    s.frames = [frame for frame in s.frames if frame[1][26:30] == bytes([10, 1, 0, 5])]
    return s, dict(title="Client's direction alone, request repeated", shows="The GET is sent seven times; no packet towards the client is in the capture at all, not even the SYN-ACK that it acknowledged.",
                   rows=["8.3 one-way"], near_miss_of=["3.3 GET retransmitted only"], truth="built; tshark: all ip.src 10.1.0.5", position="switch",
                   findings=[{"verdict": "Incomplete", "cause": "one-way", "severity": "warning", "capability": "null", "family": "v4",
                              "client": C, "host": "www.msftconnecttest.com", "guess": "ActiveHttpProbeFailedButDnsSucceeded"}])


@built("built-same-ports-two-vlans")
def two_vlans_same_ports():
    s = Scene()
    other = Host(C, "00:15:5d:02:07:05", 128, 0x9000)
    one, two = Scene(tags=((0x8100, 10),)), Scene(tags=((0x8100, 20),))
    c = client()
    one.lookup(c, resolver())
    Tcp(one, c, web()).exchange(response=PORTAL)
    two.t += 5_400_000
    two.lookup(other, Host("10.1.0.53", "00:15:5d:02:07:35", 64, 0x100), ident=0x3C55)
    Tcp(two, other, Host(W, "00:1b:17:00:01:20", 61, 0x50), isn_c=0x2468ACE0, isn_s=0x13579BDF).exchange()
    s.frames = sorted(one.frames + two.frames, key=lambda frame: frame[0])
    number = {scene: [s.frames.index(frame) + 1 for frame in scene.frames] for scene in (one, two)}
    redirected = expect.hotspot(C, W, "http-redirect", [number[one][7]])
    del redirected["severity"]
    return s, dict(title="One address and port on two VLANs at once", shows="Two machines with the address 10.1.0.5 use the same ports to the same server at the same time; VLAN 10 is redirected, VLAN 20 succeeds.",
                   rows=["3.9 same client IP on two VLANs"],
                   findings=[redirected, expect.success(C, W, [number[two][5], number[two][7]])],
                   truth=f"built; tshark: frame {number[one][7]} vlan.id 10 frame contains HTTP/1.1 302, frame {number[two][7]} vlan.id 20 200", position="switch",
                   notes=["the contract names no rule for overlapping addresses; two machines are told apart by VLAN tag, MAC and sequence numbers",
                          "severity of the redirect is left open: the other machine's success 5 ms later looks like a recovery of the same address"])
