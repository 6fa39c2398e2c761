//! `eravm batch`: the examples on every bundle, what becomes of the state, and files that nobody should write.

mod common;

use common::{Finished, Folder, corpus, eravm, with_input};
use eravm_core::{Address, VersionedHash, Word, system_address};
use eravm_host::batch_file::TestAccount;
use eravm_host::pubdata::{Published, derived_key, message_root};
use eravm_host::system_contracts::{balance_slot, nonce_slot};
use eravm_host::{decode_hex, parse_address, parse_word};
use serde_json::{Value, json};

const VERSIONS: [u16; 4] = [26, 27, 28, 29];
const ETHER: u128 = 1_000_000_000_000_000_000;
/// The root of other chains' messages where there are none.
const NO_CHAINS: &str = "0x46700b4d40ac5c35af2c22dda2787a91eb567b06c924a8fb8ae9a05b20c08c21";

fn bundle(version: u16) -> Option<String> {
    corpus(&format!("contracts/v{version}.tar.gz"))
}

fn example(name: &str) -> String {
    format!("{}/examples/batches/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

fn run(bundle: &str, file: &str) -> Finished {
    eravm(&["batch", "--json", "--system", bundle, "--batch", file])
}

fn run_text(bundle: &str, text: &str) -> Finished {
    with_input(&["batch", "--json", "--system", bundle, "--batch", "-"], text.as_bytes())
}

fn address(name: &str) -> Address {
    TestAccount::new(name).expect("it is a name").address
}

fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().unwrap_or_else(|| panic!("{key} is a list: {value}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is a text"))
}

fn word(value: &Value) -> Word {
    parse_word(text(value)).unwrap_or_else(|error| panic!("{error}"))
}

fn number(value: &Value) -> u128 {
    let word = word(value);
    assert_eq!(Word::from_u128(word.low_u128()), word);
    word.low_u128()
}

fn statuses(report: &Value) -> Vec<&str> {
    list(report, "transactions").iter().map(|one| text(&one["status"])).collect()
}

/// The value of a slot after the batch, if the batch changed it.
fn written(report: &Value, slot: (Address, Word)) -> Option<Word> {
    let writes = list(&report["batch"], "storage_writes").iter();
    let slots = writes
        .map(|write| (parse_address(text(&write[0])).unwrap(), word(&write[1]), word(&write[2])));
    slots.filter(|(address, key, _)| (*address, *key) == slot).map(|(_, _, value)| value).next()
}

fn balance(report: &Value, account: &Address) -> Option<u128> {
    written(report, balance_slot(account)).map(|word| word.low_u128())
}

/// What is true of every batch that was finished.
fn check(report: &Value) {
    assert_eq!(report["error"], Value::Null);
    let batch = &report["batch"];
    // What is sent to L1 as the root of the logs is that of the logs.
    let local: [u8; 32] = decode_hex(text(&batch["log_root"])).unwrap().try_into().unwrap();
    let no_chains: [u8; 32] = decode_hex(NO_CHAINS).unwrap().try_into().unwrap();
    let root = Word::from_be_bytes(&message_root(&local, &no_chains));
    let messenger = format!("0x{:0>40}", "8008");
    let sent: Vec<Word> = list(batch, "system_logs")
        .iter()
        .filter(|log| log["sender"] == *messenger && word(&log["key"]).is_zero())
        .map(|log| word(&log["value"]))
        .collect();
    assert_eq!(sent, [root]);
    // Pubdata says the same as the state diffs.
    let pubdata = decode_hex(text(&batch["pubdata"])).unwrap();
    assert_eq!(batch["pubdata_bytes"], pubdata.len());
    let published = Published::parse(&pubdata).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(published.user_logs.len(), list(batch, "user_logs").len());
    let diffs = list(batch, "state_diffs");
    let count = published.initial_writes.len() + published.repeated_writes.len();
    assert_eq!(count, diffs.len());
    for diff in diffs {
        let (address, key) = (parse_address(text(&diff["address"])).unwrap(), word(&diff["key"]));
        let (before, after) = (word(&diff["initial_value"]), word(&diff["final_value"]));
        let place = derived_key(&address, &key);
        assert_eq!(decode_hex(text(&diff["derived_key"])).unwrap(), place);
        let change = match diff["enumeration_index"].as_u64() {
            Some(0) => {
                let mut initial = published.initial_writes.iter();
                initial.find(|write| write.derived_key == place).map(|write| write.change)
            }
            index => {
                let mut repeated = published.repeated_writes.iter();
                let write = repeated.find(|write| Some(write.enumeration_index) == index);
                write.map(|write| write.change)
            }
        };
        assert_eq!(change.map(|change| change.apply(&before)), Some(after), "{diff}");
        assert_eq!(written(report, (address, key)), Some(after), "{diff}");
    }
}

fn fee(transaction: &Value) -> u128 {
    number(&transaction["fee"])
}

#[test]
fn transfers_move_money() {
    for version in VERSIONS {
        let Some(bundle) = bundle(version) else { continue };
        let report = run(&bundle, &example("transfers")).expect(0).json();
        check(&report);
        assert_eq!(report["protocol"], version);
        assert_eq!(statuses(&report), ["success"; 5]);
        let rows = list(&report, "transactions");
        let fees: Vec<u128> = rows.iter().map(fee).collect();
        for row in rows {
            let (limit, used) = (number(&row["gas_limit"]), row["gas_used"].as_u64().unwrap());
            let refunded = row["gas_refunded"].as_u64().unwrap();
            assert_eq!(limit, u128::from(used) + u128::from(refunded), "{row}");
        }
        let [alice, bob, carol, dora] = ["alice", "bob", "carol", "dora"].map(address);
        assert_eq!(balance(&report, &alice), Some(10 * ETHER - fees[0]), "{version}");
        let bobs = 2 * ETHER + ETHER - ETHER / 2 - ETHER + 3 * ETHER - fees[1] - fees[2];
        assert_eq!(balance(&report, &bob), Some(bobs));
        assert_eq!(balance(&report, &carol), Some(1000 * ETHER + ETHER / 2 - fees[3]));
        // What she paid for on L1 and did not use comes back on L2.
        assert_eq!(
            number(&rows[4]["gas_price"]) * 20_000_000 - fees[4],
            balance(&report, &dora).unwrap()
        );
        let operator = address("operator");
        assert_eq!(balance(&report, &operator), Some(fees.iter().sum()));
        assert_eq!(written(&report, nonce_slot(&alice)), Some(Word::from_u64(4)));
        let blocks: Vec<_> = rows.iter().map(|row| row["block"].as_u64()).collect();
        assert_eq!(blocks, [1, 1, 1, 2, 2].map(Some));
    }
}

#[test]
fn deployments_put_code_where_the_report_says() {
    let deploys = |code: &str| {
        json!({"transactions": [{"from": "alice", "deploy": {"code": code}}]}).to_string()
    };
    for version in VERSIONS {
        let Some(bundle) = bundle(version) else { continue };
        let report = run(&bundle, &example("deployment")).expect(0).json();
        check(&report);
        assert_eq!(statuses(&report), ["success"; 3]);
        let rows = list(&report, "transactions");
        // The third transaction has called the first contract.
        assert_eq!(list(&rows[0], "deployed")[0], rows[2]["to"]);
        let counter = parse_address(text(&rows[2]["to"])).unwrap();
        assert_eq!(written(&report, (counter, Word::ZERO)), Some(Word::ONE));
        let Some(artifact) = corpus("sdk-contracts/Counter.json") else { continue };
        let report = run_text(&bundle, &deploys(&artifact)).expect(0).json();
        check(&report);
        let row = &list(&report, "transactions")[0];
        let deployed = list(row, "deployed");
        assert_eq!(deployed.len(), 1);
        // The first contract of an account: that address depends on the account alone.
        assert_eq!(text(&deployed[0]), format!("{counter:?}"));
        let code = eravm_host::artifact::load(&artifact, None).expect("it is an artifact");
        let slot = (system_address(0x8002), Word::from_address(&counter));
        let stored = written(&report, slot).expect("the address has code");
        assert_eq!(VersionedHash(stored.to_be_bytes()).at_rest(), code.hash);
        let known = (system_address(0x8004), code.hash.to_word());
        assert_eq!(written(&report, known), Some(Word::ONE));
        assert_eq!(row["code_is_known"], true);
    }
}

#[test]
fn accounts_are_deployed_as_such() {
    let Some(bundle) = bundle(29) else { return };
    let code = format!("{}/examples/batches/counter.asm", env!("CARGO_MANIFEST_DIR"));
    let deploy = |salt: Value| json!({"from": "alice", "deploy": {"code": code, "salt": salt, "is_account": true}});
    let file = json!({"transactions": [deploy(Value::Null), deploy(json!(1))]});
    let report = run_text(&bundle, &file.to_string()).expect(0).json();
    check(&report);
    assert_eq!(statuses(&report), ["success"; 2]);
    for row in list(&report, "transactions") {
        let account = parse_address(text(&list(row, "deployed")[0])).unwrap();
        // The same kind of mapping as that of balances, in ContractDeployer.
        let kind = (system_address(0x8006), balance_slot(&account).1);
        assert_eq!(written(&report, kind), Some(Word::ONE));
    }
}

/// The page of the command shows what the command shows.
#[test]
fn the_readme_shows_the_table() {
    let Some(bundle) = bundle(29) else { return };
    let file = example("deployment");
    let table = eravm(&["batch", "--system", &bundle, "--batch", &file]).expect(0);
    let readme = include_str!("../README.md");
    assert!(readme.contains(table.text()), "README.md is to show:\n{}", table.text());
}

#[test]
fn failures_are_reported_and_the_batch_is_finished() {
    for version in VERSIONS {
        let Some(bundle) = bundle(version) else { continue };
        let report = run(&bundle, &example("failures")).expect(0).json();
        check(&report);
        let expected = ["success", "reverted", "halted", "halted", "halted", "success"];
        assert_eq!(statuses(&report), expected, "{version}");
        let rows = list(&report, "transactions");
        assert_eq!(rows[1]["reason"], "no reason given");
        for halted in &rows[2..5] {
            assert_eq!((&halted["fee"], &halted["gas_used"]), (&Value::Null, &Value::Null));
            assert_eq!((halted["pubdata"].as_u64(), list(halted, "events").len()), (Some(0), 0));
        }
        assert!(text(&rows[4]["reason"]).contains("gasLimit"), "{}", rows[4]["reason"]);
        let contract = parse_address("0x20000").unwrap();
        assert_eq!(written(&report, (contract, Word::ZERO)), Some(Word::from_u64(42)));
        let fees = fee(&rows[0]) + fee(&rows[1]) + fee(&rows[5]);
        assert_eq!(balance(&report, &address("alice")), Some(1000 * ETHER - 2 * ETHER - fees));
        assert_eq!(balance(&report, &address("pauper")), None);
        assert_eq!(number(&rows[5]["nonce"]), 2, "halted transactions use no nonce");
    }
    let Some(bundle) = bundle(29) else { return };
    let table = eravm(&["batch", "--system", &bundle, "--batch", &example("failures")]).expect(0);
    let table = table.text();
    assert!(table.contains("99 is not 2; if that is the nonce"), "{table}");
    assert!(table.contains("905000000000001 wei are needed and 0 are there"), "{table}");
    assert!(table.contains("6 (2 succeeded, 1 reverted, 3 halted)"), "{table}");
    assert!(table.contains("alice → bob"), "{table}");
}

#[test]
fn the_smallest_file_runs_and_a_batch_follows_it() {
    let Some(bundle) = bundle(29) else { return };
    let first = run(&bundle, &example("transfer")).expect(0).json();
    check(&first);
    // The next batch goes on with the state that this one left.
    let slots = &first["batch"]["storage_writes"];
    let second = json!({
        "state": {"default_balance": 0, "slots": slots},
        "transactions": [{"from": "alice", "to": "bob", "value": "2 ether"}],
    });
    let second = run_text(&bundle, &second.to_string()).expect(0).json();
    check(&second);
    assert_eq!((&first["number"], &second["number"]), (&json!(1), &json!(2)));
    assert_eq!(statuses(&second), ["success"]);
    let rows = [&list(&first, "transactions")[0], &list(&second, "transactions")[0]];
    let fees: u128 = rows.into_iter().map(fee).sum();
    assert_eq!(balance(&second, &address("alice")), Some(997 * ETHER - fees));
    assert_eq!(number(&rows[1]["nonce"]), 1);
    // Block 2 was the one without transactions that ended the first batch.
    assert_eq!(rows[1]["block"], 3);
}

#[test]
fn traces_have_a_file_for_every_transaction() {
    let (Some(bundle), folder) = (bundle(29), Folder::new()) else { return };
    let traces = folder.path("traces");
    let file = example("failures");
    let arguments =
        ["batch", "--json", "--system", &bundle, "--batch", &file, "--trace-dir", &traces];
    let report = eravm(&arguments).expect(0).json();
    for (index, row) in list(&report, "transactions").iter().enumerate() {
        let path = format!("{traces}/transaction_{index:05}.txt");
        let trace = std::fs::read_to_string(&path).expect("the trace was written");
        let instructions =
            trace.lines().skip(1).filter(|line| !line.starts_with('@')).count() as u64;
        assert_eq!(Some(instructions), row["instructions"].as_u64(), "{path}");
    }
    let cut = [&arguments[..], &["--trace-limit", "10"]].concat();
    assert!(eravm(&cut).expect(0).stderr.contains("was cut after 10 lines"));
    let file = folder.file("a file", "");
    let arguments =
        ["batch", "--system", &bundle, "--batch", &example("transfer"), "--trace-dir", &file];
    assert!(eravm(&arguments).expect(2).stderr.contains("cannot be written"));
}

#[test]
fn raw_transactions_are_taken() {
    use eravm_host::transaction::{L2Kind, L2Transaction};
    let Some(bundle) = bundle(29) else { return };
    let kind = L2Kind::Eip1559 {
        chain_id: 270,
        max_fee_per_gas: Word::from_u64(45_250_000),
        max_priority_fee_per_gas: Word::ZERO,
        signature: Default::default(),
    };
    let request = L2Transaction {
        to: Some(address("bob")),
        value: Word::from_u64(5),
        gas_limit: Word::from_u64(1_000_000),
        ..L2Transaction::new(kind)
    };
    let signed = request.sign(&TestAccount::new("alice").unwrap().key).unwrap();
    let raw = common::digits(&signed.to_raw());
    let file = json!({"transactions": [format!("0x{raw}")]}).to_string();
    let report = run_text(&bundle, &file).expect(0).json();
    check(&report);
    assert_eq!(statuses(&report), ["success"]);
    assert_eq!(balance(&report, &address("bob")), Some(5));
    let wrong = file.replacen("0x02", "0x03", 1);
    assert!(
        run_text(&bundle, &wrong)
            .expect(2)
            .stderr
            .contains("at transactions[0]: 0x03 is no known type")
    );
    let chain = format!(r#"{{"environment": {{"chain_id": 271}}, {}"#, &file[1..]);
    assert!(run_text(&bundle, &chain).expect(2).stderr.contains("for chain 270, not for 271"));
}

#[test]
fn paymasters_pay() {
    let Some(bundle) = bundle(29) else { return };
    let report = run(&bundle, &example("paymaster")).expect(0).json();
    check(&report);
    let row = &list(&report, "transactions")[0];
    assert_eq!(
        (text(&row["kind"]), text(&row["status"])),
        ("eip712", "success"),
        "{}",
        row["reason"]
    );
    assert_eq!(balance(&report, &address("carol")), Some(0));
    let paid = ETHER - balance(&report, &parse_address("0x30000").unwrap()).expect("it paid");
    assert_eq!(paid, fee(row));
}

/// A batch that the bootloader does not begin is reported as such.
#[test]
fn a_batch_that_cannot_be_finished_fails() {
    let Some(bundle) = bundle(29) else { return };
    let file =
        r#"{"environment": {"number": 7}, "transactions": [{"from": "alice", "to": "bob"}]}"#;
    let finished = run_text(&bundle, file).expect(1);
    assert!(finished.stderr.contains("the batch could not be finished"), "{}", finished.stderr);
    let report = finished.json();
    assert_eq!(report["batch"], Value::Null);
    assert_eq!(statuses(&report), ["halted"]);
    assert!(!text(&report["error"]["message"]).is_empty());
    let times = r#"{"blocks": [{"transactions": [{"from": "alice", "to": "bob"}]},
        {"timestamp": 5, "transactions": []}]}"#;
    let finished = run_text(&bundle, times).expect(1);
    assert!(finished.stderr.contains("blocks[1]: time 5 of the block"), "{}", finished.stderr);
    let joined = r#"{"blocks": [{"transactions": [{"from": "alice", "to": "bob", "nonce": 5}]},
        {"transactions": [{"from": "alice", "to": "bob"}]}]}"#;
    let finished = run_text(&bundle, joined).expect(0);
    assert!(finished.stderr.contains("those of blocks[1] go into it"), "{}", finished.stderr);
    assert_eq!(statuses(&finished.json()), ["halted", "success"]);
}

#[test]
fn mistakes_are_named_with_their_place() {
    let Some(bundle) = bundle(29) else { return };
    let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    let long = "f".repeat(65);
    let tx = |fields: &str| format!(r#"{{"transactions": [{{{fields}}}]}}"#);
    let cases = [
        ("".to_owned(), "EOF"),
        ("{".to_owned(), "EOF"),
        ("{}".to_owned(), "neither `transactions` nor `blocks`"),
        (r#"{"transactions": [], "blocks": []}"#.to_owned(), "both `transactions` and `blocks`"),
        (r#"{"transactions": []} x"#.to_owned(), "trailing characters"),
        (r#"{"transactions": [], "transacions": []}"#.to_owned(), "at transacions: unknown field"),
        (tx(r#""from": "alice", "two": "bob""#), "at transactions[0].two: unknown field `two`"),
        (
            tx(r#""from": "al ice", "to": "bob""#),
            "at transactions[0].from: `al ice` is not an account",
        ),
        (tx(r#""from": "alice", "to": "bob", "value": -1"#), "at transactions[0].value: invalid"),
        (tx(r#""from": "alice", "to": "bob", "value": 1e30"#), "at transactions[0].value: invalid"),
        (
            tx(&format!(r#""from": "alice", "to": "bob", "value": "0x{long}""#)),
            "does not fit 256 bits",
        ),
        (
            tx(r#""from": "alice", "to": "bob", "data": "12""#),
            "at transactions[0].data: `12` is not bytes",
        ),
        (
            tx(r#""from": "0x1234", "to": "bob""#),
            "at transactions[0].from: there is no key to sign",
        ),
        (tx(r#""to": "bob""#), "at transactions[0]: nobody sends the transaction"),
        (tx(r#""from": "alice""#), "at transactions[0]: the transaction does not go anywhere"),
        (
            tx(r#""from": "alice", "to": "bob", "key": "0x12""#),
            "at transactions[0].key: the private key has 1 bytes",
        ),
        (
            tx(r#""from": "alice", "to": "bob", "key": "0xzz""#),
            "at transactions[0].key: the key is not hexadecimal",
        ),
        (tx(&format!(r#""to": "bob", "key": "0x{order}""#)), "at transactions[0].key: "),
        (
            tx(r#""from": "alice", "key": "bob", "to": "bob""#),
            "at transactions[0].from: the key belongs to",
        ),
        (
            tx(r#""from": "alice", "to": "bob", "to_mint": 1"#),
            "at transactions[0].to_mint: a transaction of type `eip1559`",
        ),
        (
            tx(r#""from": "alice", "to": "bob", "deploy": {"code": "0x"}"#),
            "at transactions[0].to: `deploy` says",
        ),
        (
            tx(r#""from": "alice", "deploy": {"code": "0x"}"#),
            "at transactions[0].deploy.code: code of 0 words",
        ),
        (tx(r#""from": "alice", "deploy": {"code": "none.json"}"#), "none.json cannot be read"),
        (tx(r#""from": "alice", "deploy": {}"#), "at transactions[0].deploy: missing field `code`"),
        (
            tx(&format!(
                r#""type": "priority", "from": "a", "to": "b", "gas": "0x{}", "value": 1"#,
                "f".repeat(64)
            )),
            "does not fit 256 bits",
        ),
        (tx(r#""type": "blob""#), "at transactions[0].type: unknown variant `blob`"),
        (r#"{"transactions": [5]}"#.to_owned(), "at transactions[0]: invalid type"),
        (
            r#"{"environment": {"number": 4294967296}, "transactions": []}"#.to_owned(),
            "at environment.number: `4294967296` does not fit 32 bits",
        ),
        (
            r#"{"environment": {"protocol": 3}, "transactions": []}"#.to_owned(),
            "at environment.protocol: ",
        ),
        (
            r#"{"pubdata": {"scheme": "none"}, "transactions": []}"#.to_owned(),
            "at pubdata: in protocol version 29",
        ),
        (
            r#"{"state": {"accounts": {"0x5": {}, "0x05": {}}}, "transactions": []}"#.to_owned(),
            "is there twice",
        ),
        (
            r#"{"state": {"slots": [["0x5", 1, 2], ["0x5", "0x1", 2]]}, "transactions": []}"#
                .to_owned(),
            "at state.slots[1]: the slot is there twice",
        ),
        (
            r#"{"state": {"slots": [["0x5", 1]]}, "transactions": []}"#.to_owned(),
            "at state.slots[0]: invalid length 2",
        ),
        (
            format!(
                r#"{{"state": {{"accounts": {{"a": {{"balance": "0x{0}"}}, "b": {{"balance": "0x{0}"}}}}}}, "transactions": []}}"#,
                "f".repeat(64)
            ),
            "at state.accounts.b: all balances together",
        ),
    ];
    for (file, expected) in cases {
        let finished = run_text(&bundle, &file).expect(2);
        assert!(finished.stderr.contains(expected), "{file}\n{}", finished.stderr);
        assert!(finished.stdout.is_empty());
    }
    let missing = run("/nowhere/v0.tar.gz", &example("transfer")).expect(2);
    assert!(missing.stderr.contains("/nowhere/v0.tar.gz"), "{}", missing.stderr);
    let missing = run(&bundle, "/nowhere/batch.json").expect(2);
    assert!(missing.stderr.contains("/nowhere/batch.json cannot be read"), "{}", missing.stderr);
    let swapped = run(&example("transfer"), &bundle).expect(2);
    assert!(!swapped.stderr.is_empty());
}

/// Whatever becomes of the bytes of a file: an error or a report, never a panic. What is not damaged in the JSON is run.
#[test]
fn damaged_files_are_refused_or_run() {
    use eravm_host::batch_file::BatchFile;
    use eravm_host::system_contracts::SystemContracts;
    let Some(bundle) = bundle(29) else { return };
    let (contracts, _) = SystemContracts::load(bundle.as_ref()).expect("it is a bundle");
    let (mut refused, mut planned) = (0, 0);
    for name in ["transfer", "transfers", "deployment", "failures", "paymaster"] {
        let whole = std::fs::read(example(name)).expect("the example is there");
        let folder = Folder::new();
        for code in ["counter.asm", "paymaster.asm"] {
            let code_path = format!("{}/examples/batches/{code}", env!("CARGO_MANIFEST_DIR"));
            folder.file(code, std::fs::read(code_path).expect("the code is there"));
        }
        for end in 0..whole.len() - 2 {
            assert!(BatchFile::parse(&whole[..end]).is_err(), "{name} cut at {end}");
        }
        let mut seed = 7u64;
        for round in 0..240 {
            let mut damaged = whole.clone();
            for _ in 0..=round % 2 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = (seed >> 33) as usize % damaged.len();
                damaged[at] = b"0129aefxz\"{}[]:,.- \xff"[(seed >> 13) as usize % 20];
            }
            let path = folder.file("damaged.json", &damaged);
            match BatchFile::load(&path).and_then(|file| file.plan(&contracts)) {
                Ok(plan) => planned += usize::from(!plan.blocks.is_empty()),
                Err(error) => refused += usize::from(!error.to_string().is_empty()),
            }
        }
    }
    assert_eq!(refused + planned, 1200);
    assert!(refused > 100 && planned > 10, "{refused} refused, {planned} planned");
}

/// A protocol upgrade, a payment, and money that comes from L1.
fn from_both_layers(content: &str) -> String {
    let batch = json!({
        "pubdata": {"content": content},
        "transactions": [
            {"type": "upgrade", "to": "bob", "gas": 72_000_000},
            {"from": "alice", "to": "bob", "value": "1 ether"},
            {"type": "priority", "from": "carol", "to": "bob", "value": "2 ether", "to_mint": "3 ether"},
        ],
    });
    batch.to_string()
}

#[test]
fn transactions_from_l1_are_announced_to_l1_and_bring_money() {
    for version in VERSIONS {
        let Some(bundle) = bundle(version) else { return };
        let report = run_text(&bundle, &from_both_layers("full")).expect(0).json();
        check(&report);
        assert_eq!(statuses(&report), ["success"; 3], "{version}");
        let [upgrade, payment, priority] = &list(&report, "transactions")[..] else {
            panic!("{report}");
        };
        assert_eq!([fee(upgrade), number(&upgrade["nonce"])], [0, version.into()]);
        assert_eq!(balance(&report, &address("bob")), Some(3 * ETHER), "{version}");
        assert_eq!(balance(&report, &address("alice")), Some(999 * ETHER - fee(payment)));
        // What was minted, not sent and not paid goes back to who sent it.
        assert_eq!(balance(&report, &address("carol")), Some(ETHER - fee(priority)));
        let logs = list(&report["batch"], "user_logs").iter();
        let announced: Vec<_> =
            logs.map(|log| (text(&log["key"]), number(&log["value"]))).collect();
        let hashes = [upgrade, priority].map(|row| (text(&row["hash"]), 1));
        assert_eq!(announced, hashes, "{version}");
    }
}

#[test]
fn a_validium_publishes_the_hash_of_its_state_diffs() {
    for version in VERSIONS {
        let Some(bundle) = bundle(version) else { return };
        let [rollup, validium] = ["full", "hash"]
            .map(|content| run_text(&bundle, &from_both_layers(content)).expect(0).json());
        // Only what is published is another thing.
        assert_eq!(validium["transactions"], rollup["transactions"], "{version}");
        for what in ["state_diffs", "user_logs", "events", "log_root"] {
            assert_eq!(validium["batch"][what], rollup["batch"][what], "{version}: {what}");
        }
        let mut encoded = Vec::new();
        for diff in list(&validium["batch"], "state_diffs") {
            let mut record = parse_address(text(&diff["address"])).unwrap().0.to_vec();
            record.extend(word(&diff["key"]).to_be_bytes());
            record.extend(decode_hex(text(&diff["derived_key"])).unwrap());
            record.extend(diff["enumeration_index"].as_u64().unwrap().to_be_bytes());
            record.extend(word(&diff["initial_value"]).to_be_bytes());
            record.extend(word(&diff["final_value"]).to_be_bytes());
            record.resize(272, 0);
            encoded.extend(record);
        }
        let hash = eravm_core::precompiles::keccak256(&mut [&encoded[..]].into_iter());
        let published = format!("0x{}", common::digits(&hash));
        assert_eq!(validium["batch"]["pubdata"], *published, "{version}");
    }
}

/// keccak256 of some bytes, as the address that is in its lower 20.
fn hashed_address(bytes: &[u8]) -> Address {
    let hash = eravm_core::precompiles::keccak256(&mut [bytes].into_iter());
    Word::from_be_bytes(&hash).to_address()
}

#[test]
fn evm_code_creates_contracts_and_calls_those_of_the_other_machine() {
    // PUSH1 0 three times, CREATE, PUSH1 0, SSTORE;
    // PUSH1 7, PUSH1 0 three times, CREATE2, PUSH1 1, SSTORE;
    // PUSH1 0 five times, PUSH3 0x20000, GAS, CALL, PUSH1 2, SSTORE, STOP
    let code =
        "600060006000f06000556007600060006000f560015560006000600060006000620200005af160025500";
    let length = code.len() / 2;
    let init = format!("60{length:02x}600c60003960{length:02x}6000f3");
    for version in [27, 28, 29] {
        let Some(bundle) = bundle(version) else { return };
        let counter = {
            let source = include_str!("../examples/batches/counter.asm");
            let code = eravm_core::asm::assemble(source).expect("it assembles").bytecode;
            format!("0x{}", common::digits(&code))
        };
        // The first contract that alice deploys: RLP of her address and the nonce 0.
        let creator = hashed_address(&[&[0xd6, 0x94], &address("alice").0[..], &[0x80]].concat());
        let batch = json!({
            "state": {"accounts": {"0x20000": {"code": counter, "storage": {"0": 41}}}},
            "transactions": [
                {"from": "alice", "data": format!("0x{init}{code}")},
                {"from": "alice", "to": format!("{creator:?}")},
            ],
        });
        let report = run_text(&bundle, &batch.to_string()).expect(0).json();
        check(&report);
        assert_eq!(statuses(&report), ["success"; 2], "{version}: {report}");
        // By the EVM's rules: the first nonce of a contract is 1, and the hash of the code is that of nothing.
        let first = hashed_address(&[&[0xd6, 0x94], &creator.0[..], &[1]].concat());
        let nothing = eravm_core::precompiles::keccak256(&mut [&[][..]].into_iter());
        let salt = Word::from_u64(7).to_be_bytes();
        let second = hashed_address(&[&[0xff], &creator.0[..], &salt, &nothing].concat());
        let deployed: Vec<_> = list(&report, "transactions")
            .iter()
            .flat_map(|row| list(row, "deployed"))
            .map(|address| parse_address(text(address)).unwrap())
            .collect();
        assert_eq!(deployed, [creator, first, second], "{version}");
        let slot = |number| written(&report, (creator, Word::from_u64(number)));
        let created = [first, second].map(|address| Some(Word::from_address(&address)));
        assert_eq!([slot(0), slot(1)], created);
        assert_eq!(slot(2), Some(Word::ONE), "the call succeeds");
        let counter = (parse_address("0x20000").unwrap(), Word::ZERO);
        assert_eq!(written(&report, counter), Some(Word::from_u64(42)), "{version}");
    }
}
