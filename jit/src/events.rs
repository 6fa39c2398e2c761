//! What is said to those who subscribe to events. The crate's documentation lists them.

use crate::code_hash::code_hash;
use crate::error::CompileError;
use crate::options::CompileStats;
use crate::service::JitStats;
use eravm_core::Program;
use std::time::Duration;
use tracing::{debug, info, warn};

/// What the events are about, as subscribers choose them.
const TARGET: &str = "eravm_jit";

// The hash of a program is computed only if somebody listens: fields of an event that nobody wants are not evaluated.

pub(crate) fn compiled(program: &Program, stats: &CompileStats) {
    debug!(
        target: TARGET,
        code_hash = %code_hash(program),
        instructions = stats.instructions,
        regions = stats.regions,
        code_bytes = stats.code_bytes,
        microseconds = microseconds(stats.time),
        "program compiled"
    );
}

pub(crate) fn failed(program: &Program, error: &CompileError) {
    warn!(target: TARGET, code_hash = %code_hash(program), %error, "program not compiled");
}

pub(crate) fn refused(program: &Program, live_bytes: usize) {
    debug!(
        target: TARGET,
        code_hash = %code_hash(program),
        instructions = program.len(),
        live_bytes,
        "program refused: it is too long, or there is no room for code"
    );
}

pub(crate) fn queue_full(program: &Program, waiting: usize) {
    debug!(target: TARGET, code_hash = %code_hash(program), waiting, "queue full");
}

pub(crate) fn loaded(program: &Program, code_bytes: usize) {
    debug!(target: TARGET, code_hash = %code_hash(program), code_bytes, "code loaded from a file");
}

pub(crate) fn stopped(stats: &JitStats) {
    info!(
        target: TARGET,
        hot = stats.hot,
        aot_loaded = stats.aot_loaded,
        aot_bytes = stats.aot_bytes,
        compiled = stats.compiled,
        failed = stats.failed,
        refused = stats.refused,
        queue_full = stats.queue_full,
        instructions = stats.instructions,
        code_bytes = stats.code_bytes,
        microseconds = microseconds(stats.time),
        "compiler stopped"
    );
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
