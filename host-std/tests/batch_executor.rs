//! The executor of batches at its limits, with a bootloader that does nothing.

use eravm_core::{Address, Program, VersionedHash, Word};
use eravm_host::batch::ExecutionResult;
use eravm_host::batch::{
    BaseContract, BatchEnvironment, BatchError, BatchExecutor, BlockEnvironment, BlockError,
    ExecutionMode, Halt, InteropRoot, Layout, MAX_INTEROP_ROOTS, MAX_TRANSACTIONS, MemoryState,
    Observer, SystemEnvironment, WriteReason,
};
use eravm_host::fees::FeeInput;
use eravm_host::pubdata::{Content, DaValidator, PubdataFormat};
use eravm_host::transaction::{L1Transaction, Transaction};

/// Keeps what is written.
#[derive(Debug, Default)]
struct Writes(Vec<(WriteReason, Vec<(u32, Word)>)>);

impl Observer for Writes {
    fn heap_write(&mut self, reason: WriteReason, words: &[(u32, Word)]) {
        self.0.push((reason, words.to_vec()));
    }
}

fn contract(source: &str) -> BaseContract {
    let code = eravm_core::asm::assemble(source).expect("it assembles").bytecode;
    let hash = VersionedHash::of_code(&code).expect("it is code");
    BaseContract { hash, program: Program::new(&code).expect("it is code") }
}

fn system(protocol: u16, bootloader: &str) -> SystemEnvironment {
    SystemEnvironment {
        protocol,
        chain_id: 270,
        bootloader: contract(bootloader),
        default_account: contract(".text\nentry:\n ret r0"),
        evm_emulator: None,
        mode: ExecutionMode::VerifyExecute,
        engine: eravm_host::Engine::default(),
        validation_ergs: u32::MAX,
    }
}

fn batch(interop_roots: Vec<InteropRoot>) -> BatchEnvironment {
    let prices =
        FeeInput { fair_l2_gas_price: 100, fair_pubdata_price: 1000, l1_gas_price: 1_000_000 };
    BatchEnvironment {
        number: 7,
        timestamp: 1000,
        previous_hash: Some(Word::from_u64(0x77)),
        operator: Address::repeat_byte(9),
        fee_input: prices,
        enforced_base_fee: None,
        first_block: BlockEnvironment {
            number: 70,
            timestamp: 1000,
            previous_hash: Word::from_u64(0x66),
            max_virtual_blocks: 1,
            interop_roots,
        },
    }
}

type Executor = BatchExecutor<MemoryState, Writes>;

fn executor(protocol: u16, bootloader: &str, roots: Vec<InteropRoot>) -> Executor {
    let system = system(protocol, bootloader);
    BatchExecutor::observed(system, batch(roots), MemoryState::new(), Writes::default())
        .expect("the environment is complete")
}

const IDLE: &str = ".text\nentry:\n ret r0";

fn transaction(calldata_bytes: usize) -> Transaction {
    Transaction::Priority(L1Transaction {
        gas_limit: Word::from_u64(100_000_000),
        calldata: vec![1; calldata_bytes],
        ..L1Transaction::default()
    })
}

fn root(chain_id: u64) -> InteropRoot {
    InteropRoot { chain_id, block_number: 5, sides: vec![Word::from_u64(0x5151)] }
}

#[test]
fn the_parameters_of_the_batch_are_the_first_words() {
    let executor = executor(29, IDLE, Vec::new());
    let [(WriteReason::Initial, words)] = &executor.observer().0[..] else {
        panic!("{:?}", executor.observer());
    };
    let values: Vec<Word> = words.iter().map(|(_, word)| *word).collect();
    let number = Word::from_u64;
    let operator = Word::from_address(&Address::repeat_byte(9));
    let [previous, time, batch, pubdata, gas, base_fee, sets] =
        [0x77, 1000, 7, 1000, 100, 100, 1].map(number);
    assert_eq!(values, [operator, previous, time, batch, pubdata, gas, base_fee, sets]);
}

#[test]
fn interop_roots_are_written_with_the_first_transaction_of_their_block() {
    let mut executor = executor(29, IDLE, vec![root(3), root(4)]);
    for _ in 0..2 {
        executor.push_transaction(&transaction(0)).expect("there is room");
    }
    let mut next = executor.next_block().expect("there is a next block");
    next.interop_roots = vec![root(5)];
    executor.begin_block(next).expect("it follows");
    executor.push_transaction(&transaction(0)).expect("there is room");
    let layout = Layout::of_protocol(29);
    let interop = layout.interop.expect("version 29 has interop roots");
    let written = |index: usize| {
        let words = &executor.observer().0[index].1;
        let region = interop.counts..layout.compressed_bytecodes;
        words.iter().copied().filter(|(at, _)| region.contains(at)).collect::<Vec<_>>()
    };
    let number = Word::from_u64;
    let of_root = |place: u32, block: u64, chain: u64| {
        let words = [number(block), number(chain), number(5), number(1), number(0x5151)];
        (interop.roots + place * 5..).zip(words).collect::<Vec<_>>()
    };
    // One more than there are.
    let first = [of_root(0, 70, 3), of_root(1, 70, 4), vec![(interop.counts, number(3))]];
    assert_eq!(written(1), first.concat());
    assert_eq!(written(2), []);
    let second = [of_root(2, 71, 5), vec![(interop.counts + 1, number(2))]];
    assert_eq!(written(3), second.concat());
}

#[test]
fn more_interop_roots_than_a_batch_has_are_refused() {
    let roots = (0..=u64::from(MAX_INTEROP_ROOTS)).map(root).collect();
    let refused = executor(29, IDLE, roots).push_transaction(&transaction(0));
    assert!(matches!(refused, Err(BatchError::NoRoom { what: "an interop root", .. })));
    let sides = vec![Word::ZERO; 2];
    let wide = InteropRoot { sides, ..root(1) };
    let refused = executor(29, IDLE, vec![wide]).push_transaction(&transaction(0));
    assert!(matches!(refused, Err(BatchError::NoRoom { what: "an interop root", .. })));
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mut executor = executor(28, IDLE, Vec::new());
    let room = executor.signals().encoding_words;
    let refused = executor.push_transaction(&transaction(room as usize * 32));
    let error = refused.expect_err("it is too large");
    assert!(error.to_string().contains("finish the batch"), "{error}");
    assert_eq!(executor.observer().0.len(), 1);
    assert_eq!(executor.signals().encoding_words, room);
    for index in 0..MAX_TRANSACTIONS {
        executor
            .push_transaction(&transaction(0))
            .unwrap_or_else(|error| panic!("{index}: {error}"));
    }
    let refused = executor.push_transaction(&transaction(0));
    assert_eq!(refused, Err(BatchError::TooManyTransactions(MAX_TRANSACTIONS)));
    assert_eq!(executor.signals().transactions, 0);
}

#[test]
fn misuse_is_an_error_and_not_a_panic() {
    let format = DaValidator::Contract(Address::zero());
    let format = PubdataFormat::new(29, Content::Full, format).expect("version 29 has it");
    let mut idle = executor(29, IDLE, Vec::new());
    assert!(matches!(idle.run_transaction(), Err(BatchError::NothingToRun)));
    assert!(matches!(idle.rollback(), Err(BatchError::Snapshot(_))));
    let next = idle.next_block().expect("there is a next block");
    let refused = idle.begin_block(next);
    assert_eq!(refused, Err(BatchError::Block(BlockError::LastIsEmpty)));
    idle.push_transaction(&transaction(0)).expect("there is room");
    assert!(matches!(idle.finish(&format), Err(BatchError::NotRun(1))));
    // This bootloader returns at once.
    let outcome = idle.run_transaction().expect("it runs");
    assert!(matches!(outcome.outcome.result, ExecutionResult::Success { .. }));
    assert!(matches!(idle.run_transaction(), Err(BatchError::Ended)));
    assert!(matches!(idle.finish(&format), Err(BatchError::Ended)));
    assert!(matches!(idle.push_transaction(&transaction(0)), Err(BatchError::Ended)));
}

#[test]
fn a_bootloader_that_fails_is_a_halt_that_can_be_taken_back() {
    let sources = [
        (".text\nentry:\n panic", Halt::Panic),
        (".text\nentry:\n revert r0", Halt::NoReason),
        (".text\nentry:\n jump @entry", Halt::OutOfErgs),
    ];
    for (source, expected) in sources {
        let mut executor = executor(29, source, Vec::new());
        let outcome = executor.execute(&transaction(0)).expect("it runs");
        assert_eq!(outcome.outcome.result, ExecutionResult::Halt(expected), "{source}");
        assert_eq!(executor.vm().ended(), None);
        assert_eq!(executor.signals().transactions, MAX_TRANSACTIONS);
    }
}

#[test]
fn a_bootloader_that_speaks_nonsense_is_an_error() {
    let hook = Layout::of_protocol(29).hook * 32;
    let says = |number: u64| {
        format!(
            ".text\nentry:\n add @place[0], r0, r1\n add {number}, r0, r2\n st.1 r1, r2\n jump @entry\n \
             .rodata\nplace:\n .cell {hook}"
        )
    };
    let run = |number| {
        let mut executor = executor(29, &says(number), Vec::new());
        let done = executor.execute(&transaction(0)).map(|outcome| outcome.outcome.result);
        let left = executor.signals().transactions;
        assert_eq!(left == MAX_TRANSACTIONS, done.is_err(), "what fails is taken back");
        done
    };
    assert_eq!(run(13), Err(BatchError::UnknownHook(Word::from_u64(13))));
    assert_eq!(run(0), Err(BatchError::NestedValidation));
    assert_eq!(run(12), Err(BatchError::UnexpectedHook("PubdataRequested")));
    assert!(matches!(run(4), Ok(ExecutionResult::Revert(_))), "it ends at once");
}
