"""Other systems' connectivity checks: each with its right answer, a portal, a block, silence, and what only looks like one."""
from network import RESOLVER, WEB, Site
from scenario import scenario
from scenes_dns import CHAIN
from servers import Scripted, dnsmasq, nginx
from systems import ONLINE, SYSTEMS, android, apple, network_manager, text
from windows import Windows

PHONE, PHONE_MAC = "10.1.0.31", "a4:c3:f0:2b:91:31"
EXCHANGE = ["http.request", "http.response"]
PORTAL = "location / { return 302 http://login.hotel.example/start; }"
REFUSAL = "location / { default_type text/html; return 403 '<html><head><title>Access Denied</title></head></html>'; }"


def phone(run, lab, host, request, locations=None, records=None, steps=None, wait=35.0, rule=None, ping=0, connect=21.0):
    """One check by a phone on the client's network; gives what came back."""
    site = Site(lab, warm=True)
    node = site.host("phone", PHONE, PHONE_MAC)
    node.run("ping", "-c", "1", "-W", "3", "-q", site.gateway)
    client = Windows(node, [RESOLVER])
    dnsmasq(site.net, RESOLVER, records if records is not None else [f"host-record={host},{WEB}"])
    web = nginx(site.net, WEB, locations) if locations else Scripted(site.net, WEB, steps) if steps else None
    if rule:
        site.isp.rule(rule)
    cap = lab.capture(node)
    echo = node.start(["ping", "-n", "-i", "3", "-c", str(ping), site.gateway], log="ping")[0] if ping else None
    what, data = client.check(host, request, connect_wait=connect, wait=wait)
    if echo:
        site.end(echo)
    run.save(cap.stop() and cap)
    run.truth(web.log("HTTP") if locations else f"client: {what}, {len(data)} bytes")
    return what, data


def finding(run, name, evidence, verdict, **more):
    system, host = SYSTEMS[name][:2]
    base = {"cause": None, "severity": "error", "confidence": "high", "capability": "null", "family": "v4", "route": "direct",
            "client": PHONE, "server": WEB, "host": host}
    fields = {key: value for key, value in {**base, **more}.items() if value is not None}
    run.expect(evidence, verdict=verdict, system=system, **fields)


def success(name):
    system, host, request, locations = SYSTEMS[name]
    sure = "medium" if name == "kindle" else "high"

    @scenario(f"os-{name}-success", title=f"{system}: the check works", shows=f"Look-up of {host}, the request, the answer that the system expects.",
              rows=[f"7 {name}"], near_miss_of=["3.3 204"] if name == "android" else [])
    def work(run, lab):
        phone(run, lab, host, request, locations)
        finding(run, name, EXCHANGE, "OsCheckSucceeded", severity="ok", confidence=sure)


def portal(name):
    system, host, request, _ = SYSTEMS[name]

    @scenario(f"os-{name}-portal", title=f"{system}: a portal redirects the check", shows="302 to a login page.", rows=[f"7 {name} portal"],
              near_miss_of=["3.3 302"])
    def work(run, lab):
        phone(run, lab, host, request, PORTAL)
        run.wire("http.response.code == 302", 1)
        finding(run, name, EXCHANGE, "OsCheckPortal", cause="http-redirect")


def blocked(name):
    system, host, request, _ = SYSTEMS[name]

    @scenario(f"os-{name}-blocked", title=f"{system}: a filter refuses the check", shows="403 with a page that says so.", rows=[f"7 {name} blocked"],
              near_miss_of=["3.3 403"])
    def work(run, lab):
        phone(run, lab, host, request, REFUSAL)
        finding(run, name, EXCHANGE, "OsCheckBlocked", cause="http-blocked")


for one in SYSTEMS:
    success(one)
    portal(one)
for one in ("apple", "android", "firefox", "ubuntu", "kde"):
    blocked(one)


def answer(name, of, locations, verdict, cause, title, rows, near=(), steps=None, shows=None, **more):
    system, host, request, _ = SYSTEMS[of]

    @scenario(name, title=title, shows=shows or title + ".", rows=rows, near_miss_of=near)
    def work(run, lab):
        phone(run, lab, host, request, locations, steps=steps)
        finding(run, of, more.pop("evidence", EXCHANGE), verdict, cause=cause, **more)


PAGE = "<html><head><title>Welcome to Hotel WiFi</title></head><body><p>Please accept the terms.</p></body></html>"
answer("os-android-200-empty", "android", "location / { return 200; }", "OsCheckFailed", "http-empty-body",
       "Android: an empty 200 is a failure and no portal", ["7 android 200 empty"], ["7 android portal"])
answer("os-android-200-short", "android", "location / { return 200 'OK'; }", "OsCheckFailed", "http-wrong-body",
       "Android: a 200 of two bytes is a failure and no portal", ["7 android 200 short"], ["7 android portal"])
answer("os-android-200-page", "android", f"location / {{ return 200 '{PAGE}'; }}", "OsCheckPortal", "http-wrong-body",
       "Android: a portal's page", ["7 android 200 page"])
answer("os-android-511", "android", f"error_page 511 /login; location = /login {{ internal; return 511 '{PAGE}'; }} location / {{ return 511; }}",
       "OsCheckPortal", "http-status", "Android: the portal's own status", ["7 android 511"])
answer("os-android-503", "android", "location / { return 503; }", "OsCheckFailed", "http-server-error", "Android: a server's fault",
       ["7 android 5xx"], ["7 android portal"])
answer("os-chrome-200-empty", "chrome", "location / { return 200; }", "OsCheckFailed", "http-empty-body", "Chrome: an empty 200",
       ["7 chrome 200 empty"], confidence="medium")
answer("os-apple-200-page", "apple", f"location / {{ return 200 '{PAGE}'; }}", "OsCheckPortal", "http-wrong-body", "Apple: a portal's page",
       ["7 apple 200 page"])
answer("os-ubuntu-204-bare", "ubuntu", "location / { return 204; }", "OsCheckPortal", "http-status",
       "Ubuntu: 204 without the field that tells whose it is", ["7 ubuntu 204 bare"], ["7 ubuntu"], confidence="medium")
answer("os-gnome-header", "gnome", text("/check_network_status.txt", PAGE, ONLINE), "OsCheckSucceeded", None,
       "NetworkManager: the field alone is enough", ["7 gnome header"], ["7 gnome portal"], severity="ok")
answer("os-gnome-prefix", "gnome", text("/check_network_status.txt", "NetworkManager is online, and more"), "OsCheckSucceeded", None,
       "NetworkManager: the beginning of the text is enough", ["7 gnome prefix"], ["7 gnome portal"], severity="ok")
answer("os-kde-wrong", "kde", text("/", "KO"), "OsCheckPortal", "http-wrong-body", "KDE: another text", ["7 kde wrong"], ["7 kde"])


@scenario("os-android-204-body", title="Android: a 204 with a body", shows="204, Content-Length: 5 and five bytes: the status decides.",
          rows=["7 android 204 body"], near_miss_of=["7 android portal"])
def with_body(run, lab):
    phone(run, lab, SYSTEMS["android"][1], android(), steps=[b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", "fin"])
    finding(run, "android", ["http.request", "tcp.srcport == 80 && tcp.len > 0"], "OsCheckSucceeded", severity="ok")


def nothing(name, host, request, locations, title, rows, near):
    @scenario(name, title=title, shows=title + ".", rows=rows, near_miss_of=near)
    def work(run, lab):
        phone(run, lab, host, request, locations)
        run.wire("http.request", 1)


nothing("os-android-other-path", "connectivitycheck.gstatic.com", android(path="/other"), "location / { return 404; }",
        "Another path on the host of Android's check", ["7 other path"], ["7 android"])
nothing("os-google-statistics", "www.google.com", android("www.google.com", "/gen_204?atyp=csi&ei=Zk1"), "location / { return 404; }",
        "Google's own statistics go to gen_204 with a query", ["7 query"], ["7 android"])
nothing("os-fedora-page", "fedoraproject.org", network_manager("fedoraproject.org", "/"), "location / { return 302 https://fedoraproject.org/; }",
        "A visit to fedoraproject.org that is redirected to https", ["7 other path"], ["7 fedora portal"])


@scenario("os-android-nxdomain", title="Android: the name of the check does not exist", shows="NXDOMAIN for connectivitycheck.gstatic.com.",
          rows=["7 android nxdomain"], near_miss_of=["3.2 nxdomain"])
def nxdomain(run, lab):
    phone(run, lab, SYSTEMS["android"][1], android(), records=["address=/gstatic.com/"])
    finding(run, "android", ["dns"], "OsCheckFailed", cause="dns-nxdomain", server=RESOLVER, route="null")


@scenario("os-google-nxdomain", title="www.google.com does not exist", shows="NXDOMAIN for www.google.com: many things ask for it.",
          rows=["7 shared name"], near_miss_of=["7 android nxdomain"])
def google_nxdomain(run, lab):
    phone(run, lab, "www.google.com", android(), records=["address=/google.com/"])
    run.wire("dns.flags.rcode == 3", 1)


@scenario("os-apple-refused", title="Apple: the connection is refused", shows="RST to the SYN.", rows=["7 apple refused"], near_miss_of=["3.3 SYN RST"])
def refused(run, lab):
    phone(run, lab, SYSTEMS["apple"][1], apple(), records=["host-record=captive.apple.com," + WEB])
    finding(run, "apple", ["tcp"], "OsCheckFailed", cause="tcp-reset")


@scenario("os-android-timeout", seconds=30, title="Android: no connection comes about", shows="SYNs are dropped for 21 s; echoes of the gateway come back.",
          rows=["7 android timeout", "rule 7"], near_miss_of=["3.3 SYN timeout"])
def timeout(run, lab):
    phone(run, lab, SYSTEMS["android"][1], android(), rule=f"ip daddr {WEB} drop", ping=9, connect=25.0)
    finding(run, "android", [run.first(f"tcp.flags.syn == 1 && ip.dst == {WEB}")], "OsCheckFailed", cause="tcp-timeout")


@scenario("os-android-cut", title="Android: the capture ends too early", shows="One unanswered SYN, then the capture ends.",
          rows=["7 android cut", "rule 7a"], near_miss_of=["7 android timeout"])
def cut(run, lab):
    phone(run, lab, SYSTEMS["android"][1], android(), rule=f"ip daddr {WEB} drop", connect=1.5)
    finding(run, "android", [run.first(f"tcp.flags.syn == 1 && ip.dst == {WEB}")], "Incomplete", cause="capture-ended", severity="warning",
            confidence="medium", guess="OsCheckFailed")


@scenario("os-android-private", title="Android: the name of the check leads inside", shows="connectivitycheck.gstatic.com has the address of an inside host, "
          "which answers 302: no portal for Android, which trusts no private address.", rows=["7 android private"], near_miss_of=["7 android portal"])
def private(run, lab):
    site = Site(lab, warm=True)
    node = site.host("phone", PHONE, PHONE_MAC)
    inside = site.host("proxy", "10.1.0.9")
    node.run("ping", "-c", "1", "-W", "3", "-q", "10.1.0.9")
    dnsmasq(site.net, RESOLVER, ["host-record=connectivitycheck.gstatic.com,10.1.0.9"])
    web = nginx(inside, "10.1.0.9", PORTAL)
    cap = lab.capture(node)
    Windows(node, [RESOLVER]).check("connectivitycheck.gstatic.com", android())
    run.save(cap.stop() and cap)
    run.truth(web.log("HTTP"))
    finding(run, "android", EXCHANGE, "OsCheckFailed", cause="dns-hijacked", confidence="medium", server="10.1.0.9")


@scenario("os-windows-beside", title="Firefox meets a portal on a Windows PC whose probe succeeds",
          shows="The probe of Windows is answered rightly; Firefox's own check is redirected. Windows' state is untouched.",
          rows=["rule 12 other systems"], near_miss_of=["3.3 302"])
def beside(run, lab):
    site = Site(lab)
    _, host, request, _ = SYSTEMS["firefox"]
    dnsmasq(site.net, RESOLVER, [*CHAIN, f"host-record={host},{WEB}"])
    web = nginx(site.net, WEB, text("/connecttest.txt", "Microsoft Connect Test") + PORTAL)
    cap = lab.capture(site.pc)
    assert site.win.check()[1].endswith(b"Connect Test") and b" 302 " in site.win.check(host, request)[1]
    run.save(cap.stop() and cap)
    run.truth(web.log("HTTP"))
    run.expect(["http.request.uri == \"/connecttest.txt\""], verdict="ActiveHttpProbeSucceeded", severity="ok", confidence="high",
               capability="Internet", client="10.1.0.5")
    finding(run, "firefox", ["http.request.uri == \"/canonical.html\"", "http.response.code == 302"], "OsCheckPortal", cause="http-redirect",
            client="10.1.0.5")


@scenario("os-android-recovers", title="Android: a portal, then the sign-in", shows="302, and some moments later 204.", rows=["7 recovered", "rule 13"],
          near_miss_of=["7 android portal"])
def recovers(run, lab):
    site = Site(lab, warm=True)
    node = site.host("phone", PHONE, PHONE_MAC)
    client, host = Windows(node, [RESOLVER]), SYSTEMS["android"][1]
    dnsmasq(site.net, RESOLVER, [f"host-record={host},{WEB}"])
    web = nginx(site.net, WEB, f"location / {{ if (-f {lab.dir}/signed-in) {{ return 204; }} return 302 http://login.hotel.example/; }}")
    cap = lab.capture(node)
    assert b" 302 " in client.check(host, android())[1]
    lab.file("signed-in", "")
    assert b" 204 " in client.check(host, android())[1]
    run.save(cap.stop() and cap)
    run.truth(web.log("HTTP"))
    finding(run, "android", ["http.response.code == 302"], "OsCheckPortal", cause="http-redirect", severity="warning")
    finding(run, "android", ["http.response.code == 204"], "OsCheckSucceeded", severity="ok")


