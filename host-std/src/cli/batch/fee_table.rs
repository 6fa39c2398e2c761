//! Fees for people: who paid what for what.

use crate::cli::columns::{Columns, gwei_of, name};
use crate::fees::{BatchFees, TransactionFees};
use crate::summary::grouped;
use core::fmt;
use eravm_core::Address;
use std::collections::BTreeMap;

/// Fees as a table.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct FeeTable<'a> {
    pub(in crate::cli) fees: &'a BatchFees,
    /// Names of accounts.
    pub(in crate::cli) names: &'a BTreeMap<Address, String>,
}

/// Titles of the columns. Gas, then gwei.
const TITLES: [&str; 10] = [
    "#",
    "paid by",
    "place",
    "intrinsic",
    "computation",
    "pubdata",
    "fee (gwei)",
    "L1 data",
    "L1 share",
    "proof and sequencing",
];

impl fmt::Display for FeeTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.fees.transactions().iter().enumerate();
        let rows: Vec<_> = rows
            .filter_map(|(index, fees)| fees.as_ref().map(|fees| self.row(index, fees)))
            .collect();
        let columns = Columns::new(TITLES, 1..2, &rows);
        writeln!(f, "what transactions paid for (gas), and what they cost the operator (gwei)")?;
        columns.titles(f)?;
        rows.iter().try_for_each(|row| columns.line(f, row))
    }
}

impl FeeTable<'_> {
    fn row(&self, index: usize, fees: &TransactionFees) -> [String; TITLES.len()] {
        let (gas, costs) = (fees.gas, fees.costs);
        [
            index.to_string(),
            name(self.names, &fees.payer),
            grouped(gas.overhead),
            grouped(gas.intrinsic),
            grouped(gas.computation),
            grouped(gas.pubdata),
            gwei_of(fees.fee),
            gwei_of(costs.l1_data),
            gwei_of(costs.l1_batch),
            gwei_of(costs.proving.saturating_add(costs.sequencing)),
        ]
    }
}
