//! `L2GenesisUpgrade`: the upgrade that makes a new chain of the ecosystem: `ComplexUpgrader` runs it as its own.
//!
//! It sets the chain's number, deploys the contracts of the bridge and introduces them to each other.

mod data;
mod deployments;

use super::force_deployment;
use crate::embedded::call::{Call, Data, Step};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{
    Arguments, Encoder, Selector, error, selector, split_selector, topic,
};
use crate::system_contracts::addresses::{
    ASSET_HANDLER, ASSET_ROUTER, BRIDGEHUB, CONTRACT_DEPLOYER, MESSAGE_ROOT, SYSTEM_CONTEXT,
    WRAPPED_BASE_TOKEN,
};
use data::{Common, Own};
use deployments::{Tokens, deployments};
use eravm_core::semantics::FatPointer;
use eravm_core::{Address, NativeCaller, Word};

/// The hash of the code of the proxy before the wrapped base token: `TransparentUpgradeableProxy` as protocol 29 has it. It is
/// published with the upgrade.
const PROXY_HASH: Word = Word([
    0xde41_9ceb_3047_8131,
    0x9607_54d2_a646_825d,
    0x0fa5_cf42_7e77_e16b,
    0x0100_0149_0c14_7651,
]);

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const UPGRADE: Selector = selector("genesisUpgrade(uint256,address,bytes,bytes)");
    const NO_CHAIN: Selector = selector("InvalidChainId()");
    const SET_CHAIN_ID: Selector = selector("setChainId(uint256)");
    let calldata = cx.calldata()?;
    let Some((UPGRADE, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    let arguments = Arguments::new(data, 4)?;
    let (chain_id, ctm_deployer) = (arguments.word(0)?, arguments.address(1)?);
    let (common, own) = (arguments.bytes(2)?, arguments.bytes(3)?);
    cx.charge_words(common.len() as u64 + own.len() as u64)?;
    let (common, own) = (common.to_vec(), own.to_vec());
    if chain_id.is_zero() {
        return Err(error(NO_CHAIN, &[]));
    }
    let calldata = Encoder::call(SET_CHAIN_ID).word(chain_id).finish();
    let call = Call::new(SYSTEM_CONTEXT, Data::Bytes(calldata));
    Ok(Step::call_through(call, move |cx, _| {
        let common = Common::decode(&common)?;
        let own = Own::decode(cx, &own)?;
        Upgrade { chain_id, ctm_deployer, common, own }.begin(cx)
    }))
}

/// An upgrade in its course.
struct Upgrade {
    chain_id: Word,
    /// What deploys chains, on L1.
    ctm_deployer: Address,
    common: Common,
    own: Own,
}

impl Upgrade {
    /// Deploys the wrapped base token if there is none.
    fn begin(self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        const CREATE2: Selector = selector("create2(bytes32,bytes32,bytes)");
        if !self.own.wrapped_token.is_zero() {
            let wrapped = self.own.wrapped_token;
            return self.find_beacon(cx, wrapped);
        }
        let input = self.wrapped_token_input();
        cx.charge_words(2 * input.len() as u64)?;
        let calldata =
            Encoder::call(CREATE2).words(&[Word::ZERO, PROXY_HASH]).bytes(&input).finish();
        let call = Call { is_system: true, ..Call::new(CONTRACT_DEPLOYER, Data::Bytes(calldata)) };
        Ok(Step::call_through(call, move |cx, returned| {
            let wrapped = returned_address(cx, returned)?;
            self.find_beacon(cx, wrapped)
        }))
    }

    /// What the constructor of the wrapped base token gets: the code behind the proxy, who may change that, and a call of it.
    fn wrapped_token_input(&self) -> Vec<u8> {
        const INITIALIZE: Selector =
            selector("initializeV3(string,string,address,address,bytes32)");
        let initialization = Encoder::call(INITIALIZE)
            .bytes(&[b"Wrapped ", &self.own.base_token_name[..]].concat())
            .bytes(&[b"W", &self.own.base_token_symbol[..]].concat())
            .address(&ASSET_ROUTER)
            .address(&self.own.base_token_on_l1)
            .word(self.own.base_token_asset_id)
            .finish();
        Encoder::new()
            .address(&WRAPPED_BASE_TOKEN)
            .address(&self.common.governance)
            .bytes(&initialization)
            .finish()
    }

    /// Asks an older bridge for what stands behind its tokens.
    fn find_beacon(self, cx: &mut Context<'_>, wrapped: Address) -> Result<Step, Failure> {
        const BEACON: Selector = selector("l2TokenBeacon()");
        let bridge = self.own.legacy_bridge;
        if bridge.is_zero() || !self.common.forced_beacon.is_zero() {
            // SPEC: without an older bridge nobody looks at the beacon that is to be used with it.
            let beacon = if bridge.is_zero() { bridge } else { self.common.forced_beacon };
            return self.deploy(cx, &Tokens { wrapped, beacon });
        }
        Ok(Step::call_through(asks(bridge, BEACON), move |cx, returned| {
            let beacon = returned_address(cx, returned)?;
            self.deploy(cx, &Tokens { wrapped, beacon })
        }))
    }

    fn deploy(self, cx: &mut Context<'_>, tokens: &Tokens) -> Result<Step, Failure> {
        const OWNER: Selector = selector("owner()");
        let all = deployments(&self.common, &self.own, tokens);
        let calldata = Data::Bytes(force_deployment::calldata(&all));
        let call = Call::with_value(CONTRACT_DEPLOYER, calldata, cx.value());
        Ok(Step::call_through(call, move |_, _| {
            Ok(Step::call_through(asks(BRIDGEHUB, OWNER), move |cx, returned| {
                let owner = returned_address(cx, returned)?;
                self.introduce(cx, owner)
            }))
        }))
    }

    /// Tells the bridgehub, in the name of its owner, where the others are.
    fn introduce(self, cx: &mut Context<'_>, owner: Address) -> Result<Step, Failure> {
        const SET_ADDRESSES: Selector = selector("setAddresses(address,address,address,address)");
        const COMPLETE: Word = topic("UpgradeComplete(uint256)");
        // Nobody gets here whom `SystemContext` does not know; but it is this that has rights.
        if !cx.vm.current_frame().is_kernel {
            return Err(Failure::Panic);
        }
        let calldata = Encoder::call(SET_ADDRESSES)
            .address(&ASSET_ROUTER)
            .address(&self.ctm_deployer)
            .address(&MESSAGE_ROOT)
            .address(&ASSET_HANDLER)
            .finish();
        let call = Call {
            caller: NativeCaller::Mimicked(owner),
            ..Call::new(BRIDGEHUB, Data::Bytes(calldata))
        };
        Ok(Step::call_through(call, move |cx, _| {
            let this = cx.this();
            cx.emit(&this, &[COMPLETE], &self.chain_id.to_be_bytes())?;
            Ok(Step::done())
        }))
    }
}

/// A call of a function that has no arguments and changes nothing.
fn asks(address: Address, function: Selector) -> Call {
    let calldata = Data::Bytes(Encoder::call(function).finish());
    Call { is_static: true, ..Call::new(address, calldata) }
}

/// The address that a function returned.
fn returned_address(cx: &mut Context<'_>, returned: FatPointer) -> Result<Address, Failure> {
    let word = cx.first_word(returned)?.ok_or(Failure::EMPTY)?;
    let address = word.to_address();
    if Word::from_address(&address) == word { Ok(address) } else { Err(Failure::EMPTY) }
}
