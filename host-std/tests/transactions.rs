//! Transactions of real batches: their encoding, hashes, raw forms and signers.

mod common;

use common::corpus;
use eravm_core::{Address, VersionedHash, Word};
use eravm_host::golden::format::{CommonData, InputData, Op, Transaction as Row, TxResult};
use eravm_host::golden::{Code, FactoryDeps, Hex};
use eravm_host::transaction::{L2Transaction, Rules, Transaction};
use flate2::read::GzDecoder;
use serde::Deserialize;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::OnceLock;

/// Word where the encodings begin, by protocol version.
fn first_encoding_word(protocol: u16) -> u32 {
    match protocol {
        26..=28 => 1_646_797,
        29 => 1_657_307,
        _ => panic!("no golden has protocol version {protocol}"),
    }
}

/// Word behind the encodings: the first parameter of hooks.
const ENCODINGS_END: u32 = 1_983_746;

/// The part of a golden that is about transactions.
#[derive(Deserialize)]
struct Batch {
    chain_id: u64,
    protocol_version: u16,
    host_script: Vec<Op>,
    transactions: Vec<Row>,
}

/// A transaction of a golden.
struct Case {
    name: String,
    protocol: u16,
    chain_id: u64,
    row: Row,
    transaction: Transaction,
    /// What the host wrote where the encodings are.
    words: Vec<(u32, Word)>,
}

impl Case {
    fn raw(&self) -> Option<&InputData> {
        match &self.row.tx.common_data {
            Some(CommonData::L2(common)) => {
                common.input.as_ref().filter(|input| !input.data.is_empty())
            }
            _ => None,
        }
    }
}

fn read(path: &Path) -> Batch {
    let mut json = Vec::new();
    let file = BufReader::new(File::open(path).expect("the golden can be read"));
    GzDecoder::new(file).read_to_end(&mut json).expect("it is gzipped");
    serde_json::from_slice(&json).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn load(path: &Path, code: &mut FactoryDeps<'_>, cases: &mut Vec<Case>) {
    let Batch { chain_id, protocol_version: protocol, host_script, transactions } = read(path);
    let pushed = host_script.into_iter().filter_map(|op| match op {
        Op::HeapWrite { reason, words } if reason == "push_tx" => Some(words),
        _ => None,
    });
    let pushed: Vec<_> = pushed.collect();
    assert_eq!(pushed.len(), transactions.len(), "{}", path.display());
    let file = path.file_name().and_then(|name| name.to_str()).expect("the name is text");
    for (index, (row, words)) in transactions.into_iter().zip(pushed).enumerate() {
        let name = format!("{file} transactions[{index}]");
        let read = row.tx.transaction(chain_id, code);
        let transaction = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        let region = first_encoding_word(protocol)..ENCODINGS_END;
        let words = words.iter().filter(|(at, _)| region.contains(at));
        let words = words.map(|(at, word)| (*at, word.0)).collect();
        cases.push(Case { name, protocol, chain_id, row, transaction, words });
    }
}

/// All transactions of all goldens; each file is read once.
fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        let mut cases = Vec::new();
        for folder in ["goldens", "goldens-sdk"] {
            let Some(code) = corpus(&format!("{folder}/bytecodes.json.gz")) else { continue };
            let code = Path::new(&code);
            let goldens = code.parent().expect("it is in a folder").read_dir().expect("it lists");
            let mut files: Vec<_> =
                goldens.map(|entry| entry.expect("it is there").path()).collect();
            files.sort();
            let code = Code::load(code).expect("the code is valid");
            let mut code = FactoryDeps::new(&code);
            for file in files {
                let name = file.to_str().expect("the path is text");
                if name.ends_with(".json.gz") && !Code::is_code_file(&file) {
                    load(&file, &mut code, &mut cases);
                }
            }
        }
        cases
    })
}

#[test]
fn explore() {
    let t = std::time::Instant::now();
    let cases = cases();
    println!("{} cases {:?}", cases.len(), t.elapsed());
    let mut next = 0;
    for c in cases {
        let enc = c.transaction.encode();
        assert_eq!(enc.len(), c.transaction.encoded_words());
        let mut words = c.words.clone();
        words.sort();
        if words[0].0 == first_encoding_word(c.protocol) {
            next = words[0].0;
        }
        let cont = words.iter().enumerate().all(|(i, w)| w.0 == next + i as u32);
        next += words.len() as u32;
        let got: Vec<Word> = words.iter().map(|w| w.1).collect();
        if got != enc {
            let d: Vec<_> = (0..got.len().max(enc.len()))
                .filter(|i| got.get(*i) != enc.get(*i))
                .map(|i| (i, got.get(i).copied(), enc.get(i).copied()))
                .take(6)
                .collect();
            println!("ENC {} {} vs {} {:?}", c.name, got.len(), enc.len(), d);
        }
        if !cont {
            println!("CONT {}", c.name);
        }
        if c.transaction.hash() != c.row.hash.0 {
            println!("HASH {} type {}", c.name, c.transaction.tx_type());
        }
        if let Some(raw) = c.raw() {
            match L2Transaction::from_raw(&raw.data, &Rules::new(c.chain_id, c.protocol)) {
                Err(e) => println!("RAW {} {e}", c.name),
                Ok(tx) => {
                    if tx.to_raw() != raw.data {
                        println!("REENC {}", c.name)
                    }
                    if tx.hash() != raw.hash.0 {
                        println!("RAWHASH {} {:x?}", c.name, tx.kind.tx_type())
                    }
                    if Transaction::from(tx.clone()) != c.transaction {
                        let same = Transaction::from(tx.clone()).encode() == enc;
                        if !same {
                            println!("DIFF {}", c.name);
                        }
                    }
                    if let Err(e) = tx.check_signer() {
                        let r = match &c.row.outcome.result {
                            TxResult::Success { .. } => "ok".to_string(),
                            TxResult::Revert { .. } => "revert".into(),
                            TxResult::Halt { reason, .. } => reason.clone(),
                        };
                        println!("SIGNER {} {:#x} {e} -> {r}", c.name, tx.kind.tx_type());
                    }
                }
            }
        }
    }
    let _ = (Address::zero(), VersionedHash::default(), Hex(1u64));
}
