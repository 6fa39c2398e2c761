//! Loading code.

use super::*;
use eravm_core::{CodeKind, RunError, Stop};

const COST: u64 = 500;

/// A system contract that may decommit the code of [`USER`], given as `hash`.
fn case_with(code: &str) -> String {
    format!(
        ";; ergs 200000\n;; account {USER} {}\n;; account {KERNEL} {}\n;; entry 0x8001\n.text\nentry: add {COST}, r0, r9
        {code}
        .rodata\nabi: {}\nuser: .cell {USER}\nkernel: .cell {KERNEL}\nhash: .cell {}
        ;; code {}\n.text\nentry: add 1, r0, r2\nret r0
        ;; code {}\n.text\nentry: add 500, r0, r9\nadd @hash[0], r0, r2\nlog.decommit r2, r9, r3\nrevert r0\n.rodata\nhash: .cell {}",
        hash(1, 0, 0x10),
        hash(1, 0, 0x11),
        abi(0, 0, 0, ALL),
        hash(1, 0, 0x10),
        hash(1, 0, 0x10),
        hash(1, 0, 0x11),
        hash(1, 0, 0x10)
    )
}

const LOAD: &str = "add @hash[0], r0, r2\nlog.decommit r2, r9, r3";
const CALL: &str =
    "add @abi[0], r0, r2\nadd @user[0], r0, r3\nfar_call r2, r3, @called\ncalled: add 500, r0, r9";

#[test]
fn new_code_goes_to_the_current_heap() {
    let code = format!(
        "st.1 0, r9\nst.1 96, r9\n{LOAD}\nld r3, r4\nld.1 0, r5\nld.1 96, r6\ncontext.ergs_left r7\nret r0"
    );
    let vm = end(&case_with(&code));
    assert_eq!(FatPointer::from_word(&register(&vm, 3)).page, 10);
    assert_eq!(FatPointer::from_word(&register(&vm, 3)).length, 1 << 21);
    assert_eq!(register(&vm, 4), register(&vm, 5));
    assert_ne!(number(&vm, 6), 0, "what is behind the code stays");
    assert!(number(&vm, 7) < 200_000 - COST);
}

#[test]
fn called_code_is_known_and_free() {
    let code =
        format!("{CALL}\ncontext.ergs_left r8\n{LOAD}\ncontext.ergs_left r7\nld r3, r4\nret r0");
    let vm = end(&case_with(&code));
    assert_eq!(FatPointer::from_word(&register(&vm, 3)).page, 2048);
    assert!(!register(&vm, 4).is_zero());
    assert_eq!(number(&vm, 8) - number(&vm, 7), 6 + 6 + 5, "the price of the words comes back");
}

#[test]
fn loaded_code_can_be_called_where_it_is() {
    let code = format!("{LOAD}\n{CALL}\nret r0");
    let vm = after(&case_with(&code), 6);
    assert_eq!(vm.current_frame().code_page, 10);
}

#[test]
fn a_failed_frame_leaves_the_code_it_loaded() {
    let code = format!(
        "add @abi[0], r0, r2\nadd @kernel[0], r0, r3\nfar_call r2, r3, @called\ncalled: add 500, r0, r9\n{LOAD}\nld r3, r4\nret r0"
    );
    let vm = end(&case_with(&code));
    assert_eq!(
        FatPointer::from_word(&register(&vm, 3)).page,
        2050,
        "the heap of the frame that failed"
    );
    assert!(!register(&vm, 4).is_zero());
    assert_eq!(vm.used_code().len(), 2, "each once");
}

#[test]
fn too_few_ergs_give_zero_and_none() {
    let code = format!(
        "add 300, r0, r8\nnear_call r8, @f, @after\nafter: ret r0\nf: add 5, r0, r3\n{LOAD}\ncontext.ergs_left r7\nret r0"
    );
    let vm = end(&case_with(&code));
    assert_eq!(vm.final_registers()[2], (Word::ZERO, false));
    assert!(vm.used_code().is_empty());
}

#[test]
fn a_malformed_hash_gives_zero_for_the_price() {
    let vm = end(&case_with(
        "add 7, r0, r2\ncontext.ergs_left r4\nlog.decommit r2, r9, r3\ncontext.ergs_left r5\nret r0",
    ));
    assert_eq!(register(&vm, 3), Word::ZERO);
    assert_eq!(number(&vm, 4) - number(&vm, 5), 6 + COST + 5);
}

#[test]
fn the_same_code_twice_into_one_heap_is_refused() {
    // The reference aborts here; ours says why it stops.
    let world = world(&case_with(&format!("{LOAD}\n{LOAD}\nret r0")));
    let (mut vm, mut host) = world.prepare().vm();
    let result = vm.run(&mut host);
    assert!(matches!(result, Err(RunError::Stopped(Stop::DecommittedTwice(_)))), "{result:?}");
}

#[test]
fn a_hash_without_digest_is_refused() {
    let zero = format!("0x01000001{}", "00".repeat(28));
    let text = case_with(&format!("{LOAD}\nret r0"));
    let known = format!("hash: .cell {}\n        ;; code", hash(1, 0, 0x10));
    assert!(text.contains(&known));
    let world = world(&text.replace(&known, &format!("hash: .cell {zero}\n        ;; code")));
    let (mut vm, mut host) = world.prepare().vm();
    let result = vm.run(&mut host);
    assert!(matches!(result, Err(RunError::Stopped(Stop::ZeroCodeDigest))), "{result:?}");
}

#[test]
fn unknown_code_stops_the_run() {
    let other = hash(1, 0, 0x77);
    let text = case_with(&format!("{LOAD}\nret r0"));
    let known = format!("hash: .cell {}\n        ;; code", hash(1, 0, 0x10));
    let world = world(&text.replace(&known, &format!("hash: .cell {other}\n        ;; code")));
    let (mut vm, mut host) = world.prepare().vm();
    assert!(matches!(vm.run(&mut host), Err(RunError::Stopped(Stop::UnknownCode(_)))));
}

#[test]
fn base_contracts_must_be_code_at_any_time() {
    let mut world = world(";; entry 0x8001\n.text\nentry: ret r0");
    let settings = world.settings();
    world.default_account.0[0] = 2;
    assert!(matches!(world.default_account.parse(), Some((CodeKind::Blob, false))));
    let settings = eravm_core::Settings { default_account: world.default_account, ..settings };
    let program = eravm_core::Program::new(&[]).expect("no words are some");
    let entry = eravm_core::Entry::bootloader(program);
    let refused = eravm_core::SetupError::MalformedBaseContract(world.default_account);
    assert_eq!(eravm_core::Vm::new(settings, entry).err(), Some(refused));
}
