//! Limits that no comparison reaches, and what hosts may ask.

use super::*;
use eravm_core::{Exit, Outcome, Refusal, Settings};

#[test]
fn at_the_greatest_depth_everything_panics() {
    // The network's limit of 2²⁷ frames cannot be tried. At any other the rule is the same.
    let world = world(
        ";; ergs 100000\n;; entry 0x10064\n.text\nentry: near_call r0, @entry, @after\nafter: add 1, r0, r2\nret r0",
    );
    let prepared = world.prepare();
    for limit in [1, 2, 5, 100] {
        let settings = Settings { max_call_depth: limit, ..world.settings() };
        let (mut vm, mut host) = prepared.vm_with(settings);
        let calls = Limits { instructions: Some(u64::from(limit) - 1), ergs: None };
        assert_eq!(vm.run_limited(&mut host, calls), Ok(Exit::InstructionLimit));
        assert_eq!(vm.call_depth(), u64::from(limit));
        assert_eq!(vm.next_step().outcome, Outcome::Panics(Refusal::CallStackFull));
        let (mut whole, mut host) = prepared.vm_with(settings);
        assert_eq!(vm.run(&mut host), whole.run(&mut host));
        assert_eq!(vm.instructions(), whole.instructions());
        engines::agree_with(&world, settings);
    }
}

#[test]
fn questions_about_what_does_not_exist_have_answers() {
    let mut vm = end(";; entry 0x10064\n.text\nentry: ret r0");
    assert_eq!(vm.register(0), (Word::ZERO, false));
    assert_eq!(vm.register(200), (Word::ZERO, false));
    vm.set_register(0, Word::ONE, true);
    vm.set_register(99, Word::ONE, true);
    assert_eq!(vm.register(0), (Word::ZERO, false));
    assert_eq!(vm.heap_word(u32::MAX), Word::ZERO);
    assert_eq!(vm.page_word(u32::MAX, u64::MAX), Word::ZERO);
    assert_eq!(vm.stack_word(u16::MAX), (Word::ZERO, false));
    assert!(vm.page_words(12345).is_empty());
    vm.write_heap_word(u32::MAX, &Word::MAX);
    assert_eq!(vm.heap_word(u32::MAX), Word::MAX);
    let nowhere = FatPointer { offset: 9, page: 77, start: u32::MAX, length: 12 };
    assert_eq!(vm.read_pointer(nowhere), [0; 3]);
}
