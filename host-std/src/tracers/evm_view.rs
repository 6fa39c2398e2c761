//! Executed EVM opcodes as text, and as JSON in the form of geth's `structLogs`.

use super::call_json::address;
use super::call_tracer::MAX_CALL_DEPTH;
use super::evm_tracer::{EvmStep, EvmTrace};
use core::fmt::{self, Display};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// A line for each opcode, with its place in the code, indented by the depth; and one for each contract where another frame goes on.
impl Display for EvmTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = None;
        for EvmStep { address: of, depth, pc, opcode } in &self.steps {
            let indent = usize::try_from(*depth).unwrap_or(usize::MAX).min(MAX_CALL_DEPTH) * 2;
            if last != Some((of, depth)) {
                writeln!(f, "{:1$}{2}", "", indent.saturating_sub(2), address(of))?;
                last = Some((of, depth));
            }
            writeln!(f, "{:1$}{pc:5} {opcode}", "", indent)?;
        }
        match self.omitted {
            0 => Ok(()),
            omitted => writeln!(f, "({omitted} opcodes were not kept)"),
        }
    }
}

impl Serialize for EvmStep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut step = serializer.serialize_struct("EvmStep", 4)?;
        step.serialize_field("pc", &self.pc)?;
        step.serialize_field("op", &self.opcode.to_string())?;
        step.serialize_field("depth", &self.depth)?;
        step.serialize_field("address", &address(&self.address))?;
        step.end()
    }
}

impl Serialize for EvmTrace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut trace = serializer.serialize_struct("EvmTrace", 2)?;
        trace.serialize_field("structLogs", &self.steps)?;
        trace.serialize_field("omittedSteps", &self.omitted)?;
        trace.end()
    }
}
