//! Frames one by one.

use super::*;
use eravm_core::{Address, Word};
use std::collections::HashMap;

/// A host with storage and events only.
#[derive(Default)]
struct Alone {
    slots: HashMap<Word, Word>,
    events: Vec<(Vec<Word>, Vec<u8>)>,
    fails: bool,
}

impl EvmHost for Alone {
    fn environment(&mut self, what: Environment) -> HostResult<Word> {
        Ok(Word::from_u64(1000 + what as u64))
    }

    fn block_hash(&mut self, _number: &Word) -> HostResult<Word> {
        Ok(Word::ZERO)
    }

    fn blob_hash(&mut self, _index: &Word) -> HostResult<Word> {
        Ok(Word::ONE)
    }

    fn warm_account(&mut self, _address: &Address) -> HostResult<bool> {
        Ok(true)
    }

    fn balance(&mut self, _address: &Address) -> HostResult<Word> {
        if self.fails { Err(HostFailed) } else { Ok(Word::ZERO) }
    }

    fn is_empty(&mut self, _address: &Address) -> HostResult<bool> {
        Ok(true)
    }

    fn code_size(&mut self, _address: &Address) -> HostResult<u64> {
        Ok(0)
    }

    fn code_hash(&mut self, _address: &Address) -> HostResult<Word> {
        Ok(Word::ZERO)
    }

    fn copy_code(&mut self, _address: &Address, _from: u64, _to: &mut [u8]) -> HostResult<()> {
        Ok(())
    }

    fn load(&mut self, _this: &Address, key: &Word) -> HostResult<Loaded> {
        let value = self.slots.get(key).copied().unwrap_or(Word::ZERO);
        Ok(Loaded { value, was_cold: false })
    }

    fn before_store(&mut self, this: &Address, key: &Word) -> HostResult<Stored> {
        let current = self.load(this, key)?.value;
        Ok(Stored { original: current, current, was_cold: false })
    }

    fn store(&mut self, _this: &Address, key: &Word, value: &Word) -> HostResult<()> {
        self.slots.insert(*key, *value);
        Ok(())
    }

    fn load_transient(&mut self, this: &Address, key: &Word) -> HostResult<Word> {
        Ok(self.load(this, key)?.value)
    }

    fn store_transient(&mut self, this: &Address, key: &Word, value: &Word) -> HostResult<()> {
        self.store(this, key, value)
    }

    fn log(&mut self, _this: &Address, topics: &[Word], data: &[u8]) -> HostResult<()> {
        self.events.push((topics.to_vec(), data.to_vec()));
        Ok(())
    }

    fn self_destruct(&mut self, _this: &Address, _heir: &Address) -> HostResult<SelfDestructed> {
        Ok(SelfDestructed {
            had_value: false,
            heir_exists: true,
            was_cold: false,
            was_destroyed: false,
        })
    }
}

fn frame(code: &[u8], gas: u64, differences: Differences) -> Frame {
    let rules = Rules::new(Fork::Cancun, differences);
    let inputs = FrameInputs {
        this: Address::repeat_byte(1),
        caller: Address::repeat_byte(2),
        value: Word::from_u64(3),
        calldata: vec![4; 5],
        gas,
        is_static: false,
    };
    Frame::new(rules.clone(), Code::new(code, &rules), inputs)
}

fn ended(code: &[u8], gas: u64, differences: Differences) -> Ended {
    match frame(code, gas, differences).step(&mut Alone::default(), 0) {
        Ok(Suspended::Ended(ended)) => ended,
        other => panic!("{other:?}"),
    }
}

fn outcome(code: &[u8], differences: Differences) -> Outcome {
    ended(code, 1 << 40, differences).outcome
}

#[test]
fn memory_has_a_limit_with_the_difference_only() {
    // MSTORE8 at a place of four bytes.
    let store_at = |place: u64| {
        let mut code = vec![0x60, 1, 0x63];
        code.extend(u32::try_from(place).unwrap().to_be_bytes());
        code.push(0x53);
        code
    };
    let (zksync, ethereum) = (Differences::ZKSYNC, Differences::NONE);
    assert_eq!(outcome(&store_at(MEMORY_LIMIT - 1), zksync), Outcome::Returned);
    let too_much = Outcome::Failed(EvmFailure::TooMuchMemory);
    assert_eq!(outcome(&store_at(MEMORY_LIMIT), zksync), too_much);
    assert_eq!(outcome(&store_at(MEMORY_LIMIT), ethereum), Outcome::Returned);
    assert_eq!(outcome(&store_at(u32::MAX.into()), ethereum), too_much);
}

#[test]
fn instructions_that_zksync_does_not_have_are_invalid() {
    let invalid = Outcome::Failed(EvmFailure::InvalidInstruction);
    let destruct = [0x5f, 0xff];
    assert_eq!(outcome(&destruct, Differences::ZKSYNC), invalid);
    assert_eq!(outcome(&destruct, Differences::NONE), Outcome::SelfDestructed);
    let call_code = [0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0xf2];
    assert_eq!(outcome(&call_code, Differences::ZKSYNC), invalid);
    let mut frame = frame(&call_code, 100_000, Differences::NONE);
    let suspended = frame.step(&mut Alone::default(), 0);
    assert!(matches!(suspended, Ok(Suspended::Call(call)) if call.kind == CallKind::CallCode));
    // Newer than the fork: CLZ, and an instruction of one byte more.
    for code in [&[0x5f, 0x1e][..], &[0x5f, 0xe6, 0]] {
        assert_eq!(outcome(code, Differences::NONE), invalid);
    }
}

#[test]
fn what_there_is_not_on_zksync_has_a_constant() {
    // The instruction, with an operand or not; MSTORE, RETURN.
    let returned = |instruction: &[u8], differences| {
        let code = [instruction, &[0x5f, 0x52, 0x60, 32, 0x5f, 0xf3]].concat();
        Word::from_be_bytes(ended(&code, 10_000, differences).output.first_chunk().unwrap())
    };
    let zksync = |instruction| returned(instruction, Differences::ZKSYNC);
    assert_eq!(zksync(&[0x44]), Word::from_u64(PREVRANDAO));
    assert_eq!(zksync(&[0x4a]), Word::ONE);
    assert_eq!(zksync(&[0x5f, 0x49]), Word::ZERO);
    let ethereum = |instruction| returned(instruction, Differences::NONE);
    assert_eq!(ethereum(&[0x44]), Word::from_u64(1000 + Environment::Randomness as u64));
    assert_eq!(ethereum(&[0x4a]), Word::from_u64(1000 + Environment::BlobBaseFee as u64));
    assert_eq!(ethereum(&[0x5f, 0x49]), Word::ONE);
}

#[test]
fn a_frame_stops_below_its_floor_and_goes_on() {
    // JUMPDEST, PUSH0, JUMP: twelve gas each time.
    let mut frame = frame(&[0x5b, 0x5f, 0x56], 1000, Differences::ZKSYNC);
    let mut host = Alone::default();
    assert_eq!(frame.step(&mut host, 500), Ok(Suspended::BelowFloor));
    assert!((488..500).contains(&frame.gas()), "{}", frame.gas());
    assert_eq!(frame.step(&mut host, 100), Ok(Suspended::BelowFloor));
    let Ok(Suspended::Ended(ended)) = frame.step(&mut host, 0) else { panic!("it ends") };
    assert_eq!(ended.outcome, Outcome::Failed(EvmFailure::OutOfGas));
    assert_eq!(ended.gas_left, 0);
}

#[test]
fn a_call_suspends_and_its_outcome_is_seen() {
    // CALL(gas 5000, address 9, value 0, in 0..4, out 32..36); RETURNDATASIZE; MSTORE at 64; MSTORE at 96; RETURN(0..128)
    let code = [
        0x60, 4, 0x60, 32, 0x60, 4, 0x5f, 0x5f, 0x60, 9, 0x61, 0x13, 0x88, 0xf1, 0x3d, 0x60, 64,
        0x52, 0x60, 96, 0x52, 0x60, 128, 0x5f, 0xf3,
    ];
    let mut frame = frame(&code, 100_000, Differences::ZKSYNC);
    let mut host = Alone::default();
    let Ok(Suspended::Call(call)) = frame.step(&mut host, 0) else { panic!("it calls") };
    assert_eq!((call.gas, call.stipend, call.is_static), (5000, 0, false));
    assert_eq!((call.kind, call.code_address), (CallKind::Call, Word::from_u64(9).to_address()));
    assert_eq!(frame.memory(call.input), [0; 4]);
    let before = frame.gas();
    // A resumption of the wrong kind does nothing.
    let outcome =
        SubOutcome { succeeded: true, returndata: vec![7; 40], gas_left: 3000, refund: 0 };
    frame.resume_call(outcome.clone());
    assert_eq!(frame.gas(), before + 3000);
    frame.resume_call(outcome);
    assert_eq!(frame.gas(), before + 3000);
    let Ok(Suspended::Ended(ended)) = frame.step(&mut host, 0) else { panic!("it ends") };
    let word = |at: usize| Word::from_be_bytes(ended.output[at..].first_chunk().unwrap());
    assert_eq!(ended.output[32..36], [7; 4], "as much as was asked for");
    assert_eq!(ended.output[36..64], [0; 28]);
    assert_eq!((word(64), word(96)), (Word::from_u64(40), Word::ONE));
}

#[test]
fn a_creation_suspends_and_its_address_is_seen() {
    // MSTORE8(0, 0xfe); CREATE2(value 0, 0..1, salt 5); MSTORE at 0; RETURN(0..32)
    let code = [
        0x60, 0xfe, 0x5f, 0x53, 0x60, 5, 0x60, 1, 0x5f, 0x5f, 0xf5, 0x5f, 0x52, 0x60, 32, 0x5f,
        0xf3,
    ];
    for succeeded in [true, false] {
        let mut frame = frame(&code, 100_000, Differences::ZKSYNC);
        let mut host = Alone::default();
        let Ok(Suspended::Create(create)) = frame.step(&mut host, 0) else { panic!("it creates") };
        assert_eq!((create.init_code, create.salt), (vec![0xfe], Some(Word::from_u64(5))));
        let outcome = SubOutcome { succeeded, returndata: Vec::new(), gas_left: 0, refund: 0 };
        frame.resume_create(outcome, &Address::repeat_byte(9));
        let Ok(Suspended::Ended(ended)) = frame.step(&mut host, 0) else { panic!("it ends") };
        let expected = match succeeded {
            true => Word::from_address(&Address::repeat_byte(9)),
            false => Word::ZERO,
        };
        assert_eq!(ended.output, expected.to_be_bytes());
    }
}

#[test]
fn what_fails_has_no_gas_and_no_refund() {
    // SSTORE(0, 0) of a slot that has something gives a refund, but not where the frame reverts.
    let clear = [0x5f, 0x5f, 0x55];
    let revert = [0x5f, 0x5f, 0xfd];
    let run = |code: &[u8]| {
        let mut host = Alone::default();
        host.slots.insert(Word::ZERO, Word::ONE);
        match frame(code, 10_000, Differences::NONE).step(&mut host, 0) {
            Ok(Suspended::Ended(ended)) => ended,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(run(&clear).refund, 4800);
    let reverted = run(&[&clear[..], &revert].concat());
    assert_eq!((reverted.outcome, reverted.refund), (Outcome::Reverted, 0));
    assert!(reverted.gas_left > 0);
    let failed = run(&[&clear[..], &[0xfe]].concat());
    assert_eq!((failed.refund, failed.gas_left), (0, 0));
}

#[test]
fn a_host_that_fails_ends_the_step() {
    let mut host = Alone { fails: true, ..Alone::default() };
    let mut frame = frame(&[0x5f, 0x31], 10_000, Differences::ZKSYNC);
    assert_eq!(frame.step(&mut host, 0), Err(HostFailed));
}

#[test]
fn every_byte_alone_and_behind_operands_is_survived() {
    for differences in [Differences::ZKSYNC, Differences::NONE] {
        for byte in 0..=u8::MAX {
            for operand in [&[][..], &[0x5f; 8], &[0x19, 0x19]] {
                let pushes = [0x5f; 8];
                let code = [&pushes[..], operand, &[byte]].concat();
                let mut frame = frame(&code, 200_000, differences);
                let mut host = Alone::default();
                assert!(frame.step(&mut host, 0).is_ok(), "{byte:#x}");
            }
        }
    }
}

#[test]
fn events_have_their_topics_in_order() {
    // LOG2 of memory 0..2 with the topics 1 and 2.
    let code = [0x60, 2, 0x60, 1, 0x60, 2, 0x5f, 0xa2];
    let mut host = Alone::default();
    let suspended = frame(&code, 10_000, Differences::ZKSYNC).step(&mut host, 0);
    assert!(matches!(suspended, Ok(Suspended::Ended(_))));
    let topics = vec![Word::ONE, Word::from_u64(2)];
    assert_eq!(host.events, [(topics, vec![0; 2])]);
}
