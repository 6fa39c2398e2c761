//! Ethereum's state tests: that the interpreter, with the [differences](super::Differences) taken away, is Ethereum's EVM.
//!
//! What is around the interpreter on ZKsync is the system. Here it is Ethereum's: accounts, transactions, precompiles, and the trie whose root
//! a test compares. All of it is for the tests only.

mod block;
mod execute;
mod format;
mod machine;
mod precompiles;
mod root;
mod state;
mod transaction;

use super::differences::Differences;
use super::fork::Fork;
use super::rules::Rules;
use block::Block;
use eravm_core::Word;
use execute::Stopped;
use format::{Post, Test, TestFile};
use state::{Account, State};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use transaction::Transaction;

/// Which tests are run, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateTestOptions {
    /// Forks; all that the interpreter has if there are none.
    pub forks: Vec<Fork>,
    /// Differences that are not taken away.
    pub differences: Differences,
}

impl Default for StateTestOptions {
    fn default() -> Self {
        Self { forks: Vec::new(), differences: Differences::NONE }
    }
}

/// What came of a file of tests.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct StateTestReport {
    /// How many transactions came out as they should.
    pub passed: usize,
    /// Those that did not, and what was wrong.
    pub failed: Vec<StateTestFailure>,
    /// How many were not run, by the reason.
    pub skipped: BTreeMap<String, usize>,
}

/// A transaction that came out otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateTestFailure {
    /// Name of the test, fork, and indexes of data, gas and value.
    pub case: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for StateTestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.case, self.reason)
    }
}

/// Runs the tests of a file.
///
/// # Errors
/// If the file is not one of state tests.
pub fn run_state_tests(
    json: &[u8],
    options: &StateTestOptions,
) -> Result<StateTestReport, serde_json::Error> {
    let tests: TestFile = serde_json::from_slice(json)?;
    let mut report = StateTestReport::default();
    for (name, test) in &tests {
        for (fork, posts) in &test.post {
            let reason = skips(fork, test, options);
            match (reason, Fork::named(fork)) {
                (None, Some(fork)) => {
                    let rules = Rules::new(fork, options.differences);
                    for post in posts {
                        check(&mut report, name, &rules, test, post);
                    }
                }
                (reason, _) => {
                    let reason = reason.unwrap_or_else(|| not_claimed(fork));
                    *report.skipped.entry(reason).or_default() += posts.len();
                }
            }
        }
    }
    Ok(report)
}

fn not_claimed(fork: &str) -> String {
    format!("the interpreter does not have fork {fork}")
}

/// Why a test is not run, if it is not.
fn skips(name: &str, test: &Test, options: &StateTestOptions) -> Option<String> {
    let Some(fork) = Fork::named(name) else { return Some(not_claimed(name)) };
    if !options.forks.is_empty() && !options.forks.contains(&fork) {
        return Some(format!("fork {name} was not asked for"));
    }
    let authorizes = test.transaction.authorization_list.is_some();
    authorizes.then(|| "the interpreter does not have EIP-7702".to_owned())
}

fn check(report: &mut StateTestReport, name: &str, rules: &Rules, test: &Test, post: &Post) {
    match run(rules, test, post) {
        Ok(()) => report.passed += 1,
        Err(reason) => {
            let format::Indexes { data, gas, value } = post.indexes;
            let fork = rules.fork().name();
            let case = format!("{name} {fork} data {data} gas {gas} value {value}");
            report.failed.push(StateTestFailure { case, reason });
        }
    }
}

/// Runs a transaction and compares.
fn run(rules: &Rules, test: &Test, post: &Post) -> Result<(), String> {
    let block = Block::new(&test.env, rules.fork());
    let mut state = State::new(rules.clone(), accounts(rules, test)?);
    let done = match Transaction::new(&test.transaction, post.indexes) {
        None => return Err("the template has no such transaction".to_owned()),
        Some(Ok(transaction)) => execute::execute(&mut state, &block, &transaction),
        Some(Err(refusal)) => Err(Stopped::Refused(refusal)),
    };
    match (done, &post.expect_exception) {
        (Ok(()), None) => {}
        (Ok(()), Some(expected)) => return Err(format!("accepted instead of {expected}")),
        (Err(Stopped::Refused(refusal)), Some(expected)) => {
            let name = refusal.name();
            let names = expected.split('|').map(|name| name.rsplit('.').next().unwrap_or(name));
            if !names.into_iter().any(|expected| expected == name) {
                return Err(format!("refused for {name} instead of {expected}"));
            }
        }
        (Err(Stopped::Refused(refusal)), None) => {
            return Err(format!("refused for {}", refusal.name()));
        }
        (Err(Stopped::Host(failed)), _) => return Err(failed.to_string()),
    }
    compare("events", root::logs_hash(state.logs()), post.logs.0)?;
    compare("state", root::state_root(&state), post.hash.0)
}

fn compare(what: &str, actual: Word, expected: Word) -> Result<(), String> {
    if actual == expected {
        return Ok(());
    }
    Err(format!("{what}: {actual:?} instead of {expected:?}"))
}

/// The accounts before the transaction.
fn accounts(rules: &Rules, test: &Test) -> Result<HashMap<eravm_core::Address, Account>, String> {
    let mut accounts = HashMap::new();
    for (address, pre) in &test.pre {
        let mut account = Account::new(rules);
        account.nonce = pre.nonce.0.to_u64().ok_or("a nonce has more than 64 bits")?;
        account.balance = pre.balance.0.into();
        account.set_code(&pre.code.0, rules);
        for (key, value) in &pre.storage {
            let key = crate::parse_word(&key.0).map_err(|error| error.to_string())?;
            account.storage.insert(key, value.0);
        }
        accounts.insert(address.0, account);
    }
    Ok(accounts)
}
