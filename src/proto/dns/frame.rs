//! DNS over TCP: a length of two bytes before each message (RFC 1035, 4.2.2; RFC 7766).

/// Joins the bytes of one direction of a TCP connection to DNS messages. Holds at most one message: 64 KiB and its length.
#[derive(Clone, Debug, Default)]
pub struct TcpMessages {
    held: Vec<u8>,
}

impl TcpMessages {
    /// Takes the next bytes in order and returns the messages (without their lengths) that they complete. Messages
    /// without bytes are passed over.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        while let Some((&first, rest)) = bytes.split_first() {
            let missing = self.missing();
            if missing == 0 {
                // Only while the length itself is not complete.
                self.held.push(first);
                bytes = rest;
            } else {
                let (taken, rest) = bytes.split_at(missing.min(bytes.len()));
                self.held.extend_from_slice(taken);
                bytes = rest;
            }
            if self.held.len() >= 2 && self.missing() == 0 {
                let message = self.held.split_off(2);
                self.held.clear();
                if !message.is_empty() {
                    messages.push(message);
                }
            }
        }
        messages
    }

    /// What is held of a message that is not complete, without its length: readable with [`parse`](super::parse) when
    /// the capture or the connection ends.
    #[must_use]
    pub fn partial(&self) -> &[u8] {
        self.held.get(2..).unwrap_or_default()
    }

    /// Bytes that the message under way still lacks; 0 also while its length is not complete.
    fn missing(&self) -> usize {
        match *self.held.as_slice() {
            [high, low, ref message @ ..] => usize::from(u16::from_be_bytes([high, low])).saturating_sub(message.len()),
            _ => 0,
        }
    }
}
