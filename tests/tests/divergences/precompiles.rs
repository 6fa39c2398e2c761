//! `log.precompile`, apart from what precompiles compute.

use super::*;
use eravm_core::{Exit, Limits, RunError, Stop};

/// Keccak-256 of nothing, first limb.
const EMPTY_KECCAK: u64 = 0xc5d2_4601_86f7_233c;

/// The first source: pages and places of input and output. Keccak's lengths and offsets are bytes, others words.
fn call_abi(pages: [u32; 2], output: u32, input: [u32; 2]) -> String {
    let ([read, write], [offset, length]) = (pages, input);
    format!(".cell 0x{:016x}{write:08x}{read:08x}{:08x}{output:08x}{length:08x}{offset:08x}", 0, 0)
}

/// Keccak's contract as the first frame.
fn keccak(abi: &str, code: &str) -> String {
    keccak_calling(abi, code, "ret r0")
}

/// Like [`keccak`], with the end of the contract it calls, which looks at its heap and writes to it.
fn keccak_calling(abi: &str, code: &str, ending: &str) -> String {
    let callee = format!("ld.1 0, r2\nld.1 32, r3\nadd 6, r0, r4\nst.1 0, r4\n{ending}");
    calling("0x8010", &format!("add @abi[0], r0, r2\n{code}"), abi, USER, &callee)
}

#[test]
fn page_0_is_the_current_heap() {
    let vm = end(&keccak(
        &call_abi([0, 0], 3, [0, 0]),
        "log.precompile r2, r0, r4\nld.1 96, r5\numa.static_read 96, r0, r6, r0\nret r0",
    ));
    assert_eq!([number(&vm, 4), register(&vm, 5).0[3], number(&vm, 6)], [1, EMPTY_KECCAK, 0]);
}

#[test]
fn output_to_a_page_that_does_not_exist_makes_it() {
    // The page of the next callee's heap: the callee finds what was written.
    let code = "log.precompile r2, r0, r4\nadd @callee[0], r0, r3\nadd @down[0], r0, r2\nfar_call r2, r3, @after
        after: ret r0";
    let down = abi(0, 0, 0, ALL);
    let text = keccak(&format!("{}\ndown: {down}", call_abi([0, 2050], 0, [0, 0])), code);
    let vm = after(&text, 6);
    assert_eq!(vm.current_frame().base_page, 2048);
    assert_eq!(vm.register(2).0.0[3], EMPTY_KECCAK);
}

#[test]
fn too_few_ergs_are_burned_but_it_goes_on() {
    let vm = end(&format!(
        ";; entry 0x8010\n.text\nentry: add 400, r0, r9\nadd 9, r0, r4\nadd 1, r0, r5\nnear_call r9, @f, @after\nafter: ret r0
        f: add @abi[0], r0, r2\nadd 1000, r0, r3\nlog.precompile r2, r3, r4\nadd 2, r0, r5\nret r0\n.rodata\nabi: {}",
        call_abi([0, 0], 0, [0, 0])
    ));
    assert_eq!(number(&vm, 4), 0);
    assert_eq!(number(&vm, 5), 1, "the next instruction cannot be paid");
}

#[test]
fn extra_pubdata_counts_and_is_taken_back() {
    let text = |ending: &str| {
        format!(
            ";; entry 0x8005\n.text\nentry: near_call r0, @f, @after\nafter: context.meta r3\nret r0
            f: add @cost[0], r0, r2\nlog.precompile r0, r2, r4\n{ending} r0\n.rodata\ncost: .cell 0x0000006400000000"
        )
    };
    assert_eq!(register(&end(&text("ret")), 3).0[0], 100);
    assert_eq!(register(&end(&text("revert")), 3).0[0], 0);
}

#[test]
fn pubdata_beyond_31_bits_is_refused() {
    // The reference aborts here.
    let text = ";; entry 0x8005\n.text\nentry: add @cost[0], r0, r2\nlog.precompile r0, r2, r4\nret r0\n.rodata\ncost: .cell 0x8000000000000000";
    let world = world(text);
    let (mut vm, mut host) = world.prepare().vm();
    let stop = Stop::PubdataOverflow(1 << 31);
    assert_eq!(vm.run(&mut host), Err(RunError::Stopped(stop)));
}

#[test]
fn an_address_without_precompile_only_takes_ergs() {
    let vm = end(
        ";; entry 0x8005\n.text\nentry: add 100, r0, r2\ncontext.ergs_left r5\nlog.precompile r0, r2, r4\ncontext.ergs_left r6\nret r0",
    );
    assert_eq!([number(&vm, 4), number(&vm, 5) - number(&vm, 6)], [1, 111]);
}

#[test]
fn curve_precompiles_do_nothing_before_protocol_28() {
    let text = ";; entry 0x0006\n.text\nentry: add 1, r0, r2\nst.1 0, r2\nlog.precompile r0, r0, r4\nld.1 0, r5\nret r0";
    let world = world(text);
    let prepared = world.prepare();
    let mut settings = world.settings();
    settings.semantics.ec_precompiles = false;
    engines::agree_with(&world, settings);
    let (mut vm, mut host) = prepared.vm_with(settings);
    assert!(vm.run(&mut host).is_ok());
    assert_eq!(number(&vm, 5), 1, "nothing is written");
    assert_eq!(number(&end(text), 5), 0, "since then, that there is no such point");
}

#[test]
fn reading_a_page_that_is_gone_is_refused() {
    // The reference keeps all pages for ever. Here the callee's heap went with it, and no pointer to it is left.
    let code = "add @callee[0], r0, r3\nadd @down[0], r0, r2\nfar_call r2, r3, @after
        after: add @abi[0], r0, r2\nlog.precompile r2, r0, r4\nret r0";
    let cells = format!("{}\ndown: {}", call_abi([2050, 0], 0, [0, 32]), abi(0, 0, 0, ALL));
    let run = |ending: &str| {
        let world = world(&keccak_calling(&cells, code, ending));
        let (mut vm, mut host) = world.prepare().vm();
        vm.run(&mut host)
    };
    assert_eq!(run("panic"), Err(RunError::Stopped(Stop::PageFreed(2050))));
    // A page that was returned stays as long as there is a pointer to it.
    assert!(run("ret r0").is_ok());
}

#[test]
fn going_back_forgets_a_page_that_only_a_precompile_made() {
    // The callee leaves its heap alone, so there is no such page until the precompile writes to it.
    let code = "add @callee[0], r0, r3\nadd @down[0], r0, r2\nfar_call r2, r3, @after
        after: add @abi[0], r0, r2\nlog.precompile r2, r0, r4\nret r0";
    let cells = format!("{}\ndown: {}", call_abi([0, 2050], 0, [0, 0]), abi(0, 0, 0, ALL));
    let text = calling("0x8010", &format!("add @abi[0], r0, r2\n{code}"), &cells, USER, "ret r0");
    let world = world(&text);
    let (mut vm, mut host) = world.prepare().vm();
    let upto_return = Limits { instructions: Some(5), ergs: None };
    assert_eq!(vm.run_limited(&mut host, upto_return), Ok(Exit::InstructionLimit));
    assert_eq!((vm.current_frame().base_page, vm.pc()), (8, 4));
    vm.make_snapshot().unwrap();
    assert!(vm.run(&mut host).is_ok());
    let first = *vm.final_registers();
    vm.rollback().unwrap();
    assert!(vm.run(&mut host).is_ok(), "the page is not one that was freed");
    assert_eq!(*vm.final_registers(), first);
}
