"""Built captures: hosts with several addresses, and addresses that are nobody's."""
import dnsmsg as d
import expect
import packet as p
from built import W, built_in
from scene import PORTAL, REQUEST6, ROUTER_MAC, Host, Scene, Tcp, client, client6, resolver, resolver6, web

SCENARIOS = {}
built = built_in(SCENARIOS)


@built("built-cgnat-portal")
def cgnat_portal():
    s, c = Scene(), client()
    portal = Host("100.64.0.1", ROUTER_MAC, 64, 0x6600)
    s.lookup(c, resolver(), address=portal.ip)
    asked, told = Tcp(s, c, portal).exchange(response=PORTAL)
    return s, dict(title="A portal behind a shared address",
                   shows="The look-up gives 100.64.0.1 (RFC 6598), where a portal redirects.",
                   rows=["3.2 hijack", "3.9 CGNAT answers"], truth=f"built; tshark: frame {told} http.response.code 302",
                   findings=[expect.hotspot(c.ip, portal.ip, "http-redirect", [asked, told])])


@built("built-vpn-and-nic")
def vpn_and_nic():
    s, nic = Scene(), client()
    vpn = Host("172.20.0.5", "00:ff:5d:01:04:05", 128, 0x2A10)
    s.lookup(nic, resolver())
    t = Tcp(s, nic, web())
    t.syn()
    s.wait(0.4)
    refused = t.seg(1, flags=p.RST | p.ACK, seq=0, ack=t.isn[0] + 1, window=0, advance=False, ttl=63)
    s.wait(2500)
    s.lookup(vpn, resolver(), ident=0x3B07)
    asked, told = Tcp(s, vpn, web(), sport=49901).exchange()
    return s, dict(title="Probes of the adapter and of the tunnel",
                   shows="Under a forced tunnel the probe of the physical adapter is refused; that of the tunnel succeeds, from its own address.",
                   rows=["3.9 probe on VPN and NIC at once"],
                   truth=f"built; tshark: frame {refused} tcp.flags.reset, frame {told} http.response.code 200",
                   findings=[{key: value for key, value in expect.no_http(nic.ip, W, "tcp-reset", [refused]).items() if key != "severity"},
                             expect.success(vpn.ip, W, [asked, told])],
                   notes=["nothing in the packets joins the two addresses, so the severity of the refusal is left open"])


@built("built-address-changes")
def address_changes():
    s, before = Scene(), client()
    after = Host("10.1.0.77", before.mac, 128, 0x4A40)
    s.lookup(before, resolver())
    s.wait(900)
    s.lookup(after, resolver(), ident=0x3C11)
    asked, told = Tcp(s, after, web()).exchange()
    return s, dict(title="The address changes between look-up and request",
                   shows="10.1.0.5 looks the name up, gets a new lease, and the probe comes from 10.1.0.77.",
                   rows=["3.9 DHCP address change mid episode"], near_miss_of=["3.2 timeout", "NoProbeSeen"],
                   truth=f"built; tshark: frame {told} http.response.code 200",
                   findings=[expect.success(after.ip, W, [asked, told])])


@built("built-privacy-addresses")
def privacy_addresses():
    s, stable, r = Scene(), client6(), resolver6()
    server = Host(d.WEB6_AAAA if hasattr(d, "WEB6_AAAA") else "2001:db8:80::80", ROUTER_MAC, 54)
    findings = []
    for number, suffix in enumerate(("a1b2:c3d4:e5f6:1", "9c8b:7a6d:5e4f:2")):
        c = Host(f"2001:db8:1:0:{suffix}", stable.mac, 128)
        name = "ipv6.msftconnecttest.com"
        s.ask(c, r, 0x3D01 + number, name, d.AAAA)
        s.wait(9)
        s.tell(r, c, 0x3D01 + number, name, d.AAAA, answers=[(name, d.AAAA, 300, server.ip)])
        s.wait(0.6)
        asked, told = Tcp(s, c, server, sport=49812 + number).exchange(request=REQUEST6)
        findings.append(expect.success(f"2001:db8:1:0:{suffix}", server.ip, [asked, told]))
        s.wait(200_000)
    return s, dict(title="Two temporary addresses of one host", shows="A host probes over IPv6 from one temporary address, and minutes later from the next.",
                   rows=["3.9 v6 privacy addresses"], truth="built; tshark: http.response.code 200 twice", findings=findings)
