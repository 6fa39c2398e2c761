//! Programs for the EVM, out of random statements that mostly make sense.

use crate::random::Random;
use eravm_core::{Address, Word};

/// What programs are about.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Contracts, which call each other.
    pub contracts: Vec<Address>,
    /// Other accounts.
    pub accounts: Vec<Address>,
    /// Addresses up to this number may be precompiles.
    pub last_precompile: u64,
}

/// Opcodes by name.
#[expect(missing_docs, reason = "they are in every book on the EVM")]
pub mod op {
    pub const STOP: u8 = 0x00;
    pub const ADD: u8 = 0x01;
    pub const SUB: u8 = 0x03;
    pub const EXP: u8 = 0x0a;
    pub const SIGNEXTEND: u8 = 0x0b;
    pub const ISZERO: u8 = 0x15;
    pub const NOT: u8 = 0x19;
    pub const KECCAK256: u8 = 0x20;
    pub const ADDRESS: u8 = 0x30;
    pub const BALANCE: u8 = 0x31;
    pub const CALLDATALOAD: u8 = 0x35;
    pub const CALLDATASIZE: u8 = 0x36;
    pub const CALLDATACOPY: u8 = 0x37;
    pub const CODECOPY: u8 = 0x39;
    pub const EXTCODESIZE: u8 = 0x3b;
    pub const EXTCODECOPY: u8 = 0x3c;
    pub const RETURNDATASIZE: u8 = 0x3d;
    pub const RETURNDATACOPY: u8 = 0x3e;
    pub const EXTCODEHASH: u8 = 0x3f;
    pub const BLOCKHASH: u8 = 0x40;
    pub const POP: u8 = 0x50;
    pub const MLOAD: u8 = 0x51;
    pub const MSTORE: u8 = 0x52;
    pub const MSTORE8: u8 = 0x53;
    pub const SLOAD: u8 = 0x54;
    pub const SSTORE: u8 = 0x55;
    pub const JUMP: u8 = 0x56;
    pub const JUMPI: u8 = 0x57;
    pub const GAS: u8 = 0x5a;
    pub const JUMPDEST: u8 = 0x5b;
    pub const TLOAD: u8 = 0x5c;
    pub const TSTORE: u8 = 0x5d;
    pub const MCOPY: u8 = 0x5e;
    pub const PUSH0: u8 = 0x5f;
    pub const PUSH1: u8 = 0x60;
    pub const DUP1: u8 = 0x80;
    pub const SWAP1: u8 = 0x90;
    pub const LOG0: u8 = 0xa0;
    pub const CREATE: u8 = 0xf0;
    pub const CALL: u8 = 0xf1;
    pub const RETURN: u8 = 0xf3;
    pub const DELEGATECALL: u8 = 0xf4;
    pub const CREATE2: u8 = 0xf5;
    pub const STATICCALL: u8 = 0xfa;
    pub const REVERT: u8 = 0xfd;
    pub const INVALID: u8 = 0xfe;
    pub const SELFDESTRUCT: u8 = 0xff;
}

/// Code that is being written.
#[derive(Clone, Debug, Default)]
pub struct EvmCode(pub Vec<u8>);

impl EvmCode {
    /// Adds opcodes.
    pub fn ops(&mut self, ops: &[u8]) -> &mut Self {
        self.0.extend_from_slice(ops);
        self
    }

    /// Pushes a word with the shortest operand.
    pub fn push(&mut self, word: &Word) -> &mut Self {
        let bytes = word.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        self.0.push(op::PUSH0 + (32 - zeros) as u8);
        self.ops(&bytes[zeros..])
    }

    /// Pushes a number.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.push(&Word::from_u64(number))
    }

    /// Pushes an address.
    pub fn address(&mut self, address: &Address) -> &mut Self {
        self.push(&Word::from_address(address))
    }

    /// Pushes a number with two bytes, which are filled in later.
    fn push_later(&mut self) -> usize {
        self.ops(&[op::PUSH1 + 1, 0, 0]);
        self.0.len() - 2
    }

    /// Fills in the current place, and lets it be jumped to.
    fn land(&mut self, at: usize) {
        let here = (self.0.len() as u16).to_be_bytes();
        self.0[at..at + 2].copy_from_slice(&here);
        self.ops(&[op::JUMPDEST]);
    }
}

/// A program.
pub fn program(random: &mut Random, around: &Surroundings) -> Vec<u8> {
    let mut code = EvmCode::default();
    let statements = 1 + random.below(24);
    for _ in 0..statements {
        statement(random, around, &mut code, 2);
    }
    finish(random, &mut code);
    code.0
}

fn finish(random: &mut Random, code: &mut EvmCode) {
    let (offset, size) = (random.below(64), random.below(160));
    match random.below(12) {
        0 => code.ops(&[op::STOP]),
        1 => code.ops(&[op::INVALID]),
        2 | 3 => code.number(size).number(offset).ops(&[op::REVERT]),
        4 => code,
        5 => {
            // An operand without an end.
            let operand = random.below(32) as u8;
            code.ops(&[op::PUSH1 + operand, 0x5b])
        }
        6 => {
            let heir = Word::from_u64(random.below(3000));
            code.push(&heir).ops(&[op::SELFDESTRUCT])
        }
        _ => code.number(size).number(offset).ops(&[op::RETURN]),
    };
}

/// A small offset or size; sometimes one that nobody can pay for.
fn size(random: &mut Random) -> Word {
    match random.below(40) {
        0 => random.word(),
        1 => Word::from_u64(random.below(20_000)),
        _ => Word::from_u64(random.below(260)),
    }
}

fn any_address(random: &mut Random, around: &Surroundings) -> Address {
    match random.below(10) {
        0 => random.word().to_address(),
        1 | 2 => Word::from_u64(random.below(around.last_precompile + 2)).to_address(),
        3 | 4 => random.pick(&around.accounts),
        _ => random.pick(&around.contracts),
    }
}

/// What is on the stack goes somewhere.
fn consume(random: &mut Random, code: &mut EvmCode) {
    match random.below(10) {
        0 => code.ops(&[op::POP]),
        1 => code.number(random.below(6)).ops(&[op::SSTORE]),
        2 => code,
        _ => code.number(random.below(8) * 32).ops(&[op::MSTORE]),
    };
}

fn statement(random: &mut Random, around: &Surroundings, code: &mut EvmCode, depth: u32) {
    match random.below(30) {
        0..=6 => arithmetic(random, code),
        7..=9 => memory(random, code),
        10..=13 => storage(random, code),
        14 | 15 => environment(random, code),
        16 | 17 => account(random, around, code),
        18 | 19 => copy(random, around, code),
        20 => log(random, code),
        21 | 22 if depth > 0 => branch(random, around, code, depth - 1),
        23 if depth > 0 => repeat(random, around, code, depth - 1),
        24..=26 => call(random, around, code),
        27 => create(random, code),
        28 => {
            code.ops(&[op::GAS]);
            consume(random, code);
        }
        _ => odd(random, code),
    }
}

fn arithmetic(random: &mut Random, code: &mut EvmCode) {
    let binary = [0x02, 0x04, 0x05, 0x06, 0x07, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18];
    let shifts = [0x1a, 0x1b, 0x1c, 0x1d, op::SIGNEXTEND];
    let (a, b, c) = (random.word(), random.word(), random.word());
    match random.below(8) {
        0 => code.push(&a).ops(&[random.pick(&[op::ISZERO, op::NOT])]),
        1 => code.push(&a).push(&b).push(&c).ops(&[random.pick(&[0x08, 0x09])]),
        2 => code.push(&a).number(random.below(300)).ops(&[random.pick(&shifts)]),
        3 => code.push(&a).push(&b).ops(&[op::EXP]),
        4 => code.push(&a).push(&b).ops(&[random.pick(&[op::ADD, op::SUB])]),
        _ => code.push(&a).push(&b).ops(&[random.pick(&binary)]),
    };
    consume(random, code);
}

fn memory(random: &mut Random, code: &mut EvmCode) {
    let (offset, value) = (size(random), random.word());
    match random.below(4) {
        0 => code.push(&value).push(&offset).ops(&[op::MSTORE]),
        1 => code.push(&value).push(&offset).ops(&[op::MSTORE8]),
        2 => {
            code.push(&offset).ops(&[op::MLOAD]);
            consume(random, code);
            code
        }
        _ => {
            let bytes = size(random);
            code.push(&bytes).push(&offset).ops(&[op::KECCAK256]);
            consume(random, code);
            code
        }
    };
}

fn storage(random: &mut Random, code: &mut EvmCode) {
    // Keys of up to 88 bits, and others, which the manager of the emulator's gas keeps otherwise.
    let key = match random.below(6) {
        0 => Word([u64::MAX, (1 << 24) - random.below(2), 0, 0]),
        1 => random.word(),
        _ => Word::from_u64(random.below(6)),
    };
    let value = Word::from_u64(random.below(3));
    match random.below(6) {
        0 | 1 => {
            code.push(&key).ops(&[op::SLOAD]);
            consume(random, code);
        }
        2 => {
            code.push(&key).ops(&[op::TLOAD]);
            consume(random, code);
        }
        3 => {
            code.push(&value).push(&key).ops(&[op::TSTORE]);
        }
        _ => {
            code.push(&value).push(&key).ops(&[op::SSTORE]);
        }
    }
}

fn environment(random: &mut Random, code: &mut EvmCode) {
    let plain = [
        0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
        0x48, 0x4a, 0x58, 0x59,
    ];
    match random.below(5) {
        0 => code.push(&size(random)).ops(&[op::CALLDATALOAD]),
        1 => code.number(random.below(30)).ops(&[op::BLOCKHASH]),
        _ => code.ops(&[random.pick(&plain)]),
    };
    consume(random, code);
}

fn account(random: &mut Random, around: &Surroundings, code: &mut EvmCode) {
    let address = any_address(random, around);
    let ask = random.pick(&[op::BALANCE, op::EXTCODESIZE, op::EXTCODEHASH]);
    code.address(&address).ops(&[ask]);
    consume(random, code);
}

fn copy(random: &mut Random, around: &Surroundings, code: &mut EvmCode) {
    let (to, from, bytes) = (size(random), size(random), size(random));
    code.push(&bytes).push(&from).push(&to);
    match random.below(6) {
        0 => code.ops(&[op::CALLDATACOPY]),
        1 => code.ops(&[op::CODECOPY]),
        2 => code.address(&any_address(random, around)).ops(&[op::EXTCODECOPY]),
        3 => code.ops(&[op::MCOPY]),
        4 => code.ops(&[op::RETURNDATACOPY]),
        // All that there is.
        _ => code.ops(&[op::RETURNDATASIZE, op::PUSH0]).push(&to).ops(&[op::RETURNDATACOPY]),
    };
}

fn log(random: &mut Random, code: &mut EvmCode) {
    let topics = random.below(5);
    for _ in 0..topics {
        let topic = random.word();
        code.push(&topic);
    }
    let (offset, bytes) = (size(random), size(random));
    code.push(&bytes).push(&offset).ops(&[op::LOG0 + topics as u8]);
}

fn branch(random: &mut Random, around: &Surroundings, code: &mut EvmCode, depth: u32) {
    code.number(random.below(8) * 32).ops(&[op::MLOAD]);
    if random.one_in(2) {
        code.ops(&[op::ISZERO]);
    }
    let behind = code.push_later();
    code.ops(&[op::JUMPI]);
    statement(random, around, code, depth);
    code.land(behind);
}

/// Statements that are repeated, with a counter on the stack. What they leave there is taken for the counter.
fn repeat(random: &mut Random, around: &Surroundings, code: &mut EvmCode, depth: u32) {
    code.number(1 + random.below(4));
    let start = code.0.len() as u64;
    code.ops(&[op::JUMPDEST]);
    statement(random, around, code, depth);
    code.number(1).ops(&[op::SWAP1, op::SUB, op::DUP1]).number(start).ops(&[op::JUMPI, op::POP]);
}

fn call(random: &mut Random, around: &Surroundings, code: &mut EvmCode) {
    let kind = match random.below(8) {
        0..=3 => op::CALL,
        4 | 5 => op::STATICCALL,
        6 => op::DELEGATECALL,
        _ => op::CALL + 1,
    };
    for _ in 0..2 {
        let (bytes, offset) = (size(random), size(random));
        code.push(&bytes).push(&offset);
    }
    if matches!(kind, op::CALL | 0xf2) {
        let value = if random.one_in(3) { random.below(2000) } else { 0 };
        code.number(value);
    }
    code.address(&any_address(random, around));
    match random.below(4) {
        0 => code.ops(&[op::GAS]),
        1 => code.push(&Word::MAX),
        _ => code.number(random.below(60_000)),
    };
    code.ops(&[kind]);
    consume(random, code);
}

/// Creates a contract whose constructor fits in a word.
fn create(random: &mut Random, code: &mut EvmCode) {
    let mut init = EvmCode::default();
    match random.below(5) {
        // Returns what is in memory: zeros.
        0 => init.number(random.below(40)).ops(&[op::PUSH0, op::RETURN]),
        1 => init.number(random.below(40)).ops(&[op::PUSH0, op::REVERT]),
        2 => init.ops(&[op::INVALID]),
        // Code of a few bytes: stores something and returns.
        3 => {
            let body = [0x60, random.below(3) as u8, 0x60, 0x01, 0x55, 0x5f, 0x5f, 0xf3];
            let mut word = [0; 32];
            word[24..].copy_from_slice(&body);
            init.push(&Word::from_be_bytes(&word)).ops(&[op::PUSH0, op::MSTORE]);
            init.number(8).number(24).ops(&[op::RETURN])
        }
        // A byte that is reserved.
        _ => {
            init.number(0xef).ops(&[op::PUSH0, op::MSTORE8]).number(1).ops(&[op::PUSH0, op::RETURN])
        }
    };
    let mut word = [0; 32];
    let length = init.0.len();
    word[32 - length..].copy_from_slice(&init.0);
    code.push(&Word::from_be_bytes(&word)).number(256).ops(&[op::MSTORE]);
    let with_salt = random.one_in(2);
    if with_salt {
        code.number(random.below(2));
    }
    let value = if random.one_in(3) { random.below(50) } else { 0 };
    let length = if random.one_in(8) { size(random) } else { Word::from_u64(length as u64) };
    code.push(&length).number(256 + 32 - init.0.len() as u64).number(value);
    code.ops(&[if with_salt { op::CREATE2 } else { op::CREATE }]);
    consume(random, code);
}

/// Anything.
fn odd(random: &mut Random, code: &mut EvmCode) {
    match random.below(6) {
        0 => code.ops(&[random.bits() as u8]),
        1 => code.ops(&[op::DUP1 + random.below(16) as u8]),
        2 => code.ops(&[op::SWAP1 + random.below(16) as u8]),
        // Into the operand of the next one, if that is allowed.
        3 => {
            let to = code.0.len() as u64 + 5;
            code.ops(&[0x61]).ops(&(to as u16).to_be_bytes()).ops(&[op::JUMP, op::PUSH1]);
            code.ops(&[op::JUMPDEST])
        }
        4 => code.number(random.below(200)).ops(&[op::JUMP]),
        _ => code.push(&random.word()),
    };
}
