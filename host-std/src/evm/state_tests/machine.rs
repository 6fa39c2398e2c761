//! Calls and creations: frames that wait for each other, in a list.

use super::super::code::Code;
use super::super::differences::Difference;
use super::super::fork::Fork;
use super::super::frame::{Frame, FrameInputs};
use super::super::host::HostFailed;
use super::super::instructions::{CallKind, CallRequest};
use super::super::outcome::{CreateRequest, Ended, Outcome, SubOutcome, Suspended};
use super::block::TestHost;
use super::precompiles;
use super::state::Checkpoint;
use crate::keccak::keccak;
use alloy_rlp::Header;
use eravm_core::{Address, Word};
use primitive_types::U256;

/// How deep calls may be below the first.
const MAX_DEPTH: usize = 1024;
/// Price of a byte of code.
const CODE_BYTE_GAS: u64 = 200;

/// A frame that runs or waits.
#[derive(Debug)]
struct Level {
    frame: Frame,
    /// Where to go back to if it fails.
    checkpoint: Checkpoint,
    /// The contract that it constructs.
    constructs: Option<Address>,
}

/// What came of asking for a frame.
enum Begun {
    /// It is there.
    Frame(Box<Level>),
    /// There was nothing to run.
    Done(SubOutcome),
}

/// The end of all frames.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) gas_left: u64,
    pub(super) refund: i64,
}

/// A failure that gives the gas back.
const fn refused(gas: u64) -> SubOutcome {
    SubOutcome { succeeded: false, returndata: Vec::new(), gas_left: gas, refund: 0 }
}

/// Runs a call from outside.
pub(super) fn call(
    host: &mut TestHost<'_>,
    request: &CallRequest,
    calldata: &[u8],
) -> Result<Finished, HostFailed> {
    let begun = begin_call(host, request, calldata, 0);
    run(host, begun)
}

/// Runs a creation from outside.
pub(super) fn create(
    host: &mut TestHost<'_>,
    creator: &Address,
    nonce: u64,
    request: &CreateRequest,
) -> Result<Finished, HostFailed> {
    let address = address_of(creator, nonce);
    host.state.warm(&address);
    let begun = construct(host, creator, request, address);
    run(host, begun)
}

fn run(host: &mut TestHost<'_>, begun: Begun) -> Result<Finished, HostFailed> {
    let mut levels: Vec<Level> = Vec::new();
    let mut done = match begun {
        Begun::Frame(level) => {
            levels.push(*level);
            None
        }
        Begun::Done(outcome) => Some((outcome, None)),
    };
    loop {
        let depth = levels.len();
        let Some(level) = levels.last_mut() else {
            let (outcome, _) = done.ok_or(HostFailed)?;
            return Ok(Finished { gas_left: outcome.gas_left, refund: outcome.refund });
        };
        match done.take() {
            Some((outcome, Some(address))) => level.frame.resume_create(outcome, &address),
            Some((outcome, None)) => level.frame.resume_call(outcome),
            None => {}
        }
        match level.frame.step(host, 0)? {
            Suspended::Call(request) => {
                let calldata = level.frame.memory(request.input.clone()).to_vec();
                match begin_call(host, &request, &calldata, depth) {
                    Begun::Frame(level) => levels.push(*level),
                    Begun::Done(outcome) => done = Some((outcome, None)),
                }
            }
            Suspended::Create(request) => {
                let creator = level.frame.this();
                let (begun, address) = begin_create(host, &creator, &request, depth);
                match begun {
                    Begun::Frame(level) => levels.push(*level),
                    Begun::Done(outcome) => done = Some((outcome, Some(address))),
                }
            }
            Suspended::Ended(ended) => {
                if let Some(level) = levels.pop() {
                    let constructs = level.constructs;
                    done = Some((end(host, level, ended), constructs));
                }
            }
            Suspended::BelowFloor => {}
        }
    }
}

fn too_deep(host: &TestHost<'_>, depth: usize) -> bool {
    depth > MAX_DEPTH && !host.state.rules.has(Difference::NoDepthLimit)
}

fn begin_call(
    host: &mut TestHost<'_>,
    request: &CallRequest,
    calldata: &[u8],
    depth: usize,
) -> Begun {
    let refused = Begun::Done(refused(request.gas));
    if too_deep(host, depth) {
        return refused;
    }
    let checkpoint = host.state.checkpoint();
    let value = U256::from(request.value);
    let can_pay = match request.kind {
        CallKind::Call => host.state.transfer(&request.caller, &request.this, value),
        CallKind::CallCode => host.state.balance(&request.caller) >= value,
        CallKind::DelegateCall => true,
        CallKind::StaticCall => {
            host.state.touch(&request.this);
            true
        }
    };
    if !can_pay {
        return refused;
    }
    let rules = host.state.rules.clone();
    let computed = precompiles::call(&rules, &request.code_address, calldata, request.gas);
    if let Some(computed) = computed {
        return Begun::Done(match computed {
            Some((returndata, gas)) => SubOutcome {
                succeeded: true,
                returndata,
                gas_left: request.gas.saturating_sub(gas),
                refund: 0,
            },
            None => {
                host.state.go_back(checkpoint);
                self::refused(0)
            }
        });
    }
    let code = host.state.get(&request.code_address).map(|account| account.code.clone());
    match code.filter(|code| !code.bytes().is_empty()) {
        None => Begun::Done(SubOutcome { succeeded: true, ..self::refused(request.gas) }),
        Some(code) => {
            let inputs = FrameInputs {
                this: request.this,
                caller: request.caller,
                value: request.value,
                calldata: calldata.to_vec(),
                gas: request.gas,
                is_static: request.is_static,
            };
            let frame = Frame::new(rules, code, inputs);
            Begun::Frame(Box::new(Level { frame, checkpoint, constructs: None }))
        }
    }
}

/// A creation by a frame, and the address of the new contract.
fn begin_create(
    host: &mut TestHost<'_>,
    creator: &Address,
    request: &CreateRequest,
    depth: usize,
) -> (Begun, Address) {
    let nonce = host.state.nonce(creator);
    let can_pay = host.state.balance(creator) >= request.value.into();
    let Some(next) = nonce.checked_add(1).filter(|_| can_pay && !too_deep(host, depth)) else {
        return (Begun::Done(refused(request.gas)), Address::zero());
    };
    host.state.set_nonce(creator, next);
    let address = match request.salt {
        Some(salt) => address_with_salt(creator, &salt, &request.init_code),
        None => address_of(creator, nonce),
    };
    host.state.warm(&address);
    (construct(host, creator, request, address), address)
}

/// Enters a constructor.
fn construct(
    host: &mut TestHost<'_>,
    creator: &Address,
    request: &CreateRequest,
    address: Address,
) -> Begun {
    let state = &mut *host.state;
    let is_taken = state.get(&address).is_some_and(|account| {
        // EIP-684 and EIP-7610.
        account.nonce != 0
            || !account.code.bytes().is_empty()
            || account.storage.values().any(|value| !value.is_zero())
    });
    if is_taken {
        return Begun::Done(refused(0));
    }
    let checkpoint = state.checkpoint();
    state.create(&address);
    if !state.transfer(creator, &address, request.value.into()) {
        state.go_back(checkpoint);
        return Begun::Done(refused(request.gas));
    }
    let rules = state.rules.clone();
    if rules.since(Fork::SpuriousDragon) {
        state.set_nonce(&address, 1);
    }
    let inputs = FrameInputs {
        this: address,
        caller: *creator,
        value: request.value,
        calldata: Vec::new(),
        gas: request.gas,
        is_static: false,
    };
    let code = Code::new(&request.init_code, &rules);
    let frame = Frame::new(rules, code, inputs);
    Begun::Frame(Box::new(Level { frame, checkpoint, constructs: Some(address) }))
}

/// What the caller gets of a frame that has ended.
fn end(host: &mut TestHost<'_>, level: Level, ended: Ended) -> SubOutcome {
    let is_success = ended.outcome.is_success();
    let outcome = match level.constructs {
        Some(address) if is_success => deploy(host, &address, ended),
        _ => SubOutcome {
            succeeded: is_success,
            gas_left: ended.gas_left,
            refund: ended.refund,
            returndata: match ended.outcome {
                Outcome::Failed(_) => Vec::new(),
                _ => ended.output,
            },
        },
    };
    if !outcome.succeeded {
        host.state.go_back(level.checkpoint);
    }
    outcome
}

/// Pays for what a constructor returned and makes it the contract's code.
fn deploy(host: &mut TestHost<'_>, address: &Address, ended: Ended) -> SubOutcome {
    let rules = &host.state.rules;
    let code = ended.output;
    let is_too_long = rules.max_code_bytes().is_some_and(|most| code.len() > most);
    // EIP-3541.
    let is_reserved = rules.since(Fork::London) && code.first() == Some(&0xef);
    if is_too_long || is_reserved {
        return refused(0);
    }
    let price = CODE_BYTE_GAS.saturating_mul(code.len() as u64);
    let outcome = |gas_left| SubOutcome {
        succeeded: true,
        returndata: Vec::new(),
        gas_left,
        refund: ended.refund,
    };
    match ended.gas_left.checked_sub(price) {
        Some(left) => {
            host.state.set_code(address, &code);
            outcome(left)
        }
        None if rules.since(Fork::Homestead) => refused(0),
        // The contract is there, without code.
        None => outcome(ended.gas_left),
    }
}

/// Address of a contract by its creator and the creator's nonce.
fn address_of(creator: &Address, nonce: u64) -> Address {
    let mut items = Vec::new();
    alloy_rlp::Encodable::encode(&creator.0, &mut items);
    alloy_rlp::Encodable::encode(&nonce, &mut items);
    let mut list = Vec::new();
    Header { list: true, payload_length: items.len() }.encode(&mut list);
    list.extend(items);
    last_bytes(&keccak([&list[..]]))
}

/// EIP-1014.
fn address_with_salt(creator: &Address, salt: &Word, init_code: &[u8]) -> Address {
    let hash = keccak([init_code]);
    last_bytes(&keccak([&[0xff][..], &creator.0, &salt.to_be_bytes(), &hash]))
}

fn last_bytes(hash: &[u8; 32]) -> Address {
    Word::from_be_bytes(hash).to_address()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_address;

    #[test]
    fn addresses_of_contracts_are_those_of_the_eip() {
        let creator = parse_address("0x00000000000000000000000000000000deadbeef").unwrap();
        let salt = Word::from_u64(0xcafebabe);
        let expected = parse_address("0x60f3f640a8508fC6a86d45DF051962668E1e8AC7").unwrap();
        let code = [0xde, 0xad, 0xbe, 0xef];
        assert_eq!(address_with_salt(&creator, &salt, &code), expected);
        let creator = parse_address("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0").unwrap();
        let expected = parse_address("0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d").unwrap();
        assert_eq!(address_of(&creator, 0), expected);
    }
}
