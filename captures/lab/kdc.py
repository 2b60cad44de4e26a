"""A Kerberos realm with the MIT programs: a KDC in a namespace, and a client's kinit and kvno in another."""
import os
import subprocess

from servers import Server, ready

REALM = "CORP.EXAMPLE"


class Realm:
    """The realm CORP.EXAMPLE on `node`; `services` have keys, everything else is unknown to it."""

    def __init__(self, node, address, account, services=()):
        lab = node.lab
        self.base, self.account = os.path.join(lab.dir, "kdc"), f"{account}@{REALM}"
        os.makedirs(self.base, exist_ok=True)
        conf = lab.file("krb5.conf", f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n"
                                     " dns_canonicalize_hostname = false\n rdns = false\n udp_preference_limit = 1\n noaddresses = true\n"
                                     f"[realms]\n {REALM} = {{\n  kdc = {address}\n }}\n[logging]\n kdc = FILE:{self.base}/kdc.log\n")
        profile = lab.file("kdc.conf", f"[kdcdefaults]\n kdc_listen = {address}:88\n kdc_tcp_listen = {address}:88\n[realms]\n {REALM} = {{\n"
                                       f"  database_name = {self.base}/db\n  key_stash_file = {self.base}/stash\n"
                                       "  default_principal_flags = +preauth\n }\n")
        self.env = {**os.environ, "KRB5_CONFIG": conf, "KRB5_KDC_PROFILE": profile, "KRB5CCNAME": f"FILE:{self.base}/tickets"}
        self.local("kdb5_util", "create", "-s", "-r", REALM, "-P", "not-a-secret")
        self.local("kadmin.local", "-r", REALM, "-q", f"addprinc -randkey +requires_preauth {account}")
        self.local("kadmin.local", "-r", REALM, "-q", f"ktadd -k {self.base}/keytab {account}")
        for service in services:
            self.local("kadmin.local", "-r", REALM, "-q", f"addprinc -randkey {service}")
        process, output = node.start(["env", *(f"{key}={self.env[key]}" for key in ("KRB5_CONFIG", "KRB5_KDC_PROFILE")),
                                      "krb5kdc", "-n", "-r", REALM], log="kdc")
        log = f"{self.base}/kdc.log"
        ready(node, "krb5kdc", process, output, lambda: os.path.exists(log) and "commencing operation" in lab.read(log))
        self.server = Server(process, log, output)

    def local(self, *argv):
        subprocess.run(argv, env=self.env, check=True, capture_output=True)

    def sign_in(self, node):
        """The client's first ticket."""
        return self.on(node, "kinit", "-k", "-t", f"{self.base}/keytab", self.account)

    def ticket(self, node, service):
        """Asks for a ticket for a service; gives what kvno says."""
        return self.on(node, "kvno", f"{service}@{REALM}")

    def on(self, node, *argv):
        names = ("KRB5_CONFIG", "KRB5CCNAME")
        done = subprocess.run(["ip", "netns", "exec", node.ns, "env", *(f"{key}={self.env[key]}" for key in names), *argv],
                              capture_output=True, text=True)
        return (done.stdout + done.stderr).strip().replace(self.base, "")

    def log(self, *words):
        """The KDC's log lines that hold every word, without time, host and process."""
        with open(f"{self.base}/kdc.log", encoding="utf-8") as file:
            return [line.split("]", 1)[-1].strip("(): \n").split(": ", 1)[-1] for line in file if all(word in line for word in words)]
