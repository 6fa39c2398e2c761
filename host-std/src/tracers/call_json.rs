//! Calls as JSON, in the form of geth's `callTracer`.
//!
//! Besides its fields there are `toName` for system contracts, `inputLength` and `outputLength` in bytes where these are cut, and
//! `omittedCalls` where calls were not kept.

use super::call::{Call, Data};
use crate::hex::Hex;
use crate::system_contracts::name_of;
use eravm_core::Word;
use serde::ser::{Serialize, SerializeMap, Serializer};

impl Serialize for Call {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.kind.name())?;
        map.serialize_entry("from", &address(&self.from))?;
        if let Some(to) = &self.to {
            map.serialize_entry("to", &address(to))?;
            if let Some(name) = name_of(to) {
                map.serialize_entry("toName", name)?;
            }
        }
        map.serialize_entry("value", &number(&self.value))?;
        map.serialize_entry("gas", &number(&Word::from_u64(self.gas)))?;
        map.serialize_entry("gasUsed", &number(&Word::from_u64(self.gas_used)))?;
        data(&mut map, ["input", "inputLength"], &self.input)?;
        if self.output.length > 0 {
            data(&mut map, ["output", "outputLength"], &self.output)?;
        }
        if let Some(error) = &self.error {
            map.serialize_entry("error", &error.to_string())?;
        }
        if let Some(reason) = &self.revert_reason {
            map.serialize_entry("revertReason", reason)?;
        }
        if !self.calls.is_empty() {
            map.serialize_entry("calls", &self.calls)?;
        }
        if self.omitted_calls > 0 {
            map.serialize_entry("omittedCalls", &self.omitted_calls)?;
        }
        map.end()
    }
}

fn data<M: SerializeMap>(
    map: &mut M,
    [name, name_of_length]: [&'static str; 2],
    data: &Data,
) -> Result<(), M::Error> {
    map.serialize_entry(name, &Hex(&data.bytes).to_string())?;
    if data.is_cut() {
        map.serialize_entry(name_of_length, &data.length)?;
    }
    Ok(())
}

/// An address with all its digits.
pub(super) fn address(address: &eravm_core::Address) -> String {
    Hex(address.as_bytes()).to_string()
}

/// A number without leading zeros.
pub(super) fn number(number: &Word) -> String {
    let digits = Hex(&number.to_be_bytes()).to_string();
    let digits = digits.trim_start_matches("0x").trim_start_matches('0');
    format!("0x{}", if digits.is_empty() { "0" } else { digits })
}
