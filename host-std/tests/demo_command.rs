//! `eravm demo`.
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]

mod common;

use common::{Folder, eravm};
use eravm_host::persistent::Store;
use serde_json::Value;
use std::path::Path;

/// What the transactions of a run do, by their titles.
fn statuses(report: &Value) -> Vec<(String, String)> {
    let titles = report["titles"].as_array().expect("they are listed");
    let transactions = report["transactions"].as_array().expect("they are listed");
    assert_eq!(titles.len(), transactions.len());
    let text = |value: &Value| value.as_str().expect("it is text").to_owned();
    let both = titles.iter().zip(transactions);
    both.map(|(title, it)| (text(title), text(&it["status"]))).collect()
}

/// A number of a report: `0x` and hexadecimal digits.
fn number(value: &Value) -> u128 {
    let text = value.as_str().and_then(|text| text.strip_prefix("0x")).expect("it is a number");
    u128::from_str_radix(text, 16).expect("it is not too large")
}

#[test]
fn it_shows_everything_and_only_the_last_transaction_fails() {
    let report = eravm(&["demo", "--json"]).expect(0).json();
    let statuses = statuses(&report);
    let (last, others) = statuses.split_last().expect("there are some");
    assert!(others.iter().all(|(_, status)| status == "success"), "{statuses:?}");
    assert_eq!(last.1, "reverted", "{statuses:?}");
    let shown: Vec<&str> = statuses.iter().map(|(title, _)| title.as_str()).collect();
    for part in ["two signers", "paymaster", "EVM", "deposit from L1", "withdrawal", "token"] {
        assert!(shown.iter().any(|title| title.contains(part)), "{part}");
    }
    let again = eravm(&["demo", "--json"]).expect(0).json();
    assert_eq!(report, again, "it is the same each time");
}

#[test]
fn the_paymaster_pays_and_fees_go_to_the_operator() {
    let report = eravm(&["demo", "--json"]).expect(0).json();
    let transactions = report["transactions"].as_array().expect("they are listed");
    let sponsored: Vec<_> =
        transactions.iter().filter(|it| it["fees"]["payer"] != it["from"]).collect();
    assert_eq!(sponsored.len(), 1, "one is paid for by a paymaster");
    let paid: u128 = transactions.iter().map(|it| number(&it["fee"])).sum();
    let fees = &report["batch"]["fees"];
    assert_eq!(number(&fees["earned"]), paid);
    for transaction in transactions {
        let gas = &transaction["fees"]["gas"];
        let parts = ["overhead", "intrinsic", "computation", "pubdata"];
        let sum: u64 = parts.iter().map(|part| gas[part].as_u64().expect("it is a number")).sum();
        assert_eq!(Some(sum), transaction["gas_used"].as_u64());
    }
    let costs = &fees["costs"];
    let parts = ["l1_data", "l1_batch", "proving", "sequencing"];
    let sum: u128 = parts.iter().map(|part| number(&costs[part])).sum();
    assert_eq!(number(&costs["total"]), sum);
}

#[test]
fn what_is_saved_is_gone_on_with() {
    let folder = Folder::new();
    let path = folder.path("chain");
    let first = eravm(&["demo", "--json", "--save", &path]).expect(0).json();
    let second = eravm(&["demo", "--json", "--save", &path]).expect(0).json();
    assert_eq!((&first["number"], &second["number"]), (&1.into(), &2.into()));
    assert_ne!(first["state_root"], second["state_root"]);
    let deployments = |report: &Value| {
        let titles = statuses(report).into_iter().map(|(title, _)| title);
        titles.filter(|title| title.ends_with("is deployed")).count()
    };
    assert_eq!(
        (deployments(&first), deployments(&second)),
        (4, 1),
        "all but the EVM contract stay"
    );
    let store = Store::open(Path::new(&path)).expect("it is a store");
    let root: String = store.root().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(second["state_root"], format!("0x{root}"));
    store.recompute().expect("the root is that of the slots");
}

#[test]
fn a_folder_that_cannot_be_used_is_an_error_that_says_so() {
    let folder = Folder::new();
    let path = folder.path("chain");
    std::fs::create_dir(&path).expect("it can be made");
    std::fs::write(Path::new(&path).join("state.redb"), b"no store").expect("it can be written");
    let finished = eravm(&["demo", "--save", &path]).expect(2);
    assert!(finished.stderr.starts_with("error: --save "), "{}", finished.stderr);
    assert!(finished.stderr.contains(&path), "{}", finished.stderr);
}

#[test]
fn text_tells_the_root_and_who_paid() {
    let finished = eravm(&["demo"]).expect(0);
    for part in ["state root     0x", "paid by", "paymaster", "costs (gwei)", "not enough tokens"] {
        assert!(finished.text().contains(part), "{part}\n{}", finished.text());
    }
}
