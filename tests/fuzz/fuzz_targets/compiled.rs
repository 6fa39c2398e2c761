//! Compiled code against the interpreter; what the bytes mean is in `eravm_tests::fuzzing`.

#![no_main]

use eravm_tests::fuzzing::Case;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let case = Case::decode(bytes);
    if let Err(failure) = case.compare() {
        panic!("{failure}\n{}", case.small());
    }
});
