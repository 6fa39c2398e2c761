//! Transactions of real batches: their encoding, hashes, raw forms and signers.

extern crate alloc;

mod common;

use alloc::collections::BTreeMap;

use common::corpus;
use eravm_core::Word;
use eravm_host::golden::format::{CommonData, InputData, Op, Transaction as Row, TxResult};
use eravm_host::golden::{Code, FactoryDeps};
use eravm_host::transaction::{
    DecodeError, EIP_712, EIP_1559, EIP_2930, L2Kind, L2Transaction, LEGACY, PRIORITY, Rules,
    SignatureError, Transaction, TransactionHash, UPGRADE,
};
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
    /// Its place in the batch.
    index: usize,
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
        cases.push(Case { name, index, protocol, chain_id, row, transaction, words });
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

/// What a test found, by type of transaction; each type must occur.
fn all_types_occur(cases: &[Case]) {
    let count = |tx_type| cases.iter().filter(|case| case.transaction.tx_type() == tx_type).count();
    let counts = [LEGACY, EIP_2930, EIP_1559, EIP_712, UPGRADE, PRIORITY].map(|it| (it, count(it)));
    eprintln!("{} transactions, by type: {counts:?}", cases.len());
    assert!(cases.is_empty() || counts.iter().all(|(_, count)| *count > 0), "{counts:?}");
}

#[test]
fn encodings_are_what_the_host_wrote() {
    let cases = cases();
    all_types_occur(cases);
    let mut next = 0;
    for Case { name, protocol, row, transaction, words, index, .. } in cases {
        if *index == 0 {
            next = first_encoding_word(*protocol);
        }
        let encoded = transaction.encode();
        assert_eq!(encoded.len(), transaction.encoded_words(), "{name}");
        let expected: Vec<_> = (next..).zip(encoded).collect();
        assert_eq!(*words, expected, "{name}");
        // What halts is taken out of the batch, and the next transaction takes its place.
        if !matches!(row.outcome.result, TxResult::Halt { .. }) {
            next += u32::try_from(words.len()).expect("it fits the heap");
        }
    }
}

/// The hash of a transaction as it was sent, for those whose golden is of another form of it.
fn hash_as_sent(case: &Case) -> Option<TransactionHash> {
    if let Some(raw) = case.raw() {
        let rules = Rules::new(case.chain_id, case.protocol);
        let sent = L2Transaction::from_raw(&raw.data, &rules).expect("it is raw");
        // Estimations and one golden have other fees or another signature than what was sent.
        assert_ne!(Transaction::L2(sent.clone()).encode(), case.transaction.encode());
        return Some(sent.hash());
    }
    // The hash of a legacy call is that with the chain, which the bootloader is not told.
    let Transaction::L2(mut call) = case.transaction.clone() else { return None };
    let L2Kind::Legacy { chain_id: chain @ None, .. } = &mut call.kind else { return None };
    *chain = Some(case.chain_id);
    Some(call.hash())
}

#[test]
fn hashes_are_those_of_the_bootloader() {
    let mut as_sent = Vec::new();
    for case in cases() {
        let (expected, actual) = (case.row.hash.0, case.transaction.hash());
        if actual != expected {
            assert_eq!(hash_as_sent(case), Some(expected), "{}: {actual}", case.name);
            as_sent.push(case.name.as_str());
        }
    }
    eprintln!("{} hashes are those of another form: {as_sent:?}", as_sent.len());
    let is_known = |name: &&&str| {
        ["call_", "estimate_"].iter().any(|start| name.starts_with(start))
            || **name == "failures.json.gz transactions[5]"
    };
    assert_eq!(as_sent.iter().filter(is_known).count(), as_sent.len(), "{as_sent:?}");
}

#[test]
fn raw_forms_are_read_and_written_again() {
    let mut count = 0;
    for case in cases() {
        let Some(raw) = case.raw() else { continue };
        let rules = Rules::new(case.chain_id, case.protocol);
        let read = L2Transaction::from_raw(&raw.data, &rules);
        let read = read.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!(read.to_raw(), raw.data, "{}", case.name);
        assert_eq!(read.hash(), raw.hash.0, "{}", case.name);
        let other = Rules::new(case.chain_id + 1, case.protocol);
        let wrong = DecodeError::WrongChain { found: case.chain_id, expected: case.chain_id + 1 };
        assert_eq!(L2Transaction::from_raw(&raw.data, &other), Err(wrong), "{}", case.name);
        count += 1;
    }
    eprintln!("{count} raw transactions");
    assert!(count > 0 || cases().is_empty());
}

/// Who signed is who it is from, but where the signature is wrong on purpose; then the account refuses it.
#[test]
fn signers_are_recovered() {
    let (mut own, mut judged, mut wrong) = (0, 0, 0);
    for case in cases() {
        let Some(raw) = case.raw() else { continue };
        let rules = Rules::new(case.chain_id, case.protocol);
        let sent = L2Transaction::from_raw(&raw.data, &rules).expect("it is raw");
        assert_eq!(sent.from, case.transaction.sender(), "{}", case.name);
        match sent.check_signer() {
            Ok(signer) => {
                assert_eq!(signer.address(), sent.from, "{}", case.name);
                own += 1;
            }
            Err(SignatureError::NotEcdsa(_)) => judged += 1,
            Err(error) => {
                assert_eq!(sent.kind.tx_type(), EIP_712, "{}: {error}", case.name);
                let result = &case.row.outcome.result;
                assert!(matches!(result, TxResult::Halt { .. }), "{}: {error}", case.name);
                wrong += 1;
            }
        }
    }
    eprintln!("{own} signed by their account, {judged} for contracts to judge, {wrong} wrong");
    assert!(cases().is_empty() || own > 100 && judged > 0 && wrong > 0);
}

/// Changing a transaction gives an error or another transaction, which is then written in just that form.
#[test]
fn changed_raw_forms_are_errors_or_other_transactions() {
    /// Longer ones take too long.
    const MAX_BYTES: usize = 700;
    /// Of each type.
    const EACH: usize = 3;
    let mut seen = BTreeMap::new();
    let (mut errors, mut others) = (0, 0);
    for case in cases() {
        let Some(raw) = case.raw().filter(|raw| raw.data.len() <= MAX_BYTES) else { continue };
        let shape = (case.transaction.tx_type(), case.transaction.paymaster().is_some());
        let count: &mut usize = seen.entry(shape).or_default();
        if *count == EACH {
            continue;
        }
        *count += 1;
        let rules = Rules::new(case.chain_id, case.protocol);
        let mut check = |changed: &[u8]| match L2Transaction::from_raw(changed, &rules) {
            Ok(read) => {
                assert_eq!(read.to_raw(), changed, "{}", case.name);
                assert_eq!(Transaction::from(read).encode().first(), Some(&Word::from_u64(32)));
                others += 1;
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                errors += 1;
            }
        };
        for length in 0..raw.data.len() {
            check(&raw.data[..length]);
        }
        let mut changed = raw.data.clone();
        for at in 0..changed.len() {
            for bit in 0..8 {
                changed[at] ^= 1 << bit;
                check(&changed);
                changed[at] ^= 1 << bit;
            }
        }
        changed.push(0);
        check(&changed);
    }
    eprintln!(
        "{errors} errors, {others} other transactions; originals by type and paymaster: {seen:?}"
    );
    assert!(cases().is_empty() || errors > 1000 && others > 1000);
}
