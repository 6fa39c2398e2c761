//! `EvmGasManager`: what EVM frames tell each other beyond calldata (gas, static mode), and which accounts and slots are warm. All of
//! it is transient.
//!
//! Its functions have one byte for a selector, and return what happens to be in memory where only the length of that says something.

use super::account_code_storage::raw_code_hash;
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Selector, error, selector};
use crate::embedded::world::PassedFrame;
use crate::system_contracts::addresses::{EVM_GAS_MANAGER, SYSTEM_CONTEXT};
use eravm_core::{Address, NativeSlot, VersionedHash, Word};

/// Slot with the gas of the frame that is called.
const GAS: Word = Word::from_u64(4);
/// Slot with its flags.
const FLAGS: Word = Word::from_u64(5);
/// Flag: the frame is static.
const IS_STATIC: u64 = 1;
/// Flag: the frame was not entered yet.
const IS_ACTIVE: u64 = 2;
/// Prefixes of transient slots, in the highest bits.
const IS_EVM: u64 = 1 << 63;
const IS_WARM_ACCOUNT: u64 = 1 << 62;
const IS_WARM_SLOT: u64 = 1 << 61;
const IS_LOADED_CODE: u64 = 1 << 60;
/// The last precompile of Cancun; these are always warm.
const LAST_PRECOMPILE: u64 = 0x0a;
/// Slots of `SystemContext`: `tx.origin` and `block.coinbase`.
const ORIGIN: Word = Word::from_u64(1);
const COINBASE: Word = Word::from_u64(4);
/// Selector of `getRawCodeHash(address)`, which stays in memory.
const GET_RAW_CODE_HASH: Selector = selector("getRawCodeHash(address)");

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let mut calldata = cx.calldata()?;
    // What is not there is zero.
    calldata.resize(calldata.len().max(96), 0);
    let mut memory = Memory([0; 96]);
    let word = |at: usize| {
        calldata.get(at..).and_then(<[u8]>::first_chunk).map_or(Word::ZERO, Word::from_be_bytes)
    };
    let first = word(0);
    let selector = calldata.first().copied().unwrap_or_default();
    if selector != 1 && selector <= 5 {
        only_evm(cx, &mut memory)?;
    }
    match selector {
        0 => {
            let is_warm = !warm_account(cx, &first.to_address())?;
            Ok(memory.returned(if is_warm { 32 } else { 0 }))
        }
        1 => {
            let caller = cx.caller();
            remember(&caller, &word(1), &mut memory);
            let slot = cx.slot(&caller, &word(1))?;
            let is_warm = cx.note(slot)?.is_some();
            Ok(memory.returned(if is_warm { 32 } else { 0 }))
        }
        2 => {
            let caller = cx.caller();
            remember(&caller, &word(1), &mut memory);
            let slot = cx.slot(&caller, &word(1))?;
            match warm_slot(cx, slot, &word(33))? {
                Some(original) => {
                    memory.store(0, &original);
                    Ok(memory.returned(32))
                }
                None => Ok(Step::done()),
            }
        }
        3 => {
            push_frame(cx, &word(32), first.0[0] & IS_STATIC != 0)?;
            Ok(Step::done())
        }
        4 => {
            let caller = cx.caller();
            let Some(frame) = consume_frame(cx, &caller, &first.to_address())? else {
                return Ok(Step::done());
            };
            memory.store(0, &frame.gas);
            Ok(memory.returned(if frame.is_static { 64 } else { 32 }))
        }
        5 => {
            reset_frame(cx)?;
            Ok(Step::done())
        }
        _ => Err(Failure::EMPTY),
    }
}

/// A transient slot of this contract, whoever's frame it is.
fn load(cx: &mut Context<'_>, slot: &Word) -> Result<Word, Failure> {
    cx.load_transient_of(&EVM_GAS_MANAGER, slot)
}

fn store(cx: &mut Context<'_>, slot: &Word, value: &Word) -> Result<(), Failure> {
    cx.store_transient_of(&EVM_GAS_MANAGER, slot, value)
}

/// The first words of memory.
struct Memory([u8; 96]);

impl Memory {
    fn store(&mut self, at: usize, word: &Word) {
        self.store_bytes(at, &word.to_be_bytes());
    }

    fn store_bytes(&mut self, at: usize, bytes: &[u8]) {
        self.0.iter_mut().skip(at).zip(bytes).for_each(|(place, byte)| *place = *byte);
    }

    fn returned(&self, length: usize) -> Step {
        Step::returns(self.0.get(..length).unwrap_or_default().to_vec())
    }
}

/// Only EVM code may call this, with the flag for system calls.
fn only_evm(cx: &mut Context<'_>, memory: &mut Memory) -> Result<(), Failure> {
    const NOT_SYSTEM: Selector = selector("SystemCallFlagRequired()");
    const NOT_EVM: Selector = selector("CallerMustBeEvmContract()");
    if !cx.is_system_call() {
        return Err(error(NOT_SYSTEM, &[]));
    }
    let caller = cx.caller();
    let slot = prefixed(IS_EVM, &caller);
    if !load(cx, &slot)?.is_zero() {
        return Ok(());
    }
    memory.store_bytes(0, &GET_RAW_CODE_HASH.0);
    memory.store(4, &Word::from_address(&caller));
    let hash = raw_code_hash(cx, &caller)?.to_be_bytes();
    let [kind, state, ..] = hash;
    if kind != VersionedHash::BLOB {
        return Err(error(NOT_EVM, &[]));
    }
    if state == 0 {
        store(cx, &slot, &Word::ONE)?;
    }
    Ok(())
}

fn prefixed(prefix: u64, account: &Address) -> Word {
    let mut word = Word::from_address(account);
    word.0[3] |= prefix;
    word
}

/// What is in memory after a slot of an EVM contract was looked up. Where the contract notes what it knows of the slot is its own
/// business; ours are [notes of the slot itself](eravm_core::Vm::native_note), which take no hash.
fn remember(contract: &Address, slot: &Word, memory: &mut Memory) {
    // Up to 88 bits.
    if slot.0[1] >> 24 == 0 && slot.0[2] == 0 && slot.0[3] == 0 {
        return;
    }
    memory.store(0, slot);
    memory.store(32, &prefixed(IS_WARM_SLOT, contract));
}

/// Makes a slot of an EVM contract warm, with its value. Its value at the beginning of the transaction if it was warm.
pub(super) fn warm_slot(
    cx: &mut Context<'_>,
    slot: NativeSlot,
    value: &Word,
) -> Result<Option<Word>, Failure> {
    let original = cx.note(slot)?;
    if original.is_none() {
        cx.may_write()?;
        cx.set_note(slot, *value)?;
    }
    Ok(original)
}

/// Makes an account warm. Whether it was cold.
pub(super) fn warm_account(cx: &mut Context<'_>, account: &Address) -> Result<bool, Failure> {
    let number = Word::from_address(account).to_u64();
    if number.is_some_and(|number| (1..=LAST_PRECOMPILE).contains(&number)) {
        return Ok(false);
    }
    mark(cx, IS_WARM_ACCOUNT, account)
}

/// Notes that the code of an account was loaded in this transaction. Whether it was not before. The contract itself has no such thing,
/// and nobody can see it.
pub(super) fn note_loaded_code(cx: &mut Context<'_>, account: &Address) -> Result<bool, Failure> {
    mark(cx, IS_LOADED_CODE, account)
}

/// Sets a flag of an account. Whether it was not set.
fn mark(cx: &mut Context<'_>, prefix: u64, account: &Address) -> Result<bool, Failure> {
    let slot = prefixed(prefix, account);
    let is_new = load(cx, &slot)?.is_zero();
    if is_new {
        store(cx, &slot, &Word::ONE)?;
    }
    Ok(is_new)
}

/// Passes gas and mode to EVM code that will be called next.
///
/// The native emulator does the same [otherwise](crate::embedded::world::Store::passed_to_evm), without transient slots.
fn push_frame(cx: &mut Context<'_>, gas: &Word, is_static: bool) -> Result<(), Failure> {
    let flags = IS_ACTIVE | if is_static { IS_STATIC } else { 0 };
    store(cx, &GAS, gas)?;
    store(cx, &FLAGS, &Word::from_u64(flags))
}

/// Forgets what was passed, in case that it was not taken.
fn reset_frame(cx: &mut Context<'_>) -> Result<(), Failure> {
    store(cx, &FLAGS, &Word::ZERO)
}

/// Takes what EVM code has passed to an EVM contract that it called. If it was not EVM code, this is the first EVM frame: it makes warm
/// what is warm from the beginning of a transaction.
pub(super) fn consume_frame(
    cx: &mut Context<'_>,
    contract: &Address,
    sender: &Address,
) -> Result<Option<PassedFrame>, Failure> {
    let flags = load(cx, &FLAGS)?.0[0];
    if flags & IS_ACTIVE != 0 {
        store(cx, &FLAGS, &Word::ZERO)?;
        let gas = load(cx, &GAS)?;
        return Ok(Some(PassedFrame { gas, is_static: flags & IS_STATIC != 0 }));
    }
    let origin = cx.load_of(&SYSTEM_CONTEXT, &ORIGIN)?.to_address();
    let coinbase = cx.load_of(&SYSTEM_CONTEXT, &COINBASE)?.to_address();
    for account in [sender, &origin, contract, &coinbase] {
        store(cx, &prefixed(IS_WARM_ACCOUNT, account), &Word::ONE)?;
    }
    Ok(None)
}
