//! What is given back of what was paid.

use super::interrupt::checked;
use super::l2::Course;
use super::methods::POST;
use super::operator::RefundQuestion;
use super::{Bootloader, Interrupt};
use crate::abi;
use crate::embedded::call::{Call, Data};
use crate::embedded::contracts::system_context;
use crate::embedded::solidity::Encoder;
use crate::system_contracts::addresses::BOOTLOADER;
use eravm_core::{Address, Word};
use primitive_types::U256;

impl Bootloader<'_> {
    /// Lets the paymaster hear how it went, and refunds what was not used; returns the refund in gas.
    pub(super) fn refund(
        &mut self,
        course: &Course<'_>,
        succeeded: bool,
        mut gas_left: u64,
    ) -> Result<u64, Interrupt> {
        let transaction = &course.submission.transaction;
        self.in_near(|cx| system_context::set_tx_origin(cx, &BOOTLOADER))
            .map_err(Interrupt::outside)?;
        let paymaster = course.paymaster();
        if let Some(paymaster) = paymaster
            && gas_left > 0
        {
            self.check_enough_gas(gas_left)?;
            let before = self.vm.ergs();
            let most =
                (gas_left + course.reserved).saturating_sub(self.pubdata_gas(&course.pubdata));
            self.near(gas_left, |bootloader| {
                bootloader.tell_paymaster(course, &paymaster, succeeded, most)
            })?;
            gas_left = gas_left.saturating_sub(self.gas_since(before));
        }
        let spent_on_pubdata = self.pubdata_gas(&course.pubdata);
        let proposed = (course.reserved + gas_left).saturating_sub(spent_on_pubdata);
        let gas_limit = transaction.gas_limit().to_u64().unwrap_or(u64::MAX);
        let question = RefundQuestion {
            gas_limit: transaction.gas_limit(),
            proposed: Word::from_u64(proposed),
            spent_on_pubdata: Word::from_u64(spent_on_pubdata),
            gas_per_pubdata: u32::try_from(course.pubdata.gas_per_byte).unwrap_or(u32::MAX),
        };
        let refund = self.operator.refund(self.vm, &question)?.max(proposed);
        if refund > gas_limit {
            return Err(Interrupt::assertion("refundInGas > gasLimit"));
        }
        let amount = checked(U256::from(refund).checked_mul(course.gas_price.into()), "fdf")?;
        let payer = paymaster.unwrap_or_else(|| transaction.sender());
        self.give(&payer, &amount.into())?;
        Ok(refund)
    }

    /// Calls the paymaster behind the transaction. Whether that succeeds does not matter.
    fn tell_paymaster(
        &mut self,
        course: &Course<'_>,
        paymaster: &Address,
        succeeded: bool,
        most_refund: u64,
    ) -> Result<(), Interrupt> {
        // SPEC: the context comes first, and the tuple behind it, where an encoder would put them, too.
        let context = &self.progress.paymaster_context;
        let length = abi::number(context, 0).unwrap_or(0).next_multiple_of(32);
        let context = context.get(..32 + length).unwrap_or_default();
        let tuple_at = 6 * 32 + context.len();
        let mut calldata = Encoder::call(POST)
            .number(6 * 32)
            .number(tuple_at as u64)
            .words(&course.hashes)
            .number(succeeded.into())
            .number(most_refund)
            .finish();
        calldata.extend_from_slice(context);
        calldata.extend_from_slice(&course.submission.encoded);
        self.call(&Call::new(*paymaster, Data::Bytes(calldata)))?;
        self.ensure_pubdata_is_paid(course)
    }
}
