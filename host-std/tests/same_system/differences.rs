//! What is compared of transactions and batches, and what may differ.

use eravm_core::{Address, StorageChange, Word};
use eravm_host::batch::{ErrorCode, ExecutionResult, Halt, Outcome, RevertReason};
use eravm_host::events::Event;
use eravm_host::system_contracts::addresses::{BASE_TOKEN, BOOTLOADER, SYSTEM_CONTEXT};
use eravm_host::system_contracts::balance_slot;
use std::collections::BTreeMap;

/// What differs by what a transaction costs. Nothing else may.
///
/// 1. Ergs, instructions, circuits, refunds, and pubdata: the latter as amounts of fees are written in more or fewer bytes.
/// 2. The amount that the bootloader transfers back: a refund. Where nothing is refunded there is no transfer.
/// 3. For transactions from L1: the amounts that are minted for the operator and for who gets the refund.
/// 4. The balances of those who pay and are paid fees, and the total supply where such amounts are minted.
/// 5. The balance in the error of who has not enough.
/// 6. Pubdata of all transactions before, which `SystemContext` keeps.
#[derive(Clone, Debug)]
pub(crate) struct Compared {
    result: String,
    events: Vec<Event>,
    user_logs: Vec<String>,
    system_logs: Vec<String>,
    /// What was changed, but for values that depend on what gas costs.
    storage: BTreeMap<(Address, Word), Word>,
}

/// First topic of `Transfer(address,address,uint256)`.
const TRANSFER: u64 = 0xddf2_52ad_1be2_c89b;
/// Slot of `SystemContext`.
const BASE_PUBDATA_SPENT: Word = Word::from_u64(272);
/// Selector of `InsufficientFunds(uint256,uint256)`.
const INSUFFICIENT_FUNDS: [u8; 4] = [0x03, 0xeb, 0x8b, 0x54];
/// First topic of `Mint(address,uint256)`.
const MINT: u64 = 0x0f67_98a5_6079_3a54;

impl Compared {
    /// `paid` are the accounts whose balances depend on what gas costs.
    pub(crate) fn new(outcome: &Outcome, paid: &[Address]) -> Self {
        let slots: Vec<_> = paid.iter().map(balance_slot).collect();
        let others = [(BASE_TOKEN, Word::ONE), (SYSTEM_CONTEXT, BASE_PUBDATA_SPENT)];
        let depends = |change: &&StorageChange| {
            let slot = (change.address, change.key);
            slots.contains(&slot) || others.contains(&slot)
        };
        Self {
            result: Self::result(&outcome.result),
            events: outcome.events.iter().filter_map(Self::event).collect(),
            user_logs: outcome.user_logs.iter().map(|log| format!("{log:?}")).collect(),
            system_logs: outcome.system_logs.iter().map(|log| format!("{log:?}")).collect(),
            storage: outcome
                .storage_changes
                .iter()
                // What was written and is as before need not have been written.
                .filter(|change| change.after != change.before.value)
                .filter(|change| !depends(change))
                .map(|change| ((change.address, change.key), change.after))
                .collect(),
        }
    }

    /// Without the balance that an error tells.
    fn result(result: &ExecutionResult) -> String {
        let text = format!("{result:?}");
        let ExecutionResult::Halt(Halt::Bootloader { code, reason }) = result else { return text };
        match reason.data().split_first_chunk::<4>() {
            Some((selector, [needed @ .., _, _])) if *selector == INSUFFICIENT_FUNDS => {
                format!("Halt {code:?} InsufficientFunds({:?})", needed.first_chunk::<32>())
            }
            _ => text,
        }
    }

    fn event(event: &Event) -> Option<Event> {
        let is = |topic| event.topics.first().is_some_and(|first| first.0[3] == topic);
        let from = event.topics.get(1).map(Word::to_address);
        if event.address != BASE_TOKEN {
            return Some(event.clone());
        }
        if is(TRANSFER) && from == Some(BOOTLOADER) {
            return None;
        }
        let mut event = event.clone();
        if is(MINT) {
            event.data.clear();
        }
        Some(event)
    }

    /// What differs, in words.
    pub(crate) fn against(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut differs = |what: &str, left: String, right: String| {
            if left != right {
                found.push(format!("{what}:\n    bytecode {left}\n    embedded {right}"));
            }
        };
        differs("result", self.result.clone(), other.result.clone());
        differs("events", list(&self.events), list(&other.events));
        differs("user logs", list(&self.user_logs), list(&other.user_logs));
        differs("system logs", list(&self.system_logs), list(&other.system_logs));
        let keys = self.storage.keys().chain(other.storage.keys());
        for key in keys.collect::<std::collections::BTreeSet<_>>() {
            let value = |of: &Self| format!("{:?}", of.storage.get(key));
            differs(&format!("slot {} of {:?}", key.1, key.0), value(self), value(other));
        }
        found
    }
}

/// Whether a transaction came to nothing for want of gas, as far as can be seen, or because its sender has paid more for gas before.
pub(crate) fn lacks_gas(result: &ExecutionResult) -> bool {
    match result {
        ExecutionResult::Success { .. } => false,
        ExecutionResult::Revert(reason) => {
            matches!(reason, RevertReason::Nothing | RevertReason::Unreported)
        }
        ExecutionResult::Halt(Halt::Bootloader { code, .. }) => {
            matches!(
                code,
                ErrorCode::TxValidationOutOfGas
                    | ErrorCode::NotEnoughGasProvided
                    | ErrorCode::PayForTxFailed
            )
        }
        ExecutionResult::Halt(_) => false,
    }
}

fn list<T: core::fmt::Debug>(all: &[T]) -> String {
    let lines = all.iter().map(|one| format!("\n        {one:?}"));
    format!("{} {}", all.len(), lines.collect::<String>())
}
