"""Real servers in a namespace of the lab, each with its own configuration and logs.

Every function returns when the server answers its port. `Server.log()` is what it logged, for a capture's `truth`.
"""
import os
import re
import shutil
import socket
import struct
import threading

from netlab import LabError, until


# What changes with every making: dnsmasq's and unbound's time and process, squid's time and duration.
STAMP = re.compile(r"^(.*?dnsmasq[-a-z]*\[\d+\]: (\d+ )?|\[\d+\] unbound\[[^]]*\] |\d+\.\d+ +\d+ )")


class Server:
    """A running server and its log file."""

    def __init__(self, process, path, output):
        self.process, self.path, self.output = process, path, output

    def log(self, *words):
        """The log's lines that hold every word."""
        with open(self.path, encoding="utf-8", errors="replace") as file:
            return [STAMP.sub("", line.strip()) for line in file if all(word in line for word in words)]


def listening(node, address, port):
    """Whether something accepts connections there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with node.socket(family, socket.SOCK_STREAM) as probe:
        return probe.connect_ex((address, port)) == 0


def ready(node, what, process, output, test):
    def check():
        if process.poll() is not None:
            with open(output, encoding="utf-8", errors="replace") as file:
                raise LabError(f"{what} ended: {file.read()[-600:]}")
        return test()
    until(what, check, 20)


def dnsmasq(node, listen, lines=(), name="dns"):
    """dnsmasq as a resolver; `lines` are its configuration (address=, cname=, host-record=, server= ...)."""
    lab = node.lab
    log = os.path.join(lab.dir, f"{name}.log")
    conf = lab.file(f"{name}.conf", "\n".join([
        "port=53", "no-resolv", "no-hosts", "bind-interfaces", "user=root", "group=root", "pid-file=", "log-queries",
        "local-ttl=240", "log-facility=" + log, *(f"listen-address={a}" for a in ([listen] if isinstance(listen, str) else listen)),
        *lines]) + "\n")
    process, output = node.start(["dnsmasq", "--keep-in-foreground", "--conf-file=" + conf], log=name)
    ready(node, "dnsmasq", process, output, lambda: os.path.exists(log) and "started" in lab.read(log))
    return Server(process, log, output)


def unbound(node, listen, lines, name="unbound"):
    """unbound as a resolver; `lines` are the zones (`server:` options come first, indented)."""
    lab = node.lab
    server = ["server:", f"  interface: {listen}", "  access-control: 0.0.0.0/0 allow", "  do-daemonize: no", "  username: ''",
              "  chroot: ''", "  pidfile: ''", "  use-syslog: no", "  logfile: ''", "  log-queries: yes", "  log-replies: yes",
              "  do-ip6: no", "  module-config: iterator", "  verbosity: 1", "  use-caps-for-id: no", "  edns-buffer-size: 1232",
              "  do-not-query-localhost: no", "  qname-minimisation: no"]
    conf = lab.file(f"{name}.conf", "\n".join([*server, *lines, "remote-control:", "  control-enable: no"]) + "\n")
    process, output = node.start(["unbound", "-d", "-c", conf], log=name)
    ready(node, "unbound", process, output, lambda: "start of service" in lab.read(output))
    return Server(process, output, output)


def nginx(node, listen, locations, name="nginx", extra="", port=80):
    """nginx with one server block; `locations` is what stands inside it, `extra` what stands beside it."""
    lab = node.lab
    addresses = [listen] if isinstance(listen, str) else listen
    listens = "".join(f"listen {'[' + a + ']' if ':' in a else a}:{port};" for a in addresses)
    base = os.path.join(lab.dir, name)
    os.makedirs(base, exist_ok=True)
    temps = " ".join(f"{kind}_temp_path {base}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    log = f"{base}/access.log"
    conf = lab.file(f"{name}.conf", f"""
daemon off; master_process off; user root; pid {base}/pid; error_log {base}/error.log;
events {{ worker_connections 64; }}
http {{ {temps} default_type text/html; keepalive_timeout 60s;
  log_format full '$remote_addr:$remote_port "$request" $status "$http_user_agent" via="$http_via"';
  access_log {log} full;
  {extra}
  server {{ {listens} server_name _; root {base}; {locations} }} }}
""")
    process, output = node.start(["nginx", "-p", base, "-e", f"{base}/error.log", "-c", conf], log=name)
    ready(node, "nginx", process, output, lambda: all(listening(node, a, port) for a in addresses))
    return Server(process, log, output)


def squid(node, listen, lines, port=3128, resolver="203.0.113.53", name="squid", mode="", also=()):
    """squid; `lines` are its rules (auth_param, acl, http_access ...), the last being what is allowed."""
    lab = node.lab
    base = os.path.join(lab.dir, name)
    os.makedirs(base, exist_ok=True)
    shutil.chown(base, "proxy", "proxy")
    log = f"{base}/access.log"
    ports = [f"http_port {listen}:{port} {mode}", *also]
    conf = lab.file(f"{name}.conf", "\n".join([
        *ports, "visible_hostname proxy.corp.example", f"dns_nameservers {resolver}",
        f"pid_filename {base}/pid", f"cache_log {base}/cache.log", f"access_log stdio:{log}", f"coredump_dir {base}",
        "pinger_enable off", "cache_mem 4 MB", "memory_cache_shared off", "shutdown_lifetime 0 seconds",
        "httpd_suppress_version_string on", "max_filedescriptors 256", "buffered_logs off", *lines]) + "\n")
    process, output = node.start(["squid", "-N", "-n", f"lab{os.getpid()}{name}", "-f", conf], log=name)
    ready(node, "squid", process, output, lambda: listening(node, "127.0.0.1" if listen == "0.0.0.0" else listen, port))
    server = Server(process, log, output)
    open(log, "a", encoding="ascii").close()
    return server


class Scripted(threading.Thread):
    """A TCP server of few words: for every connection reads one request head, then does `steps`.

    Steps: bytes are sent as one segment, a number waits that many seconds, "fin" closes, "rst" resets.
    `per_connection` gives other steps to the n-th connection.
    """

    def __init__(self, node, listen, steps, port=80, read=True):
        super().__init__(daemon=True)
        self.steps, self.read, self.heads = steps, read, []
        self.socket = node.socket(socket.AF_INET6 if ":" in listen else socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((listen, port))
        self.socket.listen(8)
        self.over = threading.Event()
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = b""
        try:
            while self.read and b"\r\n\r\n" not in head:
                part = connection.recv(4096)
                if not part:
                    break
                head += part
            self.heads.append(head)
            for step in self.steps:
                if isinstance(step, bytes):
                    connection.sendall(step)
                elif step == "rst":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                elif step == "fin":
                    connection.shutdown(socket.SHUT_WR)
                    connection.settimeout(5)
                    connection.recv(4096)
                else:
                    self.over.wait(step)
        except OSError:
            pass
        connection.close()
