#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ncsight_fuzz::target::tls::starttls(data));
