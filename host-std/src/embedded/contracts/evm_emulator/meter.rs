//! What the work of an EVM frame costs in ergs.
//!
//! Gas stands for two things: for instructions, which the interpreter executes, and for what they ask of the system: storage, events, calls,
//! which cost ergs as they cost everybody. So a frame pays whichever is more: its gas, at [a fixed price](EVM_GAS), or what the system took.
//! As a caller's five ergs buy a gas and a gas costs four, code has ergs left when its gas ends.
//!
//! What a callee does the callee pays, and what a transfer or a creation costs the system the contracts pay that do it: no gas of these
//! is this frame's work.

use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices::EVM_GAS;
use crate::evm::CallRequest;

/// Gas of a call with value, part of which is the callee's.
const TRANSFER_GAS: u64 = 9000;

/// The gas of a call that is not its caller's work: what was passed, and what stands for the transfer.
pub(super) const fn gas_of_call(call: &CallRequest) -> u64 {
    let transfer = if call.stipend == 0 { 0 } else { TRANSFER_GAS };
    call.gas.saturating_sub(call.stipend).saturating_add(transfer)
}

/// Ergs of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Meter {
    /// What its gas is in ergs.
    owed: u64,
    /// What it has paid.
    paid: u64,
}

impl Meter {
    /// The gas at which the ergs are at an end.
    pub(super) fn floor(&self, gas: u64, ergs: u32) -> u64 {
        let credit = self.paid.saturating_sub(self.owed);
        gas.saturating_sub(u64::from(ergs).saturating_add(credit) / u64::from(EVM_GAS))
    }

    /// Counts gas that was used and ergs that the system took.
    pub(super) fn worked(&mut self, gas: u64, ergs: u32) {
        self.owed = self.owed.saturating_add(gas.saturating_mul(EVM_GAS.into()));
        self.paid = self.paid.saturating_add(ergs.into());
    }

    /// Pays what is owed.
    pub(super) fn pay(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        let due = self.owed.saturating_sub(self.paid);
        cx.charge(u32::try_from(due).unwrap_or(u32::MAX))?;
        self.paid = self.paid.saturating_add(due);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_stops_where_its_ergs_end() {
        let mut meter = Meter::default();
        assert_eq!(meter.floor(1000, 4000), 0);
        assert_eq!(meter.floor(1000, 400), 900);
        assert_eq!(meter.floor(u64::MAX, 0), u64::MAX);
        // The system took more than the gas is worth: so much gas is paid for.
        meter.worked(10, 200);
        assert_eq!(meter.floor(990, 400), 990 - 100 - 40);
    }
}
