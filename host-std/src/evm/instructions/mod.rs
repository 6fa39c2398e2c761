//! The instructions that ask the host, one that we do faster, and the tables of all.
//!
//! The others are the crate's. Those that ask differ from the crate's own in that they ask for what they need and no more: for a balance, where
//! the crate asks for an account. Accounts of ZKsync are slots of several contracts, and each that is read costs ergs.

mod account;
mod block;
mod call;
mod hash;
mod storage;

pub(in crate::evm) use call::Pending;
pub use call::{CallKind, CallRequest};

use super::bridge::{Bridge, Cx, Parts, Running};
use super::fork::Fork;
use super::host::{HostFailed, HostResult};
use revm_interpreter::bytecode::opcode;
use revm_interpreter::primitives::U256;
use revm_interpreter::{
    Instruction, InstructionExecResult, InstructionResult, InstructionTable, instruction_table,
};

/// How an instruction ends.
type Done = InstructionExecResult;

/// All instructions, those of Ethereum.
pub(super) const fn ethereum<'h>() -> InstructionTable<Parts, Bridge<'h>> {
    let mut table = instruction_table::<Parts, Bridge<'h>>();
    // Later than the newest fork that is claimed.
    table[opcode::CLZ as usize] = Instruction::unknown();
    table[opcode::SLOTNUM as usize] = Instruction::unknown();
    table[opcode::DUPN as usize] = Instruction::unknown();
    table[opcode::SWAPN as usize] = Instruction::unknown();
    table[opcode::EXCHANGE as usize] = Instruction::unknown();

    table[opcode::KECCAK256 as usize] = Instruction::new(hash::keccak256);

    table[opcode::BALANCE as usize] = Instruction::new(account::balance);
    table[opcode::SELFBALANCE as usize] = Instruction::new(account::self_balance);
    table[opcode::EXTCODESIZE as usize] = Instruction::new(account::code_size);
    table[opcode::EXTCODEHASH as usize] = Instruction::new(account::code_hash);
    table[opcode::EXTCODECOPY as usize] = Instruction::new(account::code_copy);

    table[opcode::ORIGIN as usize] = Instruction::new(block::origin);
    table[opcode::GASPRICE as usize] = Instruction::new(block::gas_price);
    table[opcode::COINBASE as usize] = Instruction::new(block::coinbase);
    table[opcode::TIMESTAMP as usize] = Instruction::new(block::timestamp);
    table[opcode::NUMBER as usize] = Instruction::new(block::number);
    table[opcode::DIFFICULTY as usize] = Instruction::new(block::randomness);
    table[opcode::GASLIMIT as usize] = Instruction::new(block::gas_limit);
    table[opcode::CHAINID as usize] = Instruction::new(block::chain_id);
    table[opcode::BASEFEE as usize] = Instruction::new(block::base_fee);
    table[opcode::BLOBBASEFEE as usize] = Instruction::new(block::blob_base_fee);
    table[opcode::BLOBHASH as usize] = Instruction::new(block::blob_hash);
    table[opcode::BLOCKHASH as usize] = Instruction::new(block::block_hash);

    table[opcode::SLOAD as usize] = Instruction::new(storage::load);
    table[opcode::SSTORE as usize] = Instruction::new(storage::store);
    table[opcode::TLOAD as usize] = Instruction::new(storage::load_transient);
    table[opcode::TSTORE as usize] = Instruction::new(storage::store_transient);
    table[opcode::LOG0 as usize] = Instruction::new(storage::log::<0>);
    table[opcode::LOG1 as usize] = Instruction::new(storage::log::<1>);
    table[opcode::LOG2 as usize] = Instruction::new(storage::log::<2>);
    table[opcode::LOG3 as usize] = Instruction::new(storage::log::<3>);
    table[opcode::LOG4 as usize] = Instruction::new(storage::log::<4>);

    table[opcode::CALL as usize] = Instruction::new(call::call);
    table[opcode::CALLCODE as usize] = Instruction::new(call::call_code);
    table[opcode::DELEGATECALL as usize] = Instruction::new(call::delegate_call);
    table[opcode::STATICCALL as usize] = Instruction::new(call::static_call);
    table
}

/// Makes an instruction of a table invalid.
pub(super) const fn without<'h>(
    mut table: InstructionTable<Parts, Bridge<'h>>,
    opcode: u8,
) -> InstructionTable<Parts, Bridge<'h>> {
    table[opcode as usize] = Instruction::unknown();
    table
}

/// Fails if the fork has no such instruction yet.
fn since(cx: &Cx<'_, '_>, fork: Fork) -> Done {
    if cx.host.rules.since(fork) { Ok(()) } else { Err(InstructionResult::NotActivated) }
}

/// Fails in a frame that may not write.
fn may_write(cx: &Cx<'_, '_>) -> Done {
    if cx.interpreter.runtime_flag.is_static {
        Err(InstructionResult::StateChangeDuringStaticCall)
    } else {
        Ok(())
    }
}

/// Takes words from the stack, the upmost first.
fn pop<const N: usize>(interpreter: &mut Running) -> InstructionExecResult<[U256; N]> {
    interpreter.stack.popn().ok_or(InstructionResult::StackUnderflow)
}

/// Puts a word onto the stack.
fn push(interpreter: &mut Running, value: U256) -> Done {
    if interpreter.stack.push(value) { Ok(()) } else { Err(InstructionResult::StackOverflow) }
}

/// Pays gas.
fn charge(interpreter: &mut Running, gas: u64) -> Done {
    if interpreter.gas.record_regular_cost(gas) { Ok(()) } else { Err(InstructionResult::OutOfGas) }
}

/// What the host answered.
fn answer<T>(answer: HostResult<T>) -> InstructionExecResult<T> {
    answer.map_err(|HostFailed| InstructionResult::FatalExternalError)
}

/// An operand that no gas pays for if it is longer.
fn length(value: U256) -> InstructionExecResult<usize> {
    usize::try_from(value).map_err(|_| InstructionResult::InvalidOperandOOG)
}

/// Makes memory as long as a range needs, for gas. Nothing is done, and the offset may be anything, if the range is empty.
fn expand(cx: &mut Cx<'_, '_>, offset: U256, bytes: usize) -> InstructionExecResult<usize> {
    if bytes == 0 {
        return Ok(0);
    }
    let offset = length(offset)?;
    cx.interpreter.resize_memory(cx.host.rules.dynamic_gas(), offset, bytes)?;
    Ok(offset)
}
