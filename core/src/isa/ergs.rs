//! Prices in ergs, each composed of the circuit costs that it pays for.

/// One cycle of the main circuit.
const CYCLE: u32 = 4;
/// One entry of the memory argument.
const RAM: u32 = 1;
/// One entry through the log demultiplexer.
const LOG_DEMUX: u32 = 1;
/// One entry of the storage sorter.
const STORAGE_SORT: u32 = 2;
/// One entry of the transient storage checker.
const TRANSIENT_SORT: u32 = 2;
/// One entry of the events or L1 messages sorter.
const EVENT_SORT: u32 = 1;
/// One entry of the decommitment sorter.
const DECOMMIT_SORT: u32 = 1;
/// State growth of a new item on the call stack.
const CALL_ITEM: u32 = 20;

/// Instructions whose operands may be in memory.
pub const RICH_ADDRESSING_ERGS: u32 = CYCLE + 2 * RAM;
/// Instructions on registers only.
pub const AVERAGE_ERGS: u32 = CYCLE + RAM;
/// An invalid instruction burns everything.
pub const INVALID_ERGS: u32 = u32::MAX;
/// `near_call`.
pub const NEAR_CALL_ERGS: u32 = CALL_ITEM + AVERAGE_ERGS;
/// Far calls, before decommitment and heap growth.
pub const FAR_CALL_ERGS: u32 =
    2 * CYCLE + RAM + 150 + CALL_ITEM + STORAGE_SORT + DECOMMIT_SORT + LOG_DEMUX;
/// Reads of a heap, of static memory or through a fat pointer.
pub const MEMORY_READ_ERGS: u32 = CYCLE + 3 * RAM;
/// Writes to a heap or to static memory.
pub const MEMORY_WRITE_ERGS: u32 = 2 * CYCLE + 5 * RAM;

/// Cold part of `sload`; a warm read is refunded down to [`WARM_READ_ERGS`].
pub const COLD_READ_ERGS: u32 = 2000;
/// What a warm `sload` costs of [`COLD_READ_ERGS`].
pub const WARM_READ_ERGS: u32 = 30;
/// Cold part of `sstore`.
pub const COLD_WRITE_ERGS: u32 = 5500;
/// What a warm `sstore` costs of [`COLD_WRITE_ERGS`].
pub const WARM_WRITE_ERGS: u32 = 60;

/// `log.sread`, before refunds.
pub const STORAGE_READ_ERGS: u32 = CYCLE + RAM + LOG_DEMUX + STORAGE_SORT + COLD_READ_ERGS;
/// `log.swrite`, before refunds.
pub const STORAGE_WRITE_ERGS: u32 =
    CYCLE + RAM + 2 * LOG_DEMUX + 2 * STORAGE_SORT + COLD_WRITE_ERGS;
/// `log.tread`.
pub const TRANSIENT_READ_ERGS: u32 = CYCLE + RAM + LOG_DEMUX + TRANSIENT_SORT + WARM_READ_ERGS;
/// `log.twrite`.
pub const TRANSIENT_WRITE_ERGS: u32 =
    CYCLE + RAM + 2 * LOG_DEMUX + 2 * TRANSIENT_SORT + WARM_WRITE_ERGS;
/// `log.event`.
pub const EVENT_ERGS: u32 = 25 + CYCLE + RAM + 2 * LOG_DEMUX + 2 * EVENT_SORT;
/// `log.to_l1`.
pub const L1_MESSAGE_ERGS: u32 = 100 + CYCLE + RAM + 2 * LOG_DEMUX + 2 * EVENT_SORT;
/// `log.precompile`, before what the contract charges itself.
pub const PRECOMPILE_ERGS: u32 = CYCLE + RAM + LOG_DEMUX;
/// `log.decommit`, before the price of the words.
pub const DECOMMIT_ERGS: u32 = CYCLE + RAM + DECOMMIT_SORT;

/// Refund of a read whose slot was read or written before in this batch.
pub const WARM_READ_REFUND_ERGS: u32 = COLD_READ_ERGS - WARM_READ_ERGS;
/// Refund of a write whose slot was written before in this batch.
pub const WARM_WRITE_REFUND_ERGS: u32 = COLD_WRITE_ERGS - WARM_WRITE_ERGS;
/// Refund of the first write to a slot that was read before in this batch.
pub const WRITE_AFTER_READ_REFUND_ERGS: u32 = COLD_READ_ERGS;

/// Far-call decommitment of code not yet seen in this batch, per 32-byte word of it.
pub const DECOMMIT_WORD_ERGS: u32 = 4;
/// Taken from the caller of `MsgValueSimulator` (system call) and given to it.
pub const MSG_VALUE_SIMULATOR_EXTRA_ERGS: u32 = 14_500 + DECOMMIT_WORD_ERGS * 100_000 / 32;

/// Heap and aux heap bytes that a new frame has for free.
pub const USER_STIPEND_BYTES: u32 = 1 << 12;
/// The same for a frame that runs the EVM emulator.
pub const EVM_STIPEND_BYTES: u32 = 56 << 10;
/// The same for a frame in kernel space.
pub const KERNEL_STIPEND_BYTES: u32 = 1 << 21;

/// Frames (near and far together) that may exist beneath the empty one; at this depth every instruction panics.
pub const MAX_CALL_DEPTH: u32 = u32::MAX / CALL_ITEM + 80;
