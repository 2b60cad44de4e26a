//! Values as bytes, for what has to be remembered of very many hosts: a transaction takes a tenth of the room that it
//! takes as a structure. The form is the program's own and never leaves it.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use zstd::bulk::{Compressor, Decompressor};

/// Bytes of the first packed values that serve as the dictionary for all others.
const DICTIONARY: usize = 32 << 10;
/// The fastest of zstd's levels that finds what values have in common.
const LEVEL: i32 = 1;
/// Bytes before a shrunk value: its length before, zero where it stands as it was.
const PREFIX: usize = 4;

thread_local! {
    /// What stood before in that which is being packed or unpacked on this thread.
    static BEFORE: Cell<[i64; 2]> = const { Cell::new([0; 2]) };
}

/// Values that lie close together within one packing: the first is packed whole, of each other one the distance to the
/// one before, in a byte or four instead of nine.
#[derive(Clone, Copy, Debug)]
pub enum Near {
    /// Moments of a capture.
    Time,
    /// Places of packets.
    Packet,
}

impl Near {
    /// The distance of a value to the one before it.
    #[must_use]
    pub fn distance(self, value: i64) -> i64 {
        value.wrapping_sub(self.replace(|_| value))
    }

    /// The value at that distance from the one before it.
    #[must_use]
    pub fn value(self, distance: i64) -> i64 {
        distance.wrapping_add(self.replace(|before| before.wrapping_add(distance)))
    }

    fn replace(self, next: impl FnOnce(i64) -> i64) -> i64 {
        let mut all = BEFORE.get();
        let before = all[self as usize];
        all[self as usize] = next(before);
        BEFORE.set(all);
        before
    }
}

/// A value's bytes.
#[must_use]
pub fn pack<T: Serialize>(value: &T) -> Box<[u8]> {
    BEFORE.take();
    let packed = postcard::to_allocvec(value);
    debug_assert!(packed.is_ok(), "only sequences of unknown length and texts without end cannot be packed");
    packed.unwrap_or_default().into_boxed_slice()
}

/// The value that [`pack`] made these bytes of, or the first parts of a tuple; the default of its type where they are
/// empty.
#[must_use]
pub fn unpack<T: DeserializeOwned + Default>(bytes: &[u8]) -> T {
    if bytes.is_empty() {
        return T::default();
    }
    BEFORE.take();
    let unpacked = postcard::from_bytes(bytes);
    debug_assert!(unpacked.is_ok(), "the bytes are those of another type");
    unpacked.unwrap_or_default()
}

/// Makes packed values of one kind smaller by what they have in common with the first of them: the same names, the same
/// agents, the same offers.
#[derive(Default)]
pub struct Shrinker {
    sample: Vec<u8>,
    codec: Option<Mutex<Codec>>,
}

struct Codec {
    compressor: Compressor<'static>,
    decompressor: Decompressor<'static>,
}

impl Shrinker {
    /// The value in fewer bytes, where that is possible.
    pub fn shrink(&mut self, packed: &[u8]) -> Box<[u8]> {
        if packed.is_empty() {
            return Box::default();
        }
        if self.codec.is_none() {
            self.sample.extend_from_slice(packed);
            if self.sample.len() >= DICTIONARY {
                self.learn();
            }
        }
        let shrunk = self.codec.as_mut().and_then(|codec| {
            let codec = codec.get_mut().unwrap_or_else(PoisonError::into_inner);
            let shrunk = codec.compressor.compress(packed).ok().filter(|shrunk| shrunk.len() < packed.len())?;
            let before = u32::try_from(packed.len()).ok()?;
            Some([&before.to_le_bytes(), shrunk.as_slice()].concat())
        });
        shrunk.unwrap_or_else(|| [&[0; PREFIX], packed].concat()).into_boxed_slice()
    }

    /// The value as it was.
    #[must_use]
    pub fn restore<'a>(&self, shrunk: &'a [u8]) -> Cow<'a, [u8]> {
        let Some((before, rest)) = shrunk.split_first_chunk::<PREFIX>() else { return Cow::Borrowed(&[]) };
        match (u32::from_le_bytes(*before) as usize, &self.codec) {
            (before @ 1.., Some(codec)) => {
                let mut codec = codec.lock().unwrap_or_else(PoisonError::into_inner);
                Cow::Owned(codec.decompressor.decompress(rest, before).unwrap_or_default())
            }
            _ => Cow::Borrowed(rest),
        }
    }

    /// Makes the sample the dictionary.
    fn learn(&mut self) {
        let sample = std::mem::take(&mut self.sample);
        let codec = Compressor::with_dictionary(LEVEL, &sample).and_then(|compressor| {
            let decompressor = Decompressor::with_dictionary(&sample)?;
            Ok(Codec { compressor, decompressor })
        });
        self.codec = codec.ok().map(Mutex::new);
    }
}

/// Several packed values in one compressed piece.
#[derive(Debug)]
pub struct Block {
    len: usize,
    bytes: Box<[u8]>,
}

impl Block {
    /// A piece that holds these values; `None` where they cannot be compressed.
    #[must_use]
    pub fn of<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut whole = Vec::new();
        for value in values {
            whole.extend_from_slice(&u32::try_from(value.len()).ok()?.to_le_bytes());
            whole.extend_from_slice(value);
        }
        let bytes = zstd::bulk::compress(&whole, LEVEL).ok()?.into_boxed_slice();
        Some(Self { len: whole.len(), bytes })
    }

    /// All of it, to be [picked](pick) from.
    #[must_use]
    pub fn whole(&self) -> Vec<u8> {
        let whole = zstd::bulk::decompress(&self.bytes, self.len);
        debug_assert!(whole.is_ok(), "it was compressed here");
        whole.unwrap_or_default()
    }
}

/// One value of a whole block, by its place.
#[must_use]
pub fn pick(whole: &[u8], place: usize) -> &[u8] {
    let mut rest = whole;
    for number in 0..=place {
        let Some((len, after)) = rest.split_first_chunk::<PREFIX>() else { break };
        let Some((value, after)) = after.split_at_checked(u32::from_le_bytes(*len) as usize) else { break };
        if number == place {
            return value;
        }
        rest = after;
    }
    &[]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn times_and_places_near_each_other_are_short() {
        use crate::source::{PacketId, PacketRef};
        use crate::time::CaptureTime;

        let at = |n: i64| PacketRef {
            time: CaptureTime::from_nanos(1_700_000_000_000_000_000 + n * 1_000_000),
            id: PacketId::new(3, 1_000_000 + n.unsigned_abs()),
        };
        let list: Vec<PacketRef> = [0, 20, 10, 5000].map(at).into();
        let packed = pack(&list);
        assert!(packed.len() < 40, "{}", packed.len());
        assert_eq!(unpack::<Vec<PacketRef>>(&packed), list);
        let far = vec![CaptureTime::MIN, CaptureTime::from_nanos(i64::MAX), CaptureTime::MIN];
        assert_eq!(unpack::<Vec<CaptureTime>>(&pack(&far)), far);
    }

    #[test]
    fn what_was_packed_comes_back() {
        let value = (String::from("www.msftconnecttest.com"), Some(80u16), vec![1u64, u64::MAX]);
        let packed = pack(&value);
        assert!(packed.len() < 40, "{}", packed.len());
        assert_eq!(unpack::<(String, Option<u16>, Vec<u64>)>(&packed), value);
        assert!(unpack::<Vec<u64>>(&[]).is_empty());
    }

    #[test]
    fn values_that_are_alike_shrink_to_what_differs() {
        let mut shrinker = Shrinker::default();
        let values: Vec<Box<[u8]>> = (0..2000u32)
            .map(|n| pack(&(n, "www.msftconnecttest.com", "Microsoft NCSI", n.wrapping_mul(0x9e37_79b9))))
            .collect();
        let shrunk: Vec<Box<[u8]>> = values.iter().map(|value| shrinker.shrink(value)).collect();
        for (value, shrunk) in values.iter().zip(&shrunk) {
            assert_eq!(*shrinker.restore(shrunk), **value);
        }
        assert!(shrunk[1999].len() < values[1999].len() - 10, "{} of {}", shrunk[1999].len(), values[1999].len());
        assert!(shrinker.shrink(&[]).is_empty() && shrinker.restore(&[]).is_empty());
    }

    #[test]
    fn each_value_of_a_block_is_found() {
        let values: Vec<Vec<u8>> = (0..50u8).map(|n| vec![n; usize::from(n)]).collect();
        let block = Block::of(values.iter().map(Vec::as_slice)).unwrap();
        let whole = block.whole();
        for (place, value) in values.iter().enumerate() {
            assert_eq!(pick(&whole, place), value);
        }
        assert!(pick(&whole, 50).is_empty());
        assert!(block.bytes.len() < whole.len() / 2);
    }
}
