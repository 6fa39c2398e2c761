//! Batches of many transactions: run by this project's executor, and replayed by every engine as that has run them.

use crate::call::{Call, Code, Span};
use crate::case::{Case, Contestant, Work, names};
use crate::end_state::EndState;
use crate::engines::{self, interpreter};
use crate::evm::{self, PeerBatch};
use crate::recorder::Recorder;
use eravm_batches::Scenario;
use eravm_host::batch::{BatchError, Layout, Observer};
use eravm_host::system_contracts::addresses::BOOTLOADER;
use eravm_host::transaction::{PreparedTransaction, Transaction};
use std::convert::Infallible;
use std::error::Error;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What of a batch is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// The transactions.
    Transactions,
    /// Making the machine, the transactions, the end of the batch, and dropping the machine.
    Full,
}

impl Form {
    /// The case's name.
    pub fn name_of(self, scenario: &str) -> String {
        match self {
            Self::Transactions => format!("batch/{scenario}"),
            Self::Full => format!("batch/{scenario}/full"),
        }
    }
}

/// What the transactions of a batch are on Ethereum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Peer {
    /// The same.
    Plain,
    /// Calls of a token of the sender's.
    Token,
}

/// The executor with a batch.
struct Executor {
    scenario: Scenario,
    form: Form,
    /// The transactions, if they are prepared.
    prepared: Option<Vec<PreparedTransaction>>,
}

type Done<T> = Result<T, BatchError<Infallible>>;

impl Executor {
    /// Runs the batch as far as the form says. Returns how many transactions succeeded.
    fn run<O: Observer>(&self, executor: &mut eravm_batches::Executor<'_, O>) -> Done<usize> {
        let succeeded = match &self.prepared {
            Some(prepared) => self.scenario.execute_prepared(executor, prepared)?,
            None => self.scenario.execute(executor)?,
        };
        if self.form == Form::Full {
            self.scenario.finish(executor)?;
        }
        Ok(succeeded)
    }

    fn timed(&self) -> Done<Duration> {
        let begin = Instant::now();
        let mut executor = self.scenario.begin(())?;
        let made = Instant::now();
        self.run(&mut executor)?;
        let ended = Instant::now();
        drop(executor);
        Ok(match self.form {
            Form::Transactions => ended - made,
            Form::Full => begin.elapsed(),
        })
    }

    /// How many transactions succeeded, what the host did, and what came out.
    fn recorded(&self) -> Done<(usize, Recorder, EndState)> {
        let mut executor = self.scenario.begin(Recorder::default())?;
        let succeeded = self.run(&mut executor)?;
        let recorder = executor.observer();
        let (ended, stops) = (recorder.ended.clone(), recorder.stops.clone());
        let end_state = interpreter::end_state(executor.vm(), ended, stops);
        Ok((succeeded, executor.into_parts().1, end_state))
    }
}

fn done<T>(done: Done<T>) -> T {
    match done {
        Ok(done) => done,
        Err(error) => panic!("the executor stopped: {error}"),
    }
}

impl Work for Executor {
    fn time(&mut self) -> Duration {
        done(self.timed())
    }

    fn end_state(&mut self) -> Option<EndState> {
        Some(done(self.recorded()).2)
    }
}

/// The bootloader before the batch.
fn bootloader(scenario: &Scenario, form: Form) -> Result<Call, Box<dyn Error>> {
    let system = &scenario.system;
    let code = scenario.codes.iter().find(|(hash, _)| *hash == system.bootloader.hash);
    let (_, code) = code.ok_or("the bootloader is missing")?;
    let mut call = Call::new(BOOTLOADER, code.clone());
    call.hook_address = Some(Layout::of_protocol(system.protocol).hook * 32);
    call.protocol = system.protocol;
    let emulator = system.evm_emulator.as_ref().unwrap_or(&system.default_account);
    call.base_contracts = [system.default_account.hash, emulator.hash];
    call.storage = scenario.slots();
    call.codes = scenario
        .codes
        .iter()
        .map(|(hash, bytes)| Code { hash: *hash, bytes: bytes.clone() })
        .collect();
    // What the executor takes from the transactions, the other hosts must have before.
    let deps = scenario.transactions.iter().flat_map(Transaction::factory_deps);
    call.codes.extend(deps.map(|dep| Code { hash: dep.hash(), bytes: dep.code().to_vec() }));
    call.span = match form {
        Form::Transactions => Span::Run,
        Form::Full => Span::Whole,
    };
    Ok(call)
}

/// The case for a batch, which may also be there for the embedded system and, as the same on Ethereum, for `revm`.
///
/// # Errors
/// If the batch cannot be run, or one of its transactions fails that must not.
pub fn case(
    name: &str,
    scenario: Scenario,
    embedded: Option<Scenario>,
    peer: Option<Peer>,
    form: Form,
    must_succeed: bool,
) -> Result<Case, Box<dyn Error>> {
    let call = bootloader(&scenario, form)?;
    let of_ethereum = peer.map(|_| scenario.clone());
    let units = scenario.transactions.len() as u64;
    scenario.signers()?;
    let prepared = Some(scenario.prepared());
    let executor = Executor { scenario: scenario.clone(), form, prepared: None };
    let (succeeded, recorder, _) = executor.recorded()?;
    let check = |succeeded: usize| match must_succeed && succeeded as u64 != units {
        true => Err(format!("{name}: {succeeded} of {units} transactions succeeded")),
        false => Ok(()),
    };
    check(succeeded)?;
    let mut contestants = engines::contestants(&call, &Rc::from(recorder.script));
    let knowing = Executor { scenario, form, prepared };
    for (engine, executor) in [(names::EXECUTOR_WITH_SIGNERS, knowing), (names::EXECUTOR, executor)]
    {
        let contestant = Contestant { engine, work: Box::new(executor), may_differ: None };
        contestants.insert(1, contestant);
    }
    if let Some(scenario) = embedded {
        let prepared = Some(scenario.prepared());
        let knowing = Executor { scenario: scenario.clone(), form, prepared };
        let executor = Executor { scenario, form, prepared: None };
        check(executor.recorded()?.0)?;
        let own_gas = Some("its contracts cost other amounts of gas");
        for (engine, executor) in
            [(names::EMBEDDED_WITH_SIGNERS, knowing), (names::EMBEDDED, executor)]
        {
            let contestant = Contestant { engine, work: Box::new(executor), may_differ: own_gas };
            contestants.push(contestant);
        }
    }
    if let Some(transactions) = of_ethereum {
        let token = (peer == Some(Peer::Token)).then(evm::token);
        let ethereum = Some("it is another chain");
        let work = Box::new(PeerBatch::new(&transactions, token.as_deref(), form == Form::Full)?);
        contestants.push(Contestant { engine: names::REVM, work, may_differ: ethereum });
    }
    Ok(Case { name: name.to_owned(), unit: "transaction", units, contestants, absent: Vec::new() })
}
