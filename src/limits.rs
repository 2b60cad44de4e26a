//! Every bound of the program, with its reason.
//!
//! A capture is written by strangers. Whatever grows with it grows up to one of these numbers and no further; what had
//! to go is counted and lowers the confidence of what it touched.

use std::time::Duration;

/// Longest record of a capture file that is read whole. Longest known link frames are below 256 KiB; libpcap's own
/// bound (`MAXIMUM_SNAPLEN`) is the same, USB captures apart, which hold nothing for us.
pub const MAX_RECORD: usize = 16 << 20;
/// Longest frame whose length on the wire is believed where the IP header names none: offloaded segments reach 512 KiB
/// (IPv6 jumbograms of Linux' "BIG TCP"); a record that claims more counts as long as it was captured.
pub const MAX_FRAME: usize = 1 << 20;
/// Bytes that are read from a file at once: larger blocks fall out of the second-level cache, smaller ones cost calls.
pub const READ_BLOCK: usize = 256 << 10;
/// Unpacked blocks of one compressed input that wait to be looked at: enough that neither side waits for the other at
/// every block, few enough that they stay in the cache that both cores share.
pub const READ_AHEAD: usize = 3;
/// Bytes that are searched behind damage for the next packet: room for one record of the largest kind.
pub const MAX_RESYNC: u64 = MAX_RECORD as u64;
/// Interfaces of one pcapng section: an EPB may name four billion of them, real files have a few dozen.
pub const MAX_INTERFACES: usize = 4096;
/// Link types of one input that are listed by name.
pub const MAX_SHOWN_LINK_TYPES: usize = 32;
/// Plain files that stay open while they wait for their turn; others are closed and opened again, so that a folder of
/// thousands of rotated files needs neither as many handles nor as many blocks.
pub const MAX_WAITING_OPEN: usize = 16;
/// Inputs of one analysis: what the input part of a packet's place can number.
pub const MAX_INPUTS: usize = 1 << 16;
/// Longest request or response head (RFC 9112 names no bound; servers use 8 to 16 KiB).
pub const MAX_HTTP_HEAD: usize = 16 << 10;
/// Bytes of a decoded body that are kept: the expected one has 22, a title stands in the first few KiB.
pub const MAX_HTTP_BODY: usize = 8 << 10;
/// Header lines that httparse is given room for.
pub const MAX_HTTP_HEADERS: usize = 128;
/// Bytes of one header value that are kept: real ones that are shown (locations, user agents) stay below it.
pub const MAX_HTTP_FIELD: usize = 1024;
/// Fields kept of one response that tell who answered.
pub const MAX_HTTP_MARKERS: usize = 16;
/// Authentication challenges kept of one response: there are six schemes in use.
pub const MAX_CHALLENGES: usize = 16;
/// Bytes of a credential that are decoded: a type 3 message takes under 1 KiB, a Kerberos ticket up to 48 KiB, of which
/// only the start is looked at.
pub const MAX_CREDENTIAL: usize = 4 << 10;
/// Content codings undone one after the other; more than two is no honest server.
pub const MAX_CONTENT_CODINGS: usize = 2;
/// Characters kept of a page title.
pub const MAX_TITLE: usize = 200;
/// Bytes of handshake messages that are joined for one direction: Schannel's own limit is half of it.
pub const MAX_TLS_HANDSHAKE: usize = 64 << 10;
/// Entries kept of one list in a hello (ciphers, extensions, groups): clients offer up to about 180.
pub const MAX_TLS_LIST: usize = 512;
/// Bytes said in the clear after which a dialogue is not expected to turn to TLS any more: it does so before anybody
/// signs in, within a few lines.
pub const MAX_PLAIN_DIALOGUE: usize = 16 << 10;
/// Bytes kept of a line of such a dialogue: enough for the command that asks for TLS and the answer's first words.
pub const MAX_PLAIN_LINE: usize = 128;
/// Bytes of handshake messages that are joined for one QUIC client: the largest hellos (with post-quantum keys) have 2 KiB.
pub const MAX_QUIC_CRYPTO: usize = 16 << 10;
/// Pieces of a QUIC client's hello that wait for those before them: clients that scramble it send some twenty.
pub const MAX_QUIC_PIECES: usize = 128;
/// QUIC clients (pairs of addresses and ports) whose answer is awaited at a time, or was told lately: each holds at most
/// twice [`MAX_QUIC_CRYPTO`].
pub const MAX_QUIC_FLOWS: usize = 1024;
/// Names kept of one certificate: large content networks list a hundred.
pub const MAX_CERTIFICATE_NAMES: usize = 64;
/// Out-of-order bytes held for one direction of one flow.
pub const MAX_HELD_BYTES: usize = 256 << 10;
/// Out-of-order segments held for one direction of one flow.
pub const MAX_HELD_SEGMENTS: usize = 64;
/// How long a hole in a stream that the other side has acknowledged past may still be filled by a packet that the
/// capture wrote out of order. Mirror ports and multi-queue adapters swap packets within about 100 ms.
pub const REORDER_TOLERANCE: Duration = Duration::from_millis(200);
/// Furthest that a segment may lie from the expected byte: the largest window of RFC 7323 (2^30).
pub const MAX_SEQUENCE_JUMP: i64 = 1 << 30;
/// Gaps of one direction whose acknowledgement is still awaited or that a late packet may fall into.
pub const MAX_OPEN_GAPS: usize = 8;
/// SYN segments remembered: Windows sends 3 to 5, Linux 7.
pub const MAX_SYNS: usize = 16;
/// First bytes of a direction that may be looked at before it is known or unknown: the longest request line prefix or
/// record header that tells.
pub const MAX_SNIFF: usize = 64;
/// Unknown first bytes of one direction after which a flow is unknown, though the other direction showed nothing.
pub const MAX_UNKNOWN: u64 = 16 << 10;
/// Signatures of recent segments kept for a flow that is being read, to know a mirror port's copies.
pub const RECENT_SEGMENTS: usize = 16;
/// Payload bytes that are hashed to tell copies from retransmissions with other bytes.
pub const SIGNATURE_BYTES: usize = 64;
/// A SYN with a known initial sequence number after this much silence is a new connection all the same: no stack
/// repeats a SYN for longer (Linux 127 s in all, its longest pause 64 s).
pub const SAME_SYN: Duration = Duration::from_secs(120);
/// Networks that are analysed apart with `--strict-vlan`; a mirror port shows a few dozen. More share the last one.
pub const MAX_NETWORKS: usize = 64;
/// Addresses and ports that stand for several conversations, in different VLANs: two tenants with the same addresses
/// rarely use the same ports at the same time.
pub const MAX_OVERLAPS: usize = 1024;
/// Conversations of one of them.
pub const MAX_CONVERSATIONS: usize = 8;
/// Bytes around its place in a stream within which a segment from another VLAN may be of the same connection: what a
/// capture may have lost. Initial sequence numbers of two connections lie closer together once in sixty-four times.
pub const SAME_STREAM: u64 = 1 << 25;
/// Names followed inside one DNS name before it is called a loop (RFC 1035 names have at most 127 labels).
pub const MAX_DNS_POINTERS: usize = 32;
/// Records read from one DNS message.
pub const MAX_DNS_RECORDS: usize = 256;
/// Hops through pointers followed in one DNS message altogether: a message of 64 KiB could ask for millions.
pub const MAX_DNS_HOPS: usize = 1024;
/// Options read of one DHCP message, parts of long ones counted apart: an Ethernet frame has room for some 600.
pub const MAX_DHCP_OPTIONS: usize = 600;
/// Entries kept of one list in a DHCP message or router advertisement (addresses, names, parameters).
pub const MAX_DHCP_LIST: usize = 64;
/// Bytes kept of a text in a DHCP message: a URL may be as long as one option.
pub const MAX_DHCP_TEXT: usize = 255;
/// DHCP exchanges, and questions for neighbours and routers, that wait for their answers.
pub const MAX_WAITING: usize = 8192;
/// Packets listed of one such exchange or question.
pub const MAX_MESSAGES: usize = 32;
/// DHCP exchanges, questions and names kept of one host: an hour of a host that gets no answer.
pub const MAX_KEPT_OF_HOST: usize = 64;
/// Datagrams whose fragments are being collected at a time, and the bytes held for all of them.
pub const MAX_FRAGMENTED: usize = 256;
/// Bytes held for incomplete datagrams.
pub const MAX_FRAGMENT_BYTES: usize = 4 << 20;
/// Separate holes-and-pieces ranges of one datagram: 64 KiB in fragments for an MTU of 576, every other one missing, has 60.
pub const MAX_FRAGMENT_RANGES: usize = 64;
/// Encapsulations that are taken off one packet, tags of one frame, extension headers of one header: real networks
/// nest up to five.
pub const MAX_ENCAPSULATION: usize = 8;
/// Labels of one MPLS stack: segment routing imposes up to about a dozen.
pub const MAX_LABELS: usize = 32;
/// Packets that are remembered to tell a mirror port's copy: 4096 within 50 ms are 80,000 a second without TCP.
pub const MAX_REMEMBERED_PACKETS: usize = 4096;
/// Mirror sessions whose numbers are followed: a collector serves a few dozen switches.
pub const MAX_MIRROR_SESSIONS: usize = 1024;
/// Time after which an incomplete datagram is given up (RFC 791 suggests 15 s, RFC 8200 asks for 60 s).
pub const FRAGMENT_LIFETIME: Duration = Duration::from_secs(60);
/// Two packets that agree in everything but TTL, checksum and DSCP within this time are one, copied by a mirror port.
pub const DUPLICATE_WINDOW: Duration = Duration::from_millis(50);
/// The same where the IP identification is zero or missing (IPv6), where a retransmission looks alike.
pub const DUPLICATE_WINDOW_NO_ID: Duration = Duration::from_millis(5);
/// Journal entries of one input that are kept: Windows writes a handful for every change of a network, so these are
/// days; fields that are looked at of one entry (there are about thirty), and bytes of one of them.
pub const MAX_JOURNAL_ENTRIES: usize = 4096;
/// Fields that are looked at of one journal entry.
pub const MAX_JOURNAL_FIELDS: usize = 128;
/// Characters kept of a journal entry's message.
pub const MAX_JOURNAL_MESSAGE: usize = 1024;
/// Addresses of the capturing host that are remembered: adapters, tunnels and temporary addresses of IPv6.
pub const MAX_LOCAL_ADDRESSES: usize = 256;
/// Rates of success that a report holds: resolvers, proxies, addresses and hours, the troubled ones first.
pub const MAX_RATES: usize = 256;
/// Problems of one input that are listed; more are only counted.
pub const MAX_PROBLEMS: usize = 32;
/// Look-ups of `wpad` and fetches of PAC files, each kind, that are remembered of one client: Windows tries again at every
/// change of the network, with about four names a time.
pub const MAX_DISCOVERY: usize = 64;
/// Proxies listed of one PAC file: real ones name about four, balanced ones a dozen.
pub const MAX_PAC_PROXIES: usize = 8;
/// Characters of wire text shown in a field.
pub const MAX_SHOWN_TEXT: usize = 512;
/// Packets that are shown of one attempt: nobody reads more.
pub const MAX_PROOF_PACKETS: usize = 2000;
/// Bytes of these packets together.
pub const MAX_PROOF_BYTES: usize = 8 << 20;
/// Bytes that are shown of one conversation.
pub const MAX_STREAM_BYTES: usize = 256 << 10;

/// Bytes of an endpoint list that are read: Microsoft's own has 30 to 60 KiB.
pub const MAX_ENDPOINT_LIST: usize = 8 << 20;
/// Sets of an endpoint list: Microsoft's own has under a hundred.
pub const MAX_ENDPOINT_SETS: usize = 4096;
/// Names and address ranges of an endpoint list: Microsoft's own has under a thousand.
pub const MAX_ENDPOINT_NAMES: usize = 1 << 16;
/// Pairs of client and endpoint set that are counted: every set in use by 2,000 clients takes 60,000.
pub const MAX_ENDPOINT_CELLS: usize = 1 << 16;
/// Failed transactions with endpoints that are kept for proof, in all: packed, some 400 bytes each.
pub const MAX_ENDPOINT_PROOFS: usize = 1 << 13;
/// Connections that wait for the end of the capture to get the name of their server.
pub const MAX_NAMELESS: usize = 1 << 14;
/// Pages of packed transactions that are kept of one client, 64 or more to a page; the oldest are dropped and counted.
pub const MAX_PAGES: usize = 1024;
/// Users at servers whose refusals are counted: more within one capture are an attack on passwords, and its first ones
/// tell that, too.
pub const MAX_REFUSED_USERS: usize = 4096;
/// Refusals of one user that are remembered, the latest ones: three within a minute are a loop.
pub const MAX_REFUSALS: usize = 8;

/// Stretches of time with lost packets that a live run remembers: four a second for the longest deadline.
pub const MAX_LOSSES: usize = 256;

/// Inputs that are compared before they are analysed together: capture points are few, and rotated files of them some
/// dozen. Of more none is.
pub const MAX_SURVEYED_INPUTS: usize = 256;
/// Bytes that are read of all inputs together to compare them: some seconds, however long the captures are.
pub const MAX_SURVEYED_BYTES: u64 = 4 << 30;
/// Bytes that are read of each of them all the same.
pub const MIN_SURVEYED_BYTES: u64 = 16 << 20;
/// Packets that are remembered of all inputs together to compare them, some 40 bytes each and twice as many for a moment.
pub const MAX_SAMPLED_PACKETS: usize = 1 << 18;
/// Packets that wait for another capture point to show them, too, some 120 bytes each: within the tenth of a second that
/// they wait these are 650,000 a second.
pub const MAX_SIGHTINGS: usize = 1 << 16;
/// Packets that may decide something and that not every capture point has, some 60 bytes each: of more nothing is said.
pub const MAX_APART: usize = 1 << 18;

/// Findings that a live screen lists: more than a person reads; when there are more, the oldest of those that are no
/// trouble go first.
pub const MAX_LISTED_FINDINGS: usize = 20_000;
/// Clients that a live screen lists; when there are more, those without findings go first.
pub const MAX_LISTED_CLIENTS: usize = 10_000;
/// Changes of state that a live screen keeps of one client, the latest.
pub const MAX_LISTED_CHANGES: usize = 512;
/// Messages of a live run that a screen lists, the latest.
pub const MAX_LISTED_MESSAGES: usize = 50;
/// Bytes of the latest small packets that a live run remembers, and of the latest large ones.
pub const MAX_RECALLED_BYTES: usize = 64 << 20;
/// Bytes of evidence that a live run remembers for its findings, some hundred of each.
pub const MAX_PINNED_BYTES: usize = 48 << 20;

/// Sizes of the tables, derived from one number (`--memory`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableLimits {
    /// TCP connections followed at a time.
    pub flows: usize,
    /// Bytes of reassembly and message state of all connections together.
    pub flow_bytes: usize,
    /// DNS look-ups that wait for their answer.
    pub lookups: usize,
    /// Client addresses remembered with their attempts.
    pub clients: usize,
    /// Clients whose newest transactions are kept as structures, some 6 KiB each; of all others they are packed. It is
    /// clients in the middle of an attempt that come back soon.
    pub open_clients: usize,
    /// Bytes of packed clients, and of proofs of findings, that are not made small: below it time is worth more. Who comes
    /// back within seconds is opened for a tenth of the work then.
    pub loose_bytes: usize,
    /// Hosts whose inbound traffic is remembered.
    pub hosts: usize,
    /// Hosts of the link that are remembered by their link address, some 400 bytes each in a table that is half empty.
    pub stations: usize,
    /// DHCP exchanges, questions for neighbours and searches for routers that are kept of all of them, up to 1 KiB each.
    pub station_events: usize,
    /// Bytes of transactions that are kept until they are judged.
    pub kept_bytes: usize,
}

impl TableLimits {
    /// Memory that the tables may take when nothing else is said.
    pub const DEFAULT_MEMORY: usize = 256 << 20;

    /// Tables that together stay within `bytes`.
    #[must_use]
    pub const fn for_memory(bytes: usize) -> Self {
        // What the program takes whatever it reads: reading blocks, filters, what the allocator keeps.
        const FIXED: usize = 8 << 20;
        let whole = if bytes < (16 << 20) { 16 << 20 } else { bytes };
        let unit = whole - FIXED;
        Self {
            // Half of what a hash table of 2^n places holds: connections that come and go make it no larger then.
            flows: (1 << (whole / 1024).ilog2()) / 16 * 7,
            flow_bytes: unit / 4,
            lookups: unit / 4096,
            clients: unit / 2048,
            open_clients: unit / (192 << 10),
            loose_bytes: unit / 16,
            hosts: unit / 2048,
            stations: unit / 8192,
            station_events: unit / 8192,
            kept_bytes: unit / 5 * 2,
        }
    }
}

impl Default for TableLimits {
    fn default() -> Self {
        Self::for_memory(Self::DEFAULT_MEMORY)
    }
}
