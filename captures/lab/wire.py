"""A line with a device on it that changes what passes, and a mirror port that shows it.

    pc 10.1.0.5 --- bend --- gw 10.1.0.1 --- (8 ms) --- net: resolver 203.0.113.53, web 203.0.113.80 ...
                      |
                     mon (the mirror's destination)

`bend` is a program of the lab between two cables. `change(frame, out)` gives what becomes of a frame (`out`: from the
client); `mirror(frame, out)` gives what the mirror port sends. Both ends are real stacks.
"""
import fcntl
import heapq
import itertools
import os
import select
import socket
import struct
import threading
import time

from network import MACS, PORTAL, RESOLVER, WEB, WEB2, WEB_V6
from windows import Windows


class Bend(threading.Thread):
    """Carries frames between eth0 (the client's side) and eth1 of a node."""

    def __init__(self, node, change=None, mirror=None, port=None):
        super().__init__(daemon=True)
        self.change, self.mirror, self.over, self.ends = change, mirror, False, []
        for iface in ("eth0", "eth1"):
            end = node.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            end.bind((iface, 3))
            self.ends.append(end)
        self.port = port

    def stop(self):
        """Ends the device, as the lab ends its lines with latency."""
        self.over = True
        self.join(2)
        for end in self.ends + ([self.port] if self.port else []):
            end.close()

    def run(self):
        waiting, order = [], itertools.count()
        while not self.over:
            pause = 0.2 if not waiting else max(0.0, min(0.2, waiting[0][0] - time.monotonic()))
            for end in select.select(self.ends, [], [], pause)[0]:
                frame, origin = end.recvfrom(65535)
                if origin[2] == socket.PACKET_OUTGOING:
                    continue
                out = end is self.ends[0]
                if self.mirror:
                    for copy in self.mirror(frame, out):
                        self.port.send(copy)
                for item in self.change(frame, out) if self.change else [frame]:
                    delay, back, data = item if isinstance(item, tuple) else (0.0, False, item)
                    to = self.ends[1 if out != back else 0]
                    if delay:
                        heapq.heappush(waiting, (time.monotonic() + delay, next(order), to, data))
                    else:
                        self.send(to, data)
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, to, data = heapq.heappop(waiting)
                self.send(to, data)

    @staticmethod
    def send(to, data):
        try:
            to.send(data)
        except OSError:
            pass


class Line:
    """The network above; `label` keeps the hosts of several lines of one scenario apart."""

    def __init__(self, lab, change=None, mirror=None, net6=False, label="", pc_mac=None, port=None):
        self.lab = lab
        self.pc = lab.node("pc" + label, ttl=128, ipv6=net6)
        bend = lab.node("bend" + label)
        self.gw = lab.node("gw" + label, forward=True, ipv6=net6)
        self.net = lab.node("net" + label, ipv6=net6)
        lab.link(self.pc, bend, ["10.1.0.5/24"], (), pc_mac or MACS["pc"])
        lab.link(bend, self.gw, (), ["10.1.0.1/24"], None, MACS["gw"])
        lab.wan(self.gw, self.net, ["203.0.113.1/24"], [f"{a}/24" for a in (RESOLVER, WEB, WEB2, PORTAL)], 8.0, None, MACS["net"])
        self.pc.route("default", "10.1.0.1")
        self.net.route("default", "203.0.113.1")
        if mirror and port is None:  # several lines may share one mirror port
            self.mon = lab.node("mon" + label)
            self.mon_iface, far = lab.link(self.mon, bend, (), (), MACS["mon"])
            port = bend.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            port.bind((far, 3))
        self.bend = Bend(bend, change, mirror, port)
        lab.wans.append(self.bend)
        self.bend.start()
        self.win = Windows(self.pc, (RESOLVER,))
        if net6:
            for node, iface, addr in ((self.pc, "eth0", "2001:db8:1::5/64"), (self.gw, "eth0", "2001:db8:1::1/64"),
                                      (self.gw, "eth1", "2001:db8:80::1/64"), (self.net, "eth0", WEB_V6 + "/64")):
                node.ip("addr", "add", addr, "dev", iface, "nodad")
            self.pc.route("default", "2001:db8:1::1")
            self.net.route("default", "2001:db8:80::1")
            self.pc.run("ping", "-6", "-c", "1", "-W", "3", "-q", WEB_V6)
        self.pc.run("ping", "-c", "1", "-W", "3", "-q", WEB)


class Handler(threading.Thread):
    """A TCP server: `serve(connection, first)` with the first bytes that came, one thread a connection."""

    def __init__(self, node, listen, serve, port=80):
        super().__init__(daemon=True)
        self.serve, self.heads = serve, []
        self.socket = node.socket(socket.AF_INET6 if ":" in listen else socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((listen, port))
        self.socket.listen(8)
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        try:
            connection.settimeout(20)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            first = connection.recv(16384)
            self.heads.append(first)
            if first:
                self.serve(connection, first)
            connection.close()
        except OSError:
            pass


def reset(connection):
    """Closes with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drain(connection):
    """Reads until the peer has closed."""
    data = b""
    try:
        while part := connection.recv(4096):
            data += part
    except OSError:
        pass
    return data


def once(test, what):
    """A `change` that gives `what(frame)` for the first frame that passes `test(frame, out)`, and lets the rest through."""
    done = []

    def change(frame, out):
        if not done and test(frame, out):
            done.append(True)
            return what(frame)
        return [frame]
    return change


class Tun:
    """A tunnel interface in each of two hosts, joined by this process: packets without any link header."""

    SET, TUN, NO_INFO = 0x400454CA, 0x0001, 0x1000

    def __init__(self, a, b, a_addr, b_addr, delay=0.008):
        self.fds, self.delay, self.over = [], delay, False
        for node, addr in ((a, a_addr), (b, b_addr)):
            def make():
                fd = os.open("/dev/net/tun", os.O_RDWR)
                fcntl.ioctl(fd, self.SET, struct.pack("16sH22x", b"tun0", self.TUN | self.NO_INFO))
                return fd
            self.fds.append(node.inside(make))
            node.ip("addr", "add", addr, "dev", "tun0")
            node.ip("link", "set", "tun0", "up")
        threading.Thread(target=self.carry, daemon=True).start()

    def carry(self):
        while not self.over:
            for fd in select.select(self.fds, [], [], 0.2)[0]:
                data = os.read(fd, 65535)
                time.sleep(self.delay)
                os.write(self.fds[1 - self.fds.index(fd)], data)

    def close(self):
        self.over = True
        time.sleep(0.3)
        for fd in self.fds:
            os.close(fd)
