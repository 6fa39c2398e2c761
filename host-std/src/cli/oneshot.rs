//! `eravm call` and `eravm estimate`: a transaction of a batch file by itself.

use super::error::CliError;
use super::inputs::Inputs;
use super::outcome::{SUCCEEDED, describe};
use super::{FAILED, SUCCESS, complain, write_out};
use crate::batch::MemoryState;
use crate::batch_file::{BatchPlan, next_nonce};
use crate::fees::Factor;
use crate::hex::Hex;
use crate::input::{self, STDIN};
use crate::oneshot::{
    Breakdown, Call, Estimate, EstimateError, EstimateOptions, OneShot, OneShotError,
    OverriddenState, SearchKind, StateOverrides,
};
use crate::summary::grouped;
use crate::system_contracts::{Flavour, nonce_slot};
use crate::transaction::Transaction;
use clap::{Args, ValueEnum};
use eravm_core::{Address, Word};
use serde_json::{Value, json};
use std::fmt::Write;

/// Which transaction, in which state.
#[derive(Debug, Args)]
struct Subject {
    #[command(flatten)]
    inputs: Inputs,
    /// Which transaction of the file, from 0; those before it are not run
    #[arg(long, value_name = "N", default_value_t = 0)]
    tx: usize,
    /// What is different in the state, as the third parameter of `eth_call` says it: JSON with balance, nonce, code, and state or
    /// stateDiff by account; `-` is the standard input
    #[arg(long, value_name = "FILE")]
    overrides: Option<String>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Arguments of `eravm call`.
#[derive(Debug, Args)]
#[command(after_help = "\
What is different in the state: {\"alice\": {\"balance\": \"5 ether\", \"stateDiff\": {\"0x0\": \"0x2a\"}}}

Exit status: 0 the call succeeded; 1 it failed; 2 the command line or an input is wrong.")]
pub(super) struct CallArgs {
    #[command(flatten)]
    subject: Subject,
}

/// Arguments of `eravm estimate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status: 0 there is an estimate; 1 no gas is enough; 2 the command line or an input is wrong.")]
pub(super) struct EstimateArgs {
    #[command(flatten)]
    subject: Subject,
    /// How the search begins: from what a first run takes, or in the middle of what is possible
    #[arg(long, value_enum, default_value_t = Search::Optimized)]
    search: Search,
    /// What the answer of the search is multiplied with for safety
    #[arg(long, value_name = "FACTOR", default_value_t = 1.3)]
    gas_limit_factor: f64,
    /// What the price of gas is multiplied with, in case that it rises
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    gas_price_factor: f64,
    /// How much the answer of the search may be above the least gas
    #[arg(long, value_name = "GAS", default_value_t = 1000)]
    acceptable_overestimation: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Search {
    Optimized,
    Full,
}

impl From<Search> for SearchKind {
    fn from(search: Search) -> Self {
        match search {
            Search::Optimized => Self::Optimized,
            Search::Full => Self::Full,
        }
    }
}

impl Subject {
    /// What runs the transaction, the state, and the transaction.
    fn load(&self, flavour: Flavour) -> Result<(OneShot, MemoryState, Transaction), CliError> {
        let overrides = self.overrides()?;
        let plan = self.inputs.plan(flavour)?;
        let planned = plan.transactions().nth(self.tx);
        let planned = planned.ok_or_else(|| self.inputs.no_transaction(self.tx, &plan))?.clone();
        let BatchPlan { system, batch, mut state, .. } = plan;
        let nonce = nonce_of(&planned.sender(), &mut state, &overrides)?;
        let transaction = planned.transaction(nonce).map_err(|error| self.inputs.wrong(error))?;
        let oneshot = OneShot::new(system, batch).with_overrides(overrides);
        Ok((oneshot, state, transaction))
    }

    fn overrides(&self) -> Result<StateOverrides, CliError> {
        let Some(file) = &self.overrides else { return Ok(StateOverrides::default()) };
        if file == STDIN && self.inputs.batch == STDIN {
            return Err(CliError::OneInput);
        }
        let bytes =
            input::read(file).map_err(|error| CliError::Read { file: file.clone(), error })?;
        StateOverrides::from_json(&bytes)
            .map_err(|error| CliError::Overrides { file: file.clone(), error })
    }

    fn print(&self, object: &Value, text: &str) -> Result<(), CliError> {
        if self.json {
            return write_out(None, format!("{object}\n").as_bytes());
        }
        write_out(None, text.as_bytes())
    }
}

/// The nonce of an account's next transaction, in a state in which something is different.
fn nonce_of(
    account: &Address,
    state: &mut MemoryState,
    overrides: &StateOverrides,
) -> Result<Word, CliError> {
    let mut state = OverriddenState::over(state);
    let applied = state.apply(overrides).map_err(OneShotError::from);
    applied.map_err(|error| CliError::OneShot(error.to_string()))?;
    let (address, key) = nonce_slot(account);
    let Ok(value) = state.value(&address, &key);
    Ok(next_nonce(value))
}

/// Makes a call.
pub(super) fn call(args: &CallArgs) -> Result<u8, CliError> {
    let (oneshot, mut state, transaction) = args.subject.load(Flavour::PlaygroundBatch)?;
    let call = oneshot
        .call(&mut state, &transaction)
        .map_err(|error| CliError::OneShot(error.to_string()))?;
    let (status, reason, output) = describe(&call.outcome.outcome.result);
    args.subject.print(
        &call_object(&call, status, reason.as_deref(), output),
        &call_text(&call, status, reason.as_deref(), output),
    )?;
    Ok(if status == SUCCEEDED { SUCCESS } else { FAILED })
}

fn call_object(call: &Call, status: &str, reason: Option<&str>, output: &[u8]) -> Value {
    let outcome = &call.outcome.outcome;
    let events = outcome.events.iter().map(|event| {
        let topics: Vec<_> = event.topics.iter().map(|topic| hex(&topic.to_be_bytes())).collect();
        json!({ "address": hex(&event.address.0), "topics": topics, "data": hex(&event.data) })
    });
    json!({
        "status": status,
        "reason": reason,
        "output": hex(output),
        "gas": {
            "bootloader": call.gas.bootloader,
            "execution": call.gas.execution,
            "pubdata": call.gas.pubdata,
            "pubdata_bytes": call.gas.pubdata_bytes,
            "gas_per_pubdata": call.gas.gas_per_pubdata,
        },
        "instructions": outcome.instructions,
        "events": events.collect::<Vec<_>>(),
    })
}

fn hex(bytes: &[u8]) -> String {
    Hex(bytes).to_string()
}

fn call_text(call: &Call, status: &str, reason: Option<&str>, output: &[u8]) -> String {
    let gas = &call.gas;
    let mut text = format!("status        {status}\n");
    if let Some(reason) = reason {
        let _ = writeln!(text, "reason        {reason}");
    }
    let _ = writeln!(text, "output        {}", hex(output));
    let _ = writeln!(text, "gas           {} of the call", grouped(gas.execution));
    let _ = writeln!(text, "              {} of the bootloader", grouped(gas.bootloader));
    let _ = writeln!(
        text,
        "              {} for {} bytes of pubdata at {} gas",
        grouped(gas.pubdata),
        grouped(gas.pubdata_bytes),
        grouped(gas.gas_per_pubdata)
    );
    let _ = writeln!(text, "instructions  {}", grouped(call.outcome.outcome.instructions));
    let _ = writeln!(text, "events        {}", call.outcome.outcome.events.len());
    text
}

/// Estimates gas.
pub(super) fn estimate(args: &EstimateArgs) -> Result<u8, CliError> {
    let factor =
        |option, factor| Factor::new(factor).map_err(|error| CliError::Factor { option, error });
    let options = EstimateOptions {
        search: args.search.into(),
        acceptable_overestimation: args.acceptable_overestimation,
        gas_limit_factor: factor("--gas-limit-factor", args.gas_limit_factor)?,
        gas_price_factor: factor("--gas-price-factor", args.gas_price_factor)?,
        ..EstimateOptions::default()
    };
    let (oneshot, mut state, transaction) = args.subject.load(Flavour::FeeEstimate)?;
    match oneshot.estimate(&mut state, &transaction, &options) {
        Ok(estimate) => {
            args.subject.print(&estimate_object(&estimate), &estimate_text(&estimate))?;
            Ok(SUCCESS)
        }
        Err(EstimateError::Run(error)) => Err(CliError::OneShot(error.to_string())),
        Err(error) => {
            let message = error.to_string();
            args.subject.print(&json!({ "error": message }), "")?;
            complain("error", &message);
            Ok(FAILED)
        }
    }
}

fn estimate_object(estimate: &Estimate) -> Value {
    let fee = &estimate.fee;
    let breakdown = estimate.run.breakdown.map(|it| {
        json!({
            "overhead": it.overhead,
            "intrinsic": it.intrinsic,
            "validation": it.validation,
            "execution": it.execution,
            "pubdata": it.pubdata,
            "pubdata_bytes": it.pubdata_bytes,
            "gas_per_pubdata": it.gas_per_pubdata,
            "discount": it.discount,
            "charged": it.charged,
            "refunded": it.refunded,
        })
    });
    let steps = estimate
        .steps
        .iter()
        .map(|step| json!({ "gas": step.gas, "gas_limit": step.gas_limit, "failed": step.failed }));
    json!({
        "gas_limit": fee.gas_limit,
        "max_fee_per_gas": fee.max_fee_per_gas,
        "max_priority_fee_per_gas": fee.max_priority_fee_per_gas,
        "gas_per_pubdata_limit": fee.gas_per_pubdata_limit,
        "breakdown": breakdown,
        "steps": steps.collect::<Vec<_>>(),
    })
}

fn estimate_text(estimate: &Estimate) -> String {
    let fee = &estimate.fee;
    let mut text = format!(
        "gas limit               {}\nmax fee per gas         {} wei\ngas per pubdata limit   {}\n",
        grouped(fee.gas_limit),
        grouped(fee.max_fee_per_gas),
        grouped(fee.gas_per_pubdata_limit)
    );
    let _ = writeln!(text, "runs of the search      {}", estimate.steps.len());
    if let Some(breakdown) = &estimate.run.breakdown {
        text.push_str("\nWith that gas limit, its gas goes into\n");
        for (name, gas) in parts(breakdown) {
            let _ = writeln!(text, "  {name:<12}{:>16}", grouped(gas));
        }
        let _ = writeln!(
            text,
            "Pubdata: {} bytes at {} gas.",
            grouped(breakdown.pubdata_bytes),
            grouped(breakdown.gas_per_pubdata)
        );
    }
    text
}

/// The parts of a breakdown, in the order in which they arise.
const fn parts(it: &Breakdown) -> [(&'static str, u64); 8] {
    [
        ("overhead", it.overhead),
        ("intrinsic", it.intrinsic),
        ("validation", it.validation),
        ("execution", it.execution),
        ("pubdata", it.pubdata),
        ("discount", it.discount),
        ("charged", it.charged),
        ("refunded", it.refunded),
    ]
}
