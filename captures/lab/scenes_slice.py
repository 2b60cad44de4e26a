"""Cut packets, and requests that only look like a probe."""
import expect
from network import RESOLVER, WEB, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from scenes_http import scripted
from scenes_position import REDIRECT
from servers import Scripted, dnsmasq, nginx
from windows import EDGE, TEAMS, Connection, probe
from windows import WEB as NAME

ACCEPT = "Accept: text/html,application/xhtml+xml\r\nAccept-Encoding: gzip, deflate\r\nAccept-Language: en-US,en\r\n"


def sliced(run, lab, size, answer=RIGHT):
    """A whole attempt captured with a snap length."""
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, answer) if isinstance(answer, str) else Scripted(site.net, WEB, answer)
    cap = lab.capture(site.pc, options=["-s", str(size)])
    assert site.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth([f"tcpdump -s {size}", *(web.log("NCSI") if isinstance(answer, str) else [f"scripted server sent {answer[0][:40]}..."])])


@scenario("snap96-success", title="A success cut at 96 bytes", shows="Request and answer are cut before User-Agent and Content-Length.", rows=["A.7 snaplen 96"],
          near_miss_of=["3.3 200 other body", "3.3 200 empty"])
def snap96(run, lab):
    sliced(run, lab, 96)
    run.expect(["tcp.srcport == 80 && tcp.len > 0"], verdict="Incomplete", cause="truncated-packets", severity="info", capability="null",
               family="v4", client=PC, guess="ActiveHttpProbeSucceeded")


@scenario("snap96-portal", title="A portal cut at 96 bytes", shows="302 can be read, Location and the request's User-Agent cannot.", rows=["A.7 snaplen 96", "rule 1"],
          near_miss_of=["8.4 LIKELY_OK"])
def snap96_portal(run, lab):
    sliced(run, lab, 96, REDIRECT)
    run.expect(["tcp.srcport == 80 && tcp.len > 0"], verdict="HotspotDetected", cause="http-redirect", confidence=["medium", "low"],
               family="v4", client=PC, server=WEB)


@scenario("snap128-length", title="A success cut at 128 bytes, its length readable", shows="Content-Length: 22 and text/plain are readable, the body is not.",
          rows=["8.4 LIKELY_OK"], near_miss_of=["3.3 200 other body", "3.3 200 empty"])
def snap128(run, lab):
    sliced(run, lab, 128, [b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nMicrosoft Connect Test", "fin"])
    run.expect(["tcp.srcport == 80 && tcp.len > 0"], verdict="Incomplete", cause="truncated-packets", severity="info", capability="null",
               family="v4", client=PC, guess="ActiveHttpProbeSucceeded")


@scenario("lookalike-epoch", title="An application's own check", shows="A Teams client of the Electron era asks /connecttest.txt?n=<milliseconds>.",
          rows=["1.4 ?n=", "A.7 look-alike ?n="], near_miss_of=["3.3 200"])
def epoch(run, lab):
    lookalike(run, lab, "/connecttest.txt?n=1768208400123", TEAMS, "Cache-Control: no-cache, no-store, must-revalidate\r\n")


@scenario("lookalike-browser", title="An administrator's test in a browser", shows="Edge asks for connecttest.txt and gets the right text.",
          rows=["1.4 manual test"], near_miss_of=["3.3 200"])
def browser(run, lab):
    lookalike(run, lab, "/connecttest.txt", EDGE, ACCEPT)


@scenario("lookalike-portal", title="A browser's test behind a portal", shows="Edge asks for connecttest.txt and is redirected; Windows itself asked nothing.",
          rows=["1.4 manual test"], near_miss_of=["3.3 302"])
def browser_portal(run, lab):
    lookalike(run, lab, "/connecttest.txt", EDGE, ACCEPT, REDIRECT)


def lookalike(run, lab, path, agent, more, answer=RIGHT):
    """Somebody else asks for the probe's URL."""
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, answer)
    cap = lab.capture(site.pc)
    connection = Connection(site.pc, site.win.resolve().addresses[0])
    assert connection.ask(probe(path=path, agent=agent, more=more, close=False))
    connection.close()
    run.save(cap.stop() and cap)
    run.truth(web.log("connecttest"))
    run.expect(["http.request"], verdict="ProbeLookAlike", severity="info", capability="null", family="v4", client=PC, host=NAME)


@scenario("portal-browser", title="Windows opens a browser at a portal", shows="The probe is redirected; then Edge asks /redirect on the probe's host and is "
          "redirected too.", rows=["1.4 /redirect", "A.7 browser /redirect"])
def redirect(run, lab):
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, REDIRECT)
    cap = lab.capture(site.pc)
    assert b" 302 " in site.win.check()[1]
    connection = Connection(site.pc, WEB)
    assert b" 302 " in connection.ask(probe(path="/redirect", agent=EDGE, more=ACCEPT, close=False))
    connection.close()
    run.save(cap.stop() and cap)
    run.truth(web.log("GET"))
    run.note("/redirect on the probe's host by a browser is a look-alike (portal browser launched)")
    run.like(expect.hotspot, PC, WEB, ["http.request.uri contains connecttest"], cause="http-redirect")
    run.expect(['http.request.uri contains "redirect"'], verdict="ProbeLookAlike", severity="info", capability="null", client=PC, host=NAME)


@scenario("direct-custom-host", title="A probe server of one's own, redirected", shows="User-Agent Microsoft NCSI to a host no catalogue has; 302 comes back.",
          rows=["rule 1 custom probe server"])
def custom(run, lab):
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, [f"host-record=ncsi.corp.example,{WEB}"])
    web = nginx(site.net, WEB, REDIRECT)
    cap = lab.capture(site.pc)
    assert b" 302 " in site.win.check("ncsi.corp.example", probe("ncsi.corp.example", "/probe.txt"))[1]
    run.save(cap.stop() and cap)
    run.truth(web.log("GET"))
    run.like(expect.hotspot, PC, WEB, ["http.request", "http.response"], cause="http-redirect", host="ncsi.corp.example",
             confidence=["high", "medium"])


@scenario("direct-continue", title="100 Continue first", shows="The server sends 100 Continue and then the right answer.", rows=["3.3 1xx"], near_miss_of=["3.3 every other status"])
def interim(run, lab):
    scripted(run, lab, [b"HTTP/1.1 100 Continue\r\n\r\n", 0.1, b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\nContent-Type: text/plain\r\n"
                        b"Connection: close\r\n\r\nMicrosoft Connect Test", "fin"])
    run.like(expect.success, PC, WEB, ["http.request", "http.response.code == 200"])


@scenario("direct-line-feeds", title="Lines that end in LF alone", shows="The head's lines end in LF without CR; the body is right.", rows=["3.9 LF-only line ends"])
def line_feeds(run, lab):
    scripted(run, lab, [b"HTTP/1.1 200 OK\nContent-Length: 22\nContent-Type: text/plain\nConnection: close\n\nMicrosoft Connect Test", "fin"])
    run.like(expect.success, PC, WEB, ["http.request", "tcp.srcport == 80 && tcp.len > 0"], confidence=["high", "medium"])


@scenario("direct-reset-after", title="RST after a whole answer", shows="The right answer with its length, then RST in place of FIN.",
          rows=["3.9 RST after complete response"], near_miss_of=["3.3 RST after GET"])
def reset_after(run, lab):
    scripted(run, lab, [b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nMicrosoft Connect Test", 0.2, "rst"])
    run.wire(f"tcp.flags.reset == 1 && ip.src == {WEB}", 1)
    run.like(expect.success, PC, WEB, ["http.request", "http.response"])


def lossy(run, lab, rule):
    """An attempt whose first segment of some kind is lost."""
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    site.isp.rule(rule)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth([f"isp: nft {rule}", *web.log("NCSI")])


@scenario("direct-request-again", title="The request is retransmitted", shows="The first copy of the request is lost; the second is answered.",
          rows=["3.9 retransmitted GET"], near_miss_of=["3.3 GET blackholed"])
def request_again(run, lab):
    lossy(run, lab, "ip protocol tcp tcp dport 80 meta length > 80 quota 200 bytes drop")
    run.wire("tcp.dstport == 80 && tcp.len == 111", 2)
    run.like(expect.success, PC, WEB, ["http.response"], count=1)


@scenario("direct-syn-again", title="The SYN is retransmitted", shows="The first SYN is lost; the second, a second later, is answered.",
          rows=["3.9 SYN retransmissions"], near_miss_of=["3.3 SYN timeout"])
def syn_again(run, lab):
    lossy(run, lab, "tcp dport 80 tcp flags & syn == syn quota 80 bytes drop")
    run.wire("tcp.flags.syn == 1 && tcp.flags.ack == 0", 2)
    run.like(expect.success, PC, WEB, ["http.request", "http.response"], count=1)


@scenario("direct-mid-stream", title="The capture begins after the handshake", shows="No look-up and no handshake; request and answer are there.",
          rows=["A.7 mid-stream"])
def mid_stream(run, lab):
    site = Site(lab, warm=True)
    web = nginx(site.net, WEB, RIGHT)
    connection = Connection(site.pc, WEB)
    cap = lab.capture(site.pc)
    assert connection.ask(probe()).endswith(b"Connect Test")
    connection.close()
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.wire("tcp.flags.syn == 1", 0)
    run.like(expect.success, PC, WEB, ["http.request", "http.response"], confidence=["high", "medium"])
