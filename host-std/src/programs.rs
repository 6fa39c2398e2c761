//! Programs that come with the command.

use crate::system_contracts::addresses;
use eravm_core::asm::{AsmError, assemble};
use eravm_core::{Address, Word};

/// A contract that pays token amounts to accounts, up to a cap on the total supply.
pub const AIRDROP: &str = include_str!("../programs/airdrop.asm");
/// A small `EventWriter`: turns the calldata of other contracts into events.
pub const EVENT_WRITER: &str = include_str!("../programs/event_writer.asm");
/// Returns nothing. Stands in for the default account and the EVM emulator.
pub const EMPTY_ACCOUNT: &str = include_str!("../programs/empty_account.asm");

/// The example that `eravm run` runs when it is given no program.
#[derive(Clone, Debug)]
pub struct Example {
    /// Its code.
    pub code: Vec<u8>,
    /// Calldata for a run that succeeds: three payments.
    pub calldata: Vec<u8>,
    /// Contracts that it calls.
    pub contracts: Vec<(Address, Vec<u8>)>,
}

/// Accounts that the example pays, and how much.
const PAYMENTS: [(u64, u64); 3] = [(0xa11ce, 700), (0xb0b, 250), (0xca401, 50)];

/// What the example does, for the summary.
pub const EXAMPLE_TEXT: &str = "\
No program was given: this ran the example programs/airdrop.asm, which pays token amounts to the
accounts that its calldata lists (0xa11ce 700, 0xb0b 250, 0xca401 50), and emits an event for each.
It returned three words: the number of payments (3), their sum (0x3e8 = 1000) and the total supply.
Slot 0 holds the supply, slot 2^160 + account a balance. More than 1_000_000 may not be in circulation:
a run whose calldata goes beyond reverts with error code 2, and nothing of it remains. Try
  eravm run --calldata 0x00000000000000000000000000000000000000000000000000000000000a11ce\\
00000000000000000000000000000000000000000000000000000000000f4241
";

impl Example {
    /// Assembles it.
    ///
    /// # Errors
    /// None with the sources that come with the crate, which a test assembles.
    pub fn new() -> Result<Self, AsmError> {
        let words = PAYMENTS.iter().flat_map(|&(account, amount)| [account, amount]);
        Ok(Self {
            code: assemble(AIRDROP)?.bytecode,
            calldata: words.flat_map(|word| Word::from_u64(word).to_be_bytes()).collect(),
            contracts: vec![(addresses::EVENT_WRITER, assemble(EVENT_WRITER)?.bytecode)],
        })
    }
}
