//! The second destination, pointer tags, and what is checked before what.

use super::*;
use eravm_core::isa::Instruction;
use eravm_core::{Exit, Outcome, Refusal};

/// The bits of an instruction with a second destination that it does not use.
fn with_dst1(source: &str, dst1: u8) -> String {
    let code = eravm_core::asm::assemble(&format!(".text\nentry:\n{source}\n")).expect("assembles");
    let bits: [u8; 8] = code.bytecode[..8].try_into().expect("8 bytes");
    format!("raw 0x{:016x}", u64::from_be_bytes(bits) | u64::from(dst1) << 28)
}

#[test]
fn a_second_destination_that_is_not_written_is_cleared() {
    let text = |line: &str| {
        format!(";; calldata 0x01\n;; entry 0x10064\n.text\nentry: add 5, r0, r3\n{line}\nret r0")
    };
    let vm = end(&text(&with_dst1("add 1, r0, r2", 3)));
    assert_eq!([number(&vm, 2), number(&vm, 3)], [1, 0]);
    let vm = end(&text(&with_dst1("add 1, r0, r3", 3)));
    assert_eq!(number(&vm, 3), 0, "even if it is the first one, too");
    let vm = end(&text(&with_dst1("ld.1 0, r2", 3)));
    assert_eq!(number(&vm, 3), 0);
}

#[test]
fn a_failing_read_with_increment_clears_its_second_destination() {
    let vm = end(
        ";; entry 0x10064\n.text\nentry: add 5, r0, r3\nnear_call r0, @f, @after\nafter: ret r0\nf: ld.inc r2, r4, r3\nret r0",
    );
    assert_eq!(number(&vm, 3), 0);
}

#[test]
fn second_results_are_kept() {
    let vm = end(
        ";; entry 0x10064\n.text\nentry: add 17, r0, r2\nadd 5, r0, r5\ndiv r2, r5, r3, r4\nret r0",
    );
    assert_eq!([number(&vm, 3), number(&vm, 4)], [3, 2]);
}

#[test]
fn a_skipped_instruction_clears_nothing_but_costs_its_price() {
    let line = with_dst1("add.lt 1, r0, r2", 3);
    let vm = end(&format!(
        ";; ergs 1000\n;; entry 0x10064\n.text\nentry: add 5, r0, r3\n{line}\ncontext.ergs_left r4\nret r0"
    ));
    assert_eq!([number(&vm, 2), number(&vm, 3), number(&vm, 4)], [0, 5, 1000 - 6 - 6 - 5]);
}

#[test]
fn a_pointer_used_as_a_number_loses_page_and_start_in_user_space() {
    let text = |address| {
        format!(";; calldata 0x0102\n;; entry {address}\n.text\nentry: add r1, r0, r2\nret r0")
    };
    assert_eq!(register(&end(&text("0x10064")), 2), Word([0, 2 << 32, 0, 0]));
    let vm = end(&text("0x8001"));
    assert_eq!(vm.final_registers()[1], (Word([7 << 32, 2 << 32, 0, 0]), false));
}

#[test]
fn invalid_code_burns_everything_and_panics() {
    let vm = end(
        ";; entry 0x10064\n.text\nentry: add 900, r0, r2\nnear_call r2, @f, @after\nafter: context.ergs_left r3\nret r0\nf: invalid",
    );
    assert_eq!(number(&vm, 3), 100_000 - 6 - 25 - 900 - 5);
    let vm = after(";; entry 0x10064\n.text\nentry: nop\ninvalid", 1);
    assert_eq!(vm.next_step().outcome, Outcome::Panics(Refusal::Invalid));
}

#[test]
fn modes_are_checked_before_the_predicate() {
    for (address, extra, line) in [
        ("0x10064", "", "log.event.lt r0, r0, r0"),
        ("0x8001", ";; static", "log.swrite.lt r0, r0, r0"),
        ("0x10064", ";; static", "log.twrite.lt r0, r0, r0"),
    ] {
        let vm = end(&format!("{extra}\n;; entry {address}\n.text\nentry: {line}\nret r0"));
        assert_eq!(vm.ended(), Some(Exit::Panicked), "{line}");
    }
}

#[test]
fn meta_shows_pubdata_to_kernel_space_only() {
    let text = |address| {
        format!(
            ";; entry {address}\n.text\nentry: add 1, r0, r2\nlog.swrite r2, r2, r0\ncontext.meta r3\nret r0"
        )
    };
    assert_eq!(register(&end(&text("0x8001")), 3).0[0], 34);
    assert_eq!(register(&end(&text("0x10064")), 3).0[0], 0);
}

#[test]
fn older_rules_keep_the_second_destination_and_panic_for_free() {
    // Executors before protocol 31; the reference of then cannot be linked next to the one of now.
    let run = |world: &World, on: bool| {
        let mut settings = world.settings();
        settings.semantics = settings.semantics.with_circuit_rules(on);
        engines::agree_with(world, settings);
        let (mut vm, mut host) = world.prepare().vm_with(settings);
        assert!(vm.run(&mut host).is_ok());
        vm
    };
    let line = with_dst1("add 1, r0, r2", 3);
    let dirty = world(&format!(";; entry 0x10064\n.text\nentry: add 5, r0, r3\n{line}\nret r0"));
    assert_eq!(number(&run(&dirty, false), 3), 5);
    assert_eq!(number(&run(&dirty, true), 3), 0);

    // `ret.panic` with a first source that asks for growth which overflows.
    let panic = Instruction { src0: 4, ..Instruction::PANIC };
    let code = "add @abi[0], r0, r2\nadd @callee[0], r0, r3\nfar_call r2, r3, @after\nafter: context.ergs_left r4\nret r0";
    let callee = format!(
        "add @up[0], r0, r4\nraw 0x{:016x}\n.rodata\nup: {}",
        panic.encode(),
        abi(0, u32::MAX, 2, 0)
    );
    let growing = world(&calling("0x10064", code, &abi(0, 0, 0, 50_000), USER, &callee));
    let (before, since) = (number(&run(&growing, false), 4), number(&run(&growing, true), 4));
    assert!(before - since > 49_000, "{before} {since}");
}
