//! See `edgewright_test_fuzz::CONFIGURATION`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewright_test_fuzz::CONFIGURATION.run(data));
