//! The price of storage writes in pubdata, as the network computes it.

use crate::host::StorageSlot;
use crate::word::{Address, Word};

/// Most pubdata bytes that one write can cost.
pub const MAX_WRITE_PRICE: u32 = 65;
/// Bytes of the key of a slot that had no leaf.
const INITIAL_KEY_BYTES: u32 = 32;
/// Bytes of the enumeration index that replaces the key afterwards.
const REPEATED_KEY_BYTES: u32 = 4;

/// `SystemContext`, all of whose slots are free.
const SYSTEM_CONTEXT: u64 = 0x800b;
/// `L2BaseToken`, where the bootloader's balance is free.
const BASE_TOKEN: u64 = 0x800a;
/// keccak256 of the bootloader's address and the balance mapping's slot 0, both padded to 32 bytes.
const BOOTLOADER_BALANCE_KEY: Word = Word([
    0xc029_ffc0_61aa_e0da,
    0xe0ab_d373_cab1_bf4a,
    0x316a_84da_9cf4_aa6f,
    0x31b6_6141_c575_a054,
]);

/// Bytes of pubdata that writing `value` costs in total, given the slot before the batch.
///
/// Nothing when the value is the old one; else the key or index and the compressed value.
pub fn write_price(slot: &StorageSlot, value: &Word) -> u32 {
    if slot.value == *value {
        return 0;
    }
    let key = if slot.is_initial { INITIAL_KEY_BYTES } else { REPEATED_KEY_BYTES };
    key + compressed_bytes(&slot.value, value)
}

/// Bytes of the compressed difference between two values, metadata byte included.
///
/// The shortest of: the sum or difference modulo 2²⁵⁶, the new value, each without leading zeros if that
/// leaves at most 31 bytes; else all 32 bytes.
pub fn compressed_bytes(old: &Word, new: &Word) -> u32 {
    let (add, _) = crate::semantics::sub(new, old);
    let (subtract, _) = crate::semantics::sub(old, new);
    let shortest =
        significant_bytes(&add).min(significant_bytes(&subtract)).min(significant_bytes(new));
    1 + if shortest < 31 { shortest } else { 32 }
}

/// Bytes of a number without its leading zeros.
pub fn significant_bytes(word: &Word) -> u32 {
    let (limbs, top) = match word.0 {
        [low, 0, 0, 0] => (0, low),
        [_, low, 0, 0] => (1, low),
        [_, _, low, 0] => (2, low),
        [_, _, _, low] => (3, low),
    };
    limbs * 8 + (u64::BITS - top.leading_zeros()).div_ceil(8)
}

/// Whether a slot is free of charge: all of `SystemContext` and the bootloader's base-token balance.
pub fn is_free_slot(address: &Address, key: &Word) -> bool {
    match Word::from_address(address).to_u64() {
        Some(SYSTEM_CONTEXT) => true,
        Some(BASE_TOKEN) => *key == BOOTLOADER_BALANCE_KEY,
        _ => false,
    }
}
