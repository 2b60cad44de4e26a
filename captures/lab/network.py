"""The network most scenarios use.

    pc 10.1.0.5 --- switch --- gw 10.1.0.1 --- isp --- (8 ms) --- net: resolver 203.0.113.53, web 203.0.113.80 ...
                       |
                     proxy 10.1.0.9 (on demand)

`Site(lab)` makes it; its hosts are `pc gw isp net`, the client program is `win`.
"""
from netlab import sh, until
from windows import Windows

RESOLVER, RESOLVER2, WEB, WEB2, PORTAL = "203.0.113.53", "203.0.113.54", "203.0.113.80", "203.0.113.81", "203.0.113.7"
WEB_V6, RESOLVER_V6 = "2001:db8:80::80", "2001:db8:80::53"
MACS = {"pc": "3c:52:82:1a:6b:05", "pc2": "3c:52:82:1a:70:3e", "gw": "00:1b:17:4e:01:10", "proxy": "00:25:90:7c:11:09",
        "isp": "00:1b:17:4e:02:20", "line": "00:1b:17:4e:02:21", "net": "00:25:90:a1:80:53", "mon": "00:e0:4c:68:00:71"}


class Site:
    """A client's network with the way to its servers."""

    def __init__(self, lab, client="10.1.0.5", net6=False, offload=False, delay_ms=8.0, resolvers=(RESOLVER,), warm=False,
                 address=True):
        self.lab, self.client = lab, client
        lan = client.rsplit(".", 1)[0]
        self.gateway, self.proxy_address, self.lan = f"{lan}.1", f"{lan}.9", lan
        self.sw = lab.switch("sw")
        self.pc = lab.node("pc", ttl=128, ipv6=net6)
        self.gw = lab.node("gw", forward=True, ipv6=net6)
        self.isp = lab.node("isp", forward=True, ipv6=net6)
        self.net = lab.node("net", ipv6=net6)
        self.pc_if, self.pc_port = self.sw.plug(self.pc, [f"{client}/24"] * address, MACS["pc"])
        self.sw.plug(self.gw, [f"{self.gateway}/24"], MACS["gw"])
        lab.link(self.gw, self.isp, ["198.51.100.2/30"], ["198.51.100.1/30"], None, MACS["isp"])
        lab.wan(self.isp, self.net, ["203.0.113.1/24"],
                [f"{a}/24" for a in (RESOLVER, RESOLVER2, WEB, WEB2, PORTAL)], delay_ms, MACS["line"], MACS["net"])
        if address:
            self.pc.route("default", self.gateway)
        self.gw.route("default", "198.51.100.1")
        self.isp.route(f"{lan}.0/24", "198.51.100.2")
        self.net.route("default", "203.0.113.1")
        if net6:
            for node, iface, addr in ((self.pc, "eth0", "2001:db8:1::5/64"), (self.gw, "eth0", "2001:db8:1::1/64"),
                                      (self.gw, "eth1", "2001:db8:f::2/64"), (self.isp, "eth0", "2001:db8:f::1/64"),
                                      (self.isp, "eth1", "2001:db8:80::1/64"), (self.net, "eth0", WEB_V6 + "/64"),
                                      (self.net, "eth0", RESOLVER_V6 + "/64")):
                node.ip("addr", "add", addr, "dev", iface, "nodad")
            self.pc.route("default", "2001:db8:1::1")
            self.gw.route("default", "2001:db8:f::1")
            self.isp.route("2001:db8:1::/64", "2001:db8:f::2")
            self.net.route("default", "2001:db8:80::1")
        if offload:  # the kernel leaves checksums of sent packets to a card that is not there: a host's own capture shows them wrong
            self.pc.run("ethtool", "-K", "eth0", "tx", "on")
        # No ARP over the line with latency: it would double the first round trip to every address of the servers.
        known = [f"203.0.113.{n}" for n in range(2, 255)] + ([WEB_V6, RESOLVER_V6] if net6 else [])
        sh("ip", "-n", self.isp.ns, "-batch", "-", stdin="".join(
            f"neigh replace {address} lladdr {MACS['net']} dev eth1 nud permanent\n" for address in known))
        for address in ["203.0.113.1"] + (["2001:db8:80::1"] if net6 else []):
            self.net.ip("neigh", "replace", address, "lladdr", MACS["line"], "dev", "eth0", "nud", "permanent")
        self.win = Windows(self.pc, resolvers)
        if address:  # neighbours beyond the client's network know each other before the capture begins
            self.gw.run("ping", "-c", "1", "-W", "3", "-q", WEB)
        if address and warm:
            self.warm()

    def warm(self):
        """Client and gateway know each other: no ARP in what follows."""
        self.pc.run("ping", "-c", "1", "-W", "3", "-q", self.gateway)
        self.gw.run("ping", "-c", "1", "-W", "3", "-q", self.client)
        if "inet6 2001" in self.pc.ip("addr"):
            self.pc.run("ping", "-6", "-c", "1", "-W", "3", "-q", "2001:db8:1::1")
            self.gw.run("ping", "-6", "-c", "1", "-W", "3", "-q", "2001:db8:1::5")

    def host(self, name, address, mac=None):
        """One more host on the client's network."""
        node = self.lab.node(name, ttl=128 if name.startswith("pc") else 64)
        self.sw.plug(node, [f"{address}/24"], mac or MACS.get(name))
        node.route("default", self.gateway)
        return node

    def proxy(self):
        """The host of a proxy on the client's network, its neighbours known."""
        node = self.host("proxy", self.proxy_address)
        node.run("ping", "-c", "1", "-W", "3", "-q", WEB)
        return node

    def background(self, times, every=3, gateway=None):
        """The client's unicast traffic with its gateway: an answered echo every `every` seconds. Gives the process."""
        return self.pc.start(["ping", "-n", "-i", str(every), "-c", str(times), gateway or self.gateway], log="ping")[0]

    @staticmethod
    def end(process, seconds=120):
        """Waits until a program left running has ended."""
        until("the end of a program", lambda: process.poll() is not None, seconds)
