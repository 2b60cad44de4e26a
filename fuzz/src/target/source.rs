//! Capture files, whole or damaged, plain or compressed.

use std::io::Cursor;
use std::path::Path;

use ncsight::source::{Capture, Options};

use crate::planted;

/// The program that wrote the seed.
pub const PROGRAM: &str = "written for fuzzing";

/// Reads a file to its end.
pub fn source(data: &[u8]) {
    let bytes = Box::new(Cursor::new(data.to_vec()));
    let Ok(mut capture) = Capture::from_reader(Path::new("-"), bytes, Options::default()) else { return };
    let (mut packets, mut captured) = (0_u64, 0_u64);
    while let Some(frame) = capture.next() {
        packets += 1;
        captured += frame.data.len() as u64;
        // A packet cannot be longer than what it was read from, compressed files apart.
        assert!(frame.data.len() <= ncsight::limits::MAX_RECORD, "a frame over the bound");
    }
    let _ = capture.journal();
    for input in capture.inputs() {
        assert_eq!((input.packets, input.bytes), (packets, captured), "packets are counted wrong");
        if packets > 1 {
            planted::near(PROGRAM.as_bytes(), input.capture_program.unwrap_or_default().as_bytes());
        }
    }
}
