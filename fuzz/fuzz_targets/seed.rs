//! Writes the seeds of every target into `corpus/` when it is started with `-runs=0`. A fuzzing program of its own, for one
//! built with other flags would need the whole crate a second time.
#![no_main]

use std::path::Path;

libfuzzer_sys::fuzz_target!(
    init: {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        if let Err(error) = ncsight_fuzz::seeds::write(&here.join("../captures"), &here.join("corpus")) {
            eprintln!("cannot write the seeds: {error}");
            std::process::exit(1);
        }
    },
    |_data: &[u8]| {}
);
