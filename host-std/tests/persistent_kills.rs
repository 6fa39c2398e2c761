//! The store of state in a process that is killed. In a process of its own: while another test starts a child, that has all files of
//! this one for a moment, and with them the store's lock.
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]

mod common;

use common::Folder;
use common::batches::{Numbers, changes, model};
use eravm_host::persistent::{Store, StoreError};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Tells the child where its store is.
const CHILD: &str = "ERAVM_STORE_OF_CHILD";
/// The child is killed so often.
const KILLS: u64 = 60;

/// Not a test by itself: what the process does that is killed.
#[test]
fn child_that_commits_batches() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let mut store = Store::open(Path::new(&path)).expect("it opens");
    let mut out = std::io::stdout();
    loop {
        let number = store.last_batch().map_or(1, |last| last.info.number + 1);
        store.commit(&changes(number)).expect("it commits");
        writeln!(out, "committed {number}").and_then(|()| out.flush()).expect("somebody reads it");
    }
}

#[test]
fn a_process_that_is_killed_at_any_time_loses_nothing_that_it_committed() {
    let folder = Folder::new();
    let path = folder.path("chain");
    let this = std::env::current_exe().expect("it has a name");
    let mut numbers = Numbers(0xdead);
    let mut last = 0;
    for kill in 0..KILLS {
        let mut child = Command::new(&this)
            .args(["--exact", "child_that_commits_batches", "--nocapture"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let committed = Arc::new(Mutex::new(last));
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let reader = {
            let committed = Arc::clone(&committed);
            std::thread::spawn(move || {
                for line in output.lines().map_while(Result::ok) {
                    if let Some(number) = line.strip_prefix("committed ") {
                        let number = number.parse().expect("it is a number");
                        *committed.lock().expect("nobody panics") = number;
                    }
                }
            })
        };
        std::thread::sleep(Duration::from_micros(2000 + numbers.next() % 60_000));
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        reader.join().expect("it does not panic");
        let acknowledged = *committed.lock().expect("nobody panics");
        let store = Store::open(Path::new(&path)).expect("it opens");
        last = store.last_batch().map_or(0, |last| last.info.number);
        // The last one may have been committed without anybody hearing of it.
        assert!(
            (acknowledged..=acknowledged + 1).contains(&last),
            "kill {kill}: {acknowledged} was acknowledged, {last} is there"
        );
        assert_eq!(store.root(), model(last).root(), "kill {kill}");
        store.recompute().unwrap_or_else(|error: StoreError| panic!("kill {kill}: {error}"));
    }
    assert!(last > KILLS as u32, "{last} batches in {KILLS} processes");
}
