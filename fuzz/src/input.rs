//! The bytes of one run, taken off the front: numbers that steer the target, and content.

/// What is left of a run's bytes. Beyond the end there are zeros and empty pieces.
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// All of them.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    /// The next two bytes, most significant first.
    pub fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// The next `length` bytes, or as many as there are.
    pub fn piece(&mut self, length: usize) -> &'a [u8] {
        let (piece, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        piece
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }
}

/// `bytes` in pieces whose lengths follow from `seed`: at most 16, the last one takes the rest.
pub fn pieces(bytes: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    let mut state = u32::from(seed).wrapping_mul(0x9e37_79b9) | 1;
    let mut left = 16;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        left -= 1;
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let wanted = 1 + (state >> 24) as usize % (1 + usize::from(seed));
        let length = if left == 0 { rest.len() } else { wanted.min(rest.len()) };
        let (piece, after) = rest.split_at(length);
        rest = after;
        Some(piece)
    })
}
