"""Rows of the host's and the prediction's tables: two gateways of one address, a line that is down, a renewal, DHCP's rarer ends."""
import socket
import threading
import time

import dhcp
import expect
from network import MACS, RESOLVER, WEB, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from scenes_format import REDIRECT
from scenes_host import NO_ADDRESS, autoip, served
from scenes_http import EXCHANGE
from servers import dnsmasq, nginx

ROGUE, VIRTUAL = "00:0c:43:26:60:18", "00:00:5e:00:01:0a"
ANSWERS = "arp.opcode == 2 && arp.src.proto_ipv4 == 10.1.0.1"


def two_answer(run, lab, mac, both):
    """Who has 10.1.0.1? Two hosts answer (or the second alone from then on); the probe goes through the first and succeeds."""
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    site.host("second", "10.1.0.1", mac)
    cap = lab.capture(site.pc)
    for _ in range(2):
        site.pc.ip("neigh", "flush", "to", site.gateway, "dev", "eth0")
        try:
            site.pc.run("ping", "-c", "1", "-W", "1", "-q", site.gateway)
        except Exception:  # noqa: BLE001 an answer of the other host may go astray
            pass
    site.pc.ip("neigh", "replace", site.gateway, "lladdr", MACS["gw"], "dev", "eth0", "nud", "permanent")
    assert site.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.wire(f"{ANSWERS} && arp.src.hw_mac == {MACS['gw']}", 2)
    run.wire(f"{ANSWERS} && arp.src.hw_mac == {mac}", 2)
    run.like(expect.success, PC, WEB, EXCHANGE, **both)


@scenario("host-gateway-two-macs", title="Two hosts claim the gateway's address", rows=["3.6 two MACs"],
          shows="Both answer the client's ARP requests for 10.1.0.1; the probe happens to go through the right one.")
def two_macs(run, lab):
    two_answer(run, lab, ROGUE, dict(says=[MACS["gw"], ROGUE]))


@scenario("host-gateway-virtual-mac", title="A gateway with a virtual address beside its own", rows=["3.3 200"], near_miss_of=["3.6 two MACs"],
          shows="A router and VRRP's virtual link address (00:00:5e:00:01) both answer for 10.1.0.1, as some routers do.")
def virtual_mac(run, lab):
    two_answer(run, lab, VIRTUAL, {})


@scenario("host-gateway-replaced", title="Another router takes the address over", rows=["3.3 200"], near_miss_of=["3.6 two MACs"],
          shows="The gateway answers, then it is gone; a second later another router announces the address and answers for it.", seconds=8)
def replaced(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    site.pc.ip("neigh", "flush", "to", site.gateway, "dev", "eth0")
    site.pc.run("ping", "-c", "1", "-W", "2", "-q", site.gateway)
    time.sleep(2)  # a failover is a silence, then another voice
    site.gw.ip("link", "set", "eth0", "down")
    site.gw.ip("link", "set", "eth0", "address", ROGUE)
    site.gw.ip("link", "set", "eth0", "up")
    site.pc.ip("neigh", "flush", "to", site.gateway, "dev", "eth0")
    site.pc.run("ping", "-c", "1", "-W", "3", "-q", site.gateway)
    assert site.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.wire(f"{ANSWERS} && arp.src.hw_mac == {MACS['gw']}", 1)
    run.frames(f"{ANSWERS} && arp.src.hw_mac == {ROGUE}")
    run.like(expect.success, PC, WEB, EXCHANGE)


@scenario("host-upstream-down", title="The gateway's line is down", rows=["3.6 upstream down", "3.2 timeout"], near_miss_of=["3.6 gateway silent"], seconds=20,
          shows="The gateway answers ARP and echo requests all the time; the line behind it is cut, and no copy of the query is answered.")
def upstream_down(run, lab):
    site = Site(lab, warm=True)
    site.isp.rule("drop")
    cap = lab.capture(site.pc)
    site.pc.ip("neigh", "flush", "to", site.gateway, "dev", "eth0")
    echo = site.background(8, every=2)
    assert site.win.check()[0] == "unresolved"
    site.end(echo)
    run.save(cap.stop() and cap)
    run.truth("client: unresolved; isp: nft drop")
    run.wire("dns.flags.response == 1", 0)
    run.wire(ANSWERS, 1)
    run.expect([run.first("dns.qry.name == \"www.msftconnecttest.com\"")], verdict="ActiveHttpProbeFailed", cause="dns-timeout", severity="error",
               confidence="high", capability="Local", family="v4", client=PC, server=RESOLVER)


@scenario("host-upstream-slow", title="The line comes back just in time", rows=["3.3 200"], near_miss_of=["3.6 upstream down", "3.2 timeout"], seconds=8,
          shows="The first copies of the query are lost beyond the gateway, which answers; the third is answered, and the probe succeeds.")
def upstream_slow(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    site.isp.rule("udp dport 53 drop")
    opens = threading.Timer(1.5, lambda: site.isp.run("nft", "flush", "ruleset"))  # between the second copy and the third
    cap = lab.capture(site.pc)
    opens.start()
    assert site.win.check()[0] == "answer"
    opens.join()
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.like(expect.success, PC, WEB, EXCHANGE)


@scenario("host-renewal", title="A lease is renewed between two failed probes", rows=["3.3 302"], near_miss_of=["3.6 link flap"], seconds=12,
          shows="Lease, a portal redirects; the client asks for its address again from that address, as for half of the lease's time, and the portal redirects again.")
def renewal(run, lab):
    site = Site(lab, address=False)
    server = served(site)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, REDIRECT)
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", MACS["pc"])
    assert client.discover((4,)) and client.request() == 5
    address = client.take()
    assert b" 302 " in site.win.check()[1]
    cap.lull()
    assert client.speak(3, address) == 5
    assert b" 302 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    client.close()
    run.truth(server.log("DHCPACK") + web.log("NCSI"))
    run.wire(f"dhcp.option.dhcp == 3 && ip.src == {address}", 1)
    run.like(expect.hotspot, address, WEB, [], cause="http-redirect", count=2)


@scenario("predict-not-sticky", title="A success, and a portal after it", rows=["3.7 direct"], near_miss_of=["3.7 sticky", "3.7 success"], seconds=5,
          shows="The first probe succeeds; then the provider's portal takes over, and the next probe is redirected: Local, not Internet any more.")
def not_sticky(run, lab):
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.pc)
    assert b"Connect Test" in site.win.check()[1]
    cap.lull()
    web.process.terminate()
    web.process.wait()
    portal = nginx(site.net, WEB, REDIRECT, "portal")
    assert b" 302 " in site.win.check()[1]
    run.save(cap.stop() and cap)
    run.truth(portal.log("NCSI"))
    run.like(expect.success, PC, WEB, ["http.response.code == 200"])
    run.like(expect.hotspot, PC, WEB, ["http.response.code == 302"], cause="http-redirect")
    run.place("/clients/0/v4/capability", "Local")
    run.place("/clients/0/online", False)


@scenario("host-no-ack-169", title="An offer, and no acknowledgement", rows=["3.6 offer without ACK"], near_miss_of=["3.6 NAK loop"], seconds=40,
          shows="DISCOVER, OFFER, and two REQUESTs that a filter before the server drops; then the client gives itself an address of 169.254.0.0/16.")
def no_ack(run, lab):
    site = Site(lab, address=False)
    server = served(site)
    site.gw.rule("udp dport 67 @th,2000,8 3 drop", hook="input")  # option 53 is the first one of this client
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", MACS["pc"])
    assert client.discover((4,)) and client.request(waits=(4, 4)) is None
    process, address = autoip(site)
    cap.wait(socket.inet_aton(address), times=4)
    run.save(cap.stop() and cap)
    process.terminate()
    client.close()
    run.truth([*server.log("DHCPOFFER"), f"avahi-autoipd: Successfully claimed IP address {address}"])
    run.wire("dhcp.option.dhcp == 3", 2)
    run.wire("dhcp.option.dhcp == 5", 0)
    run.expect(client=address, evidence=["dhcp.option.dhcp == 2", "dhcp.option.dhcp == 3", run.first(f"arp.src.proto_ipv4 == {address}")],
               **{**NO_ADDRESS, "cause": "dhcp-no-ack"})


@scenario("host-inform", title="A client with a fixed address asks for parameters", rows=["00.7 INFORM"], near_miss_of=["3.6 ACK without option 3", "3.6 no offer"],
          shows="INFORM from a fixed address, ACK without a lease and without a router; then nothing but traffic within the network for 14 s.", seconds=20)
def inform(run, lab):
    site = Site(lab)
    server = served(site, "dhcp-option=3")
    cap = lab.capture(site.pc)
    client = dhcp.Client(site.pc, "eth0", MACS["pc"])
    assert client.speak(8, PC, server=site.gateway) == 5
    client.close()
    site.end(site.background(8, every=2))
    run.save(cap.stop() and cap)
    run.truth(server.log("DHCPACK"))
    run.wire("dhcp.option.dhcp == 8", 1)
    run.wire("dhcp.option.dhcp == 5 && dhcp.option.ip_address_lease_time", 0)
    run.wire("dhcp.option.dhcp == 5 && dhcp.option.router", 0)


@scenario("host-relayed", title="A lease through a relay, seen behind it", rows=["00.15 relay"], near_miss_of=["3.6 no offer", "3.6 ACK without option 3"], position="switch",
          shows="The router relays the client's messages to a server beyond: DISCOVER, OFFER, REQUEST, ACK with the relay's address, none of them broadcast.", seconds=15)
def relayed(run, lab):
    site = Site(lab, address=False)
    server = dnsmasq(site.isp, "198.51.100.1", ["interface=eth0", "dhcp-range=10.1.0.100,10.1.0.150,255.255.255.0,1h", f"dhcp-option=3,{site.gateway}", "no-ping",
                                                "log-dhcp", "dhcp-authoritative", f"dhcp-leasefile={lab.dir}/leases-far"], "far")
    dnsmasq(site.gw, site.gateway, [f"dhcp-relay={site.gateway},198.51.100.1", "log-dhcp"], "relay")
    cap = lab.capture(site.isp)
    client = dhcp.Client(site.pc, "eth0", MACS["pc"])
    assert client.discover((4, 4)) and client.request(waits=(4, 4)) == 5
    client.take()
    client.close()
    site.pc.run("ping", "-c", "1", "-W", "2", "-q", "198.51.100.1")
    run.save(cap.stop() and cap)
    run.truth(server.log("DHCPACK"))
    run.frames(f"dhcp.option.dhcp == 1 && dhcp.ip.relay == {site.gateway}")
    run.wire("dhcp && ip.dst == 255.255.255.255", 0)
