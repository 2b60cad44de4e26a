"""What a live run must show."""
import os
import signal
import subprocess
import time

from harness import Live, check, tshark
from netlab import LabError, until
from network import RESOLVER, WEB, Site
from scenes_dns import CHAIN, RIGHT
from scenes_proxy import BASIC, KNOWN
from servers import dnsmasq, nginx, squid
from tls_lab import LOGIN, certificate, s_client, s_server
from windows import proxied

PC, PROXY = "10.1.0.5", "10.1.0.9"
PORTAL = "location / { return 302 http://login.hotel.example/; }"
ALL = {}


def scene(work):
    """Registers a scenario under its name."""
    ALL[work.__name__.replace("_", "-")] = work
    return work


def port(site, *argv, **more):
    """ncsight on the client's port of the switch, as a mirror port shows it."""
    return Live(site.sw, "-i", site.pc_port, *argv, **more)


def portal(site):
    """A portal in place of Microsoft's server."""
    dnsmasq(site.net, RESOLVER, CHAIN)
    return nginx(site.net, WEB, PORTAL)


def probe(site, status):
    """A probe of the client, and what it must have got."""
    what, data = site.win.check()
    check(what == "answer" and status in data, f"the client got {what} {data[:80]!r}")


@scene
def real_faults(lab):
    """Portal, healthy, 407 and old TLS, each told within a second of what settles it."""
    site = Site(lab, warm=True)
    box = site.proxy()
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2")
    squid(box, PROXY, [*BASIC, *KNOWN])
    config = lab.file("deadlines.toml", "[deadlines]\nresponse = 4\n")
    live = port(site, "--config", config)

    probe(site, b" 200 ")
    told = live.finds("ActiveHttpProbeSucceeded")
    check(told["severity"] == "ok" and told["client"] == PC and told["confidence"] == "high", f"healthy: {told}")

    web.process.terminate()
    web.process.wait(10)
    nginx(site.net, WEB, PORTAL, name="portal")
    before = time.monotonic()
    probe(site, b" 302 ")
    told = live.finds("HotspotDetected", "http-redirect")
    took = time.monotonic() - before
    check(took < 1.5, f"the portal was told after {took:.2f} s")
    check(told["severity"] == "error" and told["capability"] == "Local" and told["revision"] == 0, f"portal: {told}")

    s_client(site.pc, "-tls1", "-cipher", "ALL:@SECLEVEL=0")
    told = live.finds("TlsVersionMismatch", "tls-alert")
    check(told["details"]["tls"]["client_max"] == "1.0" and told["server"] == WEB, f"old TLS: {told}")

    echo = site.background(4, every=1)
    check(b" 407 " in site.win.get(PROXY, proxied(), 3128)[1], "squid asks for a password")
    told = live.finds("ProxyAuthenticationRequired", "proxy-auth-unsupported")
    check(told["proxy"] == f"{PROXY}:3128" and told["route"] == "explicit-proxy", f"407: {told}")
    site.end(echo)

    code, lines = live.end(signal.SIGINT)
    ids = [line["id"] for line in lines if line["revision"] == 0]
    check(code == 0 and ids == sorted(set(ids)), f"exit code {code}, ids {ids}")
    check(not [line for line in lines if line.get("withdrawn")], "nothing was taken back")
