//! A batch for people.

use super::fees::BalanceReport;
use super::report::{BatchReport, TransactionReport};
use crate::cli::columns::{Columns, gwei, name};
use crate::summary::grouped;
use core::fmt;
use eravm_core::Address;
use std::collections::BTreeMap;

/// A report as a table.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Table<'a> {
    pub(in crate::cli) report: &'a BatchReport,
    /// Names of accounts.
    pub(in crate::cli) names: &'a BTreeMap<Address, String>,
}

/// Titles of the columns; those behind the fourth are right-aligned.
const TITLES: [&str; 8] =
    ["#", "type", "from → to", "status", "gas used", "refunded", "pubdata", "fee (gwei)"];
/// Columns whose cells are texts.
const LEFT: core::ops::Range<usize> = 1..4;

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        writeln!(
            f,
            "batch {} of chain {}, protocol version {}: base fee {} wei, {} gas per byte of pubdata",
            report.number,
            report.chain_id,
            report.protocol,
            grouped(report.base_fee),
            report.gas_per_pubdata
        )?;
        if !report.transactions.is_empty() {
            self.transactions(f)?;
        }
        self.summary(f)
    }
}

impl Table<'_> {
    fn transactions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; TITLES.len()]> =
            self.report.transactions.iter().map(|transaction| self.row(transaction)).collect();
        let columns = Columns::new(TITLES, LEFT, &rows);
        columns.titles(f)?;
        for (row, transaction) in rows.iter().zip(&self.report.transactions) {
            columns.line(f, row)?;
            for address in &transaction.deployed {
                writeln!(f, "        deployed {address}")?;
            }
            if let Some(reason) = &transaction.reason {
                writeln!(f, "        {reason}")?;
            }
        }
        writeln!(f)
    }

    fn row(&self, transaction: &TransactionReport) -> [String; TITLES.len()] {
        let to =
            transaction.to.map_or_else(|| "(new EVM contract)".to_owned(), |to| self.name(&to));
        let or_none = |number: Option<String>| number.unwrap_or_else(|| "–".to_owned());
        let refunded = transaction.gas_used.map(|_| grouped(transaction.gas_refunded));
        [
            transaction.index.to_string(),
            transaction.kind.to_owned(),
            format!("{} → {to}", self.name(&transaction.from)),
            transaction.status.to_owned(),
            or_none(transaction.gas_used.map(grouped)),
            or_none(refunded),
            grouped(transaction.pubdata),
            or_none(transaction.fee.as_deref().map(gwei)),
        ]
    }

    fn name(&self, address: &Address) -> String {
        name(self.names, address)
    }

    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        let counts = ["success", "reverted", "halted"].map(|status| report.count(status));
        let [succeeded, reverted, halted] = counts;
        writeln!(
            f,
            "transactions   {} ({succeeded} succeeded, {reverted} reverted, {halted} halted)",
            report.transactions.len(),
        )?;
        let Some(batch) = &report.batch else {
            return writeln!(f, "batch          not finished");
        };
        let diffs = batch.state_diffs.iter();
        let initial = diffs.filter(|diff| diff.enumeration_index == 0).count();
        let of_tip = |number: &str| format!(", of which the end of the batch took {number}");
        let (all, tip) = (grouped(batch.instructions), grouped(batch.tip_instructions));
        writeln!(f, "instructions   {all}{}", of_tip(&tip))?;
        let (all, tip) = (grouped(batch.ergs), grouped(batch.tip_ergs));
        writeln!(f, "ergs           {all}{}", of_tip(&tip))?;
        writeln!(f, "blocks         {}", batch.blocks)?;
        writeln!(f, "state diffs    {} ({initial} of new slots)", batch.state_diffs.len())?;
        writeln!(f, "events         {}", batch.events)?;
        writeln!(
            f,
            "logs to L1     {} of users, {} of the system",
            batch.user_logs.len(),
            batch.system_logs.len()
        )?;
        if let Some(root) = &batch.log_root {
            writeln!(f, "log tree root  {root}")?;
        }
        let bytes = grouped(batch.pubdata_bytes);
        writeln!(f, "pubdata        {bytes} bytes, keccak256 {}", batch.pubdata_hash)?;
        self.fees(f, &batch.fees)
    }

    /// What the operator earned, and for what.
    fn fees(&self, f: &mut fmt::Formatter<'_>, fees: &BalanceReport) -> fmt::Result {
        let costs = &fees.costs;
        writeln!(
            f,
            "costs (gwei)   {}: L1 data {}, the batch on L1 {}, proving {}, sequencing {}",
            gwei(&costs.total),
            gwei(&costs.l1_data),
            gwei(&costs.l1_batch),
            gwei(&costs.proving),
            gwei(&costs.sequencing)
        )?;
        let (word, amount) = match (&fees.profit, &fees.loss) {
            (None, Some(loss)) => ("loses", loss),
            (Some(profit), _) => ("keeps", profit),
            (None, None) => ("keeps", &fees.earned),
        };
        writeln!(
            f,
            "fees (gwei)    {} paid, the operator {word} {}",
            gwei(&fees.earned),
            gwei(amount)
        )
    }
}
