//! Execution: the code that comes with the transaction becomes known, and the account does what the transaction says.

use super::l2::Course;
use super::methods::EXECUTE;
use super::{Bootloader, Interrupt};
use crate::embedded::contracts::{compressor, known_codes};
use crate::pubdata::CompressedBytecode;
use crate::system_contracts::addresses::BOOTLOADER;
use eravm_core::Address;

/// Most code that may come with a transaction.
const MAX_FACTORY_DEPS: usize = 64;

impl Bootloader<'_> {
    /// Returns whether the transaction succeeded, and the gas that it spent.
    pub(super) fn execute(
        &mut self,
        course: &Course<'_>,
        gas_left: u64,
    ) -> Result<(bool, u64), Interrupt> {
        let before = self.vm.ergs();
        self.check_enough_gas(gas_left)?;
        self.progress.compressed.extend(course.submission.compressed.iter().cloned());
        let waiting = core::mem::take(&mut self.progress.compressed);
        let published = self.near(gas_left, |it| it.mark_factory_deps(course, &waiting))?;
        self.progress.compressed = waiting.into_iter().skip(published.unwrap_or(0)).collect();
        let spent_on_deps = self.gas_since(before);
        let (mut succeeded, mut spent) = (false, gas_left);
        if gas_left > spent_on_deps {
            let gas_left = gas_left - spent_on_deps;
            self.check_enough_gas(gas_left)?;
            let before = self.vm.ergs();
            let done = self.near(gas_left, |bootloader| bootloader.have_executed(course))?;
            succeeded = done == Some(true);
            spent = spent_on_deps + self.gas_since(before);
        }
        self.operator.post_result(self.vm, succeeded, self.returned)?;
        Ok((succeeded, spent))
    }

    /// Returns how much of the compressed code was published.
    fn mark_factory_deps(
        &mut self,
        course: &Course<'_>,
        compressed: &[CompressedBytecode],
    ) -> Result<usize, Interrupt> {
        let transaction = &course.submission.transaction;
        let hashes: Vec<_> = transaction.factory_deps().iter().map(|dep| dep.hash()).collect();
        let mut compressed = compressed.iter();
        let waiting = compressed.len();
        for hash in &hashes {
            let next = compressed.as_slice().first().filter(|code| code.hash() == *hash);
            let Some(code) = next else { continue };
            compressed.next();
            if self.in_near(|cx| known_codes::is_known(cx, hash))? {
                return Err(Interrupt::assertion("invalid republish"));
            }
            let published = self.in_near(|cx| {
                compressor::publish_compressed_bytecode(cx, code.original(), code.compressed())
            })?;
            if published != *hash {
                return Err(Interrupt::assertion("bytecodeHash incorrect"));
            }
        }
        if hashes.len() > MAX_FACTORY_DEPS {
            return Err(Interrupt::assertion("too many factory deps"));
        }
        self.in_near(|cx| known_codes::mark_factory_deps(cx, true, &hashes))?;
        self.ensure_pubdata_is_paid(course)?;
        Ok(waiting - compressed.len())
    }

    /// Returns whether the account did it.
    fn have_executed(&mut self, course: &Course<'_>) -> Result<bool, Interrupt> {
        let transaction = &course.submission.transaction;
        let from = transaction.sender();
        let succeeded = if self.purpose.impersonates {
            self.set_origin(&from, &Address::zero())?;
            self.call_as_sender(transaction)?.succeeded
        } else {
            self.set_origin(&from, &BOOTLOADER)?;
            self.call_method(EXECUTE, &from, course)?.succeeded
        };
        self.ensure_pubdata_is_paid(course)?;
        Ok(succeeded)
    }

    /// Panics in a near frame whose gas does not suffice for the transaction's pubdata.
    pub(super) fn ensure_pubdata_is_paid(&self, course: &Course<'_>) -> Result<(), Interrupt> {
        let gas = self.vm.ergs().into();
        if self.lacks_gas_for_pubdata(&course.pubdata, gas, course.reserved) {
            return Err(Interrupt::NearPanics);
        }
        Ok(())
    }
}
