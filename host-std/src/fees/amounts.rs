//! Amounts of gas that are the same for all transactions.

/// Most gas per byte of pubdata that the bootloader allows (`MAX_L2_GAS_PER_PUBDATA`).
pub const MAX_GAS_PER_PUBDATA: u64 = 50_000;
/// Gas for a transaction's place in the batch (`TX_SLOT_OVERHEAD_GAS`).
pub const SLOT_OVERHEAD_GAS: u64 = 10_000;
/// Gas for a word of a transaction's encoding (`MEMORY_OVERHEAD_GAS`).
pub const MEMORY_OVERHEAD_GAS: u64 = 10;
/// Most gas that a transaction may spend on computation (`MAX_GAS_PER_TRANSACTION`).
pub const MAX_COMPUTE_GAS: u64 = 80_000_000;
/// Gas of the bootloader for a transaction to L2 beside what it measures (`L2_TX_INTRINSIC_GAS`).
pub const L2_INTRINSIC_GAS: u64 = 14_070;
/// Gas of the bootloader for a transaction from L1 beside what it measures (`L1_TX_INTRINSIC_L2_GAS`).
pub const L1_INTRINSIC_GAS: u64 = 167_157;
/// Bytes of pubdata that every transaction from L1 pays for: the log of its result (`L1_TX_INTRINSIC_PUBDATA`).
pub const L1_INTRINSIC_PUBDATA: u64 = 88;

/// Gas that a transaction with an encoding of this many words pays for its place in the batch.
pub fn overhead_gas(encoded_words: usize) -> u64 {
    let words = u64::try_from(encoded_words).unwrap_or(u64::MAX);
    words.saturating_mul(MEMORY_OVERHEAD_GAS).max(SLOT_OVERHEAD_GAS)
}

/// Gas of the bootloader for a transaction beside what it measures, at a price of a byte of pubdata in gas.
pub const fn intrinsic_gas(is_from_l1: bool, gas_per_pubdata: u64) -> u64 {
    if is_from_l1 {
        gas_per_pubdata.saturating_mul(L1_INTRINSIC_PUBDATA).saturating_add(L1_INTRINSIC_GAS)
    } else {
        L2_INTRINSIC_GAS
    }
}
