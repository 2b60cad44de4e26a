//! Plain dialogues that may turn to TLS in mid-stream, told by their content on any port: SMTP (RFC 3207), IMAP
//! (RFC 9051, 6.2.1), POP3 (RFC 2595), FTP (RFC 4217), XMPP (RFC 6120, 5) and LDAP (RFC 4511, 4.14).
//!
//! Of the dialogue itself nothing is kept but whether the client asked for TLS and was not refused.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Sniffed;
use crate::limits::{MAX_PLAIN_DIALOGUE, MAX_PLAIN_LINE};
use crate::vocabulary::Side;

/// First bytes of a server that speaks first.
const GREETINGS: [(&[u8], Plain); 6] = [
    (b"220 ", Plain::Smtp),
    (b"220-", Plain::Smtp),
    (b"* OK", Plain::Imap),
    (b"* PREAUTH", Plain::Imap),
    (b"+OK ", Plain::Pop3),
    (b"+OK\r", Plain::Pop3),
];
/// First bytes of a client, where it speaks first or the greeting was not captured.
const OPENINGS: [(&[u8], Plain); 5] = [
    (b"EHLO ", Plain::Smtp),
    (b"HELO ", Plain::Smtp),
    (b"LHLO ", Plain::Smtp),
    (b"<?xml ", Plain::Xmpp),
    (b"<stream:stream ", Plain::Xmpp),
];
/// Object identifier of the extended request that starts TLS (RFC 4511, 4.14.1).
const LDAP_STARTTLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

/// A protocol that can turn to TLS in mid-stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Plain {
    /// SMTP or LMTP: `STARTTLS`.
    Smtp,
    /// IMAP: a tagged `STARTTLS`.
    Imap,
    /// POP3: `STLS`.
    Pop3,
    /// FTP: `AUTH TLS`. It greets as SMTP does; the client's command tells it.
    Ftp,
    /// XMPP: `<starttls/>`.
    Xmpp,
    /// LDAP: the extended request that starts TLS.
    Ldap,
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Smtp => "smtp",
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
            Self::Ftp => "ftp",
            Self::Xmpp => "xmpp",
            Self::Ldap => "ldap",
        })
    }
}

/// What the bytes of a dialogue led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Still in the clear.
    Plain,
    /// TLS starts at this index of the bytes.
    Tls(usize),
    /// Too much was said in the clear: TLS is not expected any more.
    Over,
}

/// Whether the first bytes of a side open a dialogue that can turn to TLS.
#[must_use]
pub fn sniff(from: Side, bytes: &[u8]) -> Sniffed {
    match opening(from, bytes) {
        Ok(_) => Sniffed::Yes,
        Err(true) => Sniffed::Maybe,
        Err(false) => Sniffed::No,
    }
}

/// The protocol that the first bytes open, or whether more bytes could tell.
fn opening(from: Side, bytes: &[u8]) -> Result<Plain, bool> {
    let known: &[(&[u8], Plain)] = match from {
        Side::Server => &GREETINGS,
        Side::Client => &OPENINGS,
    };
    if let Some((_, plain)) = known.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Ok(*plain);
    }
    if from == Side::Client && is_ldap_starttls(bytes) {
        return Ok(Plain::Ldap);
    }
    Err(!bytes.is_empty() && known.iter().any(|(start, _)| start.starts_with(bytes)))
}

/// An LDAP message (one BER sequence) that asks for TLS; clients send it alone, as their first (RFC 4511, 4.14.1).
fn is_ldap_starttls(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30) && contains(bytes.get(..64.min(bytes.len())).unwrap_or_default(), LDAP_STARTTLS)
}

/// A dialogue in the clear.
#[derive(Clone, Debug, Default)]
pub struct Dialogue {
    plain: Option<Plain>,
    /// The client asked for TLS and was not refused so far.
    asked: bool,
    /// Start of the line under way, by side.
    lines: [Vec<u8>; 2],
    /// The next byte of a side starts a line.
    middle: [bool; 2],
    /// Bytes of a side are missing: the request may have been in them.
    lost: bool,
    said: usize,
}

impl Dialogue {
    /// The protocol, as far as it is told.
    #[must_use]
    pub const fn protocol(&self) -> Option<Plain> {
        self.plain
    }

    /// The client asked for TLS and was not refused, or nobody can tell.
    #[must_use]
    pub const fn expects_tls(&self) -> bool {
        self.asked || self.lost
    }

    /// Bytes kept.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.lines.iter().map(Vec::capacity).sum()
    }

    /// Bytes of a side are missing.
    pub fn gap(&mut self, from: Side) {
        self.lost = true;
        self.lines[index(from)].clear();
        self.middle[index(from)] = false;
    }

    /// The next bytes of a side.
    pub fn feed(&mut self, from: Side, bytes: &[u8]) -> Step {
        if self.plain.is_none() {
            self.plain = opening(from, bytes).ok();
        }
        self.said = self.said.saturating_add(bytes.len());
        for (place, byte) in bytes.iter().enumerate() {
            if !self.middle[index(from)] && self.expects_tls() && starts_tls(bytes.get(place..), self.asked) {
                return Step::Tls(place);
            }
            let line = &mut self.lines[index(from)];
            if line.len() < MAX_PLAIN_LINE {
                line.push(*byte);
            }
            let ends = *byte == b'\n' || self.plain == Some(Plain::Xmpp) && *byte == b'>';
            self.middle[index(from)] = !ends;
            if ends {
                self.end_line(from);
            }
        }
        if self.plain == Some(Plain::Ldap) {
            self.middle[index(from)] = false;
            self.end_line(from);
        }
        if self.said > MAX_PLAIN_DIALOGUE { Step::Over } else { Step::Plain }
    }

    fn end_line(&mut self, from: Side) {
        let line = std::mem::take(&mut self.lines[index(from)]);
        match from {
            Side::Client => {
                if let Some(plain) = request(&line) {
                    self.plain = Some(plain);
                    self.asked = true;
                }
            }
            Side::Server => self.asked &= !is_refusal(self.plain, &line),
        }
    }
}

const fn index(from: Side) -> usize {
    match from {
        Side::Client => 0,
        Side::Server => 1,
    }
}

/// Whether TLS starts here: a handshake or alert record, or a hello in the format of SSL 2.0. No line of these protocols
/// starts with such a byte; where the request was not seen, the rest of the record header must fit too.
fn starts_tls(bytes: Option<&[u8]>, asked: bool) -> bool {
    match bytes {
        Some([0x15 | 0x16, ..]) if asked => true,
        Some([0x80..=0xff, _, 1, ..]) => asked,
        Some([0x15 | 0x16, 3, 0..=4, ..]) => true,
        _ => false,
    }
}

/// The protocol in whose words a client asks for TLS.
fn request(line: &[u8]) -> Option<Plain> {
    if is_ldap_starttls(line) {
        return Some(Plain::Ldap);
    }
    if line.starts_with(b"<starttls") {
        return Some(Plain::Xmpp);
    }
    let text = std::str::from_utf8(line).ok()?;
    let words: Vec<&str> = text.split_ascii_whitespace().take(3).collect();
    let is = |word: &str, command: &str| word.eq_ignore_ascii_case(command);
    match *words.as_slice() {
        [command] if is(command, "STARTTLS") => Some(Plain::Smtp),
        [command] if is(command, "STLS") => Some(Plain::Pop3),
        [_, command] if is(command, "STARTTLS") => Some(Plain::Imap),
        [auth, kind] if is(auth, "AUTH") && (is(kind, "TLS") || is(kind, "SSL") || is(kind, "TLS-C")) => {
            Some(Plain::Ftp)
        }
        _ => None,
    }
}

/// Whether the server's line says no.
fn is_refusal(plain: Option<Plain>, line: &[u8]) -> bool {
    let second = || {
        let mut words = line.split(|byte| *byte == b' ');
        words.next().filter(|tag| *tag != b"*")?;
        words.next().map(<[u8]>::to_ascii_uppercase)
    };
    match plain {
        Some(Plain::Smtp | Plain::Ftp) => matches!(line.first(), Some(b'4' | b'5')),
        Some(Plain::Pop3) => line.starts_with(b"-ERR"),
        Some(Plain::Imap) => second().is_some_and(|word| {
            let word = word.strip_suffix(b"\r\n").unwrap_or(&word);
            word == b"NO" || word == b"BAD"
        }),
        Some(Plain::Xmpp) => line.starts_with(b"<failure"),
        // The result stands behind message number and tag: ENUMERATED 0 is success (RFC 4511, 4.1.9).
        Some(Plain::Ldap) => line.windows(3).any(|part| matches!(part, [0x0a, 1, code] if *code != 0)),
        None => false,
    }
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    memchr::memmem::find(bytes, what).is_some()
}

#[cfg(test)]
mod tests {
    use super::{Dialogue, Plain, Sniffed, Step, sniff};
    use crate::limits::MAX_PLAIN_DIALOGUE;
    use crate::vocabulary::Side::{self, Client, Server};

    type Said<'a> = (Side, &'a [u8]);

    const HELLO: &[u8] = &[0x16, 3, 1, 0, 0x80, 1];

    /// What the last of the parts leads to, and the protocol; the ones before it must stay in the clear.
    fn told(parts: &[Said<'_>]) -> (Step, Option<Plain>) {
        let mut dialogue = Dialogue::default();
        let mut last = Step::Plain;
        for (from, bytes) in parts {
            assert_eq!(last, Step::Plain, "before {bytes:?}");
            last = dialogue.feed(*from, bytes);
        }
        (last, dialogue.protocol())
    }

    #[test]
    fn every_protocol_turns_to_tls() {
        let ldap: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
        let cases: [(&[Said], Plain); 6] = [
            (
                &[
                    (Server, b"220 mx ESMTP\r\n"),
                    (Client, b"EHLO a\r\n"),
                    (Server, b"250-mx\r\n250 STARTTLS\r\n"),
                    (Client, b"starttls\r\n"),
                    (Server, b"220 go\r\n"),
                ],
                Plain::Smtp,
            ),
            (&[(Server, b"* OK ready\r\n"), (Client, b"a1 STARTTLS\r\n"), (Server, b"a1 OK begin\r\n")], Plain::Imap),
            (&[(Server, b"+OK ready\r\n"), (Client, b"STLS\r\n"), (Server, b"+OK begin\r\n")], Plain::Pop3),
            (&[(Server, b"220 ftp\r\n"), (Client, b"AUTH TLS\r\n"), (Server, b"234 go\r\n")], Plain::Ftp),
            (
                &[
                    (Client, b"<?xml version='1.0'?><stream:stream to='a'>"),
                    (Server, b"<stream:features><starttls xmlns='x'/></stream:features>"),
                    (Client, b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
                    (Server, b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
                ],
                Plain::Xmpp,
            ),
            (&[(Client, ldap), (Server, b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00")], Plain::Ldap),
        ];
        for (talk, plain) in cases {
            assert_eq!(told(&[talk, &[(Client, HELLO)]].concat()), (Step::Tls(0), Some(plain)));
            // One byte at a time but for the first ones, which told the protocol; the hello included.
            let mut dialogue = Dialogue::default();
            dialogue.feed(talk[0].0, talk[0].1);
            for (from, bytes) in talk.iter().skip(1).filter(|_| plain != Plain::Ldap) {
                for byte in *bytes {
                    assert_eq!(dialogue.feed(*from, &[*byte]), Step::Plain);
                }
            }
            if plain != Plain::Ldap {
                assert_eq!(dialogue.feed(Client, &HELLO[..1]), Step::Tls(0));
            }
            // The same before the client asked is not TLS.
            assert_eq!(told(&[talk[0], (Client, HELLO)]).0 == Step::Plain, plain != Plain::Ldap);
        }
    }

    #[test]
    fn a_refusal_keeps_it_in_the_clear() {
        let cases: [(&[u8], &[u8], &[u8]); 5] = [
            (b"220 mx\r\n", b"STARTTLS\r\n", b"454 4.7.0 TLS not available\r\n"),
            (b"220 mx\r\n", b"STARTTLS\r\n", b"502 unknown command\r\n"),
            (b"* OK ready\r\n", b". STARTTLS\r\n", b". BAD what?\r\n"),
            (b"* OK ready\r\n", b"1 starttls\r\n", b"1 no\r\n"),
            (b"+OK ready\r\n", b"STLS\r\n", b"-ERR what?\r\n"),
        ];
        for (greeting, request, refusal) in cases {
            let talk = [(Server, greeting), (Client, request), (Server, refusal), (Client, HELLO)];
            assert_eq!(told(&talk).0, Step::Plain, "{refusal:?}");
            assert_eq!(told(&[talk[0], talk[1], talk[3]]).0, Step::Tls(0), "{refusal:?}");
        }
    }

    #[test]
    fn request_and_hello_in_one_segment() {
        let talk = [b"STARTTLS\r\n", HELLO].concat();
        assert_eq!(told(&[(Server, b"220 mx\r\n"), (Client, &talk)]).0, Step::Tls(10));
        // In the middle of a line it is text.
        assert_eq!(
            told(&[(Server, b"220 mx\r\n"), (Client, b"STARTTLS\r\n"), (Client, b"a\x16\x03\x01")]).0,
            Step::Plain
        );
    }

    #[test]
    fn where_the_request_was_not_captured_the_record_header_tells() {
        let mut dialogue = Dialogue::default();
        dialogue.feed(Server, b"220 mx\r\n");
        dialogue.gap(Client);
        assert_eq!(dialogue.feed(Client, b"\x16text\r\n"), Step::Plain);
        assert_eq!(dialogue.feed(Client, HELLO), Step::Tls(0));
    }

    #[test]
    fn first_bytes_tell() {
        assert_eq!(sniff(Server, b"220 mx"), Sniffed::Yes);
        assert_eq!(sniff(Server, b"22"), Sniffed::Maybe);
        assert_eq!(sniff(Server, b"221 bye"), Sniffed::No);
        assert_eq!(sniff(Client, b"220 mx"), Sniffed::No);
        assert_eq!(sniff(Client, b"EHLO me"), Sniffed::Yes);
        assert_eq!(sniff(Client, &[0x30, 0x0c, 2, 1, 1, 0x60]), Sniffed::No);
        assert_eq!(sniff(Server, b""), Sniffed::No);
    }

    #[test]
    fn a_long_dialogue_is_given_up_and_little_of_it_is_kept() {
        let mut dialogue = Dialogue::default();
        dialogue.feed(Server, b"220 mx\r\n");
        let long = vec![b'x'; MAX_PLAIN_DIALOGUE - 8];
        assert_eq!(dialogue.feed(Client, &long), Step::Plain);
        assert!(dialogue.heap_bytes() < 2048);
        assert_eq!(dialogue.feed(Client, b"x"), Step::Over);
    }
}
