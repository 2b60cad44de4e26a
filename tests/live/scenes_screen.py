"""What a live run must show on its screen."""
import os
import signal
import time

from harness import NCSIGHT, Live, Screen, check
from netlab import until
from network import RESOLVER, WEB, Site
from scenes import PORTAL, PROXY, files, portal, probe, scene, traffic, whole
from scenes_dns import CHAIN, RIGHT
from scenes_proxy import BASIC, KNOWN
from servers import dnsmasq, nginx, squid
from windows import proxied

WITHIN = 1.5


def open_screen(screen, site, *argv):
    """ncsight on the client's port of the switch."""
    screen.line(" ".join(["stty -a > before;", f"'{os.path.abspath(NCSIGHT)}'", "-i", site.pc_port, *argv,
                          "; echo ended=$?; stty -a > after; echo all\"\"done"]))
    screen.waits("watching")


def told_within(screen, text, before):
    """The screen shows a finding soon enough after what settles it."""
    screen.waits(text)
    took = time.monotonic() - before
    check(took < WITHIN, f"{text}: shown after {took:.2f} s")


@scene
def ui(lab):
    """A 407 and a portal on the screen; frozen, let go on, filtered, proved, exported, ended: the terminal is restored."""
    site = Site(lab, warm=True)
    box = site.proxy()
    portal(site)
    squid(box, PROXY, [*BASIC, *KNOWN])
    folder = os.path.join(lab.dir, "findings")
    config = lab.file("deadlines.toml", "[deadlines]\nresponse = 4\n")
    with Screen(site.sw) as screen:
        open_screen(screen, site, "--write", "all.pcapng", "--write-findings", folder, "--config", config)
        head = screen.shows().splitlines()[0]
        check(site.pc_port in head and "no drops" in head and "confined" in head and "pkt/s" in head, f"head: {head}")

        before = time.monotonic()
        probe(site, b" 302 ")
        told_within(screen, "is redirected", before)
        screen.waits("both directions")

        # Frozen: what comes is counted and not shown.
        screen.keys("p")
        screen.waits("FROZEN, 0 new")
        echo = site.background(4, every=1)
        check(b" 407 " in site.win.get(PROXY, proxied(), 3128)[1], "squid asks for a password")
        screen.waits("FROZEN, 1 new", 30)
        check("asks" not in screen.waits("p go on").split("Findings")[1], "nothing moves while frozen")
        screen.keys("p")
        screen.waits("FROZEN", gone=True)
        screen.waits("proxy team")
        site.end(echo)

        screen.keys("f")
        screen.types("verdict:hotspot")
        screen.keys("Enter")
        screen.waits("[verdict:hotspot]")
        screen.keys("Enter")
        screen.waits("HotspotDetected")
        screen.keys("4")
        packets = screen.waits("302")
        check("forgotten" not in packets, f"packets:\n{packets}")
        screen.keys("1", "F")
        screen.waits("[verdict:hotspot]", gone=True)
        screen.keys("e", "Enter")
        screen.waits("written: ncsight-")
        screen.keys("8")
        numbers = screen.waits("Sandbox")
        check("Landlock" in numbers, numbers)
        screen.keys("q")
        shell = screen.waits("alldone")
        check("ended=0" in shell and "2 findings: 2 errors" in shell.replace("\n", ""), shell)
        screen.is_given_back()
        check(screen.file("before") == screen.file("after"), "the modes of the terminal")
        check(whole(os.path.join(screen.folder, "all.pcapng")) > 10, "--write wrote beneath the screen")
        check(len(files(folder)) == 2, f"--write-findings: {files(folder)}")


@scene
def ui_ends(lab):
    """SIGTERM under load, and an interface that goes and comes, leave a whole terminal and say so in the head line."""
    site = Site(lab, warm=True)
    portal(site)
    load = traffic(lab)
    with Screen(site.sw, 60, 20) as screen:
        site.sw.ip("link", "add", "mirror", "type", "veth", "peer", "name", "far")
        site.sw.ip("link", "set", "far", "up")
        site.sw.ip("link", "set", "mirror", "up")
        open_screen(screen, site, "-i", "mirror")
        site.sw.ip("link", "del", "mirror")
        screen.waits("mirror away")
        site.sw.ip("link", "add", "mirror", "type", "veth", "peer", "name", "far")
        site.sw.ip("link", "set", "far", "up")
        site.sw.ip("link", "set", "mirror", "up")
        screen.waits("mirror away", gone=True)
        probe(site, b" 302 ")
        screen.waits("is redirected")
        replay, _ = site.pc.start(["tcpreplay", "-q", "--pps", "20000", "--loop", "100000", "-i", "eth0", load], log="replay")
        until("load on the screen", lambda: " k/s" in screen.shows().splitlines()[0], 20)
        screen.keys("C-z")
        screen.waits("Stopped")
        screen.is_given_back()
        screen.line("kill -TERM %1; fg; echo code=$?; stty -a > after; echo real\"\"end")
        shell = screen.waits("realend")
        check("code=0" in shell and " packets in " in shell, shell)
        screen.is_given_back()
        check(screen.file("before") == screen.file("after"), "the modes of the terminal")
        replay.terminate()
        replay.wait(10)


@scene
def limits_of_capture(lab):
    """--filter and --snaplen hold live: what is left out is not seen, what is cut is said to be cut."""
    site = Site(lab, warm=True)
    dnsmasq(site.net, RESOLVER, CHAIN)
    nginx(site.net, WEB, RIGHT)
    narrow = Live(site.sw, "-i", site.pc_port, "--filter", "udp port 53")
    short = Live(site.sw, "-i", site.pc_port, "--snaplen", "96")
    whole_run = Live(site.sw, "-i", site.pc_port)
    probe(site, b" 200 ")
    told = whole_run.finds("ActiveHttpProbeSucceeded")
    check(told["severity"] == "ok", f"{told}")
    for run in (narrow, short):
        run.kill(signal.SIGUSR1)
        run.says("dropped")
    code, lines = narrow.end()
    check(code == 0 and not [line for line in lines if line["verdict"].startswith("ActiveHttp")], f"filtered: {lines}")
    packets = int(narrow.errors().rsplit(" packets in ", 1)[0].rsplit(" ", 1)[1])
    check(packets > 0, narrow.errors())
    code, lines = short.end()
    check(code == 0 and not [line for line in lines if line["verdict"] == "ActiveHttpProbeSucceeded"], f"cut short: {lines}")
