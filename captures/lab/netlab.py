"""Network namespaces, links between them, programs inside them, and captures of them.

    with Lab("direct-302") as lab:                    # everything made here is undone on leaving, also on failure
        pc = lab.node("pc", ttl=128)                  # one namespace = one host
        gw = lab.node("gw", forward=True)
        lab.link(pc, gw, ["10.1.0.5/24"], ["10.1.0.1/24"])   # veth eth0-eth0 (next free number on each side)
        pc.route("default", "10.1.0.1")
        cap = lab.capture(pc, "eth0")                 # returns when tcpdump listens
        ...
        cap.stop()                                    # flushed; cap.path is the file, cap.packets() its frames

`lab.switch("sw")` gives a host whose `plug(node, addrs, mac=...)` connects others to one bridge.
`lab.wan(a, b, a_addrs, b_addrs, delay_ms)` is a link with latency (netem is not in every kernel).
`node.run(*argv)` runs a program in the namespace and waits; `node.start(argv, log=...)` leaves it running;
`node.socket(...)` makes a socket of this process that lives in the namespace; `node.rule(text)` filters there, `node.intercept(match, to)` redirects.
`until(what, test, seconds)` polls a condition and raises `LabError` when it does not come true.
What is appended to `lab.wans` has its `stop()` called at the end. Names of namespaces carry the process id and the scenario, so that scenarios run side by side.
"""
import ctypes
import heapq
import itertools
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """A step of a scenario did not do what it must."""


def sh(*argv, stdin=None):
    """Runs a program to its end; its error text becomes the exception."""
    done = subprocess.run(argv, capture_output=True, text=True, input=stdin)
    if done.returncode:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def until(what, test, seconds=10.0, step=0.02):
    """Polls `test` until it gives something true, and gives that."""
    end = time.monotonic() + seconds
    while True:
        got = test()
        if got:
            return got
        if time.monotonic() > end:
            raise LabError(f"waited {seconds} s in vain for {what}")
        time.sleep(step)


class Node:
    """One host: a namespace."""

    def __init__(self, lab, name, ttl, forward, ipv6):
        self.lab, self.name, self.ns, self.free = lab, name, f"{lab.prefix}{name}", itertools.count()
        sh("ip", "netns", "add", self.ns)
        lab.nodes.append(self)
        self.fd = os.open(f"/run/netns/{self.ns}", os.O_RDONLY)
        self.sysctl({
            "net/ipv4/ip_default_ttl": ttl, "net/ipv6/conf/all/hop_limit": ttl, "net/ipv6/conf/default/hop_limit": ttl,
            "net/ipv4/ip_forward": int(forward), "net/ipv6/conf/all/forwarding": int(forward),
            "net/ipv4/tcp_timestamps": int(ttl != 128), "net/ipv4/ip_local_port_range": "49152 65000",
            "net/ipv4/icmp_ratelimit": 0, "net/ipv4/tcp_syn_linear_timeouts": 0, "net/ipv6/conf/default/router_solicitations": 0,
            "net/ipv6/conf/default/accept_dad": 0, "net/ipv6/conf/all/disable_ipv6": int(not ipv6),
            "net/ipv6/conf/default/disable_ipv6": int(not ipv6), "net/ipv4/ping_group_range": "0 0",
        })
        sh("ip", "-n", self.ns, "link", "set", "lo", "up")

    def sysctl(self, values):
        """Kernel settings of this namespace, by path under /proc/sys."""
        def write():
            for path, value in values.items():
                with open("/proc/sys/" + path, "w", encoding="ascii") as out:
                    out.write(str(value))
        self.inside(write)

    def inside(self, work):
        """Runs `work()` with this thread in the namespace."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            if LIBC.setns(self.fd, CLONE_NEWNET):
                raise LabError(f"setns: {os.strerror(ctypes.get_errno())}")
            return work()
        finally:
            LIBC.setns(home, CLONE_NEWNET)
            os.close(home)

    def socket(self, *kind):
        """A socket of this process that lives in the namespace."""
        return self.inside(lambda: socket.socket(*kind))

    def ip(self, *argv):
        return sh("ip", "-n", self.ns, *argv)

    def run(self, *argv, stdin=None):
        return sh("ip", "netns", "exec", self.ns, *argv, stdin=stdin)

    def rule(self, text, kind="filter", hook="forward", priority=0):
        """A firewall (`filter`) or translation (`nat`) rule here, in a table of its own."""
        table = f"ip t{next(self.lab.serial)}" if kind == "nat" else f"inet t{next(self.lab.serial)}"
        self.run("nft", "-f", "-", stdin=f"add table {table}\nadd chain {table} c {{ type {kind} hook {hook} priority {priority}; }}\n"
                                         f"add rule {table} c {text}\n")

    def intercept(self, match, to):
        """Redirects what is routed here and matches: `to` is `:3129` or an address."""
        self.rule(f"{match} {'redirect' if to.startswith(':') else 'dnat'} to {to}", "nat", "prerouting", -100)

    def route(self, to, via):
        self.ip(*(["-6"] if ":" in via else []), "route", "add", to, "via", via)

    def start(self, argv, log="out"):
        """Leaves a program running; gives (process, path of what it prints)."""
        path = os.path.join(self.lab.dir, f"{self.name}-{log}-{next(self.lab.serial)}.txt")
        with open(path, "wb") as out:
            process = subprocess.Popen(["ip", "netns", "exec", self.ns, *argv], stdout=out, stderr=out,
                                       stdin=subprocess.DEVNULL, start_new_session=True)
        self.lab.processes.append(process)
        return process, path

    def settle(self, iface, addrs, mac):
        """Address, offloads and neighbour timers of a new interface."""
        for version in ("4", "6"):  # known neighbours are not asked again within a scenario
            path = f"net/ipv{version}/neigh/{iface}/"
            self.sysctl({path + "base_reachable_time_ms": 600000, path + "delay_first_probe_time": 90})
        if mac:
            self.ip("link", "set", iface, "address", mac)
        for address in addrs:
            self.ip("addr", "add", address, "dev", iface, *(["nodad"] if ":" in address else []))
        self.run("ethtool", "-K", iface, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
        self.ip("link", "set", iface, "up")


class Switch(Node):
    """A host that is a bridge: what it learned goes to one port, the rest to all."""

    def __init__(self, lab, name):
        super().__init__(lab, name, 64, False, False)
        self.ip("link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        self.ip("link", "set", "br0", "up")

    def plug(self, node, addrs=(), mac=None):
        """Connects `node`; gives (its interface, the switch's port)."""
        iface, port = f"eth{next(node.free)}", f"port{next(self.free)}"
        sh("ip", "link", "add", iface, "netns", node.ns, "type", "veth", "peer", "name", port, "netns", self.ns)
        self.run("ethtool", "-K", port, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
        self.ip("link", "set", port, "master", "br0", "up")
        node.settle(iface, addrs, mac)
        return iface, port


class Wan:
    """Carries frames between two interfaces with a delay, both ways: a process that goes first, so that delays are steady."""

    def __init__(self, node, delay_ms):
        self.delay, self.ends = delay_ms / 1000, []
        for iface in ("eth0", "eth1"):
            end = node.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            end.bind((iface, 3))
            self.ends.append(end)
        self.pid = os.fork()
        if self.pid == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            try:
                os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
                self.carry()
            finally:
                os._exit(0)

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)
        for end in self.ends:
            end.close()

    def carry(self):
        waiting, order, parent = [], itertools.count(), os.getppid()
        while os.getppid() == parent:
            pause = 0.5 if not waiting else max(0.0, min(0.5, waiting[0][0] - time.monotonic()))
            for end in select.select(self.ends, [], [], pause)[0]:
                frame, origin = end.recvfrom(65535)
                if origin[2] != socket.PACKET_OUTGOING:
                    other = self.ends[1] if end is self.ends[0] else self.ends[0]
                    heapq.heappush(waiting, (time.monotonic() + self.delay, next(order), other, frame))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, other, frame = heapq.heappop(waiting)
                try:
                    other.send(frame)
                except OSError:
                    return


class Capture:
    """tcpdump on one interface."""

    def __init__(self, node, iface, filter, options, path):
        self.path = path
        argv = ["tcpdump", "-i", iface, "-n", "-U", "--immediate-mode", "-Z", "root", "-w", path, *options]
        if iface != "any":
            argv.append("-p")  # a host's own capture; `promiscuous` captures pass -i port of the switch instead
        self.process, log = node.start([*argv, *([filter] if filter else [])], log="tcpdump")
        until("tcpdump", lambda: "listening on" in open(log, encoding="utf-8").read())

    def packets(self):
        """Frames written so far: (seconds, bytes)."""
        with open(self.path, "rb") as file:
            data = file.read()
        nano, at, out = data[:4] == bytes.fromhex("4d3cb2a1"), 24, []
        while at + 16 <= len(data):
            sec, part, size, _ = struct.unpack_from("<IIII", data, at)
            if at + 16 + size > len(data):
                break
            out.append((sec + part / (1e9 if nano else 1e6), data[at + 16:at + 16 + size]))
            at += 16 + size
        return out

    def wait(self, text, seconds=10.0, times=1):
        """Waits until `text` (bytes) was captured `times` times."""
        until(f"{text!r} in the capture",
              lambda: sum(text in frame for _, frame in self.packets()) >= times, seconds)

    def lull(self, seconds=0.4, limit=6.0):
        """Waits until nothing new was captured for `seconds`: connections have closed."""
        end, size, since = time.monotonic() + limit, -1, time.monotonic()
        while time.monotonic() < end and time.monotonic() - since < seconds:
            now = os.path.getsize(self.path)
            if now != size:
                size, since = now, time.monotonic()
            time.sleep(0.03)

    def stop(self, lull=True):
        if lull:
            self.lull()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        return self.path


class Lab:
    """What one scenario makes, and its end."""

    def __init__(self, name):
        self.name = name
        self.prefix = f"lab{os.getpid()}-"
        self.nodes, self.processes, self.wans, self.serial = [], [], [], itertools.count()
        self.dir = tempfile.mkdtemp(prefix=f"lab-{name}-")
        os.chmod(self.dir, 0o755)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            for process in reversed(self.processes):
                if process.poll() is None:
                    process.terminate()
            for process in self.processes:
                try:
                    process.wait(3)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            for wan in self.wans:
                wan.stop()
        finally:
            for node in self.nodes:
                os.close(node.fd)
                subprocess.run(["ip", "netns", "del", node.ns], capture_output=True)
            if not os.environ.get("LAB_KEEP"):
                shutil.rmtree(self.dir, ignore_errors=True)

    def node(self, name, ttl=64, forward=False, ipv6=False):
        return Node(self, name, ttl, forward, ipv6)

    def switch(self, name):
        return Switch(self, name)

    def link(self, a, b, a_addrs=(), b_addrs=(), a_mac=None, b_mac=None):
        """A cable; gives the two interface names."""
        ai, bi = f"eth{next(a.free)}", f"eth{next(b.free)}"
        sh("ip", "link", "add", ai, "netns", a.ns, "type", "veth", "peer", "name", bi, "netns", b.ns)
        a.settle(ai, a_addrs, a_mac)
        b.settle(bi, b_addrs, b_mac)
        return ai, bi

    def wan(self, a, b, a_addrs=(), b_addrs=(), delay_ms=8.0, a_mac=None, b_mac=None):
        """A line with latency each way; gives the two interface names."""
        relay = self.node(f"wan{len(self.wans)}")
        relay.sysctl({"net/ipv4/ip_forward": 0})
        ai, _ = self.link(a, relay, a_addrs, (), a_mac)
        _, bi = self.link(relay, b, (), b_addrs, None, b_mac)
        self.wans.append(Wan(relay, delay_ms))
        return ai, bi

    def capture(self, node, iface="eth0", filter="", options=(), name="capture"):
        """Starts tcpdump and returns when it listens."""
        return Capture(node, iface, filter, list(options), os.path.join(self.dir, f"{name}.pcap"))

    def file(self, name, text):
        """A file in the scenario's directory (text or bytes); gives its path."""
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode())
        return path

    def read(self, path):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
