//! What makes a native contract look like compiled Solidity: selectors, arguments, errors.

mod arguments;
mod encoder;
mod keccak;
mod structure;

pub(crate) use arguments::{Arguments, split_selector};
pub(crate) use encoder::Encoder;
pub(crate) use structure::{Structure, Tail};

use super::failure::Failure;
use eravm_core::Word;

/// The first four bytes of the hash of a function's or an error's signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Selector(pub(crate) [u8; 4]);

/// The selector of a signature, such as `transfer(address,uint256)`.
pub(crate) const fn selector(signature: &str) -> Selector {
    let [a, b, c, d, ..] = keccak::keccak256(signature.as_bytes());
    Selector([a, b, c, d])
}

/// The first topic of an event with a signature.
pub(crate) const fn topic(signature: &str) -> Word {
    hash_of(signature)
}

/// keccak256 of a text.
pub(crate) const fn hash_of(text: &str) -> Word {
    let hash = keccak::keccak256(text.as_bytes());
    let (mut limbs, mut at) = ([0; 4], 0);
    while at < 32 {
        limbs[3 - at / 8] = limbs[3 - at / 8] << 8 | hash[at] as u64;
        at += 1;
    }
    Word(limbs)
}

/// Selector of `Panic(uint256)`, with which Solidity's own checks revert.
const PANIC: Selector = selector("Panic(uint256)");

/// Selector of `Error(string)`, with which `require` reverts.
const ERROR: Selector = selector("Error(string)");

/// A revert with an error that has words for arguments.
pub(crate) fn error(selector: Selector, arguments: &[Word]) -> Failure {
    Failure::Revert(Encoder::call(selector).words(arguments).finish())
}

/// A revert by one of Solidity's own checks.
fn panic(code: u64) -> Failure {
    error(PANIC, &[Word::from_u64(code)])
}

/// A revert of `require` with a message.
pub(crate) fn error_message(message: &str) -> Failure {
    Failure::Revert(Encoder::call(ERROR).bytes(message.as_bytes()).finish())
}

/// A failed `assert`.
pub(crate) fn assertion_failed() -> Failure {
    panic(0x01)
}

/// An arithmetic overflow.
pub(crate) fn overflow() -> Failure {
    panic(0x11)
}

/// A number that is no value of an enumeration.
pub(crate) fn not_enumerated() -> Failure {
    panic(0x21)
}

/// An array that does not fit in any memory.
pub(crate) fn too_much_memory() -> Failure {
    panic(0x41)
}

/// An index beyond the end of an array.
pub(crate) fn out_of_bounds() -> Failure {
    panic(0x32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_those_that_everybody_knows() {
        assert_eq!(selector("transfer(address,uint256)").0, [0xa9, 0x05, 0x9c, 0xbb]);
        assert_eq!(PANIC.0, [0x4e, 0x48, 0x7b, 0x71]);
        assert_eq!(ERROR.0, [0x08, 0xc3, 0x79, 0xa0]);
        let transfer = topic("Transfer(address,address,uint256)");
        assert_eq!(transfer.0[3], 0xddf2_52ad_1be2_c89b);
    }
}
