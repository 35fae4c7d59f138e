#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| byod_fuzz_targets::module(bytes));
