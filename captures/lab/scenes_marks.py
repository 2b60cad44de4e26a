"""Who answers, by its marks: fields, cookies, titles in the encodings of Japan, redirects, addresses. nginx says what those products say."""
import expect
from network import RESOLVER, WEB, Site
from scenario import scenario
from scenes_dns import CHAIN, PC
from servers import dnsmasq, nginx
from systems import SYSTEMS
from windows import Windows

EXCHANGE = ["http.request", "http.response"]


def page(title, text=""):
    return f"<html><head><title>{title}</title></head><body>{text}</body></html>"


def headers(*fields):
    return " ".join(f"add_header {name} '{value}' always;" for name, value in fields)


def hotspot(name, title, products, cause, locations, files=(), rows=None, near=("3.3 200",), **more):
    """Registers a probe that this product answers."""
    @scenario(name, title=title, shows=title + ", in the place of Microsoft's server.", rows=rows or [f"marks {products[0] if products else 'none'}"],
              near_miss_of=near)
    def work(run, lab):
        site = Site(lab)
        dnsmasq(site.net, RESOLVER, CHAIN)
        for file, data in files:
            lab.file("pages/" + file, data)
        web = nginx(site.net, WEB, locations.replace("PAGES", lab.dir + "/pages"))
        cap = lab.capture(site.pc)
        assert site.win.check()[0] == "answer"
        run.save(cap.stop() and cap)
        run.truth(web.log("NCSI"))
        run.like(expect.hotspot, PC, WEB, EXCHANGE, cause=cause, products=products, confidence=["high", "medium"], **more)


def refuses(body, *fields, status=403):
    return f"error_page {status} /why; location = /why {{ internal; {headers(*fields)} return {status} '{body}'; }} location / {{ return {status}; }}"


def redirects(target, *fields):
    return f"location / {{ {headers(*fields)} return 302 '{target}'; }}"


def from_file(data, kind="text/html"):
    return [("index.html", data)], f"location / {{ root PAGES; default_type {kind}; types {{}} try_files /index.html =404; }}"


hotspot("marks-squid", "Squid's error page", ["Squid"], "http-server-error",
        refuses(page("ERROR: The requested URL could not be retrieved"), ("Via", "1.1 gw3.corp.example (squid/5.7)"),
                ("X-Squid-Error", "ERR_CONNECT_FAIL 110"), status=503))
hotspot("marks-bluecoat", "ProxySG's notification", ["ProxySG (Blue Coat)"], "http-redirect",
        redirects("http://notify.bluecoat.com/notify-Notify1", ("X-Bluecoat-Via", "4b2a"), ("Set-Cookie", "BCSI-CS-1f2e=2; Path=/")))
hotspot("marks-zscaler", "Zscaler's block page", ["Zscaler Internet Access"], "http-blocked",
        refuses(page("Internet Security by Zscaler"), ("X-Proxy-Node", "zs3"), ("Set-Cookie", "_sm_au_c=x")))
hotspot("marks-fortigate", "FortiGate's sign-in", ["FortiGate"], "http-wrong-body",
        f"location / {{ return 200 '{page('Firewall Authentication', 'window.location=http://10.1.0.1:1000/fgtauth?0a0b')}'; }}")
hotspot("marks-paloalto", "PAN-OS' authentication portal", ["PAN-OS firewall"], "http-redirect",
        redirects("http://10.1.0.1:6081/php/uid.php?vsys=1&rule=3"))
hotspot("marks-ifilter-sjis", "i-FILTER's block page in Shift_JIS", ["i-FILTER"], "http-blocked",
        "error_page 403 /index.html; location = /index.html { internal; root PAGES; types {} default_type text/html; } location / { return 403; }",
        [("index.html", page("アクセスが禁止されています - i-FILTER", "このページは管理者により制限されています").encode("shift_jis"))],
        ["marks i-FILTER", "title Shift_JIS"])
hotspot("marks-intersafe-euc", "InterSafe's block page in EUC-JP", ["InterSafe"], "http-wrong-body",
        from_file(b"")[1], [("index.html", page("InterSafe 規制画面", "このページは閲覧できません").encode("euc_jp"))],
        ["marks InterSafe", "title EUC-JP"])
hotspot("marks-portal-jis", "A portal in ISO-2022-JP that nobody knows", "null", "http-wrong-body",
        from_file(b"")[1], [("index.html", page("無線接続サービス ログイン", "利用規約に同意してください").encode("iso2022_jp"))],
        ["marks none", "title ISO-2022-JP"])
hotspot("marks-ise", "Cisco ISE's portal", ["Identity Services Engine"], "http-redirect",
        redirects("https://ise.corp.example:8443/portal/PortalSetup.action?portal=0ce17ad0"))
hotspot("marks-wlc", "A Cisco controller's portal", ["Wireless LAN Controller"], "http-redirect",
        redirects("https://192.0.2.1/login.html?switch_url=https://192.0.2.1/login.html&ap_mac=00:3a:9a:00:11:20&wlan=Guest"))
hotspot("marks-aruba", "An Aruba portal", ["Aruba controller or Instant"], "http-redirect",
        redirects("https://securelogin.arubanetworks.com/cgi-bin/login?cmd=login&mac=3c:52:82:1a:6b:05"))
hotspot("marks-meraki", "A Meraki splash page", ["Meraki"], "http-redirect",
        redirects("https://n143.network-auth.com/splash/?mac=AC%3A17&continue_url="))
hotspot("marks-unifi", "A UniFi guest portal", ["UniFi"], "http-redirect",
        redirects("http://10.1.0.2:8880/guest/s/default/?id=3c:52:82:1a:6b:05", ("Set-Cookie", "unifises=secret; Path=/")))
hotspot("marks-nec", "An Aterm's notice", ["Aterm or UNIVERGE"], "http-redirect", redirects("http://aterm.me/index.cgi/notice"))
hotspot("marks-buffalo-sjis", "A FREESPOT portal in Shift_JIS", ["AirStation or FREESPOT"], "http-wrong-body",
        from_file(b"")[1], [("index.html", page("FREESPOT 認証ページ", "メールアドレスを登録してください").encode("shift_jis"))],
        ["marks Buffalo", "title Shift_JIS"])
hotspot("marks-two", "FortiGuard's page behind Squid", ["Squid", "FortiGate"], "http-blocked",
        refuses(page("Web Page Blocked", "FortiGuard Intrusion Prevention"), ("Via", "1.1 branch (squid/6.6)")), rows=["marks two products"])
hotspot("marks-pihole", "Pi-hole's page", ["Pi-hole"], "http-wrong-body",
        f"location / {{ {headers(('X-Pi-hole', 'A black hole for Internet advertisements.'))} return 200 '{page('Blocked')}'; }}")
hotspot("marks-adguard", "AdGuard's page", ["AdGuard"], "http-wrong-body", f"location / {{ return 200 '{page('Blocked by AdGuard')}'; }}")
hotspot("marks-nobody", "A portal without marks", "null", "http-redirect", redirects("http://login.hotel.example/"), rows=["marks none"],
        near=["marks Aruba controller or Instant"])


@scenario("marks-umbrella", title="Umbrella's block page", shows="The probe's name resolves to 146.112.61.106, whose page answers.",
          rows=["marks Umbrella"], near_miss_of=["3.3 200"])
def umbrella(run, lab):
    site = Site(lab)
    site.net.ip("addr", "add", "146.112.61.106/32", "dev", "lo")
    site.isp.route("146.112.61.104/29", "203.0.113.2")
    site.net.ip("addr", "add", "203.0.113.2/24", "dev", "eth0")
    dnsmasq(site.net, RESOLVER, ["host-record=www.msftconnecttest.com,146.112.61.106"])
    web = nginx(site.net, "146.112.61.106", refuses(page("Site blocked")))
    cap = lab.capture(site.pc)
    assert site.win.check()[0] == "answer"
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.like(expect.hotspot, PC, "146.112.61.106", EXCHANGE, cause="http-blocked", products=["Umbrella"], confidence=["high", "medium"])


@scenario("portal-three-systems", title="A PC, an iPhone and an Android phone at one portal",
          shows="Windows' probe, Apple's and Android's check are all redirected to the same login page; captured on the gateway.",
          rows=["7 cross-client", "3.3 302"], near_miss_of=["7 android"], position="gateway")
def three(run, lab):
    site = Site(lab, warm=True)
    phones = {"apple": site.host("iphone", "10.1.0.41", "f0:18:98:3c:22:41"), "android": site.host("phone", "10.1.0.31", "a4:c3:f0:2b:91:31")}
    names = {one: SYSTEMS[one][1] for one in phones}
    dnsmasq(site.net, RESOLVER, [*CHAIN, *(f"host-record={host},{WEB}" for host in names.values())])
    web = nginx(site.net, WEB, redirects("https://captiveportal-login.hotel.example/cgi-bin/login?cmd=login&mac=x"))
    cap = lab.capture(site.gw)
    assert b" 302 " in site.win.check()[1]
    for one, node in phones.items():
        assert b" 302 " in Windows(node, [RESOLVER]).check(names[one], SYSTEMS[one][2])[1]
    run.save(cap.stop() and cap)
    run.truth(web.log("HTTP"))
    product = ["Aruba controller or Instant"]
    run.like(expect.hotspot, PC, WEB, [f"http && ip.addr == {PC}"], cause="http-redirect", products=product)
    for one, client in (("apple", "10.1.0.41"), ("android", "10.1.0.31")):
        run.expect([f"http && ip.addr == {client}"], verdict="OsCheckPortal", cause="http-redirect", severity="error", confidence="high",
                   capability="null", family="v4", route="direct", client=client, server=WEB, host=names[one], system=SYSTEMS[one][0], products=product)


@scenario("probe-custom-server", title="A probe server of the company's own", shows="Microsoft NCSI asks ncsi.corp.example, and gets the usual text.",
          rows=["1.11 custom probe"], near_miss_of=["3.3 200"])
def custom(run, lab):
    site = Site(lab)
    dnsmasq(site.net, RESOLVER, [f"host-record=ncsi.corp.example,{WEB}"])
    web = nginx(site.net, WEB, 'location = /connecttest.txt { default_type text/plain; return 200 "Microsoft Connect Test"; }')
    cap = lab.capture(site.pc)
    assert site.win.check("ncsi.corp.example")[1].endswith(b"Connect Test")
    run.save(cap.stop() and cap)
    run.truth(web.log("NCSI"))
    run.like(expect.success, PC, WEB, EXCHANGE, host="ncsi.corp.example")


