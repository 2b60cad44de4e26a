"""Odd but harmless (or not): how TCP, HTTP and DNS programs may behave without changing the verdict. Real programs on both ends."""
import socket
import time

import expect
from network import RESOLVER, WEB, WEB_V6, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from scenes_http import EXCHANGE
from servers import dnsmasq, nginx, squid
from windows import Connection, probe, proxied
from windows import WEB as NAME
from wire import Handler, drain, reset

BODY = b"Microsoft Connect Test"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"


def said(name, title, shows, rows, near=(), serve=None, response=None, client=None, **finding):
    """A probe whose server is `serve(connection, request)`, or sends `response` and closes; it ends well."""
    def answer(connection, _):
        connection.sendall(response)
        connection.shutdown(socket.SHUT_WR)
        drain(connection)

    @scenario(name, title=title, shows=shows, rows=rows, near_miss_of=near)
    def work(run, lab):
        site = Site(lab, warm=True)
        dns = dnsmasq(site.net, RESOLVER, CHAIN)
        server = Handler(site.net, WEB, serve or answer)
        cap = lab.capture(site.pc)
        if client:
            assert site.win.resolve()
            got = client(site)
        else:
            got = site.win.check()[1]
        assert BODY in got, got
        run.save(cap.stop() and cap)
        run.truth(dns.log("a1961") + [f"the server got {len(head)} bytes" for head in server.heads if head])
        run.like(expect.success, PC, WEB, EXCHANGE, **finding)


said("odd-continue-first", "100 Continue and the final answer in one segment", "A server sends an interim 100 that nobody asked for; the 200 stands behind it in the same segment.",
     ["3.9 pipelined 100-continue"], ["3.3 other status"], response=b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + BODY)
said("odd-folded-header", "Response with a folded header line", "Content-Type goes on over three lines (obsolete folding).", ["3.9 header obs-fold"],
     response=HEAD.replace(b"text/plain", b"\r\n text/plain;\r\n\tcharset=us-ascii") + BODY)


def fin_with_data(connection, _):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
    connection.send(HEAD + BODY, socket.MSG_MORE)
    connection.shutdown(socket.SHUT_WR)
    drain(connection)


said("odd-fin-with-data", "Response and FIN in one segment", "The server's only data segment carries FIN.", ["3.9 FIN+data"], ["3.3 FIN before any response byte"], serve=fin_with_data)


def late_answer(connection, _):
    drain(connection)  # the client has closed its side
    time.sleep(0.04)
    connection.sendall(HEAD + BODY)
    connection.shutdown(socket.SHUT_WR)


def half_close(site):
    with site.pc.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.connect((WEB, 80))
        sock.sendall(probe())
        sock.shutdown(socket.SHUT_WR)
        return drain(sock)


said("odd-answer-after-fin", "Client closes its side first, the answer comes after", "FIN follows the GET at once (half close); the response comes 40 ms after it.",
     ["3.9 response after the client's FIN"], ["3.3 FIN from client"], serve=late_answer, client=half_close)


def reset_by_client(site):
    sock = site.pc.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.connect((WEB, 80))
    sock.sendall(probe())
    data = b""
    while BODY not in data:
        data += sock.recv(4096)
    reset(sock)
    return data


def keep_open(connection, _):
    connection.sendall(HEAD + BODY)
    drain(connection)


said("odd-rst-by-client", "Client resets after a complete response", "The client tears the connection down with RST once the body is there.",
     ["3.9 RST after complete response"], ["3.3 RST before any response byte"], serve=keep_open, client=reset_by_client)
def upper_host(site):
    connection = Connection(site.pc, WEB)
    data = connection.ask(probe().replace(b"Host: www.msftconnecttest.com", b"host: WWW.MsftConnectTest.COM.:80"))
    connection.close()
    return data


said("odd-host-port", "Host with port, capitals and a final dot", "The header reads `host: WWW.MsftConnectTest.COM.:80`.", ["3.9 Host header with port or upper-case"],
     response=HEAD + BODY, client=upper_host)


def options_v4(connection, _):
    connection.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes.fromhex("94040000"))
    connection.sendall(HEAD + BODY)
    connection.shutdown(socket.SHUT_WR)
    drain(connection)


said("odd-ip-options", "IPv4 options", "The server's packets carry a router-alert option, so the IP header has 24 bytes.", ["8.1 IPv4 options"], serve=options_v4)


@scenario("odd-ipv6-extension", title="IPv6 destination options", rows=["8.1 extension headers", "3.3 302"],
          shows="A portal's IPv6 packets carry a destination options header before TCP.")
def extension(run, lab):
    site = Site(lab, net6=True, warm=True)

    def serve(connection, _):
        connection.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, bytes.fromhex("0000010400000000"))
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://login.hotel.example/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        drain(connection)
    Handler(site.net, WEB_V6, serve)
    cap = lab.capture(site.pc)
    assert site.win.get(WEB_V6, probe("ipv6.msftconnecttest.com"))[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth("the server sent 302 with IPV6_DSTOPTS set")
    run.wire("ipv6.dstopts && http.response.code == 302", 1)
    run.expect(["http.response.code == 302"], verdict="HotspotDetected", cause="http-redirect", severity="info", confidence="high", capability="Local", family="v6",
               route="direct", client="2001:db8:1::5", server=WEB_V6, host="ipv6.msftconnecttest.com")
    run.note("severity info by rule 13: a v6 failure while v4 is unknown")


@scenario("odd-fast-open", title="Request inside the SYN (TCP Fast Open)", rows=["3.9 TCP Fast Open"],
          shows="With the cookie of an earlier connection the client puts the whole GET into its SYN.")
def fast_open(run, lab):
    site = Site(lab, warm=True)
    for node in (site.pc, site.net):
        node.sysctl({"net/ipv4/tcp_fastopen": 3})
    server = Handler(site.net, WEB, keep_open)
    server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 8)

    def ask():
        with site.pc.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.sendto(probe(), socket.MSG_FASTOPEN, (WEB, 80))
            got = sock.recv(4096)
            sock.shutdown(socket.SHUT_WR)
            drain(sock)
            return got
    assert BODY in ask()
    cap = lab.capture(site.pc)
    assert BODY in ask()
    run.save(cap.stop() and cap)
    run.truth(f"the server got {len(server.heads[-1])} bytes")
    run.wire("tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.len == 111", 1)
    run.like(expect.success, PC, WEB, EXCHANGE)


@scenario("odd-pipelined", title="Two requests in one segment", rows=["3.9 pipelined"], near_miss_of=["3.3 404"],
          shows="An unrelated request stands before the probe in the same segment; nginx answers it with 404 and the probe rightly.")
def pipelined(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    site.win.resolve()
    with site.pc.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.connect((WEB, 80))
        sock.sendall(b"GET /other.txt HTTP/1.1\r\nUser-Agent: Microsoft-CryptoAPI/10.0\r\nHost: ctldl.example.net\r\n\r\n" + probe())
        got = drain(sock)
    assert b"404" in got and BODY in got
    run.save(cap.stop() and cap)
    run.truth(web.log("GET"))
    run.like(expect.success, PC, WEB, ["http.request.uri == \"/connecttest.txt\"", "http.response.code == 200"], count=1)


@scenario("odd-second-exchange", title="Probe is the second exchange on one connection", rows=["3.9 keep-alive second response"], near_miss_of=["3.3 404"],
          shows="An unrelated request on the connection gets 404 first; the probe's own answer is the second response.")
def second_exchange(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    site.win.resolve()
    connection = Connection(site.pc, WEB)
    assert b"404" in connection.ask(b"GET /other.txt HTTP/1.1\r\nUser-Agent: Microsoft-CryptoAPI/10.0\r\nHost: ctldl.example.net\r\n\r\n")
    connection.data = b""
    assert BODY in connection.ask(probe())
    connection.close()
    run.save(cap.stop() and cap)
    run.truth(web.log("GET"))
    run.like(expect.success, PC, WEB, ["http.request.uri == \"/connecttest.txt\"", "http.response.code == 200"], count=1)


@scenario("odd-proxy-scheme-upper", title="Absolute request target with an upper-case scheme", rows=["3.9 absolute-form with upper-case scheme", "3.4 200"],
          shows="The probe to squid reads GET HTTP://WWW.MSFTConnectTest.com/connecttest.txt; the answer is right.")
def scheme_upper(run, lab):
    site = Site(lab, warm=True)
    node = site.proxy()
    node.run("ping", "-c", "1", "-W", "3", "-q", PC)
    nginx(site.net, WEB, RIGHT)
    hosts = lab.file("hosts", f"{WEB} {NAME}\n")
    log = squid(node, "10.1.0.9", [f"hosts_file {hosts}", "acl any src all", "http_access allow any"])
    cap = lab.capture(site.pc)
    what, data = site.win.get("10.1.0.9", proxied().replace(b"http://www.msftconnecttest.com", b"HTTP://WWW.MSFTConnectTest.com"), 3128)
    assert data.endswith(BODY), data
    run.save(cap.stop() and cap)
    run.truth(log.log("GET"))
    run.wire('http.request.uri contains "HTTP://"', 1)
    run.like(expect.proxy_success, PC, "10.1.0.9:3128", ["http.request", 'tcp.payload contains "HTTP/1.1 200"'])
