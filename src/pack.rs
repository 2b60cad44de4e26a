//! Values as bytes, for what has to be remembered of very many hosts: a transaction takes a tenth of the room that it
//! takes as a structure. The form is the program's own and never leaves it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zstd::bulk::{Compressor, Decompressor};

/// Bytes of the first packed values that serve as the dictionary for all others.
const DICTIONARY: usize = 32 << 10;
/// The fastest of zstd's levels that finds what values have in common.
const LEVEL: i32 = 1;
/// Bytes before a shrunk value: its length before, zero where it stands as it was.
const PREFIX: usize = 4;
/// Shorter values are left as they are: what a compressor writes around them takes as much.
const WORTH_IT: usize = 32;

thread_local! {
    /// Of values that are packed one at a time, and of pieces.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
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
    SCRATCH.with_borrow_mut(|scratch| {
        pack_into(value, &mut scratch.bytes);
        scratch.bytes.as_slice().into()
    })
}

/// Rooms that are made once.
#[derive(Default)]
struct Scratch {
    bytes: Vec<u8>,
    /// `None` before it is used first.
    codec: Option<(Compactor, Restorer)>,
}

impl Scratch {
    /// The codec without a dictionary; `None` where there is no memory for it.
    fn codec(&mut self) -> Option<&mut (Compactor, Restorer)> {
        if self.codec.is_none() {
            self.codec = Compactor::new(&[]).ok().zip(Restorer::new(&[]).ok());
        }
        self.codec.as_mut()
    }
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

/// Puts a value's bytes in place of what was in `packed`.
fn pack_into<T: Serialize>(value: &T, packed: &mut Vec<u8>) {
    packed.clear();
    BEFORE.take();
    let outcome = postcard::serialize_with_flavor(value, Behind(packed));
    debug_assert!(outcome.is_ok(), "only sequences of unknown length cannot be packed");
}

/// Writes behind what is there: a buffer that is used again grows no more.
struct Behind<'a>(&'a mut Vec<u8>);

impl Flavor for Behind<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Packs values of one kind, and makes them smaller by what they have in common with the first of them: the same names,
/// the same agents, the same offers.
#[derive(Default)]
pub struct Shrinker {
    sample: Vec<u8>,
    /// Of a value, before it is made smaller.
    packed: Vec<u8>,
    compactor: Option<Compactor>,
    /// What restores values, for each thread that does so at a time.
    restorers: Mutex<Vec<Restorer>>,
}

struct Compactor {
    compressor: Compressor<'static>,
    /// What was compressed last.
    room: Vec<u8>,
}

struct Restorer {
    decompressor: Decompressor<'static>,
    /// What was restored last.
    room: Vec<u8>,
}

impl Shrinker {
    /// A value in few bytes.
    pub fn shrink<T: Serialize>(&mut self, value: &T) -> Box<[u8]> {
        let loose = self.loosely(value);
        self.tighten(&loose).unwrap_or(loose)
    }

    /// The same in more bytes and less time: for a value that may be wanted again soon.
    pub fn loosely<T: Serialize>(&mut self, value: &T) -> Box<[u8]> {
        self.packed(value);
        [&[0; PREFIX], self.packed.as_slice()].concat().into_boxed_slice()
    }

    /// What was packed [loosely](Self::loosely) in few bytes; `None` where it becomes no smaller.
    pub fn tighten(&mut self, loose: &[u8]) -> Option<Box<[u8]>> {
        let (&[0, 0, 0, 0], packed) = loose.split_first_chunk::<PREFIX>()? else { return None };
        let len = u32::try_from(packed.len()).ok().filter(|len| *len as usize >= WORTH_IT)?;
        let shrunk = self.compactor.as_mut()?.compress(packed)?;
        Some([&len.to_le_bytes(), shrunk].concat().into_boxed_slice())
    }

    /// Packs a value into `self.packed`, and learns from the first ones.
    fn packed<T: Serialize>(&mut self, value: &T) {
        pack_into(value, &mut self.packed);
        if self.sample.len() < DICTIONARY {
            self.sample.extend_from_slice(&self.packed);
            if self.sample.len() >= DICTIONARY {
                self.compactor = Compactor::new(&self.sample).ok();
            }
        }
    }

    /// The value that was made smaller, or the first parts of a tuple.
    #[must_use]
    pub fn restore<T: DeserializeOwned + Default>(&self, shrunk: &[u8]) -> T {
        let Some((len, rest)) = shrunk.split_first_chunk::<PREFIX>() else { return T::default() };
        let len = u32::from_le_bytes(*len) as usize;
        if len == 0 {
            return unpack(rest);
        }
        let known = self.restorers().pop();
        let Some(mut restorer) = known.or_else(|| Restorer::new(&self.sample).ok()) else { return T::default() };
        let value = unpack(restorer.restore(rest, len));
        self.restorers().push(restorer);
        value
    }

    fn restorers(&self) -> MutexGuard<'_, Vec<Restorer>> {
        self.restorers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Compactor {
    fn new(dictionary: &[u8]) -> std::io::Result<Self> {
        Ok(Self { compressor: Compressor::with_dictionary(LEVEL, dictionary)?, room: Vec::new() })
    }

    /// `packed` compressed, where that makes it smaller.
    fn compress(&mut self, packed: &[u8]) -> Option<&[u8]> {
        self.room.clear();
        self.room.reserve(zstd::zstd_safe::compress_bound(packed.len()));
        let len = self.compressor.compress_to_buffer(packed, &mut self.room).ok()?;
        (len < packed.len()).then_some(&self.room)
    }
}

impl Restorer {
    fn new(dictionary: &[u8]) -> std::io::Result<Self> {
        Ok(Self { decompressor: Decompressor::with_dictionary(dictionary)?, room: Vec::new() })
    }

    /// What was compressed to `shrunk`, `len` bytes.
    fn restore(&mut self, shrunk: &[u8], len: usize) -> &[u8] {
        self.room.clear();
        self.room.reserve(len);
        let outcome = self.decompressor.decompress_to_buffer(shrunk, &mut self.room);
        debug_assert!(outcome.is_ok(), "it was compressed here");
        &self.room
    }
}

/// Several packed values in one compressed piece.
#[derive(Debug)]
pub struct Block {
    len: usize,
    bytes: Box<[u8]>,
}

impl Block {
    /// A piece that holds these values; `None` where they become no smaller.
    #[must_use]
    pub fn of<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut whole = std::mem::take(&mut scratch.bytes);
            whole.clear();
            for value in values {
                whole.extend_from_slice(&u32::try_from(value.len()).ok()?.to_le_bytes());
                whole.extend_from_slice(value);
            }
            let bytes = scratch.codec()?.0.compress(&whole)?.into();
            let len = whole.len();
            scratch.bytes = whole;
            Some(Self { len, bytes })
        })
    }

    /// All of it, to be [picked](pick) from.
    #[must_use]
    pub fn whole(&self) -> Rc<[u8]> {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.codec().map(|(_, restorer)| restorer.restore(&self.bytes, self.len).into()).unwrap_or_default()
        })
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
        let value = |n: u32| {
            (n, "www.msftconnecttest.com".to_owned(), "Microsoft NCSI".to_owned(), n.wrapping_mul(0x9e37_79b9))
        };
        let shrunk: Vec<Box<[u8]>> = (0..2000).map(|n| shrinker.shrink(&value(n))).collect();
        for (n, shrunk) in (0..).zip(&shrunk) {
            assert_eq!(shrinker.restore::<(u32, String, String, u32)>(shrunk), value(n));
            assert_eq!(shrinker.restore::<(u32, String)>(shrunk), (n, value(n).1), "the first parts");
        }
        let whole = pack(&value(1999)).len();
        assert!(shrunk[1999].len() < whole - 10, "{} of {whole}", shrunk[1999].len());
        assert_eq!(shrinker.restore::<u32>(&[]), 0);
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
