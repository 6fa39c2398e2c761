//! The store of state: what is committed stays, whenever the process ends.
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]

mod common;

use common::Folder;
use common::batches::{Numbers, changes, model, slots};
use eravm_host::batch::BatchState;
use eravm_host::persistent::{BatchChanges, Check, Store, StoreOptions};
use eravm_host::state_tree::LeafKey;
use std::path::Path;

#[test]
fn what_is_committed_is_there_again() {
    let folder = Folder::new();
    let path = folder.path("chain");
    for batch in 1..=20 {
        let mut store = Store::open(Path::new(&path)).expect("it opens");
        assert_eq!(store.last_batch().map_or(0, |last| last.info.number), batch - 1);
        let stored = store.commit(&changes(batch)).expect("it commits");
        assert_eq!(stored.root(), model(batch).root());
        assert_eq!(store.batch(batch).expect("it can be read"), Some(stored));
    }
    let options = StoreOptions { check: Check::Everything, ..StoreOptions::default() };
    let store = Store::open_with(Path::new(&path), &options).expect("it opens");
    let (tree, root) = (model(20), store.root());
    let mut state = store.state().expect("it can be read");
    for (address, key, _) in (1..=20).flat_map(slots) {
        let leaf = tree.leaf(&LeafKey::of_slot(&address, &key));
        assert_eq!(store.slot(&address, &key).expect("it can be read"), leaf);
        let index = state.enumeration_index(&address, &key).expect("it can be read");
        assert_eq!(Some(index), leaf.map(|leaf| leaf.index));
        let proof = store.prove(&address, &key).expect("it can be proved");
        let place = LeafKey::of_slot(&address, &key);
        assert_eq!(proof.verify(&root, &place).expect("it is a proof"), leaf);
    }
    let (hash, code) = changes(7).code.remove(0);
    assert_eq!(store.bytecode(&hash).expect("it can be read"), Some(code));
    store.recompute().expect("the tree is that of the slots");
}

#[test]
fn a_batch_that_leads_to_another_root_is_not_committed() {
    let folder = Folder::new();
    let path = folder.path("chain");
    let mut store = Store::open(Path::new(&path)).expect("it opens");
    store.commit(&changes(1)).expect("it commits");
    let before = store.root();
    let wrong = BatchChanges { expected_root: Some([7; 32]), ..changes(2) };
    store.commit(&wrong).expect_err("the root is another one");
    drop(store);
    let store = Store::open(Path::new(&path)).expect("it opens");
    assert_eq!((store.root(), store.last_batch().map(|last| last.info.number)), (before, Some(1)));
}

#[test]
fn a_store_is_opened_by_one_at_a_time() {
    let folder = Folder::new();
    let path = folder.path("chain");
    let store = Store::open(Path::new(&path)).expect("it opens");
    Store::open(Path::new(&path)).expect_err("it is open");
    drop(store);
    Store::open(Path::new(&path)).expect("it opens again");
}

#[test]
fn files_that_are_no_store_are_refused_and_left_alone() {
    let folder = Folder::new();
    let path = folder.path("chain");
    let mut store = Store::open(Path::new(&path)).expect("it opens");
    for batch in 1..=5 {
        store.commit(&changes(batch)).expect("it commits");
    }
    drop(store);
    let file = Path::new(&path).join("state.redb");
    let whole = std::fs::read(&file).expect("it can be read");
    let options = StoreOptions { check: Check::Everything, ..StoreOptions::default() };
    let mut numbers = Numbers(1);
    let (mut refused, mut intact) = (0, 0);
    for round in 0..120 {
        let mut bytes = whole.clone();
        match round % 3 {
            0 => bytes.truncate(numbers.next() as usize % whole.len()),
            1 => {
                for _ in 0..64 {
                    let at = numbers.next() as usize % whole.len();
                    bytes[at] = numbers.next() as u8;
                }
            }
            _ => {
                let at = numbers.next() as usize % whole.len();
                bytes[at] ^= 1 << (numbers.next() % 8);
            }
        }
        std::fs::write(&file, &bytes).expect("it can be written");
        // Whatever is in the file, this is an answer or an error, and never a panic.
        let opened = Store::open_with(Path::new(&path), &options)
            .and_then(|store| store.recompute().map(|()| store.root()));
        match opened {
            Ok(root) => {
                // The flipped bits were in room that is not in use.
                let known = (0..=5).any(|batches| model(batches).root() == root);
                assert!(known, "round {round}");
                intact += 1;
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
    }
    assert!(refused > 20, "{refused} refused, {intact} intact");
}
