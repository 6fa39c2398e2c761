//! Calls as text, one line each, callees indented under their callers.

use super::call::{Call, Data};
use super::call_json::{address, number};
use crate::hex::Hex;
use crate::system_contracts::name_of;
use core::fmt;

/// Bytes that are shown of calldata and of what is returned: a selector and a word.
const SHOWN_BYTES: usize = 36;

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, self, 0)
    }
}

fn line(f: &mut fmt::Formatter<'_>, call: &Call, depth: usize) -> fmt::Result {
    let indent = depth * 2;
    write!(f, "{:indent$}{} {} -> ", "", call.kind.name(), address(&call.from))?;
    match &call.to {
        Some(to) => {
            f.write_str(&address(to))?;
            if let Some(name) = name_of(to) {
                write!(f, " {name}")?;
            }
        }
        None => f.write_str("(new contract)")?,
    }
    if !call.value.is_zero() {
        write!(f, " value {}", number(&call.value))?;
    }
    write!(f, " gas {}/{} input {}", call.gas_used, call.gas, Short(&call.input))?;
    if call.output.length > 0 {
        write!(f, " output {}", Short(&call.output))?;
    }
    if let Some(error) = &call.error {
        write!(f, " ! {error}")?;
    }
    if let Some(reason) = &call.revert_reason {
        // A reason is anybody's text: it must not look like other lines.
        write!(f, ": {}", reason.escape_debug())?;
    }
    writeln!(f)?;
    call.calls.iter().try_for_each(|call| line(f, call, depth + 1))?;
    if call.omitted_calls > 0 {
        writeln!(f, "{:indent$}  ({} calls were not kept)", "", call.omitted_calls)?;
    }
    Ok(())
}

/// The beginning of some bytes.
struct Short<'a>(&'a Data);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Data { bytes, length } = self.0;
        let shown = bytes.get(..SHOWN_BYTES).unwrap_or(bytes);
        fmt::Display::fmt(&Hex(shown), f)?;
        if shown.len() < *length { write!(f, "… ({length} bytes)") } else { Ok(()) }
    }
}
