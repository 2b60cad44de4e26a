"""Prediction: Windows' own events beside the packets, faults that come and go, many clients of one network."""
import capfile
import expect
from network import MACS, RESOLVER, WEB, Site
from scenario import scenario
from scenes_dns import CHAIN, PC, RIGHT
from scenes_format import REDIRECT, frames, written
from scenes_http import EXCHANGE
from servers import dnsmasq, nginx
from windows import Windows

GUID, LUID = "{611346db-8fbb-473d-808b-6c7573b3ef4d}", "0x6008001000000"
NCSI = "Microsoft-Windows-NCSI"
MS = 1_000_000


def change(capability, reason, family="V4"):
    """Event 4042 as Windows renders it."""
    return f"Capability change on {GUID} ({LUID} Family: {family} Capability: {capability} ChangeReason: {reason})"


def finished(succeeded):
    """Event 4014, with the raw fields behind it as text tools print them."""
    word = "true" if succeeded else "false"
    return f"Active Internet Probe finished on interface {GUID} ({word}) {GUID}, {word}, false, false, true, true"


def code(number):
    """Event 4051."""
    return f"Active probe result code on interface {GUID} ({LUID} Family: V4) = {number}"


def traced(events, marked=True):
    """A converted trace: `events` are (milliseconds after the frame that holds `marker`, marker, provider, message)."""
    def make(fs):
        made = capfile.Section(options=[(3, b"Windows 10"), (4, b"etl2pcapng 1.12.0")])
        made.interface(name="eth:6:0")
        told = [(next(at for at, data, _ in fs if marker in data) + after * MS, [("_COMM", provider), ("MESSAGE", message)])
                for after, marker, provider, message in events]
        lines = sorted([(at, 1, event) for at, event in told] + [(at, 0, data) for at, data, _ in fs], key=lambda line: line[:2])
        for at, is_event, item in lines:
            if is_event:
                made.journal(at, item)
                continue
            sent = item[6:12] == bytes.fromhex(MACS["pc"].replace(":", ""))
            flags = (2 if sent else 1).to_bytes(4, "little")
            made.packet(at, item, options=[(1, b"PID=1432 TID=5520")] + ([(2, flags)] if marked else []))
        return made.data
    return written(make)




def trace(name, title, shows, rows, events, near=(), portal=True, marked=True, places=(), **finding):
    """One attempt with Windows' events between its packets."""
    @scenario(name, title=title, shows=shows, rows=rows, near_miss_of=near, made="rewritten")
    def work(run, lab):
        site = Site(lab, warm=True)
        dnsmasq(site.net, RESOLVER, CHAIN)
        web = nginx(site.net, WEB, REDIRECT if portal else RIGHT)
        cap = lab.capture(site.pc)
        assert site.win.check()[0] == "answer"
        run.save(cap.stop() and cap, "pcapng", traced(events, marked))
        run.truth(web.log("NCSI"))
        run.wire("systemd_journal", len(events))
        if portal:
            run.like(expect.hotspot, PC, WEB, ["http.response.code == 302"], cause="http-redirect", **finding)
        else:
            run.like(expect.success, PC, WEB, EXCHANGE, **finding)
        for place in places:
            run.place(*place)


FOUND, OK = b"HTTP/1.1 302", b"HTTP/1.1 200"
GET = b"GET /connecttest.txt"

trace("journal-agree", "Windows' own events beside a portal",
      "A portal redirects; Windows records that a hotspot was detected and that the capability is Local, milliseconds later.",
      ["2.1 reason 7", "2.2 event 4042", "2.2 event 4014", "3.8 host evidence"],
      [(4, FOUND, NCSI, finished(False)), (5, FOUND, NCSI, change("Local", "ActiveHttpProbeFailedHotspotDetected"))],
      places=[("/clients/0/v4/predicted", False), ("/clients/0/v4/capability", "Local"), ("/clients/0/online", False),
              ("/clients/0/timeline/0/rule", "http.redirect"), ("/clients/0/timeline/0/predicted", True),
              ("/clients/0/timeline/1/rule", "event.4014"), ("/clients/0/timeline/1/capability", "null"),
              ("/clients/0/timeline/2/rule", "event.4042"), ("/clients/0/timeline/2/predicted", False),
              ("/clients/0/timeline/2/finding", "null"), ("/clients/0/disagreements/0", "null"), ("/findings/0/ncsi_reason/basis", "observed"),
              ("/events/1/client", PC), ("/events/1/id", 4042), ("/events/1/luid", LUID)])
trace("journal-disagree", "Windows grants Internet where a portal answered",
      "A portal redirects the probe in this capture; Windows records Internet at the same moment: somebody is wrong, and the report says so.",
      ["2.2 event 4042", "3.8 host evidence"], [(5, FOUND, NCSI, change("Internet", "ActiveHttpProbeSucceeded"))],
      confidence="medium",
      places=[("/clients/0/v4/predicted", False), ("/clients/0/v4/capability", "Internet"), ("/clients/0/online", True),
              ("/clients/0/disagreements/0/finding", 1), ("/findings/0/ncsi_reason/basis", "documented")])
trace("journal-reason", "Windows records another reason", "A portal redirects; Windows records Local, but as a failure of the probe without a hotspot.",
      ["2.2 event 4042"], [(5, FOUND, NCSI, change("Local", "ActiveHttpProbeFailedButDnsSucceeded"))],
      places=[("/clients/0/v4/reason", "ActiveHttpProbeFailedButDnsSucceeded"), ("/clients/0/disagreements/0/finding", 1),
              ("/clients/0/disagreements/1", "null")])
trace("journal-code", "Windows' result code names another stage", "The probe succeeds on the wire; Windows' event 4051 tells an error of name resolution of an earlier try.",
      ["8.7 journal blocks"], [(-9, GET, NCSI, code(12007))], near=["2.2 event 4051"], portal=False,
      places=[("/clients/0/v4/predicted", True), ("/clients/0/timeline/0/rule", "event.4051"), ("/clients/0/disagreements/0", "null")])
trace("journal-passive", "A change that no active probe made", "The probe succeeds; half a second before, Windows had reset the capability because the adapter came up.",
      ["2.1 reason 14"], [(-3, GET, NCSI, change("None", "CapabilityReset")), (30, OK, NCSI, change("Internet", "ActiveHttpProbeSucceeded"))],
      near=["3.8 host evidence"], portal=False,
      places=[("/clients/0/v4/capability", "Internet"), ("/clients/0/v4/predicted", False), ("/clients/0/disagreements/0", "null"),
              ("/findings/0/ncsi_reason/basis", "observed")])
trace("journal-quoted", "Log lines that quote Windows' events", "Another provider and a help text hold the words of event 4042; none of them is one.",
      ["8.7 journal blocks"], [(5, FOUND, "Microsoft-Windows-NlaSvc", change("Internet", "ActiveHttpProbeSucceeded")),
           (6, FOUND, NCSI, "Seen: " + change("Internet", "ActiveHttpProbeSucceeded")),
           (7, FOUND, NCSI, change("Internet", "ActiveHttpProbeSucceeded").replace("V4", "V4 or V6"))],
      near=["2.2 event 4042"],
      places=[("/clients/0/v4/predicted", True), ("/events/0", "null"), ("/findings/0/ncsi_reason/basis", "documented")])


@scenario("journal-two-clients", title="Events of a host that cannot be told", near_miss_of=["3.8 host evidence"], made="rewritten", position="switch",
          shows="Two clients of one network succeed; the trace does not mark which of them wrote Windows' event, so it is given to neither.",
          rows=["2.2 event 4042"])
def two_clients(run, lab):
    site = Site(lab, warm=True)
    other = site.host("pc2", "10.1.0.6")
    dnsmasq(site.net, RESOLVER, CHAIN)
    web = nginx(site.net, WEB, RIGHT)
    cap = lab.capture(site.gw)
    assert site.win.check()[0] == "answer"
    assert Windows(other, (RESOLVER,)).check()[0] == "answer"
    run.save(cap.stop() and cap, "pcapng", traced([(5, OK, NCSI, change("Local", "ActiveHttpProbeFailedHotspotDetected"))], marked=False))
    run.truth(web.log("NCSI"))
    for address in (PC, "10.1.0.6"):
        run.like(expect.success, address, WEB, [f"http.request && ip.src == {address}", f"http.response && ip.dst == {address}"])
    run.place("/events/0/id", 4042)
    run.place("/events/0/client", "null")
    run.place("/clients/0/v4/predicted", True)
    run.place("/clients/1/v4/predicted", True)
