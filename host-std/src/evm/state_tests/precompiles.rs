//! The precompiles of Ethereum.

use super::super::differences::Difference;
use super::super::rules::Rules;
use super::super::word;
use eravm_core::{Address, Word};
use revm_precompile::{PrecompileSpecId, PrecompileStatus, Precompiles};

/// Addresses of those that ZKsync does not have: RIPEMD-160, BLAKE2, and the evaluation of KZG commitments.
const LEFT_OUT: [u64; 3] = [3, 9, 10];
/// Address of modular exponentiation.
const MODEXP: u64 = 5;
/// The longest operand of modular exponentiation on ZKsync.
const MODEXP_OPERAND: u64 = 32;

/// What came of a call of a precompile: its output and the gas that it took. `None` if it failed.
pub(super) type Computed = Option<(Vec<u8>, u64)>;

fn all(rules: &Rules) -> &'static Precompiles {
    Precompiles::new(PrecompileSpecId::from_spec_id(rules.spec()))
}

/// Addresses of all precompiles of a fork. They are warm.
pub(super) fn addresses(rules: &Rules) -> impl Iterator<Item = Address> + use<> {
    all(rules).addresses().map(|address| word::address_from(*address))
}

/// Calls a precompile. `None` if there is none at an address.
pub(super) fn call(rules: &Rules, address: &Address, input: &[u8], gas: u64) -> Option<Computed> {
    let precompile = all(rules).get(&word::address_into(address))?;
    let number = Word::from_address(address).0[0];
    if rules.has(Difference::FewerPrecompiles) && LEFT_OUT.contains(&number) {
        return None;
    }
    if rules.has(Difference::ShortModexp) && number == MODEXP && has_long_operand(input) {
        return Some(None);
    }
    Some(match precompile.execute(input, gas, 0) {
        Ok(output) if output.status == PrecompileStatus::Success => {
            Some((output.bytes.to_vec(), output.gas_used))
        }
        Ok(_) | Err(_) => None,
    })
}

/// Whether one of the lengths in the first three words is too long.
fn has_long_operand(input: &[u8]) -> bool {
    (0..3).any(|index| {
        let mut length = [0; 32];
        let rest = input.get(index * 32..).unwrap_or_default();
        length.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        Word::from_be_bytes(&length).to_u64().is_none_or(|length| length > MODEXP_OPERAND)
    })
}
