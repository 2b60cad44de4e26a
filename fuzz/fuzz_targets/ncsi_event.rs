#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ncsight_fuzz::target::host::ncsi_event(data));
