"""What both programs read of a capture, in the same words."""

import collections
import dataclasses
import ipaddress

KINDS = ("packets", "link_type", "dns.answer", "http.request", "http.response", "http.body_end", "tls.client_hello",
         "tls.server_hello", "tls.alert")
# tshark's numbers of link types (frame.encap_type), as ncsight calls them.
LINK_TYPES = {
    1: "ETHERNET", 3: "SLIP", 4: "PPP", 5: "FDDI", 6: "FDDI", 7: "RAW", 15: "NULL", 19: "PPP_HDLC", 20: "IEEE802_11",
    23: "IEEE802_11_RADIOTAP", 25: "LINUX_SLL", 26: "FRELAY", 27: "FRELAY", 28: "C_HDLC", 97: "PPI",
    104: "IEEE802_15_4_WITHFCS", 127: "IEEE802_15_4_NOFCS", 129: "IPV4", 130: "IPV6", 174: "LOOP", 210: "LINUX_SLL2",
}
HELLO_RETRY = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
VERSIONS = {0x0002: "SSL2", 0x0300: "SSL3", 0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}
A, AAAA = 1, 28
CLIENT_HELLO, SERVER_HELLO = "1", "2"
FATAL = "2"
FIN_OR_RST, SYN, ACK = 0x05, 0x02, 0x10
# Characters of a request target that are compared: tshark escapes, ncsight bounds.
COMPARED = 60
# Layers below a conversation that are not decoded.
WRAPPERS = {"fddi", "slip", "lapd", "macsec", "wpan"}
# Protocols that use the messages of others, or are no subject of the analysis.
OTHERS = ("mdns", "ssdp", "quic", "openvpn")


@dataclasses.dataclass
class Message:
    """A message and what is special about it, as far as that may explain why only tshark shows it."""
    packet: int
    kind: str
    value: str
    tags: tuple = ()


class Reading:
    """What one program read of one capture."""

    def __init__(self):
        self.messages = []
        self.not_decoded = []
        # Connection by packet, where tshark knows it.
        self.streams = {}

    def count(self, kind):
        if kind == "packets":
            return next((int(message.value) for message in self.messages if message.kind == kind), 0)
        return sum(message.kind == kind for message in self.messages)

    def add(self, packet, kind, value, tags=()):
        self.messages.append(Message(packet, kind, value, tuple(tags)))


def target(text):
    """A request target, as far as both programs write it alike."""
    return text.encode("ascii", errors="replace").decode()[:COMPARED]


def from_ncsight(run):
    """What `ncsight inventory` printed."""
    reading = Reading()
    if run.returncode not in (0, 2):
        reading.add(0, "crash", f"exit status {run.returncode}")
    for line in run.stdout.decode().splitlines():
        _, packet, kind, value = line.split("\t", 3)
        packet = int(packet)
        if kind == "not_decoded":
            reading.not_decoded.append(value)
        elif kind == "dns.rival":
            # A second answer keeps only its addresses.
            reading.add(packet, "dns.answer", value)
        elif kind == "http.request":
            method, _, rest = value.partition(" ")
            reading.add(packet, kind, f"{method} {target(rest)}")
        elif kind != "problem":
            reading.add(packet, kind, value)
    return reading


def from_tshark(rows, read_bodies):
    """The rows of tshark; `read_bodies` is asked for those of bodies where there are responses."""
    reading = Reading()
    # Blocks that have a number and hold no packet have no link type.
    reading.add(0, "packets", str(sum(bool(row["frame.encap_type"]) for row in rows)))
    link_types = dict.fromkeys(int(value) for row in rows for value in row["frame.encap_type"][:1])
    for name in dict.fromkeys(LINK_TYPES.get(number, f"encapsulation {number}") for number in link_types):
        reading.add(0, "link_type", name)
    seen = Seen()
    has_responses = False
    for row in rows:
        packet = int(row["frame.number"][0])
        if row["tcp.stream"]:
            reading.streams[packet] = row["tcp.stream"][-1]
        tags = carrier_tags(row)
        dns(reading, packet, row, tags, seen)
        http(reading, packet, row, tags)
        tls(reading, packet, row, tags, seen)
        seen.segment(row)
        has_responses |= bool(row["http.response.code"] and row["tcp.stream"])
    for row in read_bodies() if has_responses else ():
        packet = int(row["frame.number"][0])
        own = [*carrier_tags(rows[packet - 1])]
        for status in row["http.response.code"]:
            reading.add(packet, "http.body_end", status, [*own, *interim(status)])
    return reading


class Seen:
    """What was seen so far of each connection and look-up."""

    def __init__(self):
        self.clients = {}
        self.hellos = collections.Counter()
        self.ended = set()
        self.spoken = set()
        self.answers = set()

    def segment(self, row):
        """Notes what a packet did to its connection."""
        if not row["tcp.stream"] or not row["tcp.flags"]:
            return
        stream, flags = row["tcp.stream"][-1], int(row["tcp.flags"][-1], 16)
        if flags & SYN and not flags & ACK:
            self.clients.setdefault(stream, row["tcp.srcport"][-1])
        if flags & FIN_OR_RST or FATAL in row["tls.alert_message.level"]:
            self.ended.add(stream)
        if row["tcp.len"] and int(row["tcp.len"][-1]):
            self.spoken.add(stream)


def carrier_tags(row):
    """What a packet was wrapped in, and which protocol it belongs to, as far as that tells why it is not read."""
    protocols = row["frame.protocols"][0].split(":") if row["frame.protocols"] else []
    tags = [protocol for protocol in OTHERS if protocol in protocols]
    if "icmp" in protocols or "icmpv6" in protocols:
        tags.append("quoted-by-icmp")
    elif not {"ip", "ipv6"} & set(protocols) or set(protocols) & WRAPPERS:
        tags.append("not-decoded")
    return tags


def dns(reading, packet, row, tags, seen):
    codes = list(row["dns.flags.rcode"])
    types = [int(number) for number in row["dns.resp.type"]]
    addresses = {A: list(row["dns.a"]), AAAA: list(row["dns.aaaa"])}
    at = 0
    for number, response in enumerate(row["dns.flags.response"]):
        # The fields hold the records of all sections, one after the other; only answers count.
        counts = [int(row[field][number]) if number < len(row[field]) else 0
                  for field in ("dns.count.answers", "dns.count.auth_rr", "dns.count.add_rr")]
        records, at = types[at:at + sum(counts)], at + sum(counts)
        answers = records[:counts[0]]
        found = []
        for kind, own in addresses.items():
            found += own[:answers.count(kind)]
            del own[:records.count(kind)]
        if response not in ("1", "True"):
            continue
        code = codes.pop(0) if codes else "?"
        special = list(tags)
        value = " ".join([code, *sorted(found, key=by_family)])
        lookup = (row["dns.id"][number:number + 1], row["ip.src"], row["ipv6.src"], row["ip.dst"], row["ipv6.dst"],
                  row["udp.dstport"], row["tcp.stream"], value)
        if str(lookup) in seen.answers:
            special.append("answered-before")
        seen.answers.add(str(lookup))
        reading.add(packet, "dns.answer", value, special)


def by_family(address):
    parsed = ipaddress.ip_address(address)
    return parsed.version, int(parsed)


def interim(status):
    return ["interim"] if status.startswith("1") else []


def http(reading, packet, row, tags):
    for method, uri in zip(row["http.request.method"], row["http.request.uri"]):
        reading.add(packet, "http.request", f"{method} {target(uri)}", tags)
    for status in row["http.response.code"]:
        reading.add(packet, "http.response", status, [*tags, *interim(status)])


def tls(reading, packet, row, tags, seen):
    stream = row["tcp.stream"][-1] if row["tcp.stream"] else None
    versions, randoms = list(row["tls.handshake.version"]), list(row["tls.handshake.random"])
    supported = [draft(int(number, 0)) for number in row["tls.handshake.extensions.supported_version"]]
    special = list(tags)
    if stream in seen.ended:
        special.append("after-the-end")
    for kind in row["tls.handshake.type"]:
        if kind not in (CLIENT_HELLO, SERVER_HELLO):
            continue
        legacy = draft(int(versions.pop(0), 0)) if versions else 0
        random = randoms.pop(0).replace(":", "").lower() if randoms else ""
        own = list(special)
        if stream is not None:
            if kind == CLIENT_HELLO:
                seen.clients.setdefault(stream, row["tcp.srcport"][-1])
            if kind == CLIENT_HELLO and stream in seen.spoken and not seen.hellos[stream, kind]:
                seen.hellos[stream, "upgrade"] += 1
            own += ["upgrade"] if seen.hellos[stream, "upgrade"] else []
            own += ["second-hello"] if seen.hellos[stream, kind] else []
            seen.hellos[stream, kind] += random != HELLO_RETRY
        if kind == CLIENT_HELLO:
            version = max((number for number in supported if number in VERSIONS), default=legacy)
            names = row["tls.handshake.extensions_server_name"]
            name = names[0].lower().rstrip(".") if names else "-"
            reading.add(packet, "tls.client_hello", f"{text_of(version)} {name}", own)
        else:
            own += ["hello-retry"] if random == HELLO_RETRY else []
            reading.add(packet, "tls.server_hello", text_of(supported[0] if supported else legacy), own)
    for level, code in zip(row["tls.alert_message.level"], row["tls.alert_message.desc"]):
        side = "client" if stream is not None and seen.clients.get(stream) == row["tcp.srcport"][-1] else "server"
        own = [*special, "upgrade"] if seen.hellos[stream, "upgrade"] else special
        reading.add(packet, "tls.alert", f"{code} {side}", own if level == FATAL else [*own, "warning"])


def draft(number):
    """Drafts of TLS 1.3 count as TLS 1.3."""
    return 0x0304 if number >> 8 in (0x7F, 0xFB) else number


def text_of(version):
    return VERSIONS.get(version, f"{version:#06x}")
