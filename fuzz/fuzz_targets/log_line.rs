//! See `edgewright_test_fuzz::LOG_LINE`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewright_test_fuzz::LOG_LINE.run(data));
