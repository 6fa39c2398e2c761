//! Running a transaction with a tracer.

use super::Tracer;
use super::limits::Limits;
use crate::batch::TransactionOutcome;
use crate::cli::error::CliError;
use crate::cli::walk::{End, Turn, Walk, fatal};
use crate::tracers::{Call, CallTracer, EvmTrace, EvmTracer, PrestateTracer, TouchedState};
use core::fmt;
use serde::{Serialize, Serializer};

/// What a tracer found.
#[derive(Debug)]
pub(super) enum Traced {
    Calls(Call),
    Prestate(TouchedState),
    Diff(TouchedState),
    Evm(EvmTrace),
}

/// Runs a transaction with a tracer.
pub(super) fn trace(
    tracer: Tracer,
    limits: &Limits,
    walk: &mut Walk<'_>,
    turn: Turn<'_>,
) -> Result<(TransactionOutcome, Traced), End> {
    if tracer == Tracer::Call {
        let mut calls = CallTracer::new(limits.of_calls());
        let done = walk.run(turn, &mut calls)?;
        let root = calls.finish().into_root(turn.transaction, &done);
        return Ok((done, Traced::Calls(root)));
    }
    if tracer == Tracer::Evm {
        let system = walk.executor.system();
        let can_follow = system.protocol >= EvmTracer::FIRST_PROTOCOL;
        let emulator = system.evm_emulator.as_ref().filter(|_| can_follow);
        let emulator = emulator.ok_or(CliError::NoEmulator)?.program.clone();
        let mut opcodes = EvmTracer::new(emulator, limits.of_evm());
        let done = walk.run(turn, &mut opcodes)?;
        return Ok((done, Traced::Evm(opcodes.finish())));
    }
    let mut touched = PrestateTracer::new(turn.transaction, limits.of_state());
    let done = walk.run(turn, &mut touched)?;
    let state = touched.finish(&mut walk.executor);
    let state = state.map_err(|error| fatal(Some(turn.place), &error))?;
    let is_diff = tracer == Tracer::Diff;
    Ok((done, if is_diff { Traced::Diff(state) } else { Traced::Prestate(state) }))
}

impl Traced {
    /// Touches of state that were not kept, if there are any.
    pub(super) fn omitted_touches(&self) -> Option<u64> {
        match self {
            Self::Calls(_) | Self::Evm(_) => None,
            Self::Prestate(state) | Self::Diff(state) => {
                Some(state.omitted).filter(|omitted| *omitted > 0)
            }
        }
    }
}

impl fmt::Display for Traced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calls(root) => fmt::Display::fmt(root, f),
            Self::Prestate(state) => fmt::Display::fmt(&state.prestate_text(), f),
            Self::Diff(state) => fmt::Display::fmt(&state.diff_text(), f),
            Self::Evm(trace) => fmt::Display::fmt(trace, f),
        }
    }
}

impl Serialize for Traced {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Calls(root) => root.serialize(serializer),
            Self::Prestate(state) => state.prestate().serialize(serializer),
            Self::Diff(state) => state.diff().serialize(serializer),
            Self::Evm(trace) => trace.serialize(serializer),
        }
    }
}
