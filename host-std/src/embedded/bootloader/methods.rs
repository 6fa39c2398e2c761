//! The functions of accounts and paymasters that the bootloader calls.

use super::l2::Course;
use super::{Bootloader, Interrupt};
use crate::embedded::call::{Call, CallOutcome, Data};
use crate::embedded::solidity::{Selector, selector};
use crate::transaction::Transaction;
use eravm_core::{Address, NativeCaller, Word};

pub(super) use crate::embedded::account::{
    EXECUTE, PAY, POST, PREPARE, VALIDATE, VALIDATE_AND_PAY,
};

/// Functions of `ContractDeployer` that deploy. Only they are called with the flag for system calls.
const DEPLOYMENTS: [Selector; 6] = [
    selector("create(bytes32,bytes32,bytes)"),
    selector("create2(bytes32,bytes32,bytes)"),
    selector("createAccount(bytes32,bytes32,bytes,uint8)"),
    selector("create2Account(bytes32,bytes32,bytes,uint8)"),
    selector("createEVM(bytes)"),
    selector("create2EVM(bytes32,bytes)"),
];

impl Bootloader<'_> {
    /// Calls a function of an account or a paymaster with the hashes and the tuple of a transaction.
    pub(super) fn call_method(
        &mut self,
        method: Selector,
        contract: &Address,
        course: &Course<'_>,
    ) -> Result<CallOutcome, Interrupt> {
        let tuple = &course.submission.encoded;
        let mut calldata = Vec::with_capacity(4 + 3 * 32 + tuple.len());
        calldata.extend_from_slice(&method.0);
        for word in [course.hashes[0], course.hashes[1], Word::from_u64(3 * 32)] {
            calldata.extend_from_slice(&word.to_be_bytes());
        }
        calldata.extend_from_slice(tuple);
        self.call(&Call::new(*contract, Data::Bytes(calldata)))
    }

    /// Does what a transaction says as if its sender did, with its value.
    pub(super) fn call_as_sender(
        &mut self,
        transaction: &Transaction,
    ) -> Result<CallOutcome, Interrupt> {
        use crate::system_contracts::addresses::{CONTRACT_DEPLOYER, MSG_VALUE_SIMULATOR};
        let to = transaction.to().unwrap_or_default();
        let calldata = transaction.calldata();
        let deploys =
            calldata.first_chunk().is_some_and(|head| DEPLOYMENTS.contains(&Selector(*head)));
        let is_system = deploys && to == CONTRACT_DEPLOYER;
        self.call(&Call {
            caller: NativeCaller::Mimicked(transaction.sender()),
            is_system: true,
            extra: vec![
                transaction.value(),
                Word::from_address(&to),
                Word::from_u64(is_system.into()),
            ],
            ..Call::new(MSG_VALUE_SIMULATOR, Data::Bytes(calldata.to_vec()))
        })
    }
}
