//! What the work of native contracts costs, in ergs.
//!
//! The prices are those that EraVM's instructions have for the same work, without what compiled code does around it. All are upper bounds
//! of what the work takes a machine relative to an instruction, so that nothing is free and nothing unbounded.

/// Entering a function of a contract: dispatch and what it reads of its arguments.
pub const CALL: u32 = 200;
/// A word of calldata, returndata or code that is copied or looked at.
pub const WORD: u32 = 6;
/// A word of code that is decommitted (`decommit`).
pub const DECOMMITTED_WORD: u32 = 4;
/// Reading a slot that was touched in this batch (`sload`, warm).
pub const WARM_READ: u32 = 38;
/// Reading a slot for the first time in this batch (`sload`, cold).
pub const COLD_READ: u32 = 2008;
/// Writing a slot that was written in this batch (`sstore`, warm).
pub const WARM_WRITE: u32 = 71;
/// Writing a slot for the first time in this batch after it was read.
pub const WRITE_AFTER_READ: u32 = 3511;
/// Writing a slot for the first time in this batch (`sstore`, cold).
pub const COLD_WRITE: u32 = 5511;
/// Reading a transient slot (`tload`).
pub const TRANSIENT_READ: u32 = 38;
/// Writing a transient slot (`tstore`).
pub const TRANSIENT_WRITE: u32 = 71;
/// An entry of the event queue: two words of an event (`event`).
pub const EVENT: u32 = 34;
/// A message to L1 (`to_l1`).
pub const L1_MESSAGE: u32 = 109;
/// A permutation of keccak256: 136 bytes of input.
pub const KECCAK256_ROUND: u32 = 40;
/// A round of sha256: 64 bytes of input.
pub const SHA256_ROUND: u32 = 7;
/// Recovering a signer.
pub const ECRECOVER: u32 = 7000;
/// Verifying a secp256r1 signature.
pub const P256_VERIFY: u32 = 12_000;
/// Modular exponentiation.
pub const MODEXP: u32 = 4706;
/// Adding points of BN254.
pub const EC_ADD: u32 = 107;
/// Multiplying a point of BN254.
pub const EC_MUL: u32 = 5334;
/// A pair of a pairing check of BN254.
pub const EC_PAIRING: u32 = 80_000;
/// A byte of code or state diffs whose compression is checked.
pub const COMPRESSED_BYTE: u32 = 20;
/// The gas of the EVM that the interpreter takes for its own work. Five ergs are an EVM gas for who calls: so code runs out of gas
/// before it runs out of ergs, as long as what it asks of the system costs no more than its gas.
pub const EVM_GAS: u32 = 4;
