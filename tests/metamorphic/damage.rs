//! Damaged files: no panic and no endless run, whatever stands in them.

use crate::packets::{guarded, samples};

/// Damages of each kind for each capture.
const EACH: usize = 20;

/// Numbers that look random and are the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    /// Numbers of their own for each name.
    fn of(name: &str) -> Self {
        Self(
            name.bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)),
        )
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}

/// What is wrong with an outcome. A file that is no capture any more is a message and no fault.
fn fault(bytes: Vec<u8>, settings: &ncsight::settings::Settings) -> Option<String> {
    guarded(bytes, settings).err().filter(|message| message == "panicked" || message.starts_with("took"))
}

#[test]
fn a_file_cut_at_any_byte_is_read_up_to_there() {
    let (mut files, mut incomplete, mut faults) = (0, 0, Vec::new());
    for sample in samples() {
        let mut numbers = Numbers::of(&sample.name);
        for _ in 0..EACH {
            let end = numbers.below(sample.bytes.len());
            files += 1;
            match guarded(sample.bytes[..end].to_vec(), &sample.settings) {
                Ok(snapshot) => incomplete += usize::from(snapshot.inputs.iter().any(|input| !input.complete)),
                Err(message) if message == "panicked" || message.starts_with("took") => {
                    faults.push(format!("{} cut at byte {end}: {message}", sample.name));
                }
                Err(_) => {}
            }
        }
    }
    println!("cut files: {files}, of which {incomplete} are analysed and called incomplete");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(incomplete * 2 > files, "only {incomplete} of {files} cut files were analysed and called incomplete");
}

#[test]
fn a_wrong_byte_anywhere_is_survived() {
    let (mut files, mut faults) = (0, Vec::new());
    for sample in samples() {
        let mut numbers = Numbers::of(&sample.name);
        for _ in 0..EACH {
            let mut bytes = sample.bytes.clone();
            let (place, flip) = (numbers.below(bytes.len()), numbers.below(255) as u8 + 1);
            bytes[place] ^= flip;
            files += 1;
            if let Some(message) = fault(bytes, &sample.settings) {
                faults.push(format!("{} with byte {place} changed by {flip:#04x}: {message}", sample.name));
            }
        }
    }
    println!("files with a wrong byte: {files}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
