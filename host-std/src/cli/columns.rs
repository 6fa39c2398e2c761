//! Columns of texts, and what is in them.

use super::batch::hex_address;
use crate::number::parse_word;
use crate::summary::grouped;
use crate::system_contracts::name_of;
use core::fmt;
use core::ops::Range;
use eravm_core::Address;
use primitive_types::U256;
use std::collections::BTreeMap;

/// Columns that are as wide as their widest cell.
#[derive(Clone, Debug)]
pub(super) struct Columns<const N: usize> {
    titles: [&'static str; N],
    widths: [usize; N],
    /// Those that are left-aligned: texts.
    left: Range<usize>,
}

impl<const N: usize> Columns<N> {
    pub(super) fn new<'a>(
        titles: [&'static str; N],
        left: Range<usize>,
        rows: impl IntoIterator<Item = &'a [String; N]>,
    ) -> Self {
        let mut widths = titles.map(|title| title.chars().count());
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        Self { titles, widths, left }
    }

    pub(super) fn titles(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.line(f, &self.titles.map(str::to_owned))
    }

    pub(super) fn line(&self, f: &mut fmt::Formatter<'_>, cells: &[String; N]) -> fmt::Result {
        let mut text = String::new();
        for (column, (cell, width)) in cells.iter().zip(&self.widths).enumerate() {
            match self.left.contains(&column) {
                true => text.push_str(&format!("{cell:<width$}  ")),
                false => text.push_str(&format!("{cell:>width$}  ")),
            }
        }
        writeln!(f, "{}", text.trim_end())
    }
}

/// An amount of wei, written in hexadecimal, in gwei, with what is less than one of them behind the point.
pub(super) fn gwei(wei: &str) -> String {
    gwei_of(parse_word(wei).map_or(U256::zero(), U256::from))
}

/// An amount of wei in gwei.
pub(super) fn gwei_of(wei: U256) -> String {
    let (whole, rest) = wei.div_mod(1_000_000_000.into());
    let rest = format!("{:09}", rest.low_u64());
    format!("{}.{}", grouped(whole), rest.get(..3).unwrap_or_default())
}

/// The name of an account or of a system contract, or the address.
pub(super) fn name(names: &BTreeMap<Address, String>, address: &Address) -> String {
    let of_system = || name_of(address).map(str::to_owned);
    names.get(address).cloned().or_else(of_system).unwrap_or_else(|| hex_address(address))
}
