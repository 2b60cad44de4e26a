//! Many equal parts of a report, made by several threads and printed in order.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// Items that are put into words between two hand-overs: some hundred KiB, so that handing over costs nothing and few
/// of them are in memory at a time.
const PART: usize = 256;

/// A part as it is handed over: its bytes, and what its maker answers.
type Made<T> = io::Result<(Vec<u8>, T)>;

/// Prints what `make` writes of `items` items on up to `threads` threads, in order, and tells `told` what it answers.
///
/// # Errors
///
/// What `make` or `out` say first.
pub(super) fn in_order<T: Send>(
    items: usize,
    threads: usize,
    out: &mut dyn Write,
    make: impl Fn(Range<usize>, &mut Vec<u8>) -> io::Result<T> + Sync,
    mut told: impl FnMut(T),
) -> io::Result<()> {
    let parts = items.div_ceil(PART);
    let range = |part: usize| part * PART..items.min((part + 1) * PART);
    if threads < 2 || parts < 2 {
        let mut bytes = Vec::new();
        for part in 0..parts {
            bytes.clear();
            told(make(range(part), &mut bytes)?);
            out.write_all(&bytes)?;
        }
        return Ok(());
    }
    thread::scope(|scope| {
        let make = &make;
        let work = |first: usize| {
            // One part waits while the next one is made; no more.
            let (hand, taken) = sync_channel(1);
            scope.spawn(move || {
                for part in (first..parts).step_by(threads) {
                    let mut bytes = Vec::new();
                    let made = make(range(part), &mut bytes).map(|answer| (bytes, answer));
                    if hand.send(made).is_err() {
                        return;
                    }
                }
            });
            taken
        };
        let lanes: Vec<Receiver<Made<T>>> = (0..threads.min(parts)).map(work).collect();
        for lane in lanes.iter().cycle().take(parts) {
            // A lane that is gone early panicked, which the end of the scope passes on.
            let Ok(made) = lane.recv() else { break };
            let (bytes, answer) = made?;
            out.write_all(&bytes)?;
            told(answer);
        }
        Ok(())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn written(items: usize, threads: usize) -> (Vec<u8>, usize) {
        let (mut out, mut sum) = (Vec::new(), 0);
        let make = |range: Range<usize>, bytes: &mut Vec<u8>| {
            range.clone().try_for_each(|item| writeln!(bytes, "{item}"))?;
            Ok(range.len())
        };
        in_order(items, threads, &mut out, make, |count| sum += count).unwrap();
        (out, sum)
    }

    #[test]
    fn any_number_of_threads_prints_the_same() {
        for items in [0, 1, PART, PART + 1, 7 * PART + 13] {
            let (expected, sum) = written(items, 1);
            assert_eq!(sum, items);
            for threads in [2, 3, 16] {
                assert_eq!(written(items, threads), (expected.clone(), items), "{items} on {threads}");
            }
        }
    }

    #[test]
    fn the_first_error_ends_it() {
        let make = |range: Range<usize>, _: &mut Vec<u8>| {
            if range.contains(&(3 * PART)) { Err(io::Error::from(io::ErrorKind::BrokenPipe)) } else { Ok(range.len()) }
        };
        let mut parts = 0;
        let outcome = in_order(100 * PART, 2, &mut Vec::new(), make, |_| parts += 1);
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(parts, 3);
    }
}
