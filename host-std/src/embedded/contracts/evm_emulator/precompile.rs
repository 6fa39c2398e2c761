//! Precompiles: what they cost in gas. They are contracts of the system; their ergs are not the EVM's business.

use super::modexp;
use eravm_core::{Address, Word};

/// The gas of a precompile, if there is one at an address. RIPEMD-160, BLAKE2 and the evaluation of KZG commitments are not there.
pub(super) fn gas(address: &Address, input: &[u8]) -> Option<u64> {
    let bytes = input.len() as u64;
    let words = bytes.div_ceil(32);
    Some(match Word::from_address(address).to_u64()? {
        // ecrecover
        1 => 3000,
        // SHA-256
        2 => 60 + 12 * words,
        // identity
        4 => 15 + 3 * words,
        5 => modexp::gas(input),
        // EIP-1108: addition, multiplication and pairing of BN254
        6 => 150,
        7 => 6000,
        8 => 45_000 + 34_000 * (bytes / 192),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precompiles_cost_what_they_do_in_ethereum() {
        let gas = |number, bytes| gas(&Word::from_u64(number).to_address(), &vec![0; bytes]);
        assert_eq!((gas(2, 0), gas(2, 1), gas(2, 33)), (Some(60), Some(72), Some(84)));
        assert_eq!((gas(4, 0), gas(4, 64)), (Some(15), Some(21)));
        assert_eq!(
            (gas(8, 0), gas(8, 191), gas(8, 384)),
            (Some(45_000), Some(45_000), Some(113_000))
        );
        assert_eq!([0, 3, 9, 10, 0x100].map(|number| gas(number, 0)), [None; 5]);
        let high = Address::repeat_byte(1);
        assert_eq!(super::gas(&high, &[]), None);
    }
}
