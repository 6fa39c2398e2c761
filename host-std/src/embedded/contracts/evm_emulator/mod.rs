//! `EvmEmulator`: runs code of the EVM. It is not called: the machine runs it as the code of accounts whose code it does not know.
//!
//! Each frame of the machine is one frame of the EVM. What EVM frames tell each other goes through `EvmGasManager`, and what comes back has
//! the gas that is left in front, so that code of protocol 29 could stand on either side of a call. The gas is the EVM's to the last unit;
//! [the meter](meter) says what it is in ergs.

mod call;
mod code;
mod create;
mod host;
mod meter;
mod modexp;
mod precompile;

use super::{account_code_storage, code_hash, evm_gas_manager};
use crate::embedded::call::{CallOutcome, Data, Step};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::evm::{
    Code, Ended, Frame, FrameInputs, Outcome, Rules, SubOutcome, Suspended, published,
};
use eravm_core::{Ending, Word};
use host::SystemHost;
use meter::Meter;

/// Ergs that are an EVM gas for callers outside the EVM.
const ERGS_PER_GAS: u32 = 5;
/// Ergs of the call that are not the code's.
const OVERHEAD: u32 = 2000;
/// Gas of a creation from outside the EVM.
const CREATION_GAS: u64 = 32_000;
/// Gas of a byte of code.
const CODE_BYTE_GAS: u64 = 200;
/// The most bytes of code.
const MAX_CODE_BYTES: usize = 24_576;
/// The most bytes of a constructor's code.
const MAX_INIT_CODE_BYTES: usize = 2 * MAX_CODE_BYTES;

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    let (this, caller) = (cx.this(), cx.caller());
    let from_native = cx.world.store().passed_to_evm.take();
    let code_hash = from_native.and_then(|passed| passed.code_hash);
    // Delegate calls from EraVM code come here as well, and are not for this account. EVM code has looked whom it calls.
    if code_hash.is_none() {
        let own_hash = account_code_storage::raw_code_hash(cx, &this)?;
        if !code_hash::is_evm(&own_hash) {
            return Err(Failure::EMPTY);
        }
    }
    let passed = match from_native {
        Some(passed) => Some(passed.frame),
        None => evm_gas_manager::consume_frame(cx, &this, &caller)?,
    };
    let constructs = cx.is_constructor_call();
    let is_static = match passed {
        Some(passed) => passed.is_static,
        None => cx.is_static_call() && !constructs,
    };
    if constructs && is_static {
        return Err(Failure::EMPTY);
    }
    let gas = match passed {
        // More than fits is none that ergs can buy.
        Some(passed) => Some(passed.gas.to_u64().unwrap_or(u64::MAX)),
        None => {
            let gas = u64::from(cx.vm.ergs().saturating_sub(OVERHEAD) / ERGS_PER_GAS);
            if constructs { gas.checked_sub(CREATION_GAS) } else { Some(gas) }
        }
    };
    let by_evm = passed.is_some();
    let calldata = cx.calldata()?;
    let (Some(gas), true) = (gas, !constructs || calldata.len() <= MAX_INIT_CODE_BYTES) else {
        return Ok(out_of_gas(by_evm));
    };
    let rules = Rules::zksync();
    let (code, calldata) = if constructs {
        (Code::new(&calldata, &rules), Vec::new())
    } else {
        let address = cx.code_address();
        let code_hash = match code_hash {
            Some(hash) => hash,
            None => account_code_storage::raw_code_hash(cx, &address)?,
        };
        (code::with_hash(cx, &address, &code_hash, &rules)?, calldata)
    };
    let value = Word::from_u128(cx.value());
    let inputs = FrameInputs { this, caller, value, calldata, gas, is_static };
    let room = cx.world.store().evm_rooms.pop().unwrap_or_default();
    let frame = Frame::in_room(room, rules, code, inputs);
    Box::new(Emulated { frame, by_evm, constructs, meter: Meter::default() }).run(cx)
}

/// An EVM frame in a frame of the machine.
#[derive(Debug)]
struct Emulated {
    frame: Frame,
    /// Whether EVM code called it.
    by_evm: bool,
    /// Whether it runs a constructor.
    constructs: bool,
    meter: Meter,
}

/// What a frame does after it was suspended.
enum Next {
    /// It waits for a call.
    Waits(Step),
    /// It was resumed.
    Runs(Box<Emulated>),
}

impl Emulated {
    /// Runs until it ends or waits for a call.
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let mut emulated = self;
        loop {
            let next = match emulated.step(cx)? {
                Suspended::Ended(ended) => {
                    let step = emulated.end(ended);
                    cx.world.store().keep_evm_room(emulated.frame.into_room());
                    return Ok(step);
                }
                Suspended::Call(request) => emulated.call(cx, request)?,
                Suspended::Create(request) => emulated.create(cx, request)?,
                // The ergs are not enough for more.
                Suspended::BelowFloor => return Err(Failure::Panic),
            };
            match next {
                Next::Waits(step) => return Ok(step),
                Next::Runs(resumed) => emulated = resumed,
            }
        }
    }

    /// Runs the frame until it suspends, and pays for that.
    fn step(&mut self, cx: &mut Context<'_>) -> Result<Suspended, Failure> {
        let (gas, ergs) = (self.frame.gas(), cx.vm.ergs());
        let floor = self.meter.floor(gas, ergs);
        let mut host = SystemHost::new(cx);
        let suspended = self.frame.step(&mut host, floor);
        let failure = host.into_failure();
        let suspended = suspended.map_err(|_| failure.unwrap_or(Failure::Panic))?;
        let others = match &suspended {
            Suspended::Call(call) => meter::gas_of_call(call),
            Suspended::Create(create) => create.gas.saturating_add(CREATION_GAS),
            Suspended::Ended(_) | Suspended::BelowFloor => 0,
        };
        // Where an instruction could not be paid for, there seems to be more gas than before.
        let left = if self.frame.gas() > gas { 0 } else { self.frame.gas() };
        let used = gas.saturating_sub(left).saturating_sub(others);
        self.meter.worked(used, ergs.saturating_sub(cx.vm.ergs()));
        self.meter.pay(cx)?;
        Ok(suspended)
    }

    /// Does something for the frame that is the system's work, not the interpreter's.
    fn ask<T>(
        &mut self,
        cx: &mut Context<'_>,
        question: impl FnOnce(&mut Context<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let ergs = cx.vm.ergs();
        let answer = question(cx).map_err(|failure| match failure {
            Failure::Revert(_) => Failure::EMPTY,
            other => other,
        })?;
        self.meter.worked(0, ergs.saturating_sub(cx.vm.ergs()));
        Ok(answer)
    }

    /// Returns or reverts as the frame did.
    fn end(&self, ended: Ended) -> Step {
        match ended.outcome {
            Outcome::Failed(_) => out_of_gas(self.by_evm),
            Outcome::Reverted => {
                let data = self.with_gas(ended.gas_left, ended.output);
                Step::End(Ending::Reverts, Data::Bytes(data))
            }
            _ if self.constructs => match deployed(ended) {
                Some(data) => Step::returns(data),
                None => out_of_gas(self.by_evm),
            },
            _ => Step::returns(self.with_gas(ended.gas_left, ended.output)),
        }
    }

    /// What EVM code gets back has the gas in front.
    fn with_gas(&self, gas: u64, output: Vec<u8>) -> Vec<u8> {
        if !self.by_evm {
            return output;
        }
        [&Word::from_u64(gas).to_be_bytes()[..], &output].concat()
    }

    /// Goes on after a call, with what came of it.
    fn resume_call(mut self: Box<Self>, outcome: SubOutcome) -> Box<Self> {
        self.frame.resume_call(outcome);
        self
    }
}

/// The end of a frame that failed: for EVM code, no gas.
fn out_of_gas(by_evm: bool) -> Step {
    let data = if by_evm { vec![0; 32] } else { Vec::new() };
    Step::End(Ending::Reverts, Data::Bytes(data))
}

/// What a constructor returns: its code, padded to an odd number of words, the code's length, and the gas. `None` if that is no code, or
/// the gas does not pay for it.
fn deployed(ended: Ended) -> Option<Vec<u8>> {
    let code = ended.output;
    let length = code.len();
    // EIP-170 and EIP-3541.
    if length > MAX_CODE_BYTES || code.first() == Some(&0xef) {
        return None;
    }
    let gas = ended.gas_left.checked_sub(CODE_BYTE_GAS.checked_mul(length as u64)?)?;
    let mut data = published(code);
    data.extend(Word::from_u64(length as u64).to_be_bytes());
    data.extend(Word::from_u64(gas).to_be_bytes());
    Some(data)
}

/// What EVM code returned or reverted with: the gas that is left of what was passed, and its data. Anything else than that is the end of
/// this frame, and of all that called it: the ergs were not enough, or a system contract failed.
fn take_evm_data(
    cx: &mut Context<'_>,
    outcome: CallOutcome,
    passed: u64,
) -> Result<(u64, Vec<u8>), Failure> {
    let mut data = cx.read_bytes(outcome.data)?;
    let gas = data.first_chunk().map(Word::from_be_bytes).ok_or(Failure::EMPTY)?;
    data.drain(..32);
    Ok((gas.to_u64().unwrap_or(u64::MAX).min(passed), data))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returned(length: usize, first: u8, gas_left: u64) -> Ended {
        let mut output = vec![1; length];
        output.iter_mut().take(1).for_each(|byte| *byte = first);
        Ended { outcome: Outcome::Returned, output, gas_left, refund: 0 }
    }

    #[test]
    fn deployed_code_has_an_odd_number_of_words_and_a_trailer() {
        for (length, words) in [(0, 1), (1, 1), (32, 1), (33, 3), (64, 3), (96, 3), (97, 5)] {
            let data = deployed(returned(length, 1, 20_000)).unwrap();
            assert_eq!(data.len(), (words + 2) * 32, "{length}");
            let word = |at: usize| Word::from_be_bytes(data[at..].first_chunk().unwrap());
            assert_eq!(word(words * 32), Word::from_u64(length as u64));
            assert_eq!(word(words * 32 + 32), Word::from_u64(20_000 - 200 * length as u64));
        }
    }

    #[test]
    fn code_is_paid_for_and_is_neither_too_long_nor_of_a_reserved_kind() {
        let gas = 200 * MAX_CODE_BYTES as u64;
        assert!(deployed(returned(MAX_CODE_BYTES, 1, gas)).is_some());
        assert_eq!(deployed(returned(MAX_CODE_BYTES, 1, gas - 1)), None);
        assert_eq!(deployed(returned(MAX_CODE_BYTES + 1, 1, u64::MAX)), None);
        assert_eq!(deployed(returned(10, 0xef, gas)), None);
    }
}
