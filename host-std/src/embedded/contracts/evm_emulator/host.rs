//! What EVM code asks of the system.

use super::super::account_code_storage::{self, HASH_OF_NOTHING, raw_code_hash};
use super::super::system_context::{self, Variable, block_hash_evm, variable};
use super::super::{base_token, code_hash, evm_gas_manager, evm_hashes, nonce_holder};
use super::code;
use crate::batch::NativeDeed;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::evm::{Environment, EvmHost, HostFailed, HostResult, Loaded, SelfDestructed, Stored};
use eravm_core::{Address, Word};

/// Addresses below this one have no code for the EVM: they are those of precompiles.
const FIRST_WITH_CODE: u64 = 0x100;

/// The system as the host of an EVM frame.
pub(super) struct SystemHost<'a, 'b> {
    cx: &'a mut Context<'b>,
    failure: Option<Failure>,
    /// The value of the slot that will be written next.
    current: Word,
}

impl<'a, 'b> SystemHost<'a, 'b> {
    pub(super) fn new(cx: &'a mut Context<'b>) -> Self {
        Self { cx, failure: None, current: Word::ZERO }
    }

    /// Why it could not answer.
    pub(super) fn into_failure(self) -> Option<Failure> {
        self.failure
    }

    fn ask<T>(
        &mut self,
        question: impl FnOnce(&mut Context<'b>) -> Result<T, Failure>,
    ) -> HostResult<T> {
        question(self.cx).map_err(|failure| {
            // System contracts revert with data, but nobody gets to see that.
            self.failure = Some(match failure {
                Failure::Revert(_) => Failure::EMPTY,
                other => other,
            });
            HostFailed
        })
    }
}

/// Whether there is an account: a nonce, or a balance.
pub(super) fn is_used(cx: &mut Context<'_>, address: &Address) -> Result<bool, Failure> {
    Ok(!nonce_holder::raw(cx, address)?.is_zero()
        || !base_token::balance_of(cx, address)?.is_zero())
}

impl EvmHost for SystemHost<'_, '_> {
    fn environment(&mut self, what: Environment) -> HostResult<Word> {
        let what = match what {
            Environment::Origin => Variable::Origin,
            Environment::GasPrice => Variable::GasPrice,
            Environment::Coinbase => Variable::Coinbase,
            Environment::Timestamp => Variable::BlockTimestamp,
            Environment::Number => Variable::BlockNumber,
            Environment::GasLimit => Variable::GasLimit,
            Environment::BaseFee => Variable::BaseFee,
            Environment::ChainId => return self.ask(system_context::chain_id),
            // The interpreter has answers of its own.
            Environment::Randomness | Environment::BlobBaseFee => return Ok(Word::ZERO),
        };
        self.ask(|cx| variable(cx, what))
    }

    fn block_hash(&mut self, number: &Word) -> HostResult<Word> {
        self.ask(|cx| block_hash_evm(cx, number))
    }

    fn blob_hash(&mut self, _index: &Word) -> HostResult<Word> {
        Ok(Word::ZERO)
    }

    fn warm_account(&mut self, address: &Address) -> HostResult<bool> {
        self.ask(|cx| evm_gas_manager::warm_account(cx, address))
    }

    fn balance(&mut self, address: &Address) -> HostResult<Word> {
        self.ask(|cx| base_token::balance_of(cx, address))
    }

    fn is_empty(&mut self, address: &Address) -> HostResult<bool> {
        self.ask(|cx| {
            Ok(account_code_storage::code_size(cx, address)? == 0 && !is_used(cx, address)?)
        })
    }

    fn code_size(&mut self, address: &Address) -> HostResult<u64> {
        self.ask(|cx| account_code_storage::code_size(cx, address))
    }

    fn code_hash(&mut self, address: &Address) -> HostResult<Word> {
        self.ask(|cx| {
            let hash = raw_code_hash(cx, address)?;
            if is_constructed_evm(&hash) {
                return evm_hashes::evm_code_hash(cx, &hash);
            }
            let number = Word::from_address(address).to_u64();
            let has_none = number.is_some_and(|number| number < FIRST_WITH_CODE);
            if code_hash::length(&hash) != 0 && !has_none {
                return Ok(hash);
            }
            Ok(if is_used(cx, address)? { HASH_OF_NOTHING } else { Word::ZERO })
        })
    }

    fn copy_code(&mut self, address: &Address, from: u64, to: &mut [u8]) -> HostResult<()> {
        self.ask(|cx| code::copy(cx, address, from, to))
    }

    fn load(&mut self, this: &Address, key: &Word) -> HostResult<Loaded> {
        self.ask(|cx| {
            let (slot, value) = cx.load_slot(this, key)?;
            let was_cold = evm_gas_manager::warm_slot(cx, slot, &value)?.is_none();
            Ok(Loaded { value, was_cold })
        })
    }

    fn before_store(&mut self, this: &Address, key: &Word) -> HostResult<Stored> {
        let stored = self.ask(|cx| {
            let (slot, current) = cx.load_slot(this, key)?;
            let original = evm_gas_manager::warm_slot(cx, slot, &current)?;
            let was_cold = original.is_none();
            Ok(Stored { original: original.unwrap_or(current), current, was_cold })
        })?;
        self.current = stored.current;
        Ok(stored)
    }

    fn store(&mut self, this: &Address, key: &Word, value: &Word) -> HostResult<()> {
        if *value == self.current {
            return Ok(());
        }
        self.ask(|cx| cx.store_of(this, key, value))
    }

    fn load_transient(&mut self, _this: &Address, key: &Word) -> HostResult<Word> {
        self.ask(|cx| cx.load_transient(key))
    }

    fn store_transient(&mut self, _this: &Address, key: &Word, value: &Word) -> HostResult<()> {
        self.ask(|cx| cx.store_transient(key, value))
    }

    fn log(&mut self, this: &Address, topics: &[Word], data: &[u8]) -> HostResult<()> {
        self.ask(|cx| cx.emit(this, topics, data))
    }

    fn keccak256(&mut self, bytes: &[u8]) -> HostResult<[u8; 32]> {
        self.ask(|cx| Ok(cx.world.keccak256(&mut core::iter::once(bytes))?))
    }

    fn watches(&self) -> bool {
        self.cx.world.watcher().is_some()
    }

    fn instruction(&mut self, pc: usize, opcode: u8) {
        if let Some(watcher) = self.cx.world.watcher() {
            let pc = u32::try_from(pc).unwrap_or(u32::MAX);
            watcher.native(&NativeDeed::Evm { pc, opcode }, self.cx.vm);
        }
    }

    /// The instruction is invalid.
    fn self_destruct(&mut self, _this: &Address, _heir: &Address) -> HostResult<SelfDestructed> {
        self.ask(|_| Err(Failure::EMPTY))
    }
}

/// Whether a code hash is that of EVM code that can be called.
pub(super) const fn is_constructed_evm(hash: &Word) -> bool {
    // SPEC: of the second byte the emulator looks at one bit only.
    code_hash::is_evm(hash) && hash.0[3] >> 48 & 1 == 0
}
