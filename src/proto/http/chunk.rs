//! The chunked transfer coding (RFC 9112, 7.1), split anywhere.

/// Longest chunk size line or trailer section that is followed.
const MAX_LINE: usize = 8 << 10;

/// Where the decoder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In the hexadecimal digits; how many were read, and their value.
    Size(u32, u64),
    /// After the digits, up to the end of the line.
    Extension(u64),
    /// In chunk data: bytes still to come.
    Data(u64),
    /// After chunk data, up to the end of the line.
    DataEnd,
    /// At the start of a trailer line.
    TrailerStart,
    /// Inside a trailer line.
    Trailer,
    Done,
    Bad,
}

/// Takes chunks apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunks {
    state: State,
    /// Bytes of the line or trailer section under way.
    line: usize,
}

impl Chunks {
    pub(super) const fn new() -> Self {
        Self { state: State::Size(0, 0), line: 0 }
    }

    pub(super) fn is_done(self) -> bool {
        self.state == State::Done
    }

    pub(super) fn is_bad(self) -> bool {
        self.state == State::Bad
    }

    /// Takes bytes up to the end of the body and hands the data in them to `sink`; returns how many were used.
    pub(super) fn feed(&mut self, bytes: &[u8], mut sink: impl FnMut(&[u8])) -> usize {
        let mut rest = bytes;
        while !matches!(self.state, State::Done | State::Bad) {
            if let State::Data(left) = self.state {
                let here = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                let (data, after) = rest.split_at(here);
                sink(data);
                rest = after;
                if !self.pass(here as u64) {
                    break;
                }
                continue;
            }
            let Some((&byte, after)) = rest.split_first() else { break };
            rest = after;
            self.state = self.step(byte);
        }
        bytes.len() - rest.len()
    }

    /// Data bytes that can be passed over unseen without losing the framing.
    pub(super) const fn passable(self) -> u64 {
        match self.state {
            State::Data(left) => left,
            _ => 0,
        }
    }

    /// Passes over data bytes, at most [`Chunks::passable`]; returns whether the chunk is at its end.
    pub(super) fn pass(&mut self, count: u64) -> bool {
        let State::Data(left) = self.state else { return false };
        let left = left.saturating_sub(count);
        self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
        left == 0
    }

    /// Framing is lost.
    pub(super) const fn lose(&mut self) {
        self.state = State::Bad;
    }

    fn step(&mut self, byte: u8) -> State {
        self.line += 1;
        if self.line > MAX_LINE {
            return State::Bad;
        }
        match (self.state, byte) {
            (State::Size(digits, value), _) if byte.is_ascii_hexdigit() => {
                // 16 digits would be more than any body; leading zeros do not count.
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                let digits = digits + u32::from(digits > 0 || digit > 0);
                if digits > 15 { State::Bad } else { State::Size(digits, value << 4 | u64::from(digit)) }
            }
            (State::Size(..), _) if self.line == 1 => State::Bad,
            (State::Size(_, value), b';' | b' ' | b'\t' | b'\r') => State::Extension(value),
            (State::Size(_, value) | State::Extension(value), b'\n') => {
                self.line = 0;
                if value == 0 { State::TrailerStart } else { State::Data(value) }
            }
            (State::Extension(value), _) => State::Extension(value),
            (State::DataEnd, b'\r') => State::DataEnd,
            (State::DataEnd, b'\n') => {
                self.line = 0;
                State::Size(0, 0)
            }
            (State::TrailerStart, b'\r') => State::TrailerStart,
            (State::TrailerStart, b'\n') => State::Done,
            (State::Trailer, b'\n') => State::TrailerStart,
            (State::TrailerStart | State::Trailer, _) => State::Trailer,
            (State::Size(..) | State::DataEnd | State::Data(_) | State::Done | State::Bad, _) => State::Bad,
        }
    }
}
