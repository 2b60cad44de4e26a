//! Bytes of one layer of a packet.

/// Bytes of one layer: as far as they were captured, and how many there were.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer<'a> {
    /// What was captured; never more than `wire_len`.
    pub(super) data: &'a [u8],
    /// The true length.
    pub(super) wire_len: usize,
}

impl<'a> Layer<'a> {
    /// Bytes that were captured whole.
    pub(super) const fn whole(data: &'a [u8]) -> Self {
        Self { data, wire_len: data.len() }
    }

    /// `data` as the captured part of `wire_len` bytes; what exceeds them (padding, a trailer) is left out.
    #[inline]
    pub(super) fn new(data: &'a [u8], wire_len: usize) -> Self {
        Self { data: data.get(..wire_len).unwrap_or(data), wire_len }
    }

    /// The layer behind a header of `count` bytes. Nothing is left where there are fewer.
    #[inline]
    pub(super) fn behind(self, count: usize) -> Self {
        Self { data: self.data.get(count..).unwrap_or_default(), wire_len: self.wire_len.saturating_sub(count) }
    }

    /// The first `COUNT` bytes, where they were captured.
    #[inline]
    pub(super) fn first<const COUNT: usize>(self) -> Option<&'a [u8; COUNT]> {
        self.data.first_chunk()
    }
}
