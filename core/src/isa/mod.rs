//! The instruction set.
//!
//! [`TABLE`] is the one list of instructions. The decoder, the encoder, prices, mode policies, the
//! assembler, the disassembler and the reference `core/ISA.md` are all derived from it.

mod ergs;
mod instruction;
mod opcode;
mod reference;
mod table;

pub use ergs::*;
pub use instruction::{DstMode, Instruction, Predicate, SrcMode};
pub use opcode::Opcode;
pub use reference::reference;
pub(crate) use table::VARIANTS;
pub use table::{Dst0, Modifier, Row, SLOTS, Src0, TABLE, Variant, slot_of, variant};
