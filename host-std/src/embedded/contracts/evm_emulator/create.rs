//! Creations by EVM code, through `ContractDeployer`.

use super::super::account_code_storage::raw_code_hash;
use super::super::{evm_gas_manager, nonce_holder};
use super::call::{lacks, with_value};
use super::{Emulated, Next, take_evm_data};
use crate::embedded::call::{Call, Data, Step};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Encoder, Selector, selector};
use crate::embedded::world::{PassedFrame, PassedToEvm};
use crate::evm::{CreateRequest, SubOutcome};
use crate::system_contracts::addresses::CONTRACT_DEPLOYER;
use eravm_core::{Address, Word};

/// A creation that came to nothing.
const fn failed(gas_left: u64) -> SubOutcome {
    SubOutcome { succeeded: false, returndata: Vec::new(), gas_left, refund: 0 }
}

impl Emulated {
    fn resume_create(mut self: Box<Self>, outcome: SubOutcome, address: &Address) -> Box<Self> {
        self.frame.resume_create(outcome, address);
        self
    }

    /// Begins a creation: asks for its address, which counts it.
    pub(super) fn create(
        mut self: Box<Self>,
        cx: &mut Context<'_>,
        request: CreateRequest,
    ) -> Result<Next, Failure> {
        const PRECREATE: Selector = selector("precreateEvmAccountFromEmulator(bytes32,bytes32)");
        let this = cx.this();
        if self.ask(cx, |cx| lacks(cx, &this, &request.value))? {
            return Ok(Next::Runs(self.resume_create(failed(request.gas), &Address::zero())));
        }
        let words = match request.salt {
            Some(salt) => [salt, self.ask(cx, |cx| cx.keccak(&[&request.init_code]))?],
            None => [Word::ZERO; 2],
        };
        let calldata = Encoder::call(PRECREATE).words(&words).finish();
        let call = Call { is_system: true, ..Call::new(CONTRACT_DEPLOYER, Data::Bytes(calldata)) };
        Ok(Next::Waits(Step::call(call, move |cx, outcome| {
            let address = match outcome.succeeded {
                true => self.ask(cx, |cx| cx.first_word(outcome.data))?,
                false => None,
            };
            let Some(address) = address.map(|word| word.to_address()) else {
                return self.resume_create(failed(0), &Address::zero()).run(cx);
            };
            match self.construct(cx, request, address)? {
                Next::Waits(step) => Ok(step),
                Next::Runs(emulated) => emulated.run(cx),
            }
        })))
    }

    /// Runs the constructor if nothing is at the address.
    fn construct(
        mut self: Box<Self>,
        cx: &mut Context<'_>,
        request: CreateRequest,
        address: Address,
    ) -> Result<Next, Failure> {
        const CREATE: Selector = selector("createEvmFromEmulator(address,bytes)");
        let is_taken = self.ask(cx, |cx| {
            evm_gas_manager::warm_account(cx, &address)?;
            Ok(!raw_code_hash(cx, &address)?.is_zero()
                || !nonce_holder::raw(cx, &address)?.is_zero())
        })?;
        if is_taken {
            return Ok(Next::Runs(self.resume_create(failed(0), &address)));
        }
        let CreateRequest { value, init_code, gas, .. } = request;
        self.ask(cx, |cx| cx.charge_words(init_code.len() as u64))?;
        let frame = PassedFrame { gas: Word::from_u64(gas), is_static: false };
        cx.world.store().passed_to_evm = Some(PassedToEvm { frame, code_hash: None });
        let length = init_code.len();
        let mut calldata = Encoder::call(CREATE).address(&address).bytes(&init_code).finish();
        // Without the padding.
        calldata.truncate(4 + 3 * 32 + length);
        let call = with_value(CONTRACT_DEPLOYER, Data::Bytes(calldata), &value, true);
        Ok(Next::Waits(Step::call(call, move |cx, outcome| {
            cx.world.store().passed_to_evm = None;
            let (gas_left, returndata) = self.ask(cx, |cx| take_evm_data(cx, outcome, gas))?;
            if !outcome.succeeded {
                let outcome = SubOutcome { succeeded: false, returndata, gas_left, refund: 0 };
                return self.resume_create(outcome, &address).run(cx);
            }
            // The gas and the address.
            let created = returndata.first_chunk().map(Word::from_be_bytes);
            let created = created.ok_or(Failure::EMPTY)?.to_address();
            let outcome =
                SubOutcome { succeeded: true, returndata: Vec::new(), gas_left, refund: 0 };
            self.resume_create(outcome, &created).run(cx)
        })))
    }
}
