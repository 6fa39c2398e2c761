//! Watching a validation.

use super::error::ViolatedRule;
use super::parameters::{PaymasterRules, TimestampAsserter, ValidationParameters};
use super::rules::{AllowedSlots, Phase, Read};
use super::traces::ValidationTraces;
use crate::batch::{Hook, HostTracer};
use crate::system_contracts::addresses::{ACCOUNT_CODE_STORAGE, KECCAK256};
use eravm_core::isa::Opcode;
use eravm_core::semantics::FatPointer;
use eravm_core::{Address, Outcome, Step, Tracer, Verdict, Vm, Word};

/// Selector of `assertTimestampInRange(uint256,uint256)`.
const ASSERT_TIMESTAMP_IN_RANGE: [u8; 4] = [0x5b, 0x1a, 0x0c, 0x91];

/// What an instruction has to be looked at for when it is done.
#[derive(Clone, Copy, Debug)]
enum Pending {
    Nothing,
    Read(Phase, Read),
    Call(Phase),
}

/// Stops a transaction at the first violation of a rule.
///
/// The slots that may be read, of any contract:
///
/// * those of the account; the slot whose number is its address;
/// * the slots from a Keccak-256 of 64 bytes on (128 of them), if the first 32 bytes are the account's address, or the others a
///   hash that is allowed already: values of mappings and of mappings in mappings, as balances and allowances of tokens are;
/// * those that are trusted ([`ValidationParameters`]);
/// * `L2BaseToken`'s, if `MsgValueSimulator`, `ContractDeployer` or the bootloader called it; the number of the chain; in
///   `AccountCodeStorage` what is not zero, as code stays where it is;
/// * those of a contract that the [`TimestampAsserter`] called.
#[derive(Clone, Debug)]
pub struct ValidationTracer<'a> {
    parameters: &'a ValidationParameters,
    timestamp: u64,
    phase: Option<Phase>,
    pending: Pending,
    allowed: AllowedSlots<'a>,
    violation: Option<ViolatedRule>,
    traces: ValidationTraces,
    has_finished: bool,
}

impl<'a> ValidationTracer<'a> {
    /// Rules for one transaction, in a batch with this time in seconds.
    pub fn new(parameters: &'a ValidationParameters, timestamp: u64) -> Self {
        Self {
            parameters,
            timestamp,
            phase: None,
            pending: Pending::Nothing,
            allowed: AllowedSlots::new(parameters),
            violation: None,
            traces: ValidationTraces::default(),
            has_finished: false,
        }
    }

    /// The rule that was violated, if one was.
    pub const fn violation(&self) -> Option<&ViolatedRule> {
        self.violation.as_ref()
    }

    /// Whether the whole validation was seen.
    pub const fn has_finished(&self) -> bool {
        self.has_finished
    }

    /// What the transaction depends on.
    pub fn into_traces(self) -> ValidationTraces {
        self.traces
    }

    const fn verdict(&self) -> Verdict {
        match self.violation {
            Some(_) => Verdict::Pause,
            None => Verdict::Continue,
        }
    }

    fn check_step(&mut self, phase: Phase, step: &Step<'_>) {
        let opcode = match step.outcome {
            Outcome::Executes => step.instruction.opcode(),
            Outcome::Panics(_) => Opcode::RetPanic,
            Outcome::Skips => return,
        };
        match opcode {
            // ERC-7562: who runs out of ergs once has failed, because how many there are is not for the account to know.
            Opcode::RetPanic if step.ergs == 0 => {
                let limit = self.parameters.computational_gas_limit;
                self.violation = Some(ViolatedRule::TookTooManyComputationalGas { limit });
            }
            Opcode::Meta => self.violation = Some(ViolatedRule::TouchedDisallowedContext),
            Opcode::StorageRead => {
                let frame = step.vm.current_frame();
                let (address, caller) = (*frame.this_address, *frame.caller);
                self.pending = Pending::Read(phase, Read { address, caller, key: step.src0.0 });
            }
            Opcode::FarCall | Opcode::DelegateCall | Opcode::MimicCall => {
                self.pending = Pending::Call(phase);
            }
            _ => {}
        }
    }

    fn check_read(&mut self, vm: &Vm, phase: Phase, read: Read) {
        let Read { address, caller, key } = read;
        let value = vm.storage_value(&address, &key).unwrap_or(Word::ZERO);
        if !self.allowed.allows(phase, &read, &value) {
            self.violation =
                Some(ViolatedRule::TouchedDisallowedStorageSlot { address, key, caller });
        }
    }

    /// Looks at a call whose frame is there.
    fn check_call(&mut self, vm: &Vm, phase: Phase) {
        let called = *vm.current_frame().code_address;
        if called == KECCAK256 {
            if let Some(data) = calldata(vm) {
                self.allowed.note_hash(phase, &data);
            }
        } else if called != self.parameters.user_address && !has_code(vm, &called) {
            self.violation = Some(ViolatedRule::CalledContractWithNoCode(called));
            return;
        }
        if let Some(asserter) = self.parameters.timestamp_asserter
            && asserter.address == called
            && let Some(data) = calldata::<68>(vm)
        {
            self.check_assertion(&asserter, &data);
        }
    }

    fn check_assertion(&mut self, asserter: &TimestampAsserter, data: &[u8; 68]) {
        let Some((&ASSERT_TIMESTAMP_IN_RANGE, arguments)) = data.split_first_chunk() else {
            return;
        };
        // Times that no batch will ever have are as good as the last one.
        let time = |at: usize| {
            let word = arguments.get(at..).and_then(|bytes| bytes.first_chunk());
            word.and_then(|word| Word::from_be_bytes(word).to_u64()).unwrap_or(u64::MAX)
        };
        let (start, end) = (time(0), time(32));
        let TimestampAsserter { min_seconds_till_end, .. } = *asserter;
        let timestamp = self.timestamp;
        if end < timestamp.saturating_add(min_seconds_till_end) {
            let rule = ViolatedRule::TimestampAssertionCloseToRangeEnd {
                end,
                timestamp,
                min_seconds_till_end,
            };
            self.violation = Some(rule);
            return;
        }
        self.traces.assert_timestamps(start..end);
    }
}

/// The calldata of the frame that has just begun, if it has this length.
fn calldata<const LENGTH: usize>(vm: &Vm) -> Option<[u8; LENGTH]> {
    let pointer = FatPointer::from_word(&vm.register(1).0);
    // PERF: calldata of other lengths may be large, and is not even read.
    if pointer.length.checked_sub(pointer.offset)? as usize != LENGTH {
        return None;
    }
    vm.read_pointer(pointer).try_into().ok()
}

/// Whether an address has code. It was just called: the machine has looked it up.
fn has_code(vm: &Vm, address: &Address) -> bool {
    let slot = Word::from_address(address);
    let code = vm.storage_value(&ACCOUNT_CODE_STORAGE, &slot);
    code.is_some_and(|code| !code.is_zero())
}

impl Tracer for ValidationTracer<'_> {
    const AFTER: bool = true;

    fn before(&mut self, step: &Step<'_>) -> Verdict {
        self.pending = Pending::Nothing;
        if let (None, Some(phase)) = (&self.violation, self.phase) {
            self.check_step(phase, step);
        }
        self.verdict()
    }

    fn after(&mut self, vm: &Vm) -> Verdict {
        match core::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => {}
            Pending::Read(phase, read) => self.check_read(vm, phase, read),
            Pending::Call(phase) => self.check_call(vm, phase),
        }
        self.verdict()
    }
}

impl HostTracer for ValidationTracer<'_> {
    fn hook(&mut self, hook: Hook, _: &Vm) -> Verdict {
        match hook {
            Hook::AccountValidationEntered => self.phase = Some(Phase::Account),
            Hook::PaymasterValidationEntered => {
                self.phase = self.limits_paymaster().then_some(Phase::Paymaster);
            }
            Hook::ValidationExited => self.phase = None,
            Hook::ValidationStepEnded => self.has_finished = true,
            _ => {}
        }
        self.verdict()
    }

    fn limits_paymaster(&self) -> bool {
        self.parameters.paymaster_rules != PaymasterRules::Unrestricted
    }
}
