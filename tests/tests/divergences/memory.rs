//! Pages, pointers and heaps.

use super::*;

const CALL: &str = "add @abi[0], r0, r2
    add @callee[0], r0, r3
    far_call r2, r3, @after
    after:";

#[test]
fn calldata_of_the_first_frame_is_on_page_7() {
    let vm = after(";; calldata 0x0102\n;; entry 0x10064\n.text\nentry: nop\nret", 1);
    assert_eq!(pointer(&vm, 1), FatPointer { offset: 0, page: 7, start: 0, length: 2 });
}

#[test]
fn pages_are_numbered_as_pointers_show_them() {
    let code = format!("add 7, r0, r4\nst.1 0, r4\n{CALL}\nld r1, r5\nret");
    let callee = "ld r1, r4\nst.2 0, r4\nadd @abi[0], r0, r2\nret r2";
    let callee = format!("{callee}\n.rodata\nabi:\n{}", abi(2, 0, 32, 0));
    let text = calling("0x10064", &code, &abi(0, 0, 32, ALL), USER, &callee);
    let called = after(&text, 5);
    assert_eq!(pointer(&called, 1).page, 10, "the first frame's heap");
    assert_eq!(called.current_frame().base_page, 2048);
    assert_eq!(called.next_base_page(), 2056);
    let returned = after(&text, 9);
    assert_eq!(pointer(&returned, 1).page, 2051, "the callee's auxiliary heap");
    assert_eq!(number(&end(&text), 5), 7);
}

#[test]
fn a_failed_call_returns_a_pointer_that_reads_zero() {
    let code = format!("{CALL}\nld r1, r5\nld.inc r1, r6, r7\nret");
    let vm = end(&calling("0x10064", &code, &abi(0, 0, 0, ALL), USER, "panic"));
    assert_eq!(register(&vm, 5), Word::ZERO);
    assert_eq!(vm.final_registers()[6], (Word::from_u64(32), true));
}

#[test]
fn static_memory_is_not_the_heap() {
    let vm = end(";; entry 0x8001
        .text
        entry: add 5, r0, r2
        add 6, r0, r3
        uma.static_write 64, r2, r0, r0
        st.1 64, r3
        uma.static_read 64, r0, r4, r0
        ld.1 64, r5
        ld.2 64, r6
        ret r0");
    assert_eq!([number(&vm, 4), number(&vm, 5), number(&vm, 6)], [5, 6, 0]);
    assert_eq!(vm.page_word(1, 64), Word::from_u64(5));
}

#[test]
fn static_memory_is_shared_by_all_system_contracts() {
    let code = format!(
        "add 5, r0, r4\numa.static_write 0, r4, r0, r0\n{CALL}\numa.static_read 32, r0, r5, r0\nret r0"
    );
    let callee =
        "uma.static_read 0, r0, r4, r0\nadd r4, r4, r4\numa.static_write 32, r4, r0, r0\nret r0";
    assert_eq!(number(&end(&calling("0x8001", &code, &abi(0, 0, 0, ALL), KERNEL, callee)), 5), 10);
}

#[test]
fn user_space_cannot_reach_static_memory() {
    let vm = end(";; entry 0x10064\n.text\nentry: uma.static_read.lt 64, r0, r4, r0\nret");
    assert_eq!(vm.ended(), Some(eravm_core::Exit::Panicked), "whatever the predicate");
}

#[test]
fn reading_with_increment_keeps_the_pointer() {
    let vm = end(";; calldata 0x01\n;; entry 0x10064\n.text\nentry: ld.inc r1, r2, r3\nret r0");
    let (word, is_pointer) = vm.final_registers()[2];
    assert!(is_pointer);
    assert_eq!(FatPointer::from_word(&word).offset, 32);
}

#[test]
fn bytes_beyond_a_slice_read_as_zero() {
    let vm = end(";; calldata 0xffffff\n;; entry 0x10064\n.text\nentry: add 1, r0, r4
        ptr.add r1, r4, r2\nld r2, r3\nadd 2, r0, r4\nptr.add r2, r4, r2\nld r2, r5\nret r0");
    assert_eq!(register(&vm, 3), Word([0, 0, 0, 0xffff << 48]));
    assert_eq!(register(&vm, 5), Word::ZERO, "at the end already");
}

#[test]
fn a_heap_does_not_grow_without_the_ergs_for_it() {
    // A function whose ergs do not suffice to grow the heap; then the bound is looked at.
    let text = |rules| {
        format!(";; rules {rules}\n;; entry 0x10064\n.text\nentry: add 500, r0, r2
        near_call r2, @f, @after\nafter: context.meta r3\nret r0\nf: add 9000, r0, r4\nst.1 r4, r4\nret r0")
    };
    let bound = |rules| register(&end(&text(rules)), 3).0[1] as u32;
    assert_eq!(bound("newest"), 4096);
    assert_eq!(bound("before-growth-rule"), 9032);
}

#[test]
fn an_address_out_of_reach_burns_everything() {
    for (rules, kept) in [("newest", true), ("before-growth-rule", false)] {
        let text = |operation: &str| {
            format!(
                ";; rules {rules}\n;; entry 0x8001\n.text\nentry: add 5000, r0, r2
            near_call r2, @f, @after\nafter: context.ergs_left r3\nret r0
            f: add @far[0], r0, r4\n{operation}\nret r0\n.rodata\nfar: .cell 0xffffffe0"
            )
        };
        let left = |operation: &str| number(&end(&text(operation)), 3);
        let spent = left("nop") - left("ld.1 r4, r5");
        assert!(spent > 4900, "{spent}");
        // SPEC: static memory is free of charge since protocol 27 only.
        let spent = left("nop") - left("uma.static_read r4, r0, r5, r0");
        assert_eq!(spent < 100, kept, "{spent}");
    }
}

#[test]
fn meta_reports_both_bounds() {
    let vm = end(
        ";; entry 0x10064\n.text\nentry: add 5000, r0, r2\nst.2 r2, r2\ncontext.meta r3\nret r0",
    );
    assert_eq!(register(&vm, 3).0[1], 4096 | 5032 << 32);
}

#[test]
fn heaps_of_all_frames_below_stay() {
    // The first frame's heap is passed down two calls and handed back up by kernel frames, many times.
    let code = "add 9, r0, r4\nst.1 0, r4\nadd 40, r0, r10\nadd r10, r0, stack[1]
        again: add @abi[0], r0, r2\nadd @callee[0], r0, r3\nfar_call r2, r3, @after
        after: ld r1, r5\nadd 1, r0, r4\nsub! stack[1], r4, stack[1]\njump.ne @again\nld.1 0, r6\nld r1, r7\nret r0";
    let callee = format!(
        "add @up[0], r0, r4\nptr.pack r1, r4, r1\nret r1\n.rodata\nup:\n{}",
        abi(1, 0, 0, 0)
    );
    let vm = end(&calling("0x8001", code, &abi(0, 0, 32, 20_000), KERNEL, &callee));
    assert_eq!([number(&vm, 5), number(&vm, 6), number(&vm, 7)], [9; 3]);
}

#[test]
fn what_many_callees_returned_stays_while_pointers_to_it_do() {
    // Forty callees return their heaps; pointers to all are kept on the stack and read at the end.
    let code = "add 40, r0, r10\nadd r10, r0, stack[1]
        again: add @abi[0], r0, r2\nadd @callee[0], r0, r3\nfar_call r2, r3, @after
        after: add stack[1], r0, r9\nptr.add r1, r0, stack[r9 + 10]\nadd 1, r0, r4\nsub! stack[1], r4, stack[1]
        jump.ne @again\nadd 40, r0, r9
        sum: ptr.add stack[r9 + 10], r0, r1\nld r1, r2\nadd r5, r2, r5\nadd 1, r0, r4\nsub! r9, r4, r9\njump.ne @sum\nret r0";
    let callee = format!(
        "context.sp r2\nadd 3, r0, r4\nst.1 0, r4\nadd @up[0], r0, r2\nret r2\n.rodata\nup:\n{}",
        abi(0, 0, 32, 0)
    );
    for (address, callee_address) in [("0x8001", KERNEL), ("0x10064", USER)] {
        let vm = end(&calling(address, code, &abi(0, 0, 0, 1000), callee_address, &callee));
        assert_eq!(number(&vm, 5), 120);
    }
}
