"""Conditions of the host itself: leases, addresses of its own making, routers, gateways."""
import re
import socket
import time

import dhcp
import expect
from netlab import until
from network import MACS, RESOLVER, WEB, Site
from scenario import scenario
from scenes_dns import CHAIN, RIGHT
from servers import dnsmasq, nginx
from windows import probe

RANGE = "dhcp-range=10.1.0.100,10.1.0.150,255.255.255.0,1h"
PC = MACS["pc"]
NO_ADDRESS = dict(verdict="NoAddress", cause="dhcp-no-offer", severity="error", confidence="high", capability="null", family="v4", route="null")


def served(site, *lines, name="dhcp", node=None, address=None):
    """dnsmasq as the DHCP server of the client's network, with router and resolver unless `lines` say otherwise."""
    node, address = node or site.gw, address or site.gateway
    own = [] if any(line.startswith("dhcp-option=3") for line in lines) else [f"dhcp-option=3,{site.gateway}"]
    return dnsmasq(node, address, ["interface=eth0", RANGE, *own, f"dhcp-option=6,{RESOLVER}", f"dhcp-leasefile={site.lab.dir}/leases-{name}",
                                   "no-ping", "log-dhcp", "dhcp-authoritative", *lines], name)


def autoip(site):
    """avahi-autoipd takes an address of 169.254.0.0/16; gives the address."""
    process, log = site.pc.start(["avahi-autoipd", "--no-drop-root", "--no-chroot", "--no-proc-title", "--force-bind", "eth0"], log="autoip")
    found = until("169.254", lambda: re.search(r"Successfully claimed IP address (169\.254\.\d+\.\d+)", site.lab.read(log)), 30)
    return process, found.group(1)


@scenario("host-no-offer-169", title="No DHCP server, and the client gives itself an address",
          shows="DISCOVER at 0, 4, 8 and 16 s, no offer; then ARP probes for an address of 169.254.0.0/16 and its announcement.",
          rows=["3.6 no offer", "rule 7 positive sign", "rule 15"], seconds=40)
def no_offer(run, lab):
    site = Site(lab, address=False)
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", PC)
    assert client.discover((4, 4, 8, 4)) is None
    process, address = autoip(site)
    cap.wait(socket.inet_aton(address), times=4)
    run.save(cap.stop() and cap)
    process.terminate()
    client.close()
    run.truth(f"avahi-autoipd: Successfully claimed IP address {address}")
    run.wire("dhcp.option.dhcp == 1", 4)
    run.wire("dhcp.option.dhcp == 2", 0)
    run.expect(client=address, evidence=["dhcp.option.dhcp == 1", run.first(f"arp.src.proto_ipv4 == {address}")], **NO_ADDRESS)


@scenario("host-slow-offer", title="A slow DHCP server", shows="The offer comes after the third DISCOVER, 9 s after the first; lease, announcement, traffic.",
          rows=["3.6 slow offer"], near_miss_of=["3.6 no offer"], seconds=15)
def slow_offer(run, lab):
    site = Site(lab, address=False)
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", PC)
    assert client.discover((4, 4)) is None
    server = served(site)
    assert client.discover((4,)) and client.request() == 5
    address = client.take()
    site.pc.run("ping", "-c", "2", "-W", "2", "-q", site.gateway)
    run.save(cap.stop() and cap)
    client.close()
    run.truth(server.log("DHCPACK"))
    run.wire("dhcp.option.dhcp == 1", 3)
    run.wire("dhcp.option.dhcp == 5", 1)
    run.truth(f"ping from {address}: answered")


@scenario("host-no-offer-alone", title="No DHCP server, and the client has other traffic",
          shows="DISCOVER at 0, 4, 8, 16 and 32 s, no offer within 62 s; neighbours on the link answer the client's echo requests over IPv6 all the time.",
          rows=["3.6 no offer", "rule 7 a b c", "rule 15"], seconds=75)
def no_offer_alone(run, lab):
    site, other = link6(lab)
    cap = lab.capture(site.pc)
    echo = site.pc.start(["ping", "-6", "-n", "-i", "4", "-c", "17", f"{other}%eth0"], log="ping")[0]
    client = dhcp.Client(site.pc, "eth0", PC)
    assert client.discover((4, 4, 8, 16, 1)) is None
    site.end(echo)
    run.save(cap.stop() and cap)
    client.close()
    run.wire("dhcp.option.dhcp == 1", 5)
    run.wire("dhcp.option.dhcp == 2", 0)
    run.expect(client="0.0.0.0", evidence=["dhcp.option.dhcp == 1"], **NO_ADDRESS)


@scenario("host-no-offer-one-eyed", title="DISCOVERs, and nothing towards the client",
          shows="DISCOVER at 0, 4, 8, 16 and 32 s seen from another switch port, where another host's traffic goes on for 64 s.",
          rows=["rule 7c"], near_miss_of=["3.6 no offer"], position="switch", seconds=75)
def no_offer_one_eyed(run, lab):
    site = Site(lab, address=False)
    monitor = site.host("mon", "10.1.0.7", MACS["mon"])
    cap = lab.capture(monitor)
    echo = monitor.start(["ping", "-n", "-i", "8", "-c", "9", site.gateway], log="ping")[0]
    client = dhcp.Client(site.pc, "eth0", PC)
    assert client.discover((4, 4, 8, 16, 1)) is None
    site.end(echo)
    run.save(cap.stop() and cap)
    client.close()
    run.wire("dhcp.option.dhcp == 1", 5)
    run.expect(verdict="Incomplete", cause="one-way", severity="warning", guess="NoAddress", capability="null", family="v4", route="null",
               client="0.0.0.0", evidence=["dhcp.option.dhcp == 1"])


@scenario("host-169-then-lease", title="A lease that comes after the client has given itself an address",
          shows="DISCOVER at 0, 4 and 8 s, no offer; 169.254.0.0/16; then a server comes up, the next DISCOVER is answered and the lease taken.",
          rows=["3.6 no offer", "rule 13 recovered"], seconds=45)
def late_lease(run, lab):
    site = Site(lab, address=False)
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", PC)
    assert client.discover((4, 4, 2)) is None
    process, address = autoip(site)
    cap.wait(socket.inet_aton(address), times=3)
    server = served(site)
    process.terminate()
    process.wait(5)
    assert client.discover((4,)) and client.request() == 5
    client.take()
    site.pc.run("ping", "-c", "1", "-W", "2", "-q", site.gateway)
    run.save(cap.stop() and cap)
    client.close()
    run.truth([f"avahi-autoipd: Successfully claimed IP address {address}", *server.log("DHCPACK")])
    run.expect(client=address, evidence=[run.first("dhcp.option.dhcp == 1"), "dhcp.option.dhcp == 5"], **{**NO_ADDRESS, "severity": "warning"})


@scenario("host-nak-loop", title="A server that refuses every address", shows="REQUEST for an address of another network, NAK; three times, nothing else offered.",
          rows=["3.6 NAK loop"], seconds=20)
def nak_loop(run, lab):
    site = Site(lab, address=False)
    server = dnsmasq(site.gw, site.gateway, ["interface=eth0", "dhcp-range=10.1.0.0,static,255.255.255.0,1h", "dhcp-authoritative", "no-ping",
                                             "log-dhcp", f"dhcp-leasefile={lab.dir}/leases"], "dhcp")
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", PC)
    for _ in range(3):
        assert client.request(bytes([192, 168, 99, 5]), server=False) == 6
        assert client.discover((1,)) is None
    run.save(cap.stop() and cap)
    client.close()
    run.truth(server.log("DHCPNAK"))
    run.wire("dhcp.option.dhcp == 6", 3)
    run.expect(client="0.0.0.0", evidence=["dhcp.option.dhcp == 6"], **{**NO_ADDRESS, "cause": "dhcp-nak"})


@scenario("host-nak-then-lease", title="One NAK on moving to another network", shows="REQUEST for the old address, NAK, DISCOVER, lease.", rows=["3.6 one NAK"],
          near_miss_of=["3.6 NAK loop"], seconds=8)
def nak_then_lease(run, lab):
    site = Site(lab, address=False)
    server = served(site)
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", PC)
    assert client.request(bytes([192, 168, 99, 5]), server=False) == 6
    assert client.discover((4,)) and client.request() == 5
    client.take()
    site.pc.run("ping", "-c", "1", "-W", "2", "-q", site.gateway)
    run.save(cap.stop() and cap)
    client.close()
    run.truth(server.log("DHCPNAK") + server.log("DHCPACK"))
    run.wire("dhcp.option.dhcp == 6", 1)


@scenario("host-decline-loop", title="Every address offered is somebody else's",
          shows="The lease is granted, the ARP probe for its address is answered by a host with that fixed address, DECLINE; three times.",
          rows=["3.6 DECLINE"], seconds=30)
def decline_loop(run, lab):
    site = Site(lab, address=False)
    server = dnsmasq(site.gw, site.gateway, ["interface=eth0", "dhcp-range=10.1.0.100,10.1.0.101,255.255.255.0,1h", "dhcp-option=3,10.1.0.1", "no-ping",
                                             "log-dhcp", f"dhcp-leasefile={lab.dir}/leases", "dhcp-authoritative"], "dhcp")
    fixed = site.host("fixed", "10.1.0.100")
    fixed.ip("addr", "add", "10.1.0.101/24", "dev", "eth0")
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", PC)
    for _ in range(3):
        assert client.discover((4,)) and client.request() == 5
        assert client.probe(client.ack[16:20])
        client.decline(client.ack[16:20])
        time.sleep(1)  # RFC 2131 asks for ten
    run.save(cap.stop() and cap)
    client.close()
    run.truth(server.log("DHCPDECLINE"))
    run.wire("dhcp.option.dhcp == 4", 3)
    run.expect(client="0.0.0.0", evidence=["dhcp.option.dhcp == 4"], **{**NO_ADDRESS, "cause": "dhcp-decline"})


NO_ROUTE = dict(verdict="NoRoute", cause="dhcp-no-router", severity="error", confidence="medium", capability="Local", family="v4", route="null")


def leased(run, lab, *lines, seconds=14):
    """A lease by `lines`, then `seconds` of echo requests within the network; gives the site and the address."""
    site = Site(lab, address=False)
    server = served(site, *lines)
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", PC)
    assert client.discover((4,)) and client.request() == 5
    address = client.take()
    client.close()
    site.end(site.background(seconds // 2 + 1, every=2))
    return site, server, cap, address


@scenario("host-no-router", title="A lease without a router", shows="ACK without options 3, 121 and 249; traffic within the network alone for 14 s.",
          rows=["3.6 ACK without option 3"], seconds=25)
def no_router(run, lab):
    site, server, cap, address = leased(run, lab, "dhcp-option=3")
    run.save(cap.stop() and cap)
    run.truth(server.log("DHCPACK"))
    run.wire("dhcp.option.router", 0)
    run.expect(client=address, evidence=["dhcp.option.dhcp == 5"], **NO_ROUTE)


@scenario("host-classless-route", title="The default route comes by option 121", shows="ACK without option 3, with 0.0.0.0/0 in option 121.",
          rows=["00.7 option 121"], near_miss_of=["3.6 ACK without option 3"], seconds=25)
def classless(run, lab):
    _, server, cap, _ = leased(run, lab, "dhcp-option=3", "dhcp-option=121,0.0.0.0/0,10.1.0.1")
    run.save(cap.stop() and cap)
    run.truth(server.log("DHCPACK"))
    run.wire("dhcp.option.type == 121 && dhcp.option.dhcp == 5", 1)


@scenario("host-static-route", title="No router in the lease, and the client leaves the network all the same",
          shows="ACK without option 3; an administrator's own default route: an answered echo request to another network.",
          rows=["00.7 off-link traffic"], near_miss_of=["3.6 ACK without option 3"], seconds=25)
def static_route(run, lab):
    site, server, cap, _ = leased(run, lab, "dhcp-option=3")
    site.pc.route("default", site.gateway)
    site.pc.run("ping", "-c", "1", "-W", "2", "-q", RESOLVER)
    run.save(cap.stop() and cap)
    run.truth(server.log("DHCPACK"))
    run.wire(f"icmp.type == 0 && ip.src == {RESOLVER}", 1)


SILENT = dict(verdict="SuspectArpProbeFailed", cause="arp-timeout", severity="error", confidence="high", capability="null", family="v4", route="null")


def gateway_down(lab, lines=()):
    """A client with a lease from 10.1.0.2 that names the router 10.1.0.1, which does not answer ARP; gives (site, server, capture, address)."""
    site = Site(lab, address=False)
    srv = site.host("srv", "10.1.0.2")
    server = served(site, "dhcp-option=3,10.1.0.1", node=srv, address="10.1.0.2")
    site.gw.ip("link", "set", "eth0", "arp", "off")
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", PC)
    assert client.discover((4,)) and client.request() == 5
    address = client.take()
    client.close()
    return site, server, cap, address


def asks(site, target, times):
    """The kernel's ARP requests for `target`: three for each echo request that cannot leave."""
    for _ in range(times):
        try:
            site.pc.run("ping", "-c", "1", "-W", "4", "-q", target)
        except Exception:  # noqa: BLE001 the gateway is silent: ping fails
            pass


@scenario("host-gateway-silent", title="The gateway answers no ARP", shows="The lease names 10.1.0.1; two times three requests for it stay unanswered, while "
          "the DHCP server answers echo requests.", rows=["3.6 gateway silent"], seconds=25)
def gateway_silent(run, lab):
    site, server, cap, address = gateway_down(lab)
    echo = site.background(8, every=2, gateway="10.1.0.2")
    asks(site, RESOLVER, 2)
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth(server.log("DHCPACK"))
    run.wire("arp.opcode == 2 && arp.src.proto_ipv4 == 10.1.0.1", 0)
    run.expect(client=address, server="10.1.0.1", evidence=["arp.opcode == 1 && arp.dst.proto_ipv4 == 10.1.0.1"], **SILENT)


@scenario("host-neighbour-silent", title="A printer that is switched off answers no ARP",
          shows="Requests for 10.1.0.77, which is no gateway, stay unanswered; the gateway answers.", rows=["3.6 other neighbour silent"],
          near_miss_of=["3.6 gateway silent"], seconds=25)
def neighbour_silent(run, lab):
    site = Site(lab, address=False)
    server = served(site)
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", PC)
    assert client.discover((4,)) and client.request() == 5
    client.take()
    client.close()
    echo = site.background(7, every=2)
    asks(site, "10.1.0.77", 2)
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth(server.log("DHCPACK"))
    run.wire("arp.opcode == 2 && arp.src.proto_ipv4 == 10.1.0.77", 0)


@scenario("host-gateway-back", title="A gateway that comes back", shows="Three requests for the gateway stay unanswered, the later one is answered.",
          rows=["3.6 gateway silent", "rule 13 recovered"], seconds=25)
def gateway_back(run, lab):
    site, server, cap, address = gateway_down(lab)
    echo = site.background(8, every=2, gateway="10.1.0.2")
    asks(site, RESOLVER, 1)
    time.sleep(3)  # the deadline of the third request
    site.gw.ip("link", "set", "eth0", "arp", "on")
    asks(site, site.gateway, 1)
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth(server.log("DHCPACK"))
    run.expect(client=address, server="10.1.0.1", evidence=[run.first("arp.opcode == 1 && arp.dst.proto_ipv4 == 10.1.0.1"), run.first("arp.opcode == 2 && arp.src.proto_ipv4 == 10.1.0.1")],
               **{**SILENT, "severity": "warning"})


class Link6:
    """A client with nothing but a link-local address, on a switch with one other host."""

    def __init__(self, lab):
        self.lab = lab
        self.sw, self.pc, self.gw = lab.switch("sw"), lab.node("pc", ttl=128, ipv6=True), lab.node("gw", ipv6=True, forward=True)
        self.sw.plug(self.gw, [], MACS["gw"])
        _, self.port = self.sw.plug(self.pc, [], PC)
        self.end = Site.end

    def local(self, node):
        return re.search(r"inet6 (fe80::\S+)/64", until("fe80", lambda: node.ip("addr", "show", "eth0") if "fe80" in node.ip("addr", "show", "eth0") else None)).group(1)


def link6(lab):
    site = Link6(lab)
    return site, site.local(site.gw)


def solicit(site, run, lab, before=lambda: None, seconds=16):
    """The client's link comes up and its kernel asks for routers, while the other host answers echo requests; gives the capture."""
    other = site.local(site.gw)
    site.pc.ip("link", "set", "eth0", "down")
    site.pc.sysctl({"net/ipv6/conf/eth0/router_solicitations": 3, "net/ipv6/conf/eth0/accept_ra": 1,
                    "net/ipv6/conf/eth0/router_solicitation_max_interval": 4})
    cap = lab.capture(site.sw, site.port)
    before()
    site.pc.ip("link", "set", "eth0", "up")
    site.local(site.pc)
    echo = site.pc.start(["ping", "-6", "-n", "-i", "4", "-c", str(seconds // 4 + 1), f"{other}%eth0"], log="ping")[0]
    site.end(echo)
    return cap


NO_GLOBAL = dict(verdict="NoGlobalAddress", cause="router-silent", severity="info", confidence="high", capability="null", family="v6", route="null")


@scenario("host-no-router-advertisement", title="Nobody advertises a router", shows="Three router solicitations of the kernel, no advertisement; the other "
          "host answers echo requests over link-local addresses.", rows=["3.6 RS without RA"], seconds=30)
def no_advertisement(run, lab):
    site = Link6(lab)
    cap = solicit(site, run, lab, seconds=20)
    run.save(cap.stop() and cap)
    run.wire("icmpv6.type == 134", 0)
    run.expect(client=site.local(site.pc), evidence=[run.first("icmpv6.type == 133")], **NO_GLOBAL)


def routed6(site, lab, mode):
    """dnsmasq advertises 2001:db8:1::/64 (or what `mode` says)."""
    site.gw.ip("addr", "add", "2001:db8:1::1/64", "dev", "eth0", "nodad")
    site.gw.ip("addr", "add", "fd00:1::1/64", "dev", "eth0", "nodad")
    return dnsmasq(site.gw, "2001:db8:1::1", ["interface=eth0", "enable-ra", "ra-param=eth0,5,1800", f"dhcp-range={mode}", "log-dhcp",
                                              f"dhcp-leasefile={lab.dir}/leases"], "ra")


@scenario("host-router-advertisement", title="A router advertises a prefix", shows="The solicitation is answered with 2001:db8:1::/64 (A set); the kernel makes an address.",
          rows=["3.6 RA with prefix"], near_miss_of=["3.6 RS without RA", "3.6 ULA only"], seconds=30)
def advertisement(run, lab):
    site = Link6(lab)
    routed6(site, lab, "2001:db8:1::,ra-only,64,1h")
    cap = solicit(site, run, lab, seconds=12)
    until("the address", lambda: "2001:db8:1:" in site.pc.ip("addr", "show", "eth0"))
    site.pc.run("ping", "-6", "-c", "1", "-W", "2", "-q", "2001:db8:1::1")
    run.save(cap.stop() and cap)
    run.truth("ip addr: " + re.search(r"2001:db8:1:\S+", site.pc.ip("addr", "show", "eth0")).group(0))
    run.frames("icmpv6.type == 134")


@scenario("host-router-ula", title="A router advertises a unique local prefix alone", shows="The advertisement holds fd00:1::/64 and nothing that reaches the Internet.",
          rows=["3.6 ULA only"], seconds=30)
def ula(run, lab):
    site = Link6(lab)
    routed6(site, lab, "fd00:1::,ra-only,64,1h")
    cap = solicit(site, run, lab, seconds=16)
    run.save(cap.stop() and cap)
    run.expect(client=site.local(site.pc), evidence=[run.first("icmpv6.type == 134")], **{**NO_GLOBAL, "cause": "router-no-prefix", "confidence": ["medium", "high"]})


@scenario("host-router-nd-silent", title="The IPv6 router answers no neighbour solicitation",
          shows="A router advertises itself; the solicitations for its link-local address stay unanswered, while another host answers echo requests.",
          rows=["3.6 gateway silent v6"], seconds=30)
def nd_silent(run, lab):
    site = Link6(lab)
    other = lab.node("srv", ipv6=True)
    site.sw.plug(other, [], MACS["pc2"])
    routed6(site, lab, "2001:db8:1::,ra-only,64,1h")
    cap = solicit(site, run, lab, seconds=4)
    until("the address", lambda: "2001:db8:1:" in site.pc.ip("addr", "show", "eth0"))
    site.gw.rule("icmpv6 type nd-neighbor-advert drop", hook="output")
    router, local = site.local(site.gw), site.local(other)
    site.pc.run("ping", "-6", "-c", "1", "-W", "2", "-q", f"{local}%eth0")
    echo = site.pc.start(["ping", "-6", "-n", "-i", "2", "-c", "7", f"{local}%eth0"], log="ping")[0]
    site.pc.ip("neigh", "flush", "to", router, "dev", "eth0")
    for _ in range(2):
        try:
            site.pc.run("ping", "-6", "-c", "1", "-W", "4", "-q", "2001:db8:80::80")
        except Exception:  # noqa: BLE001 the router is silent: ping fails
            pass
    site.end(echo)
    run.save(cap.stop() and cap)
    asked = f"icmpv6.type == 135 && icmpv6.nd.ns.target_address == {router} && !(eth.dst == {MACS['gw']})"
    run.frames(asked)
    run.expect(server=router, evidence=[run.first(asked)], **{**SILENT, "cause": "neighbour-timeout", "family": "v6"})


def started(run, lab, vendor, agent, probes):
    """A client that takes a lease, resolves a name, requests a file, and is captured for 62 s; gives (site, address, web)."""
    site = Site(lab, address=False)
    server = served(site)
    dnsmasq(site.net, RESOLVER, [*CHAIN, f"host-record=crl.corp.example,{WEB}"])
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", PC, vendor=vendor)
    assert client.discover((4,)) and client.request() == 5
    address = client.take()
    client.close()
    site.win.resolve("crl.corp.example")
    site.win.get(WEB, probe("crl.corp.example", "/root.crl", agent))
    if probes:
        assert b"Connect Test" in site.win.check()[1]
    site.end(site.background(11, every=6))
    run.save(cap.stop() and cap)
    run.truth(server.log("DHCPACK") + web.log("root.crl"))
    return address


NO_PROBE = dict(verdict="NoProbeSeen", cause="probe-never-sent", severity="error", confidence="medium", capability="null", family="v4", route="null")


@scenario("host-no-probe", title="A Windows client that comes up and does not probe",
          shows="Lease with vendor class MSFT 5.0, a look-up and a request of Microsoft-CryptoAPI/10.0; no probe name, no probe within 62 s.",
          rows=["NoProbeSeen", "3.2 never sent"], seconds=75)
def no_probe(run, lab):
    address = started(run, lab, b"MSFT 5.0", "Microsoft-CryptoAPI/10.0", False)
    run.wire('dns.qry.name contains "msft"', 0)
    run.expect(client=address, evidence=[run.first("dhcp.option.dhcp == 1")], **NO_PROBE)


@scenario("host-linux-no-probe", title="A Linux client that comes up", shows="Lease with vendor class dhcpcd, a look-up and a request of curl; nothing of Windows.",
          rows=["no Windows"], near_miss_of=["NoProbeSeen"], seconds=75)
def linux_no_probe(run, lab):
    started(run, lab, b"dhcpcd-9.4.1:Linux-6.1.0:x86_64", "curl/8.5.0", False)
    run.wire('dns.qry.name contains "msft"', 0)


@scenario("host-probe-after-lease", title="A Windows client that comes up and probes", shows="Lease, look-up, request, then the probe, which succeeds.",
          rows=["3.3 200", "clients name os", "3.7 sticky"], near_miss_of=["NoProbeSeen"], seconds=75)
def probe_after_lease(run, lab):
    address = started(run, lab, b"MSFT 5.0", "Microsoft-CryptoAPI/10.0", True)
    run.like(expect.success, address, WEB, ['http.user_agent == "Microsoft NCSI"'])


@scenario("host-flap", title="The link comes up again between two failed probes",
          shows="Lease, a portal redirects; the link goes down and up, lease again, the portal redirects again.", rows=["3.6 link flap"], seconds=15)
def flap(run, lab):
    site = Site(lab, address=False)
    server = served(site)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, "location / { return 302 http://login.hotel.example/; }")
    cap = lab.capture(site.pc)
    for _ in range(2):
        client = dhcp.Client(site.pc, "eth0", PC)
        assert client.discover((4,)) and client.request() == 5
        address = client.take()
        client.close()
        assert b" 302 " in site.win.check()[1]
        cap.lull()
        site.pc.ip("addr", "flush", "dev", "eth0")
    run.save(cap.stop() and cap)
    run.truth(server.log("DHCPACK") + web.log("NCSI"))
    run.wire("http.response.code == 302", 2)
    run.like(expect.hotspot, address, WEB, [], cause="http-redirect", count=1, says=["Transient: "])
    run.like(expect.hotspot, address, WEB, [], cause="http-redirect", count=1)
