//! Far calls: who is called, with what, and at what price.

use super::*;
use eravm_core::isa::{EVM_STIPEND_BYTES, KERNEL_STIPEND_BYTES, USER_STIPEND_BYTES};

/// A call whose callee's frame is looked at.
fn called(address: &str, abi: &str, instruction: &str, accounts: &str, callee: &str) -> Vm {
    let text = format!(
        ";; ergs 200000
        {accounts}
        ;; default-account {}
        ;; evm-emulator {}
        ;; entry {address}
        .text
        entry: add @abi[0], r0, r2
        add @callee[0], r0, r3
        add 77, r0, r15
        {instruction} r2, r3, @after
        after: ret r0
        .rodata
        abi: {abi}
        callee: .cell {callee}
        ;; code {}
        .text
        entry: ret r0
        ;; code {}
        .text
        entry: ret r0
        ;; code {}
        .text
        entry: ret r0",
        hash(1, 0, 1),
        hash(1, 0, 2),
        hash(1, 0, 1),
        hash(1, 0, 2),
        hash(1, 0, 0x10)
    );
    after(&text, 4)
}

fn with_code(address: &str, hash: &str) -> String {
    format!(";; account {address} {hash}")
}

fn any_abi() -> String {
    abi(0, 0, 0, ALL)
}

#[test]
fn a_masked_blob_keeps_the_stipend_of_foreign_code() {
    // In construction, but not called as a constructor: the default account runs, with the blob's stipend.
    let blob = with_code(USER, &hash(2, 1, 0x20));
    let vm = called("0x10064", &any_abi(), "far_call", &blob, USER);
    assert_eq!(vm.current_frame().heap_bounds, [EVM_STIPEND_BYTES; 2]);
    let native = with_code(USER, &hash(1, 1, 0x10));
    let vm = called("0x10064", &any_abi(), "far_call", &native, USER);
    assert_eq!(vm.current_frame().heap_bounds, [USER_STIPEND_BYTES; 2]);
}

#[test]
fn foreign_code_gets_no_ergs_on_top() {
    let blob = with_code(USER, &hash(2, 0, 0x20));
    let vm = called("0x10064", &abi(0, 0, 0, 1234), "far_call", &blob, USER);
    assert_eq!(vm.ergs(), 1234);
    assert_eq!(vm.current_frame().heap_bounds, [EVM_STIPEND_BYTES; 2]);
    assert!(!vm.current_frame().is_static);
}

#[test]
fn foreign_code_learns_of_static_calls_through_r2() {
    let blob = with_code(USER, &hash(2, 0, 0x20));
    let vm = called("0x10064", &any_abi(), "far_call.static", &blob, USER);
    assert!(!vm.current_frame().is_static);
    assert_eq!(vm.register(2).0, Word::from_u64(4));
}

#[test]
fn a_call_to_another_shard_fails_before_storage() {
    let account = with_code(USER, &hash(1, 0, 0x10));
    let abi = flagged_abi([0, 0, 1, 0], 0, 0, ALL);
    let vm = called("0x10064", &abi, "far_call.shard", &account, USER);
    assert!(vm.is_panicking());
    assert!(vm.storage_log().is_empty());
    // Without `.shard`, the shard in the ABI word does not matter.
    let vm = called("0x10064", &abi, "far_call", &account, USER);
    assert!(!vm.is_panicking());
    assert_eq!(vm.storage_log().len(), 1);
}

#[test]
fn an_account_without_code_is_the_default_account_in_user_space_only() {
    let vm = called("0x10064", &any_abi(), "far_call", "", USER);
    assert!(!vm.is_panicking());
    assert_eq!(vm.used_code()[0].to_string(), hash(1, 0, 1));
    assert!(called("0x10064", &any_abi(), "far_call", "", KERNEL).is_panicking());
}

#[test]
fn the_address_run_as_decides_about_kernel_space() {
    // A system contract that delegates to user code stays in kernel space; user code that delegates to a system
    // contract stays outside.
    let account = with_code(USER, &hash(1, 0, 0x10));
    let vm = called("0x8005", &any_abi(), "far_call.delegate", &account, USER);
    assert!(vm.current_frame().is_kernel);
    assert_eq!(vm.current_frame().heap_bounds, [KERNEL_STIPEND_BYTES; 2]);
    let account = with_code(KERNEL, &hash(1, 0, 0x10));
    let vm = called("0x10064", &any_abi(), "far_call.delegate", &account, KERNEL);
    assert!(!vm.current_frame().is_kernel);
}

#[test]
fn a_mimic_call_comes_from_r15() {
    let account = with_code(USER, &hash(1, 0, 0x10));
    let vm = called("0x8005", &any_abi(), "far_call.mimic", &account, USER);
    assert_eq!(*vm.current_frame().caller, eravm_core::system_address(77));
    assert_eq!(*vm.current_frame().this_address, *vm.current_frame().code_address);
}

#[test]
fn the_value_simulator_takes_27000_ergs_from_its_caller() {
    let account = with_code("0x8009", &hash(1, 0, 0x10));
    let system = flagged_abi([1, 0, 0, 0], 0, 0, 100);
    let vm = called("0x10064", &system, "far_call", &account, "0x8009");
    assert_eq!(vm.ergs(), 27_100);
    let vm = called("0x10064", &abi(0, 0, 0, 100), "far_call", &account, "0x8009");
    assert_eq!(vm.ergs(), 100, "only in a system call");
}

#[test]
fn at_most_63_of_64_ergs_are_passed() {
    let account = with_code(USER, &hash(1, 0, 0x10));
    let vm = called("0x10064", &any_abi(), "far_call", &account, USER);
    let total = vm.total_ergs() as u32;
    assert_eq!(vm.ergs(), total / 64 * 63);
}

#[test]
fn ergs_too_few_to_load_code_are_not_burned() {
    // 200 ergs after the call's price; a code of 100 words costs 400.
    let code = "0x0100006410101010101010101010101010101010101010101010101010101010";
    let text = format!(
        ";; ergs 1000\n;; account {USER} {code}\n;; entry 0x10064\n.text
        entry: add 400, r0, r9\nnear_call r9, @f, @after\nafter: context.ergs_left r4\nret r0
        f: add @abi[0], r0, r2\nadd @callee[0], r0, r3\nfar_call r2, r3, @failed
        failed: context.ergs_left r5\nadd r5, r0, stack[0]\nret r0
        .rodata\nabi: {}\ncallee: .cell {USER}\n;; code {code}\n.text\nentry: ret r0",
        abi(0, 0, 0, ALL)
    );
    let vm = end(&text);
    assert!(vm.stack_word(0).0.to_u64() > Some(150), "{:?}", vm.stack_word(0));
    assert_eq!(vm.used_code().len(), 1, "and yet the code counts as used");
}

#[test]
fn a_failing_call_is_an_instruction_like_any_other() {
    let text = calling(
        "0x10064",
        "add @callee[0], r0, r3\nfar_call r1, r3, @after\nafter: ret r0",
        &any_abi(),
        USER,
        "ret r0",
    );
    let vm = after(&text, 2);
    assert!(vm.is_panicking());
    assert_eq!((vm.instructions(), vm.call_depth()), (2, 2), "the frame that panics is a new one");
    assert_eq!(vm.current_frame().code_page, 0);
}
