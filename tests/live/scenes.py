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


def files(folder, ending=".pcapng"):
    """The files of a folder, by name."""
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(ending))


def whole(path):
    """tshark reads a file to its end without a complaint; gives the number of packets."""
    code, lines, errors = tshark("-n", "-r", path, "-T", "fields", "-e", "frame.number")
    complaint = [line for line in errors.splitlines() if "Running as user" not in line]
    check(code == 0 and not complaint, f"{path}: tshark ends with {code}: {complaint}")
    return len(lines)


def traffic(lab):
    """A capture to be replayed: another client's probe, between link addresses that no switch here knows."""
    path = os.path.join(lab.dir, "traffic.pcap")
    source = os.path.join(os.path.dirname(__file__), "..", "..", "captures", "direct-ncsi-txt.pcap")
    subprocess.run(["tcprewrite", "--enet-smac=02:00:00:00:00:07", "--enet-dmac=02:00:00:00:00:08", "-i", source, "-o", path],
                   check=True, capture_output=True)
    return path


@scene
def killed_ring(lab):
    """Files of a ring, and those of findings, are whole after kill -9 under load."""
    site = Site(lab, warm=True)
    web = portal(site)
    load = traffic(lab)
    for attempt in range(3):
        folder = os.path.join(lab.dir, f"ring{attempt}")
        os.mkdir(folder)
        live = port(site, "--write", f"{folder}/port.pcapng", "--ring", "256K,3", "--write-findings", f"{folder}/findings")
        replay, _ = site.pc.start(["tcpreplay", "-q", "--pps", "20000", "--loop", "100000", "-i", "eth0", load], log="replay")
        probe(site, b" 302 ")
        live.finds("HotspotDetected", "http-redirect")
        until("the third file of the ring", lambda: [f for f in files(folder) if int(f.split("_")[-2]) >= 3], 30)
        live.process.kill()
        live.process.wait(10)
        replay.terminate()
        replay.wait(10)
        ring = files(folder)
        check(1 <= len(ring) <= 4, f"a ring of three: {ring}")
        check(sum(whole(path) for path in ring) > 100, "packets in the ring")
        found = files(f"{folder}/findings")
        check(found and all(whole(path) >= 2 for path in found), f"evidence: {found}")
        portals = [path for path in found if "HotspotDetected" in path]
        check(portals and tshark("-n", "-r", portals[0], "-Y", "http.response.code == 302")[1], "the evidence of the portal holds its answer")
    check(web.log("NCSI"), "nginx saw the probes")


@scene
def stopped_reader(lab):
    """Drops while the reader is stopped are counted, and findings of that time say so."""
    site = Site(lab, warm=True)
    portal(site)
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2")
    live = port(site, "--buffer", "2M")
    load = traffic(lab)
    probe(site, b" 302 ")
    first = live.finds("HotspotDetected", "http-redirect")
    check(first["confidence"] == "high" and not first["confidence_reasons"], f"before: {first['confidence_reasons']}")
    pid = reader(live)
    os.kill(pid, signal.SIGSTOP)
    s_client(site.pc, "-tls1", "-cipher", "ALL:@SECLEVEL=0")
    site.pc.run("tcpreplay", "-q", "--pps", "20000", "--loop", "4000", "-i", "eth0", load)
    os.kill(pid, signal.SIGCONT)
    said = live.says("dropped by the kernel")
    dropped = int(said.split(" packets dropped by the kernel")[0].split()[-1])
    check(dropped > 1000, f"{dropped} dropped")
    told = live.finds("TlsVersionMismatch", "tls-alert")
    check(told["confidence"] != "high" and any("lost packets" in reason for reason in told["confidence_reasons"]),
          f"of that time: {told['confidence']} {told['confidence_reasons']}")
    code, lines = live.end()
    check(code == 0 and "dropped 0 by the kernel" not in live.errors(), live.errors())
    check([line for line in lines if line["id"] == first["id"]][-1]["confidence"] == "high", "of before")


@scene
def interface_drops(lab):
    """What the interface itself dropped is counted, and findings of that time say so. The drivers of namespaces never drop
    like this: a file of the test stands in for the counter."""
    site = Site(lab, warm=True)
    portal(site)
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2")
    missed = lab.file("missed", "0\n")
    place = f"/sys/class/net/{site.pc_port}/statistics/rx_missed_errors"
    live = port(site, before=["sh", "-c", f'mount --bind "$0" {place} && exec "$@"', missed])
    probe(site, b" 302 ")
    first = live.finds("HotspotDetected", "http-redirect")
    check(first["confidence"] == "high", f"before: {first['confidence_reasons']}")
    pid = reader(live)
    os.kill(pid, signal.SIGSTOP)
    s_client(site.pc, "-tls1", "-cipher", "ALL:@SECLEVEL=0")
    lab.file("missed", "37\n")
    os.kill(pid, signal.SIGCONT)
    live.says("0 packets dropped by the kernel, 37 by the interface")
    told = live.finds("TlsVersionMismatch", "tls-alert")
    check(told["confidence"] != "high" and any("lost packets" in reason for reason in told["confidence_reasons"]),
          f"of that time: {told['confidence']} {told['confidence_reasons']}")
    code, lines = live.end()
    check(code == 0 and "dropped 0 by the kernel and 37 by interfaces" in live.errors(), live.errors())
    check([line for line in lines if line["id"] == first["id"]][-1]["confidence"] == "high", "of before")


def reader(live):
    """The process of ncsight itself (`ip netns exec` becomes it)."""
    return live.process.pid


@scene
def interface_comes_and_goes(lab):
    """An interface that vanishes is said, waited for and read again; what happens then is found."""
    site = Site(lab, warm=True)
    portal(site)
    site.sw.ip("link", "add", "mirror", "type", "veth", "peer", "name", "far")
    site.sw.ip("link", "set", "far", "up")
    site.sw.ip("link", "set", "mirror", "up")
    live = Live(site.sw, "-i", "mirror", "-i", site.pc_port)
    site.sw.ip("link", "del", "mirror")
    live.says("mirror: cannot be read any more")
    probe(site, b" 302 ")
    live.finds("HotspotDetected", "http-redirect")
    site.sw.ip("link", "add", "mirror", "type", "veth", "peer", "name", "far")
    site.sw.ip("link", "set", "far", "up")
    site.sw.ip("link", "set", "mirror", "up")
    live.says("mirror: is back")
    source = os.path.join(os.path.dirname(__file__), "..", "..", "captures", "tls-alert70-old-client.pcap")
    site.sw.run("tcpreplay", "-q", "-i", "far", source)
    told = live.finds("TlsVersionMismatch", "tls-alert")
    check(told["evidence"][0]["input"] == "mirror", f"{told['evidence'][0]}")
    code, _ = live.end()
    check(code == 0, f"exit code {code}")


@scene
def signals(lab):
    """HUP opens the outputs again, USR1 prints statistics, TERM ends with a summary."""
    site = Site(lab, warm=True)
    portal(site)
    out = os.path.join(lab.dir, "findings.ndjson")
    live = port(site, "-o", out, "--write", os.path.join(lab.dir, "all.pcapng"))
    probe(site, b" 302 ")
    until("the first line", lambda: len(live.lines(out)) == 1)
    os.rename(out, out + ".1")
    os.rename(os.path.join(lab.dir, "all.pcapng"), os.path.join(lab.dir, "all.1.pcapng"))
    live.kill(signal.SIGHUP)
    until("a new file", lambda: os.path.exists(out) and os.path.exists(os.path.join(lab.dir, "all.pcapng")))
    s_server(site.net, certificate(lab, LOGIN), "-tls1_2")
    s_client(site.pc, "-tls1", "-cipher", "ALL:@SECLEVEL=0")
    until("the second line", lambda: len(live.lines(out)) == 1)
    check(live.lines(out)[0]["verdict"] == "TlsVersionMismatch" and len(live.lines(out + ".1")) == 1, "a line in each file")
    live.kill(signal.SIGUSR1)
    live.says("2 findings: 2 errors")
    code, _ = live.end()
    check(code == 0 and "by interfaces; 2 findings" in live.errors(), live.errors())
    check(whole(os.path.join(lab.dir, "all.pcapng")) > 0 and whole(os.path.join(lab.dir, "all.1.pcapng")) > 0, "both are whole")


@scene
def rights(lab):
    """CAP_NET_RAW is enough; only the reading thread keeps it; without it the message says what grants it."""
    site = Site(lab, warm=True)
    portal(site)
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    raw = [*nobody, "--inh-caps", "-all,+net_raw", "--ambient-caps", "-all,+net_raw"]
    live = port(site, before=raw)
    probe(site, b" 302 ")
    live.finds("HotspotDetected", "http-redirect")
    seen = {}
    for task in os.listdir(f"/proc/{reader(live)}/task"):
        with open(f"/proc/{reader(live)}/task/{task}/status", encoding="ascii") as file:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        seen[fields["Name"]] = (fields["CapPrm"], fields["CapEff"], fields["CapInh"], fields["CapAmb"])
    none, own = "0" * 16, f"{1 << 13:016x}"
    reads = [name for name in seen if name.startswith("read ")]
    check(reads and all(seen[name] == (own, own, none, none) for name in reads), f"the reading thread: {seen}")
    check(all(seen[name] == (none,) * 4 for name in seen if name not in reads), f"the others: {seen}")
    live.end()
    refused = port(site, before=[*nobody, "--inh-caps=-all"], wait=None)
    check(refused.process.wait(10) == 2, "exit code 2")
    check("setcap cap_net_raw=ep" in refused.errors(), refused.errors())


@scene
def full_disk(lab):
    """A full disk is said, the file stays whole, and the analysis goes on."""
    site = Site(lab, warm=True)
    portal(site)
    disk = os.path.join(lab.dir, "disk")
    os.mkdir(disk)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=True)
    try:
        live = port(site, "--write", f"{disk}/all.pcapng")
        site.pc.run("tcpreplay", "-q", "--pps", "5000", "--loop", "200", "-i", "eth0", traffic(lab))
        live.says("packets are not written for now, the analysis goes on")
        check(whole(f"{disk}/all.pcapng") > 0, "what fits is there")
        probe(site, b" 302 ")
        live.finds("HotspotDetected", "http-redirect")
        code, _ = live.end()
        check(code == 0 and "packets were not written" in live.errors(), live.errors())
        check(whole(f"{disk}/all.pcapng") > 0, "whole in the end, too")
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@scene
def growing_file(lab):
    """A file that tcpdump or dumpcap writes is followed; one that is moved away and begun anew is gone on with."""
    site = Site(lab, warm=True)
    portal(site)
    path = os.path.join(lab.dir, "growing.pcap")
    live, told = None, 0
    for program in (["tcpdump", "-i", site.pc_port, "-U", "-s", "0", "-w", path],
                    ["dumpcap", "-q", "-P", "-i", site.pc_port, "-w", path],
                    ["dumpcap", "-q", "-i", site.pc_port, "-w", path]):
        if live:
            os.rename(path, path + f".{told}")
        writer = subprocess.Popen(["ip", "netns", "exec", site.sw.ns, *program], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, start_new_session=True)
        lab.processes.append(writer)
        until(f"{program[0]} to begin its file", lambda: os.path.exists(path) and os.path.getsize(path) > 0, 20)
        if not live:
            live = Live(site.net, "--follow", path, wait="following")
        else:
            until("the new file to be said", lambda: live.errors().count("another file has its place") == told, 20)
        end = time.monotonic() + 30
        # A client that asks again and again at the same portal is one finding, which is told again as it grows.
        lines = len(live.lines())
        while len(live.lines()) == lines:
            check(time.monotonic() < end, f"{program[0]}: nothing told: {live.errors()}")
            probe(site, b" 302 ")
            until("a finding", lambda: len(live.lines()) > lines or True, 1)
        last = live.lines()[-1]
        check(last["verdict"] == "HotspotDetected" and last["client"] == PC, f"{program[0]}: {last}")
        writer.terminate()
        writer.wait(10)
        told += 1
    code, _ = live.end(signal.SIGINT)
    check(code == 0 and "packets in" in live.errors(), f"exit code {code}: {live.errors()}")


@scene
def remote(lab):
    """A stream from tcpdump, dumpcap or tshark on standard input is live."""
    site = Site(lab, warm=True)
    portal(site)
    for program in (["tcpdump", "-i", site.pc_port, "-U", "-s", "0", "-w", "-"],
                    ["dumpcap", "-q", "-i", site.pc_port, "-w", "-"],
                    ["tshark", "-q", "-l", "-i", site.pc_port, "-w", "-"]):
        remote_end = subprocess.Popen(["ip", "netns", "exec", site.sw.ns, *program], stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, start_new_session=True)
        lab.processes.append(remote_end)
        live = Live(site.net, "-", stdin=remote_end.stdout, wait=None)
        remote_end.stdout.close()
        # Whether the far end listens is seen by its packets: the client asks until the first finding is there.
        end = time.monotonic() + 30
        while not live.lines():
            check(time.monotonic() < end, f"{program[0]}: nothing told: {live.errors()}")
            probe(site, b" 302 ")
            until("a finding", lambda: live.lines() or True, 1)
        told = live.finds("HotspotDetected", "http-redirect")
        check(told["client"] == PC, f"{program[0]}: {told}")
        remote_end.terminate()
        check(live.process.wait(20) == 0, f"{program[0]}: {live.errors()}")
        remote_end.wait(10)
