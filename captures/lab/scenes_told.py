"""What a lease tells a client: where the PAC file is (option 252), and where the portal (option 114, RFC 8910)."""
import dhcp
import expect
from network import MACS, RESOLVER, WEB, Site
from scenario import scenario
from scenes_dns import CHAIN, RIGHT
from scenes_host import served
from scenes_proxy import AT, PROXY
from scenes_discovery import FETCH, FETCHED, FILE, give
from servers import dnsmasq, nginx, squid
from windows import proxied
from windows_discovery import pac_request

HOST = "config.corp.example"
URL = f"http://{HOST}/proxy/windows"


def leased(lab, told, web=RIGHT, pac=None, through=False):
    """A client with a lease that tells something, and what it tells of; gives (site, DHCP server, capture, address)."""
    site = Site(lab, address=False)
    dnsmasq(site.net, RESOLVER, [*CHAIN, f"host-record={HOST},{PROXY}"])
    nginx(site.net, WEB, web)
    box = site.proxy()
    if pac:
        site.pac = nginx(box, PROXY, pac(lab) if callable(pac) else pac, "pac")
    if through:
        squid(box, PROXY, ["http_access allow all"])
    server = served(site, *told)
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", MACS["pc"])
    assert client.discover((4,)) and client.request() == 5
    address = client.take()
    client.close()
    return site, server, cap, address


def ask(site, path="/proxy/windows"):
    """The file as a service asks for it whose name says nothing."""
    address = site.win.resolve(HOST).addresses[0]
    return site.win.get(address, pac_request(HOST, path, "Mozilla/4.0 (compatible; Win32; WinHttp.WinHttpRequest.5)"))


@scenario("dhcp-pac-found", title="The lease names the PAC file", shows="DHCP option 252 names http://config.corp.example/proxy/windows; the client fetches it and the "
          "probe goes through the proxy that it names.", rows=["3.5 option 252", "3.5 200"])
def found(run, lab):
    site, server, cap, address = leased(lab, [f"dhcp-option=252,{URL}"], through=True,
                                        pac=lambda lab: give(FILE)(lab).replace("location / {", "location / { rewrite ^ /wpad.dat break;"))
    assert b"FindProxyForURL" in ask(site)[1]
    assert b" 200 " in site.win.get(PROXY, proxied(), 3128)[1]
    run.save(cap.stop() and cap)
    run.truth(site.pac.log("GET") + server.log("DHCPACK"))
    run.like(expect.proxy_success, address, AT, ["http.response && tcp.srcport == 3128"], says=[f"names PROXY {AT}."],
             **{"details.proxy.discovery.method": "dhcp", "details.proxy.discovery.url": URL})


@scenario("dhcp-pac-404", title="The lease names a PAC file that is not there", shows="DHCP option 252 names http://config.corp.example/proxy/windows; the server answers 404. "
          "The probe goes directly and works.", rows=["3.5 option 252", "3.5 404"])
def missing(run, lab):
    site, server, cap, address = leased(lab, [f"dhcp-option=252,{URL}"], pac="location / { return 404; }")
    assert b" 404 " in ask(site)[1]
    assert b" 200 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth(site.pac.log("GET") + server.log("DHCPACK"))
    run.expect([FETCH, FETCHED], verdict="ProxyDiscoveryFailed", cause="http-status", severity="warning", confidence=["high", "medium"],
               capability="null", family="v4", route="direct", client=address, server=PROXY, host=HOST, **{"details.proxy.discovery.method": "dhcp"})
    run.like(expect.success, address, WEB, [f"http.response && ip.src == {WEB}"])


@scenario("dhcp-pac-other-page", title="Another page of the host that the lease names", shows="DHCP option 252 names a PAC file; what the client asks the same host for is another "
          "page, which is not there.", rows=["3.3 200"], near_miss_of=["3.5 option 252", "3.5 404"])
def other_page(run, lab):
    site, server, cap, address = leased(lab, [f"dhcp-option=252,{URL}"], pac="location / { return 404; }")
    assert b" 404 " in ask(site, "/favicon.ico")[1]
    assert b" 200 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth(site.pac.log("GET") + server.log("DHCPACK"))
    run.like(expect.success, address, WEB, [f"http.response && ip.src == {WEB}"])


def portal(name, url, title, says):
    """Registers a scenario of a portal in a network whose lease says something of portals."""
    @scenario(name, title=title, shows=f"DHCP option 114 says {url}; the probe is redirected.", rows=["3.3 302"])
    def work(run, lab):
        site, server, cap, address = leased(lab, [f"dhcp-option-force=114,{url}"], web="location / { return 302 http://login.hotel.example/; }")
        assert b" 302 " in site.win.check()[1]
        run.save(cap.stop() and cap)
        run.truth(server.log("DHCPACK"))
        run.like(expect.hotspot, address, WEB, ["http.response.code == 302"], cause="http-redirect", says=[says])
    return work


portal("dhcp-portal-named", "https://login.hotel.example/api", "The network names its portal", "The network itself names its portal: https://login.hotel.example/api")
portal("dhcp-portal-denied", "urn:ietf:params:capport:unrestricted", "The network says that it has no portal, and has one", "says that it has no portal")
