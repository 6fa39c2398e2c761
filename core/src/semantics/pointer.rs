//! Fat pointers, and the ABI words of calls and returns that contain them.

use crate::word::Word;

/// Greatest heap address that may be dereferenced: 2³² − 33.
pub const MAX_HEAP_ADDRESS: u32 = u32::MAX - 32;

/// A slice of a memory page with a position in it: the low 128 bits of a pointer word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct FatPointer {
    /// Position, relative to `start`.
    pub offset: u32,
    /// Page of memory.
    pub page: u32,
    /// First byte of the slice.
    pub start: u32,
    /// Bytes in the slice.
    pub length: u32,
}

impl FatPointer {
    /// The pointer to nothing.
    pub const EMPTY: Self = Self { offset: 0, page: 0, start: 0, length: 0 };

    /// Unpacks the low 128 bits.
    #[inline(always)]
    pub const fn from_word(word: &Word) -> Self {
        Self {
            offset: word.0[0] as u32,
            page: (word.0[0] >> 32) as u32,
            start: word.0[1] as u32,
            length: (word.0[1] >> 32) as u32,
        }
    }

    /// Packs into the low 128 bits of a word.
    #[inline(always)]
    pub const fn to_word(self) -> Word {
        Word([
            self.offset as u64 | (self.page as u64) << 32,
            self.start as u64 | (self.length as u64) << 32,
            0,
            0,
        ])
    }

    /// Whether `start + length` exceeds 32 bits.
    #[inline(always)]
    pub const fn overflows(&self) -> bool {
        self.start.checked_add(self.length).is_none()
    }

    /// The part from `offset` on, as a slice of its own.
    #[must_use]
    #[inline(always)]
    pub const fn narrowed(self) -> Self {
        Self {
            offset: 0,
            page: self.page,
            start: self.start.wrapping_add(self.offset),
            length: self.length.wrapping_sub(self.offset),
        }
    }
}

/// Removes what a pointer says about memory (page and start) from its word, leaving offset, length and
/// the upper 128 bits: what user-space code sees when it uses a pointer as a number.
#[inline(always)]
pub const fn erase_pointer(word: &Word) -> Word {
    Word([word.0[0] & 0xffff_ffff, word.0[1] & !0xffff_ffff, word.0[2], word.0[3]])
}

/// Which memory a call or return passes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forwarding {
    /// A slice of the frame's heap.
    Heap,
    /// A pointer that the frame already has.
    Pointer,
    /// A slice of the frame's auxiliary heap.
    AuxHeap,
}

impl Forwarding {
    #[inline(always)]
    const fn from_byte(byte: u8) -> Self {
        match byte {
            1 => Self::Pointer,
            2 => Self::AuxHeap,
            _ => Self::Heap,
        }
    }

    pub(crate) const fn to_byte(self) -> u8 {
        match self {
            Self::Heap => 0,
            Self::Pointer => 1,
            Self::AuxHeap => 2,
        }
    }
}

/// First source of a far call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FarCallAbi {
    /// Calldata.
    pub pointer: FatPointer,
    /// Ergs to pass; 63/64 of what is left is the most.
    pub ergs: u32,
    /// Where the calldata is.
    pub forwarding: Forwarding,
    /// Shard of the callee, if the call says to use it.
    pub shard: u8,
    /// Asks for code that is being constructed (kernel only).
    pub constructor: bool,
    /// Passes extra ABI registers to a system contract.
    pub system: bool,
}

impl FarCallAbi {
    /// Unpacks the word.
    #[inline(always)]
    pub const fn from_word(word: &Word) -> Self {
        let top = word.0[3];
        Self {
            pointer: FatPointer::from_word(word),
            ergs: top as u32,
            forwarding: Forwarding::from_byte((top >> 32) as u8),
            shard: (top >> 40) as u8,
            constructor: (top >> 48) as u8 != 0,
            system: (top >> 56) as u8 != 0,
        }
    }
}

/// First source of a return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetAbi {
    /// Returndata.
    pub pointer: FatPointer,
    /// Where it is.
    pub forwarding: Forwarding,
}

impl RetAbi {
    /// Unpacks the word.
    #[inline(always)]
    pub const fn from_word(word: &Word) -> Self {
        Self {
            pointer: FatPointer::from_word(word),
            forwarding: Forwarding::from_byte((word.0[3] >> 32) as u8),
        }
    }
}

/// The four operations on pointers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PointerOp {
    /// Moves the offset forward.
    Add,
    /// Moves the offset back.
    Sub,
    /// Replaces the upper 128 bits.
    Pack,
    /// Shortens.
    Shrink,
}

/// Applies a pointer operation to the words of a pointer and a number; `None` panics.
///
/// Offsets of `Add` and `Sub` must be below 2³², the operand of `Pack` must have no low 128 bits; `Shrink`
/// looks at the low 32 bits of its operand only.
#[inline(always)]
pub fn pointer_op(op: PointerOp, pointer: &Word, operand: &Word) -> Option<Word> {
    let [low, bounds, upper0, upper1] = pointer.0;
    let small = || u32::try_from(operand.to_u64()?).ok();
    let with_offset =
        |offset: u32| Word([low >> 32 << 32 | u64::from(offset), bounds, upper0, upper1]);
    match op {
        PointerOp::Add => (low as u32).checked_add(small()?).map(with_offset),
        PointerOp::Sub => (low as u32).checked_sub(small()?).map(with_offset),
        PointerOp::Pack => {
            (operand.low_u128() == 0).then_some(Word([low, bounds, operand.0[2], operand.0[3]]))
        }
        PointerOp::Shrink => {
            let length = ((bounds >> 32) as u32).checked_sub(operand.low_u32())?;
            Some(Word([low, bounds & 0xffff_ffff | u64::from(length) << 32, upper0, upper1]))
        }
    }
}
