//! The host as the crate of the instructions sees it.
//!
//! Instructions that ask the host are our own, in [`instructions`](super::instructions), but for `CREATE`, which asks for limits and prices
//! only, and `SELFDESTRUCT`. So most of the crate's `Host` is never called; what is here answers as an empty chain would.

use super::cursor::Cursor;
use super::host::{EvmHost, HostFailed};
use super::instructions::Pending;
use super::memory::Memory;
use super::rules::Rules;
use super::word;
use revm_interpreter::context_interface::cfg::GasParams;
use revm_interpreter::context_interface::host::LoadError;
use revm_interpreter::context_interface::journaled_state::AccountInfoLoad;
use revm_interpreter::interpreter::{InputsImpl, ReturnDataImpl, RuntimeFlags, Stack};
use revm_interpreter::primitives::{
    Address as EvmAddress, B256, Log, StorageKey, StorageValue, U256,
};
use revm_interpreter::{
    Host, InstructionContext, Interpreter, InterpreterAction, InterpreterTypes, SStoreResult,
    SelfDestructResult, StateLoad,
};

/// The parts that the interpreter is made of: the crate's own, but for the [cursor](Cursor) and the [memory](Memory).
#[derive(Debug)]
pub(super) struct Parts;

impl InterpreterTypes for Parts {
    type Stack = Stack;
    type Memory = Memory;
    type Bytecode = Cursor;
    type ReturnData = ReturnDataImpl;
    type Input = InputsImpl;
    type RuntimeFlag = RuntimeFlags;
    type Extend = ();
    type Output = InterpreterAction;
}

/// The interpreter while it runs.
pub(super) type Running = Interpreter<Parts>;

/// What an instruction gets.
pub(super) type Cx<'a, 'h> = InstructionContext<'a, Bridge<'h>, Parts>;

/// A host with the rules of the frame that asks.
pub(super) struct Bridge<'h> {
    pub(super) host: &'h mut dyn EvmHost,
    pub(super) rules: &'h Rules,
    /// What the frame suspends for, if it is a call.
    pub(super) pending: Option<Pending>,
}

impl Host for Bridge<'_> {
    fn max_initcode_size(&self) -> usize {
        self.rules.max_init_code_bytes().unwrap_or(usize::MAX)
    }

    fn gas_params(&self) -> &GasParams {
        self.rules.dynamic_gas()
    }

    fn is_amsterdam_eip8037_enabled(&self) -> bool {
        false
    }

    fn selfdestruct(
        &mut self,
        address: EvmAddress,
        target: EvmAddress,
        _skip_cold_load: bool,
    ) -> Result<StateLoad<SelfDestructResult>, LoadError> {
        let done =
            self.host.self_destruct(&word::address_from(address), &word::address_from(target));
        let done = done.map_err(|HostFailed| LoadError::DBError)?;
        let result = SelfDestructResult {
            had_value: done.had_value,
            target_exists: done.heir_exists,
            previously_destroyed: done.was_destroyed,
        };
        Ok(StateLoad::new(result, done.was_cold))
    }

    fn basefee(&self) -> U256 {
        U256::ZERO
    }

    fn blob_gasprice(&self) -> U256 {
        U256::ZERO
    }

    fn gas_limit(&self) -> U256 {
        U256::ZERO
    }

    fn difficulty(&self) -> U256 {
        U256::ZERO
    }

    fn prevrandao(&self) -> Option<U256> {
        Some(U256::ZERO)
    }

    fn block_number(&self) -> U256 {
        U256::ZERO
    }

    fn timestamp(&self) -> U256 {
        U256::ZERO
    }

    fn beneficiary(&self) -> EvmAddress {
        EvmAddress::ZERO
    }

    fn slot_num(&self) -> U256 {
        U256::ZERO
    }

    fn chain_id(&self) -> U256 {
        U256::ZERO
    }

    fn effective_gas_price(&self) -> U256 {
        U256::ZERO
    }

    fn caller(&self) -> EvmAddress {
        EvmAddress::ZERO
    }

    fn blob_hash(&self, _number: usize) -> Option<U256> {
        None
    }

    fn block_hash(&mut self, _number: u64) -> Option<B256> {
        None
    }

    fn log(&mut self, _log: Log) {}

    fn sstore_skip_cold_load(
        &mut self,
        _address: EvmAddress,
        _key: StorageKey,
        _value: StorageValue,
        _skip_cold_load: bool,
    ) -> Result<StateLoad<SStoreResult>, LoadError> {
        Err(LoadError::DBError)
    }

    fn sload_skip_cold_load(
        &mut self,
        _address: EvmAddress,
        _key: StorageKey,
        _skip_cold_load: bool,
    ) -> Result<StateLoad<StorageValue>, LoadError> {
        Err(LoadError::DBError)
    }

    fn tstore(&mut self, _address: EvmAddress, _key: StorageKey, _value: StorageValue) {}

    fn tload(&mut self, _address: EvmAddress, _key: StorageKey) -> StorageValue {
        StorageValue::ZERO
    }

    fn load_account_info_skip_cold_load(
        &mut self,
        _address: EvmAddress,
        _load_code: bool,
        _skip_cold_load: bool,
    ) -> Result<AccountInfoLoad<'_>, LoadError> {
        Err(LoadError::DBError)
    }
}
