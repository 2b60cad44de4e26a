//! Writes the seeds of every target into `corpus/`. A fuzzing program of its own, for one built with other flags would
//! need the whole crate a second time.
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
    |data: &[u8]| {
        let _ = data;
        std::process::exit(0);
    }
);
