//! Golden batches: real batches with everything that real machines made of them, and their replay.
//!
//! A golden says what the host did (wrote to memory, ran the machine until a hook, made a snapshot, …) and what it then
//! saw. [`replay`] does the same and compares; [`Player`] does the same without comparing, for measurements.
//!
//! ```no_run
//! use eravm_host::golden::{Code, Golden, replay};
//! use std::path::Path;
//!
//! let path = Path::new("goldens/transfer_1.json.gz");
//! let golden = Golden::load(path)?;
//! let code = Code::load(&Code::file_for(path)?)?;
//! println!("{} instructions", replay(&golden, &code)?.instructions);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is compared
//!
//! A batch is run twice: once traced, which finds the instruction where things go wrong, and once as fast as possible, as hosts
//! run it. Both compare
//!
//! * the machine before the first instruction (`initial_vm_state`, `bootloader_gas_limit`);
//! * every hook: its number, words, ergs, pubdata counter, transaction number and count of instructions; what the host read
//!   (`read_heap`); how and when the first frame ended, and its output;
//! * of every transaction and of the tip of the batch: instructions and cycles, result, ergs, refunds, pubdata, events, logs, storage
//!   changes, foreign code that was deployed;
//! * what the host assembled from what it wrote (`pubdata`, `operator_bootloader_memory`);
//! * of the batch: instructions and cycles, ergs, pubdata counter, registers, the bootloader's heap, events, logs, changed slots, used code,
//!   refunds, pubdata costs, state diffs, and the storage log with kinds, times and rollbacks.
//!
//! The traced run compares the digest with its checkpoints, the histogram of instructions and, where there is one, every record of the
//! trace as well; and what the first frame had done before it failed, where the golden tells that apart
//! (`zk_evm_final_state`).
//!
//! The code that a batch may use is what it names: `initial_factory_deps`, the transactions' own and the base contracts; all of it
//! must be in the code file under its hash. Slots come from `initial_storage`, where an error shows if the batch uses the slot.
//!
//! # What is not compared
//!
//! What the host of a batch computes and the machine never sees: `circuit_statistic`, `l1_batch_env`, `extra`, and contents of
//! transactions, which are in the machine's memory in the encoding that `host_script` writes there. ([`execute`] runs a batch
//! from its environment and its transactions, and compares the statistic as well.) Names, notes and versions of
//! tools are for readers.

mod assembled;
mod compare;
mod environment;
mod estimation;
mod events;
mod execute;
mod failure;
pub mod format;
mod hooks;
mod host;
mod load;
mod machine;
mod numbering;
mod player;
mod reason;
mod results;
mod script;
mod tracer;
mod transaction;
mod transaction_data;
mod transaction_reader;
mod value;

pub use execute::{Way, compare_outcome, compare_result, execute};
pub use failure::{Difference, Failure, FailureKind, Pass, Place};
pub use format::BootloaderKind;
pub use load::{Code, Golden, LoadError, LoadErrorKind, MAX_FILE_BYTES};
pub use player::Player;
pub use transaction_reader::{FactoryDeps, TransactionDataError};
pub use value::{Bytes, Decimal, FromHex, Hex};

use std::time::{Duration, Instant};

/// What a replay did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Instructions of the batch, those rolled back included.
    pub instructions: u64,
    /// Transactions.
    pub transactions: usize,
    /// How often the bootloader suspended the machine.
    pub hooks: u64,
    /// Storage accesses in the final log.
    pub storage_accesses: usize,
    /// Records of the trace that were compared.
    pub trace_records: u64,
    /// Time of the traced run with its comparisons.
    pub traced: Duration,
    /// Time of the fast run with its comparisons.
    pub fast: Duration,
}

/// Replays a golden batch and compares everything that a machine determines.
///
/// # Errors
/// At the first difference, or if the batch cannot be replayed at all.
pub fn replay(golden: &Golden, code: &Code) -> Result<Figures, Box<Failure>> {
    let begin = Instant::now();
    let traced = script::run(golden, code, Pass::Traced)?;
    let between = Instant::now();
    script::run(golden, code, Pass::Fast)?;
    Ok(Figures { traced: between - begin, fast: between.elapsed(), ..traced })
}
