//! Measuring what the bootloader spends on the parts of a transaction.

use crate::batch::{GasNote, Hook, Layout, Observer};
use eravm_core::{Exit, Vm, Word};

/// What the bootloader says in its log when it has validated a transaction to L2: the gas for that.
const VALIDATION: &[u8] = b"gasUsedForValidate";
/// The same for a transaction from L1: the gas for its hash and for the code that comes with it.
const PREPARATION: &[u8] = b"gasUsedOnPreparation";
/// What it says before it lets a part of the transaction begin.
const GAS_TO_PROVIDE: &[u8] = b"gasToProvide";

/// What the bootloader says when it asks for a refund.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// Gas that it proposes to refund.
    pub(super) proposed: Word,
    /// Gas spent on pubdata.
    pub(super) spent_on_pubdata: Word,
    /// Gas that a byte of pubdata costs the transaction.
    pub(super) gas_per_pubdata: Word,
}

/// Measures what the bootloader spends on the parts of a transaction, from what it writes to the hook; that of the embedded system says it
/// [itself](GasNote).
///
/// Only the bootloader's own code can write there, so no transaction can forge the figures.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    parameters: u32,
    /// Gas for the validation.
    pub(super) validation: Option<Word>,
    pub(super) asked: Option<Asked>,
    /// Ergs of the bootloader's frame when the part of the transaction began that began last.
    pub(super) ergs_at_begin: Option<u32>,
    /// The pubdata counter when the bootloader ended.
    pub(super) pubdata_at_end: Option<i32>,
}

impl Meter {
    pub(super) fn new(protocol: u16) -> Self {
        Self {
            parameters: Layout::of_protocol(protocol).hook_parameters,
            validation: None,
            asked: None,
            ergs_at_begin: None,
            pubdata_at_end: None,
        }
    }

    fn parameters(&self, vm: &Vm) -> [Word; 3] {
        [0, 1, 2].map(|index| vm.heap_word((self.parameters + index) * 32))
    }

    /// Takes note of a line of the bootloader's log.
    fn log(&mut self, text: &Word, value: Word, ergs: u32) {
        let text = text.to_be_bytes();
        let length = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        match text.get(..length).unwrap_or_default() {
            VALIDATION | PREPARATION => self.validation = Some(value),
            GAS_TO_PROVIDE => self.ergs_at_begin = Some(ergs),
            _ => {}
        }
    }
}

impl Observer for Meter {
    fn hook(&mut self, hook: Hook, vm: &Vm) {
        match hook {
            Hook::DebugLog => {
                let [text, value, _] = self.parameters(vm);
                self.log(&text, value, vm.ergs());
            }
            Hook::AskOperatorForRefund => {
                let [proposed, spent_on_pubdata, gas_per_pubdata] = self.parameters(vm);
                self.asked = Some(Asked { proposed, spent_on_pubdata, gas_per_pubdata });
            }
            _ => {}
        }
    }

    fn gas(&mut self, note: GasNote) {
        match note {
            GasNote::Prepared(gas) => self.validation = Some(Word::from_u64(gas)),
            GasNote::CallBegins(ergs) => self.ergs_at_begin = Some(ergs),
            GasNote::RefundAsked { proposed, spent_on_pubdata, gas_per_pubdata } => {
                let gas_per_pubdata = Word::from_u64(gas_per_pubdata.into());
                self.asked = Some(Asked { proposed, spent_on_pubdata, gas_per_pubdata });
            }
        }
    }

    fn ended(&mut self, _: Exit, _: &[u8], vm: &Vm) {
        self.pubdata_at_end = Some(vm.pubdata());
    }
}
