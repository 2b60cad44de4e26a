"""Near misses: what resembles a row of the tables and is not one, and rows that need a server of few words."""
import expect
from network import RESOLVER, RESOLVER2, WEB, WEB2, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from scenes_http import EXCHANGE, HEAD, answered, page, scripted
from scenes_slice import ACCEPT, EDGE
from servers import dnsmasq, nginx, unbound
from tls_lab import certificate, s_client, s_server
from windows import Connection, probe
from windows import WEB as NAME


@scenario("direct-close-delimited", title="The right text ends with the connection", shows="No Content-Length: the 22 bytes end with the server's FIN.",
          rows=["3.3 close-delimited"], near_miss_of=["3.3 200 empty"])
def close_delimited(run, lab):
    scripted(run, lab, [b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n", 0.05, b"Microsoft Connect Test", 0.05, "fin"])
    run.like(expect.success, PC, WEB, EXCHANGE)


@scenario("direct-close-delimited-portal", title="A portal's page ends with the connection", shows="No Content-Length: HTML up to the server's FIN.",
          rows=["3.3 200 other body"], near_miss_of=["3.3 close-delimited"])
def close_delimited_portal(run, lab):
    body = page("Guest Wi-Fi", "Please log in.").encode()
    scripted(run, lab, [b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n", 0.05, body, 0.05, "fin"])
    run.like(expect.hotspot, PC, WEB, EXCHANGE, cause="http-wrong-body")


@scenario("direct-chunked-portal", title="A portal's page in chunks", shows="Transfer-Encoding: chunked, and HTML inside.",
          rows=["3.3 200 other body"], near_miss_of=["3.3 chunked"])
def chunked_portal(run, lab):
    path = lab.file("files/connecttest.txt", page("Guest Wi-Fi", "Please log in."))
    root = path.rsplit("/", 1)[0]
    answered(run, lab, f"location / {{ root {root}; default_type text/html; types {{ text/html txt; }} ssi on; }}")
    run.wire("http.transfer_encoding", 1)
    run.like(expect.hotspot, PC, WEB, EXCHANGE, cause="http-wrong-body")


@scenario("direct-partial-head", title="Half a head, then the end", shows="The answer stops in the middle of its second line: FIN.",
          rows=["3.3 partial headers"], near_miss_of=["3.3 200"])
def partial_head(run, lab):
    scripted(run, lab, [b"HTTP/1.1 200 OK\r\nContent-Le", 0.05, "fin"])
    run.like(expect.no_http, PC, WEB, ["http.request", "tcp.flags.fin == 1 && ip.src == " + WEB], cause="http-closed",
             confidence=["high", "medium"])


@scenario("direct-head-in-pieces", title="The head in three segments", shows="The status line, half of the second line, and the rest, 50 ms apart.",
          rows=["3.3 200"], near_miss_of=["3.3 partial headers"])
def head_in_pieces(run, lab):
    scripted(run, lab, [HEAD[:12], 0.05, HEAD[12:28], 0.05, HEAD[28:] + b"Microsoft Connect Test", 0.05, "fin"])
    run.like(expect.success, PC, WEB, EXCHANGE)


@scenario("direct-early-hints-only", title="Early hints, then the end", shows="103 Early Hints, which is no answer, and FIN.",
          rows=["3.3 FIN before any response byte"], near_miss_of=["3.3 1xx"])
def early_hints(run, lab):
    scripted(run, lab, [b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n", 0.05, "fin"])
    run.like(expect.no_http, PC, WEB, ["http.request", "tcp.flags.fin == 1 && ip.src == " + WEB], cause="http-closed",
             confidence=["high", "medium"])


@scenario("client-abort", title="The client connects and leaves", shows="A connection to the probe's address that the client closes without a request.",
          rows=["3.3 FIN from client"], near_miss_of=["3.3 FIN before any response byte", "3.3 SYN timeout"])
def client_abort(run, lab):
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, CHAIN)
    nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    connection = Connection(site.pc, site.win.resolve().addresses[0])
    connection.close()
    run.save(cap.stop() and cap)
    run.truth("client: connected, closed")
    run.wire("http", 0)


def browser(name, status, near, more="", title=""):
    """Registers a scenario in which a browser, not Windows, gets a status that would be a portal's for a probe."""
    @scenario(name, title=title, shows=f"Edge asks for connecttest.txt and gets {status}; Windows itself asked nothing.",
              rows=["1.4 manual test"], near_miss_of=near)
    def work(run, lab):
        site = Site(lab)
        dnsmasq(site.net, RESOLVER, CHAIN)
        web = nginx(site.net, WEB, f"location / {{ return {status}; }}")
        cap = lab.capture(site.pc)
        connection = Connection(site.pc, site.win.resolve().addresses[0])
        assert f" {status} ".encode() in connection.ask(probe(agent=EDGE, more=ACCEPT + more, close=False))
        connection.close()
        run.save(cap.stop() and cap)
        run.truth(web.log("connecttest"))
        run.expect(["http.request"], verdict="ProbeLookAlike", severity="info", capability="null", family="v4", client=PC, host=NAME)


browser("lookalike-304", 304, ["3.3 304"], "If-Modified-Since: Mon, 05 Jan 2026 00:00:00 GMT\r\n", title="A browser's copy is still good")
browser("lookalike-401", 401, ["3.3 401"], title="A browser is asked for a password")
browser("lookalike-511", 511, ["3.3 511"], title="A browser is told to log in")


@scenario("icmp-other-port", title="An ICMP error about something else", shows="A connection to port 8443 of the probe's server is prohibited by a router; "
          "the probe itself succeeds.", rows=["3.3 200"], near_miss_of=["3.3 SYN ICMP", "3.3 ICMP"])
def icmp_other(run, lab):
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    site.isp.rule("tcp dport 8443 reject with icmpx type admin-prohibited")
    cap = lab.capture(site.pc)
    address = site.win.resolve().addresses[0]
    assert site.win.get(address, port=8443)[0] == "unreachable"
    assert site.win.get(address, probe())[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.wire("icmp.type == 3 && icmp.code == 13", 1)
    run.like(expect.success, PC, WEB, EXCHANGE)


@scenario("dns-over-tls", title="Names resolved over TLS only", shows="A handshake with a resolver's port 853, then the probe; no query in clear at all.",
          rows=["3.2 DoH"], near_miss_of=["3.2 never sent", "3.2 timeout"])
def dns_over_tls(run, lab):
    site = Site(lab)
    s_server(site.net, certificate(lab, "dns.corp.example"), listen=RESOLVER, port=853)
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    s_client(site.pc, sni="dns.corp.example", to=RESOLVER, port=853, says=b"hello\n")
    assert site.win.get(WEB, probe())[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.wire("dns", 0)
    run.like(expect.success, PC, WEB, EXCHANGE)


@scenario("dns-cached", title="The probe's address was known already", shows="A look-up of another name in clear, then the probe without a look-up of its own.",
          rows=["3.3 200"], near_miss_of=["3.2 DoH", "3.2 never sent"])
def dns_cached(run, lab):
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, ["host-record=time.corp.example,203.0.113.9"])
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    assert site.win.resolve("time.corp.example").addresses
    assert site.win.get(WEB, probe())[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.wire('dns.qry.name contains "msft"', 0)
    run.like(expect.success, PC, WEB, EXCHANGE)


@scenario("dns-servfail-then-right", title="One resolver fails, the other answers",
          shows="SERVFAIL from the first resolver; the second, asked at once, gives the address.", rows=["3.3 200"], near_miss_of=["3.2 servfail"])
def servfail_then_right(run, lab):
    site = Site(lab, resolvers=(RESOLVER, RESOLVER2))
    dnsmasq(site.net, WEB2, [], "upstream")  # knows no servers and refuses
    unbound(site.net, RESOLVER, ["forward-zone:", '  name: "."', f"  forward-addr: {WEB2}"], "broken")
    dnsmasq(site.net, RESOLVER2, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.wire("dns.flags.rcode == 2", 1)
    run.like(expect.success, PC, WEB, EXCHANGE)
