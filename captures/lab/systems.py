"""What other systems send to find out whether they have the Internet: their requests, byte for byte, and the right answers."""
from windows import EDGE

ANDROID_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36"
CHROME_AGENT = "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
FIREFOX_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def android(host="connectivitycheck.gstatic.com", path="/generate_204"):
    return (f"GET {path} HTTP/1.1\r\nConnection: close\r\nUser-Agent: {ANDROID_AGENT}\r\nHost: {host}\r\n"
            "Accept-Encoding: gzip\r\n\r\n").encode()


def apple(host="captive.apple.com", path="/hotspot-detect.html"):
    return (f"GET {path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\nUser-Agent: CaptiveNetworkSupport-407.40.1 wispr\r\n\r\n").encode()


def chrome(host="www.gstatic.com", path="/generate_204", agent=CHROME_AGENT):
    return (f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n"
            f"User-Agent: {agent}\r\nAccept-Encoding: gzip, deflate\r\n\r\n").encode()


def firefox(path="/canonical.html"):
    return (f"GET {path} HTTP/1.1\r\nHost: detectportal.firefox.com\r\nUser-Agent: {FIREFOX_AGENT}\r\nAccept: */*\r\n"
            "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n"
            "Connection: close\r\n\r\n").encode()


def network_manager(host, path):
    """NetworkManager, and KDE's and Kindle's plain requests."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n".encode()


def text(path, body, more=""):
    """What nginx says to a path."""
    quoted = body.replace("'", "\\'").replace("\n", "\\n")
    return f"location = {path} {{ default_type text/plain; {more} return 200 '{quoted}'; }}"


APPLE_PAGE = "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>"
CANONICAL = '<meta http-equiv="refresh" content="0;url=https://support.mozilla.org/kb/captive-portal"/>'
ONLINE = "add_header X-NetworkManager-Status online always;"
NO_CONTENT = "location = /generate_204 { return 204; }"
# name of the system: (its name in reports, host, path, request, what nginx answers where all is well)
SYSTEMS = {
    "apple": ("Apple iOS/macOS", "captive.apple.com", apple(), text("/hotspot-detect.html", APPLE_PAGE)),
    "apple-old": ("Apple iOS/macOS", "www.apple.com", apple("www.apple.com", "/library/test/success.html"),
                  text("/library/test/success.html", APPLE_PAGE)),
    "android": ("Android", "connectivitycheck.gstatic.com", android(), NO_CONTENT),
    "android-google": ("Android", "www.google.com", android("www.google.com", "/gen_204"), "location = /gen_204 { return 204; }"),
    "android-play": ("Android", "play.googleapis.com", android("play.googleapis.com"), NO_CONTENT),
    "android-miui": ("Android", "connect.rom.miui.com", android("connect.rom.miui.com"), NO_CONTENT),
    "chrome": ("ChromeOS/Chrome", "www.gstatic.com", chrome(), NO_CONTENT),
    "chrome-clients3": ("ChromeOS/Chrome", "clients3.google.com", chrome("clients3.google.com"), NO_CONTENT),
    "edge": ("Microsoft Edge", "edge-http.microsoft.com", chrome("edge-http.microsoft.com", "/captiveportal/generate_204", EDGE),
             "location = /captiveportal/generate_204 { return 204; }"),
    "firefox": ("Firefox", "detectportal.firefox.com", firefox(), text("/canonical.html", CANONICAL)),
    "firefox-family": ("Firefox", "detectportal.firefox.com", firefox("/success.txt?ipv4"), text("/success.txt", "success\n")),
    "ubuntu": ("Ubuntu (NetworkManager)", "connectivity-check.ubuntu.com", network_manager("connectivity-check.ubuntu.com", "/"),
               f"location = / {{ {ONLINE} return 204; }}"),
    "gnome": ("GNOME (NetworkManager)", "nmcheck.gnome.org", network_manager("nmcheck.gnome.org", "/check_network_status.txt"),
              text("/check_network_status.txt", "NetworkManager is online\n")),
    "fedora": ("Fedora (NetworkManager)", "fedoraproject.org", network_manager("fedoraproject.org", "/static/hotspot.txt"),
               text("/static/hotspot.txt", "OK")),
    "arch": ("Arch Linux (NetworkManager)", "ping.archlinux.org", network_manager("ping.archlinux.org", "/nm-check.txt"),
             text("/nm-check.txt", "NetworkManager is online\n")),
    "debian": ("Debian (NetworkManager)", "network-test.debian.org", network_manager("network-test.debian.org", "/nm"),
               text("/nm", "NetworkManager is online\n", ONLINE)),
    "opensuse": ("openSUSE (NetworkManager)", "conncheck.opensuse.org", network_manager("conncheck.opensuse.org", "/"),
                 text("/", "NetworkManager is online")),
    "kde": ("KDE", "networkcheck.kde.org", network_manager("networkcheck.kde.org", "/"), text("/", "OK")),
    "kindle": ("Kindle", "spectrum.s3.amazonaws.com", network_manager("spectrum.s3.amazonaws.com", "/kindle-wifi/wifistub.html"),
               text("/kindle-wifi/wifistub.html", "<html><!--81ce4465-7167-4dcb-835b-dcc9e44c112a--><body></body></html>")),
    "cloudflare": ("Cloudflare WARP", "cp.cloudflare.com", chrome("cp.cloudflare.com"), NO_CONTENT),
}
