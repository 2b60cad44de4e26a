//! What to do where a file cannot be right: find the next packet, or say how it ends.

use crate::limits::MAX_RESYNC;
use crate::source::block::Block;
use crate::source::input::Record;

/// Bytes looked at before the block is filled again.
const STEP: usize = 64 << 10;
/// Bytes of a record that `starts` may look at.
const LOOK: usize = 64;

/// Moves the front of the block to the next place that looks like the start of a record, at most [`MAX_RESYNC`] bytes
/// further on. `starts` judges bytes; `confirm` may read further on to see whether what follows fits, too.
/// Returns how many bytes were skipped; `None` where nothing was found (what was searched is consumed).
pub(super) fn search(
    block: &mut Block,
    starts: impl Fn(&[u8]) -> bool,
    confirm: impl Fn(&mut Block) -> bool,
) -> Option<u64> {
    let from = block.offset();
    block.consume(1);
    while block.offset() - from <= MAX_RESYNC {
        // Whether it can be filled does not matter here: what there is, is searched.
        block.has(STEP + LOOK);
        let data = block.data();
        if data.is_empty() {
            return None;
        }
        let step = data.len().min(STEP);
        match (0..step).find(|&at| data.get(at..).is_some_and(&starts)) {
            None => block.consume(step),
            Some(at) => {
                block.consume(at);
                if confirm(block) {
                    return Some(block.offset() - from);
                }
                block.consume(1);
            }
        }
    }
    None
}

/// Notes how an input ends of which no further record can be read. `number` is the last packet; `offset` is where the
/// last, unreadable record starts; `wanted` are the bytes that were needed of it.
pub(super) fn finish(block: &mut Block, record: &mut Record, number: u64, offset: u64, wanted: usize) {
    let left = block.data().len();
    let end = block.offset() + left as u64;
    let compression = record.input.compression;
    if let Some(failure) = block.take_failure() {
        record.damage(number, end, || match compression {
            Some(compression) => format!("the {compression} stream is cut or damaged here: {failure}"),
            None => format!("reading failed: {failure}"),
        });
    } else if end > offset {
        record.input.torn = true;
        record.damage(number, offset, || {
            format!("the file ends inside a record: {} of at least {wanted} bytes are there", end - offset)
        });
    }
    block.consume(left);
    record.end();
}
