//! `ContractDeployer`: gives accounts their code.
//!
//! A deployment stores the hash of the code as one that is being constructed, calls the constructor in the name of whoever deploys, and
//! then stores the hash as it stays. What a constructor returns are immutable variables, or, from the emulator, EVM code.

mod accounts;
mod addresses;
mod code_types;
mod construct;
mod create;
mod evm;
mod force;
pub(super) mod immutables;

pub(crate) use accounts::extended_account_version;
pub(super) use code_types::only_with_evm;

use super::force_deployment::{FORCE_DEPLOY_ALL, WORDS};
use super::rights::only_system_call;
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{
    Arguments, Encoder, Selector, Structure, error, selector, split_selector,
};
use create::Request;
use eravm_core::Word;
use force::FORCE_DEPLOY;

const CREATE: Selector = selector("create(bytes32,bytes32,bytes)");
const CREATE2: Selector = selector("create2(bytes32,bytes32,bytes)");
const CREATE_ACCOUNT: Selector = selector("createAccount(bytes32,bytes32,bytes,uint8)");
const CREATE2_ACCOUNT: Selector = selector("create2Account(bytes32,bytes32,bytes,uint8)");
const CREATE_EVM: Selector = selector("createEVM(bytes)");
const CREATE2_EVM: Selector = selector("create2EVM(bytes32,bytes)");
const CREATE_FROM_EMULATOR: Selector = selector("createEvmFromEmulator(address,bytes)");

/// Functions that take value.
const PAYABLE: [Selector; 9] = [
    CREATE,
    CREATE2,
    CREATE_ACCOUNT,
    CREATE2_ACCOUNT,
    CREATE_EVM,
    CREATE2_EVM,
    CREATE_FROM_EMULATOR,
    FORCE_DEPLOY,
    FORCE_DEPLOY_ALL,
];

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let calldata = cx.calldata()?;
    let Some((function, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    if !PAYABLE.contains(&function) {
        cx.not_payable()?;
    }
    match function {
        CREATE | CREATE_ACCOUNT => {
            let request = request(function == CREATE_ACCOUNT, data)?;
            only_system_call(cx)?;
            create::create(cx, &request)
        }
        CREATE2 | CREATE2_ACCOUNT => {
            let request = request(function == CREATE2_ACCOUNT, data)?;
            only_system_call(cx)?;
            create::create2(cx, &request)
        }
        CREATE_EVM => {
            let code = Arguments::new(data, 1)?.tail(0)?;
            only_system_call(cx)?;
            evm::create(cx, &code)
        }
        CREATE2_EVM => {
            let arguments = Arguments::new(data, 2)?;
            let (salt, code) = (arguments.word(0)?, arguments.tail(1)?);
            only_system_call(cx)?;
            evm::create2(cx, &salt, &code)
        }
        CREATE_FROM_EMULATOR => {
            let arguments = Arguments::new(data, 2)?;
            let (address, code) = (arguments.address(0)?, arguments.tail(1)?);
            evm::create_from_emulator(cx, address, &code)
        }
        FORCE_DEPLOY => {
            let arguments = Arguments::new(data, 2)?;
            let deployment = Structure::argument(&calldata, 0, WORDS)?;
            force::deploy(cx, &deployment, arguments.address(1)?)
        }
        FORCE_DEPLOY_ALL => {
            Arguments::new(data, 1)?;
            force::deploy_all(cx, calldata)
        }
        _ => other(cx, function, data),
    }
}

/// The functions that take no value.
fn other(cx: &mut Context<'_>, function: Selector, data: &[u8]) -> Result<Step, Failure> {
    const NEW_ADDRESS: Selector = selector("getNewAddressCreate(address,uint256)");
    const NEW_ADDRESS2: Selector = selector("getNewAddressCreate2(address,bytes32,bytes32,bytes)");
    const PRECREATE: Selector = selector("precreateEvmAccountFromEmulator(bytes32,bytes32)");
    const INFO: Selector = selector("getAccountInfo(address)");
    const VERSION: Selector = selector("extendedAccountVersion(address)");
    const UPDATE_VERSION: Selector = selector("updateAccountVersion(uint8)");
    const UPDATE_ORDERING: Selector = selector("updateNonceOrdering(uint8)");
    const ALLOWED: Selector = selector("allowedBytecodeTypesToDeploy()");
    const SET_ALLOWED: Selector = selector("setAllowedBytecodeTypesToDeploy(uint8)");
    const INVALID_ORDERING: Selector = selector("InvalidNonceOrderingChange()");
    // All enumerations have two values.
    let choice = || Arguments::new(data, 1)?.boolean(0).map(u8::from);
    let answer = match function {
        NEW_ADDRESS => {
            let arguments = Arguments::new(data, 2)?;
            let (sender, nonce) = (arguments.address(0)?, arguments.word(1)?);
            Word::from_address(&addresses::create(cx, &sender, &nonce)?)
        }
        NEW_ADDRESS2 => {
            let arguments = Arguments::new(data, 4)?;
            let (hash, salt) = (arguments.word(1)?, arguments.word(2)?);
            let (sender, input) = (arguments.address(0)?, arguments.bytes(3)?);
            Word::from_address(&addresses::create2(cx, &sender, &hash, &salt, input)?)
        }
        PRECREATE => {
            let arguments = Arguments::new(data, 2)?;
            return evm::precreate(cx, &arguments.word(0)?, &arguments.word(1)?);
        }
        INFO => {
            let account = Arguments::new(data, 1)?.address(0)?;
            let info = accounts::info(cx, &account)?.map(|field| Word::from_u64(field.into()));
            return Ok(Step::returns(Encoder::new().words(&info).finish()));
        }
        VERSION => {
            let account = Arguments::new(data, 1)?.address(0)?;
            Word::from_u64(extended_account_version(cx, &account)?.into())
        }
        ALLOWED => Word::from_u64(code_types::allowed(cx)?.into()),
        UPDATE_VERSION => {
            let version = choice()?;
            only_system_call(cx)?;
            accounts::update_version(cx, version)?;
            return Ok(Step::done());
        }
        UPDATE_ORDERING => {
            choice()?;
            only_system_call(cx)?;
            return Err(error(INVALID_ORDERING, &[]));
        }
        SET_ALLOWED => {
            let types = choice()?;
            code_types::set_allowed(cx, types)?;
            return Ok(Step::done());
        }
        _ => return Err(Failure::EMPTY),
    };
    Ok(Step::returns_word(answer))
}

/// What an account asks for: a salt, a code hash, calldata, and what kind of account it is to be.
fn request(is_account: bool, data: &[u8]) -> Result<Request<'_>, Failure> {
    let arguments = Arguments::new(data, if is_account { 4 } else { 3 })?;
    let version = if is_account { arguments.boolean(3)?.into() } else { accounts::NO_ACCOUNT };
    let (salt, hash, input) = (arguments.word(0)?, arguments.word(1)?, arguments.tail(2)?);
    Ok(Request { hash, salt, input, version })
}
