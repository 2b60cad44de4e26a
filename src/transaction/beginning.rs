//! What surely begins no message, told by its first bytes alone.

use super::assembler::DNS_PORT;
use super::ticket::KERBEROS_PORT;
use crate::proto::{Sniffed, http, tls};

/// Bytes that are enough to tell what a connection speaks.
pub(super) const ENOUGH_TO_SNIFF: usize = 16;

/// Whether bytes in the middle of a connection of which nothing is known surely begin no message.
#[must_use]
pub fn begins_nothing(ports: (u16, u16), bytes: &[u8]) -> bool {
    let by_port = |port| port == DNS_PORT || port == KERBEROS_PORT;
    let Some(&first) = bytes.first() else { return true };
    if by_port(ports.0) || by_port(ports.1) {
        return false;
    }
    // Neither a line, nor an alert or a handshake of TLS, nor the length of an SSL 2.0 hello.
    if first < 0x80 && !first.is_ascii_graphic() && !matches!(first, b'\r' | b'\n' | 21 | 22) {
        return true;
    }
    // HTTP begins with a word, TLS does not: most is told by a few bytes.
    if first >= 0x80 {
        return match tls::sniff(bytes) {
            Sniffed::Yes => false,
            Sniffed::No => true,
            Sniffed::Maybe => bytes.len() >= ENOUGH_TO_SNIFF,
        };
    }
    if first.is_ascii_graphic() && !http::may_be_word(bytes) {
        return true;
    }
    match (http::sniff_request(bytes), http::sniff_response(bytes), tls::sniff(bytes)) {
        (Sniffed::Yes, ..) | (_, Sniffed::Yes, _) | (.., Sniffed::Yes) => false,
        (Sniffed::No, Sniffed::No, Sniffed::No) => true,
        _ => bytes.len() >= ENOUGH_TO_SNIFF,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::flow::{Connection, Direction, FlowId, Sniff, StreamReader};
    use crate::settings::Deadlines;
    use crate::source::{PacketId, PacketRef};
    use crate::time::CaptureTime;
    use crate::transaction::assembler::Assembler;

    /// Beginnings of messages, whole and cut, and what only looks like them.
    const STARTS: [&[u8]; 12] = [
        b"GET /connecttest.txt HTTP/1.1\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"\r\nPOST / HTTP/1.1\r\n",
        b"MADE-UP-METHOD /here HTTP/1.1\r\n",
        b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x15\x03\x03\x00\x02\x02\x46",
        b"\x17\x03\x03\x00\x20secret",
        b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10",
        b"\x00\x00\x00\x00",
        b"220 mail.example ESMTP\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ];

    proptest! {
        #[test]
        fn what_begins_nothing_is_unknown_in_mid_stream(
            start in 0..STARTS.len(),
            cut in 1usize..40,
            noise in prop::collection::vec(any::<u8>(), 0..4),
            ports in (prop::sample::select(vec![53u16, 80, 88, 443, 50_000]), prop::sample::select(vec![53u16, 88, 40_000])),
            to_server in any::<bool>(),
        ) {
            let start = STARTS[start];
            let bytes = [&start[..cut.min(start.len())], &noise].concat();
            let direction = if to_server { Direction::ToServer } else { Direction::ToClient };
            let (server, client) = (([10, 0, 0, 1], ports.0).into(), ([10, 0, 0, 2], ports.1).into());
            let at = PacketRef { time: CaptureTime::MIN, id: PacketId::new(0, 1) };
            let connection = Connection::begun(FlowId(0), client, server, at);
            let assembler = Assembler::new(Deadlines::default(), 10);
            let unknown = assembler.sniff(&connection, direction, &bytes) == Sniff::Unknown;
            if begins_nothing(ports, &bytes) {
                prop_assert!(unknown, "{bytes:?} is passed over and would be read");
            }
        }
    }
}
