//! The operations of the machine.

/// What an instruction does, without its operands and modifiers.
///
/// The numbers are used in instruction traces and are stable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Opcode {
    /// Does nothing, but still moves `sp` where its operands say so.
    Nop = 0,
    /// Sum.
    Add = 1,
    /// Difference.
    Sub = 2,
    /// Bitwise and.
    And = 3,
    /// Bitwise or.
    Or = 4,
    /// Bitwise exclusive or.
    Xor = 5,
    /// Shift left.
    Shl = 6,
    /// Shift right.
    Shr = 7,
    /// Rotate left.
    Rol = 8,
    /// Rotate right.
    Ror = 9,
    /// Full product, low half to `dst0`, high half to `dst1`.
    Mul = 10,
    /// Quotient to `dst0`, remainder to `dst1`.
    Div = 11,
    /// Calls a place in the same code.
    NearCall = 12,
    /// Calls another contract.
    FarCall = 13,
    /// Runs another contract's code as this contract.
    DelegateCall = 14,
    /// Calls another contract in the name of a third (kernel).
    MimicCall = 15,
    /// Returns.
    RetOk = 16,
    /// Returns, undoing this frame's effects.
    RetRevert = 17,
    /// Fails, undoing this frame's effects and returning no data.
    RetPanic = 18,
    /// Continues elsewhere in the same code.
    Jump = 19,
    /// Adds to the event queue (kernel).
    Event = 20,
    /// Adds to the queue of messages to L1 (kernel).
    ToL1 = 21,
    /// Loads code into memory by its versioned hash (kernel).
    Decommit = 22,
    /// Address of the contract.
    This = 23,
    /// Address of the caller.
    Caller = 24,
    /// Address whose code runs.
    CodeAddress = 25,
    /// Ergs left in the frame.
    ErgsLeft = 26,
    /// Stack pointer.
    Sp = 27,
    /// Heap sizes, shards and (kernel) the pubdata counter.
    Meta = 28,
    /// The 128-bit context value of the frame.
    GetContextU128 = 29,
    /// Sets the 128-bit context value for the next far call (kernel).
    SetContextU128 = 30,
    /// Starts the next transaction: number and transient storage (kernel).
    IncrementTxNumber = 31,
    /// Reserved; does nothing (kernel).
    AuxMutating0 = 32,
    /// Calls the precompile at the contract's own address (kernel).
    PrecompileCall = 33,
    /// Reads the heap.
    HeapRead = 34,
    /// Writes the heap.
    HeapWrite = 35,
    /// Reads the auxiliary heap.
    AuxHeapRead = 36,
    /// Writes the auxiliary heap.
    AuxHeapWrite = 37,
    /// Reads through a fat pointer.
    FatPointerRead = 38,
    /// Moves a fat pointer forward.
    PtrAdd = 39,
    /// Moves a fat pointer back.
    PtrSub = 40,
    /// Replaces the upper half of a fat pointer's word.
    PtrPack = 41,
    /// Cuts the end off a fat pointer.
    PtrShrink = 42,
    /// Reads a storage slot.
    StorageRead = 43,
    /// Writes a storage slot.
    StorageWrite = 44,
    /// Reads a transient storage slot.
    TransientRead = 45,
    /// Writes a transient storage slot.
    TransientWrite = 46,
    /// Reads static memory (kernel).
    StaticRead = 47,
    /// Writes static memory (kernel).
    StaticWrite = 48,
    /// Burns all ergs and panics.
    Invalid = 49,
}

impl Opcode {
    /// How many there are.
    pub const COUNT: usize = Self::Invalid as usize + 1;

    /// Whether it computes numbers from two numbers.
    pub const fn is_binary(self) -> bool {
        Self::Add as u8 <= self as u8 && self as u8 <= Self::Div as u8
    }

    /// Whether it makes a pointer from a pointer and a number.
    pub const fn is_pointer_op(self) -> bool {
        matches!(self, Self::PtrAdd | Self::PtrSub | Self::PtrPack | Self::PtrShrink)
    }
}
