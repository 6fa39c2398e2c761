//! `eravm demo`: a batch that shows what a chain can do.

use super::batch::{BatchReport, FeeTable, Figures, Table};
use super::engine::{EngineArgs, JitReport};
use super::error::CliError;
use super::outcome::describe;
use super::{SUCCESS, write_out};
use crate::batch::MemoryState;
use crate::demo::{Curtain, Played, Stage};
use crate::hex::Hex;
use crate::persistent::{Store, StoreError};
use crate::summary::grouped;
use crate::system_contracts::SystemContracts;
use crate::system_contracts::addresses::KNOWN_CODES_STORAGE;
use clap::Args;
use core::fmt;
use eravm_core::{Address, VersionedHash};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Arguments of `eravm demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status: 0 the batch was finished; 1 it could not be finished; 2 the command line or the folder is wrong.")]
pub(super) struct DemoArgs {
    /// Keep the chain in this folder; another run with it goes on where the last one ended
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    engine: EngineArgs,
}

/// What there is to say of it: the object of `--json`.
#[derive(Debug, Serialize)]
struct DemoReport {
    /// What the transactions show, in their order.
    titles: Vec<&'static str>,
    /// The root of the state after the batch.
    state_root: Option<String>,
    /// Slots that were ever written to.
    leaves: u64,
    #[serde(flatten)]
    report: BatchReport,
}

pub(super) fn run(args: &DemoArgs) -> Result<u8, CliError> {
    let of_store = |error| CliError::Store { folder: args.save.clone().unwrap_or_default(), error };
    let mut store = args.save.as_deref().map(Store::open).transpose().map_err(of_store)?;
    let left = match &store {
        Some(store) if store.last_batch().is_some() => Some(left_in(store).map_err(of_store)?),
        _ => None,
    };
    let engine = args.engine.engine()?;
    let mut stage = Stage::new(&SystemContracts::embedded(), left, engine.clone())?;
    let report = BatchReport::new(&stage.plan().system, &stage.plan().batch);
    let mut demo = DemoReport { titles: Vec::new(), state_root: None, leaves: 0, report };
    let curtain = play(&mut stage, &mut demo, args.json)?;
    demo.state_root = Some(Hex(&curtain.tree.root).to_string());
    demo.leaves = curtain.tree.leaf_count;
    demo.report.jit = JitReport::of(&engine, stage.compiled_stats());
    if let Some(store) = &mut store {
        store.commit(&curtain.changes).map_err(of_store)?;
    }
    let text = if args.json {
        let mut text = serde_json::to_string(&demo).map_err(CliError::Json)?;
        text.push('\n');
        text
    } else {
        let shown = Shown { demo: &demo, names: stage.cast().names(), saved: args.save.as_deref() };
        shown.to_string()
    };
    write_out(None, text.as_bytes())?;
    Ok(SUCCESS)
}

/// Runs all transactions and ends the batch.
fn play(stage: &mut Stage, demo: &mut DemoReport, quietly: bool) -> Result<Curtain, CliError> {
    let ergs = stage.signals().ergs;
    for (index, step) in stage.steps()?.into_iter().enumerate() {
        let Played { transaction, outcome } = stage.play(step)?;
        let block = stage.plan().batch.first_block.number;
        demo.report.add(step.title, block, &transaction, &outcome);
        demo.titles.push(step.title);
        if !quietly {
            let (status, _, _) = describe(&outcome.outcome.result);
            let line = format!("{index:>2}  {:<66} {status:>8}\n", step.title);
            write_out(None, line.as_bytes())?;
        }
    }
    let curtain = stage.finish()?;
    let signals = stage.signals();
    let figures = Figures {
        instructions: signals.instructions,
        ergs: ergs.saturating_sub(signals.ergs),
        blocks: 1,
    };
    demo.report.finish(&curtain.finished, figures);
    Ok(curtain)
}

/// The state that the last batch left in a store.
fn left_in(store: &Store) -> Result<MemoryState, StoreError> {
    let (stored, mut state, mut hashes) = (store.state()?, MemoryState::new(), Vec::new());
    stored.visit_slots(|address, key, leaf| {
        state.set_leaf(address, key, leaf);
        if address == KNOWN_CODES_STORAGE && !leaf.value.is_zero() {
            hashes.push(VersionedHash(key.to_be_bytes()));
        }
        Ok(())
    })?;
    for hash in hashes {
        // The embedded contracts' code is not in the store.
        if let Some(code) = stored.bytecode(&hash)? {
            // What was run before is code.
            let _ = state.add_code(hash, &code);
        }
    }
    Ok(state)
}

/// It all, for people.
struct Shown<'a> {
    demo: &'a DemoReport,
    names: BTreeMap<Address, String>,
    saved: Option<&'a Path>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { demo, names, saved } = self;
        let fees = FeeTable { fees: demo.report.fees(), names };
        writeln!(f, "\n{}\n{fees}", Table { report: &demo.report, names })?;
        if let Some(root) = &demo.state_root {
            writeln!(f, "state root     {root}, of {} slots", grouped(demo.leaves))?;
        }
        match saved {
            Some(folder) => writeln!(
                f,
                "The chain is kept in {}. The same command goes on from there.",
                folder.display()
            ),
            None => writeln!(
                f,
                "Nothing was kept: `--save DIR` keeps the chain, and goes on from there."
            ),
        }
    }
}
