//! What a batch is run with.

use crate::engine::Engine;
use crate::fees::FeeInput;
use eravm_core::{Address, Program, VersionedHash, Word};

/// What the bootloader is asked to do with transactions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ExecutionMode {
    /// Validate and execute them, as the network does.
    #[default]
    VerifyExecute,
    /// The same, for an estimate; with the bootloader for it, which does not insist on valid signatures.
    EstimateFee,
    /// Execute without validation; with the bootloader for it.
    EthCall,
}

impl ExecutionMode {
    /// The word that describes a transaction to be executed in this mode: its lowest byte says that it is to be executed, its
    /// highest one how.
    pub const fn meta_word(self) -> Word {
        let how = match self {
            Self::VerifyExecute | Self::EstimateFee => 0,
            Self::EthCall => 2,
        };
        Word([1, 0, 0, how << 56])
    }
}

/// Code that the machine is made with.
#[derive(Clone, Debug)]
pub struct BaseContract {
    /// Its hash.
    pub hash: VersionedHash,
    /// The code.
    pub program: Program,
}

/// What is the same for all batches of a chain in a protocol version.
#[derive(Clone, Debug)]
pub struct SystemEnvironment {
    /// The protocol version.
    pub protocol: u16,
    /// The chain.
    pub chain_id: u64,
    /// The bootloader, in the flavour that goes with the mode.
    pub bootloader: BaseContract,
    /// Code of accounts that have none.
    pub default_account: BaseContract,
    /// Code that runs EVM code, since protocol version 27.
    pub evm_emulator: Option<BaseContract>,
    /// What is done with transactions.
    pub mode: ExecutionMode,
    /// What executes bytecode.
    pub engine: Engine,
    /// Ergs that an account may use to validate a transaction. The network's policy is 300,000; proofs know no limit.
    pub validation_ergs: u32,
}

/// A root of another chain's messages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InteropRoot {
    /// That chain.
    pub chain_id: u64,
    /// Its block or batch.
    pub block_number: u64,
    /// The sides of the tree; the protocol has one.
    pub sides: Vec<Word>,
}

/// An L2 block.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BlockEnvironment {
    /// Its number.
    pub number: u32,
    /// Its time, in seconds.
    pub timestamp: u64,
    /// The hash of the block before.
    pub previous_hash: Word,
    /// Virtual blocks that it may create. What that means is history; the network writes 1.
    pub max_virtual_blocks: u32,
    /// Roots of other chains that become known with it, since protocol version 29.
    pub interop_roots: Vec<InteropRoot>,
}

/// A batch.
#[derive(Clone, Debug)]
pub struct BatchEnvironment {
    /// Its number.
    pub number: u32,
    /// Its time, in seconds.
    pub timestamp: u64,
    /// The hash of the batch before. Without it, the bootloaders for calls and estimates do not begin a new batch.
    pub previous_hash: Option<Word>,
    /// Who gets the fees.
    pub operator: Address,
    /// What resources cost.
    pub fee_input: FeeInput,
    /// A base fee instead of the one that follows from that. The network's own bootloader refuses another one.
    pub enforced_base_fee: Option<u64>,
    /// The first block.
    pub first_block: BlockEnvironment,
}

impl BatchEnvironment {
    /// The price of gas: the one that is enforced, or the one that [follows](FeeInput::base_fee).
    pub fn base_fee(&self) -> u64 {
        self.enforced_base_fee.unwrap_or_else(|| self.fee_input.base_fee())
    }

    /// Gas that a byte of pubdata costs; 0 where gas is free.
    pub fn gas_per_pubdata(&self) -> u64 {
        self.fee_input.gas_per_pubdata(self.base_fee())
    }
}
