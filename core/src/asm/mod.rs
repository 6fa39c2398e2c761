//! Assembler and disassembler.
//!
//! The dialect is the one that `zkevm-assembly` reads: a program that both accept becomes the same
//! bytes. Where that assembler silently drops what it does not understand, cuts numbers to 16 bits
//! or ignores a minus sign, this one reports an error. Names come from [`crate::isa::TABLE`]; the
//! few that the table does not know are listed in one place (`names.rs`).
//!
//! # Layout
//!
//! ```text
//!         .text                           ; code; every section with content needs a label
//! entry:
//!         add     5, r0, r1               ; number (0 means r0; #0 the number)
//!         add     @table[r1 + 1], r0, r2  ; word of the code page, counted from a label
//!         sub.s!  stack-[2], r2, stack=[r3 + 1]
//!         jump.lt @entry
//!         call    @entry                  ; near_call r0, @entry, @DEFAULT_UNWIND
//!         ret
//!         .rodata                         ; words behind the code, in order, never merged
//! table:
//!         .cell   -1                      ; decimal, 256 bits
//!         .cell   @entry                  ; address of code
//!         .zero   64                      ; bytes, a multiple of 32
//!         .data                           ; words at the bottom of the stack
//! counter:
//!         .cell   7                       ; read as stack[@counter]
//! ```
//!
//! The code starts with the instructions that reserve and fill the words of `.data`. Behind it come
//! the landing pads `DEFAULT_UNWIND`, `DEFAULT_FAR_RETURN` and `DEFAULT_FAR_REVERT`, unless a label
//! of that name exists, then one to four `invalid` up to a whole word, then `.rodata`, and a zero
//! word if the number of words were even.
//!
//! # Extensions
//!
//! What the dialect cannot say, and what its other assembler rejects as unknown:
//!
//! * `raw 0x0123456789abcdef`: an instruction word as it is, for bits without a meaning;
//! * `layout.exact`: no landing pads, no padding, no parity; the instructions must fill their words;
//! * `code[r1 + 5]`: an absolute place in the code page;
//! * `#5` where the label of an instruction is expected;
//! * `jump r1, r2` with a second register, `nop` with any four operands;
//! * predicates on `ld.1` and its like, and numbers in hexadecimal or binary wherever one may be.

mod analysis;
mod disassembly;
mod error;
mod instruction;
mod link;
mod names;
mod number;
mod operand;
mod piece;
mod print;
mod source;

pub use disassembly::{Disassembly, DisassemblyError, disassemble};
pub use error::{AsmError, AsmErrorKind};
pub use link::Assembly;
pub(crate) use names::{modifier_suffix, operand_names, predicate_name};

/// Assembles a program.
///
/// # Errors
///
/// The first mistake, with its place in the source.
///
/// # Examples
///
/// ```
/// let program = eravm_core::asm::assemble(".text\nentry:\n add 2, r0, r1\n ret\n").unwrap();
/// assert_eq!(program.labels["entry"], 0);
/// assert_eq!(program.bytecode.len() % 64, 32);
/// ```
pub fn assemble(source: &str) -> Result<Assembly, AsmError> {
    link::link(source::parse(source)?, None)
}

/// Assembles a program whose last word is `metadata`, usually a hash of its source.
///
/// # Errors
///
/// As [`assemble`].
pub fn assemble_with_metadata(source: &str, metadata: [u8; 32]) -> Result<Assembly, AsmError> {
    link::link(source::parse(source)?, Some(metadata))
}
