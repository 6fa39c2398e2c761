//! Deployments of EVM code. The emulator runs the code that deploys, and returns what it deploys.

use super::super::{
    account_code_storage, code_hash, evm_hashes, known_codes, nonce_holder, system_context,
};
use super::construct::{Answer, Construction, no_value};
use super::create::count;
use super::{accounts, addresses, code_types};
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Selector, Tail, error, overflow, selector};
use eravm_core::{Address, Word};

/// The code hash of an account while EVM code is being deployed to it: of no code, and only good for calling the emulator.
const BEING_DEPLOYED: Word = Word([0, 0, 0, 0x0201 << 48]);
/// Bytes that the emulator returns behind the code: its length without padding, and the gas that is left.
const TRAILER: usize = 64;

/// Only the emulator may call this, and only with the flag for system calls.
fn only_from_emulator(cx: &mut Context<'_>) -> Result<(), Failure> {
    const NOT_EMULATOR: Selector = selector("CallerMustBeEvmContract()");
    let caller = cx.caller();
    if cx.is_system_call() {
        let hash = account_code_storage::raw_code_hash(cx, &caller).map_err(Failure::of_call)?;
        if code_hash::is_evm(&hash) {
            return Ok(());
        }
    }
    Err(error(NOT_EMULATOR, &[]))
}

/// Deploys to the address that the nonce of the caller leads to in Ethereum.
pub(super) fn create(cx: &mut Context<'_>, code: &Tail<'_>) -> Result<Step, Failure> {
    let sender = cx.caller();
    let nonce = if sender == system_context::tx_origin(cx).map_err(Failure::of_call)? {
        // That of the transaction, which was counted already.
        let raw = nonce_holder::raw(cx, &sender).map_err(Failure::of_call)?;
        Word::from_u128(raw.low_u128().checked_sub(1).ok_or_else(overflow)?)
    } else {
        count(cx, &sender)?
    };
    let address = addresses::evm_create(cx, &sender, &nonce)?;
    deploy_where_nothing_is(cx, address, code)
}

/// Deploys to the address that salt and code lead to in Ethereum.
pub(super) fn create2(cx: &mut Context<'_>, salt: &Word, code: &Tail<'_>) -> Result<Step, Failure> {
    let sender = cx.caller();
    count(cx, &sender)?;
    let hash = cx.keccak(&[code.bytes])?;
    let address = addresses::evm_create2(cx, &sender, salt, &hash)?;
    deploy_where_nothing_is(cx, address, code)
}

/// For EVM code that deploys: counts it, and returns the address. The hash is zero for `CREATE`.
pub(super) fn precreate(cx: &mut Context<'_>, salt: &Word, hash: &Word) -> Result<Step, Failure> {
    only_from_emulator(cx)?;
    code_types::only_with_evm(cx)?;
    let sender = cx.caller();
    let nonce = count(cx, &sender)?;
    let address = if hash.is_zero() {
        addresses::evm_create(cx, &sender, &nonce)
    } else {
        addresses::evm_create2(cx, &sender, salt, hash)
    };
    Ok(Step::returns_word(Word::from_address(&address?)))
}

/// For EVM code that deploys: does so.
pub(super) fn create_from_emulator(
    cx: &mut Context<'_>,
    address: Address,
    code: &Tail<'_>,
) -> Result<Step, Failure> {
    only_from_emulator(cx)?;
    deploy(cx, address, code)
}

fn deploy_where_nothing_is(
    cx: &mut Context<'_>,
    address: Address,
    code: &Tail<'_>,
) -> Result<Step, Failure> {
    code_types::only_with_evm(cx)?;
    let nonces = nonce_holder::raw(cx, &address).map_err(Failure::of_call)?;
    if !nonces.is_zero() {
        return Err(Failure::EMPTY);
    }
    let hash = account_code_storage::raw_code_hash(cx, &address).map_err(Failure::of_call)?;
    if !hash.is_zero() {
        return Err(Failure::EMPTY);
    }
    deploy(cx, address, code)
}

/// Deploys. The nonce of an EVM contract is how many it has deployed, and begins with one.
fn deploy(cx: &mut Context<'_>, address: Address, code: &Tail<'_>) -> Result<Step, Failure> {
    accounts::store(cx, &address, accounts::NO_ACCOUNT)?;
    count(cx, &address)?;
    let construction = Construction {
        sender: cx.caller(),
        address,
        hash: BEING_DEPLOYED,
        input: cx.part_of_calldata(code),
        answer: Answer::GasAndAddress,
    };
    construction.construct_evm(cx)
}

impl Construction {
    /// Constructs EVM code. The code that deploys it gets the value of the call.
    pub(super) fn construct_evm(self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        self.take_place(cx, &BEING_DEPLOYED)?;
        Ok(self.call_constructor(cx, move |cx, returned| {
            let returned = cx.read_bytes(returned)?;
            // Less is not what the emulator returns: Solidity would run out of memory.
            let end = returned.split_last_chunk::<TRAILER>().ok_or(Failure::Panic)?;
            let (padded, [length, gas]) = (end.0, halves(end.1));
            self.finish(cx, padded, &length, gas)
        }))
    }

    /// Publishes what was deployed, and gives it to the account.
    fn finish(
        self,
        cx: &mut Context<'_>,
        padded: &[u8],
        length: &Word,
        gas: Word,
    ) -> Result<Step, Failure> {
        let hash = known_codes::publish_evm_code(cx, length, padded).map_err(Failure::of_call)?;
        let hash = hash.to_word();
        self.store_constructed(cx, &hash)?;
        let known = evm_hashes::evm_code_hash(cx, &hash).map_err(Failure::of_call)?;
        if known.is_zero() {
            let code = padded.get(..usize::from(code_hash::length(&hash))).unwrap_or(padded);
            let evm_hash = cx.keccak(&[code])?;
            evm_hashes::store_evm_code_hash(cx, &hash, &evm_hash).map_err(Failure::of_call)?;
        }
        self.announce(cx, &hash, gas)
    }

    /// Gives the account EVM code that is known already.
    pub(super) fn place_evm(self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        const UNKNOWN: Selector = selector("EVMBytecodeHashUnknown()");
        no_value(cx)?;
        let known = evm_hashes::evm_code_hash(cx, &self.hash).map_err(Failure::of_call)?;
        if known.is_zero() {
            return Err(error(UNKNOWN, &[]));
        }
        self.store_constructed(cx, &self.hash)?;
        self.announce(cx, &self.hash, Word::ZERO)
    }
}

/// Two words.
fn halves(bytes: &[u8; TRAILER]) -> [Word; 2] {
    let mut words = [Word::ZERO; 2];
    let (chunks, _) = bytes.as_chunks();
    words.iter_mut().zip(chunks).for_each(|(word, bytes)| *word = Word::from_be_bytes(bytes));
    words
}
