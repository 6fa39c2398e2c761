//! How frames end.

use super::*;
use eravm_core::Exit;

const FORWARD: &str = "add @up[0], r0, r4\nptr.pack r1, r4, r1\nret r1";

#[test]
fn user_space_must_not_return_a_pointer_to_older_memory() {
    let code = "add @abi[0], r0, r2\nadd @callee[0], r0, r3\nadd 1, r0, r4\nfar_call r2, r3, @after\nadd 2, r0, r4
        ret r0\nafter: add 3, r0, r4\nret r0";
    let callee = format!("{FORWARD}\n.rodata\nup:\n{}", abi(1, 0, 0, 0));
    let user = end(&calling("0x10064", code, &abi(0, 0, 32, ALL), USER, &callee));
    assert_eq!(number(&user, 4), 3, "it panics");
    let kernel = end(&calling("0x10064", code, &abi(0, 0, 32, ALL), KERNEL, &callee));
    assert_eq!(number(&kernel, 4), 2, "kernel space may");
}

#[test]
fn a_panic_of_a_far_frame_pays_the_growth_it_asked_for() {
    // The slice to return overflows; as little as there is left goes.
    let code = "add @abi[0], r0, r2\nadd @callee[0], r0, r3\nfar_call r2, r3, @after\nafter: context.ergs_left r4\nret r0";
    let callee = |returned: &str| format!("add @up[0], r0, r4\nret r4\n.rodata\nup:\n{returned}");
    let left = |returned: &str| {
        let text = calling("0x10064", code, &abi(0, 0, 0, 50_000), USER, &callee(returned));
        number(&end(&text), 4)
    };
    let overflowing = abi(0, u32::MAX, 2, 0);
    assert!(left(&abi(0, 0, 32, 0)) - left(&overflowing) > 49_000);
}

#[test]
fn a_panic_gives_its_ergs_back() {
    let code = "add @abi[0], r0, r2\nadd @callee[0], r0, r3\nfar_call r2, r3, @after\nafter: context.ergs_left r4\nret r0";
    let vm = end(&calling("0x10064", code, &abi(0, 0, 0, 50_000), USER, "panic"));
    assert!(number(&vm, 4) > 199_000);
}

#[test]
fn a_near_call_without_ergs_gets_all() {
    let vm = end(
        ";; ergs 10000\n;; entry 0x10064\n.text\nentry: near_call r0, @f, @after\nafter: ret r0
        f: context.ergs_left r4\nret r0",
    );
    assert!(number(&vm, 4) > 9000);
}

#[test]
fn the_view_of_a_frame_in_a_near_call_is_that_of_the_contract() {
    let vm = after(
        ";; entry 0x10064\n.text\nentry: near_call r0, @f, @after\nafter: ret r0\nf: nop\nret r0",
        2,
    );
    assert_eq!(vm.near_depth(), 1);
    assert_eq!(vm.current_frame().base_page, 8);
    assert_eq!(vm.calling_frames().count(), 0);
}

#[test]
fn a_failed_near_call_takes_back_pubdata_events_and_storage() {
    let vm = end(";; ergs 100000\n;; entry 0x8001\n.text\nentry: add 1, r0, r2\nnear_call r0, @f, @after
        after: log.sread r2, r0, r4\nlog.tread r2, r0, r5\ncontext.meta r6\nret r0
        f: log.swrite r2, r2, r0\nlog.twrite r2, r2, r0\nlog.event r2, r2, r0\nlog.to_l1 r2, r2, r0\nrevert r0");
    assert_eq!([number(&vm, 4), number(&vm, 5), register(&vm, 6).0[0]], [0; 3]);
    assert!(vm.events().is_empty() && vm.l1_messages().is_empty());
    assert_eq!(vm.storage_log().len(), 3, "a write, its rollback, and the read");
    assert_eq!(vm.storage_refunds(), [0, 1970], "but the slot stays warm");
}

#[test]
fn a_new_transaction_in_a_frame_that_fails_does_not_bring_old_values_back() {
    let vm = end(";; ergs 100000\n;; entry 0x8001\n.text\nentry: add 1, r0, r2\nlog.twrite r2, r2, r0
        near_call r0, @f, @after\nafter: log.tread r2, r0, r5\ncontext.inc_tx_num\nlog.tread r2, r0, r6\nret r0
        f: log.twrite r2, r1, r0\ncontext.inc_tx_num\nlog.tread r2, r0, r4\nlog.twrite r2, r2, r0\nrevert r0");
    assert_eq!([number(&vm, 4), number(&vm, 5), number(&vm, 6)], [0; 3]);
    assert_eq!(vm.tx_number(), 2, "the number is not taken back");
}

#[test]
fn the_first_frame_panics_like_any_other() {
    let vm = end(
        ";; entry 0x8001\n.text\nentry: add 1, r0, r2\nlog.swrite r2, r2, r0\nlog.event r2, r2, r0\npanic",
    );
    assert_eq!(vm.ended(), Some(Exit::Panicked));
    assert!(vm.events().is_empty() && vm.storage_changes().is_empty());
}
