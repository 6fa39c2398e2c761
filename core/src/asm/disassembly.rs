//! Bytecode as source text.

use super::analysis::{self, PER_WORD, Target};
use super::link::LANDING_PADS;
use super::print::{self, Places};
use super::source::{MAX_INSTRUCTIONS, MAX_WORDS};
use crate::Word;
use crate::isa::{Instruction, Modifier};
use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use primitive_types::U256;

/// Why bytes cannot be a code page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DisassemblyError {
    /// The length in bytes is no multiple of 32.
    PartialWord {
        /// The length.
        bytes: usize,
    },
    /// More words than 16 bits can count.
    TooLong {
        /// The number of words.
        words: usize,
    },
}

impl fmt::Display for DisassemblyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PartialWord { bytes } => write!(f, "{bytes} bytes are no whole words of 32"),
            Self::TooLong { words } => write!(f, "{words} words are more than {MAX_WORDS}"),
        }
    }
}

impl core::error::Error for DisassemblyError {}

/// A code page with names for its parts.
///
/// Its [`Display`](fmt::Display) is a source text that [`assemble`](super::assemble) turns into the
/// same bytes, whatever they are.
#[derive(Clone, Debug)]
pub struct Disassembly {
    /// All words, as instructions.
    bits: Vec<u64>,
    code_words: usize,
    targets: BTreeMap<u16, Target>,
    /// The landing pads that are there, by place.
    pads: BTreeMap<u16, &'static str>,
    cells: BTreeSet<u16>,
    exact: bool,
}

/// Disassembles bytecode.
///
/// # Errors
///
/// If the length is no multiple of 32 bytes or too great for any code page.
///
/// # Examples
///
/// ```
/// use eravm_core::asm::{assemble, disassemble};
///
/// let code = assemble(".text\nentry:\n call @entry\n ret\n").unwrap().bytecode;
/// let text = disassemble(&code).unwrap().to_string();
/// assert!(text.contains("near_call r0, @entry, @DEFAULT_UNWIND"));
/// assert_eq!(assemble(&text).unwrap().bytecode, code);
/// ```
pub fn disassemble(code: &[u8]) -> Result<Disassembly, DisassemblyError> {
    if !code.len().is_multiple_of(32) {
        return Err(DisassemblyError::PartialWord { bytes: code.len() });
    }
    let words = code.len() / 32;
    if words > MAX_WORDS {
        return Err(DisassemblyError::TooLong { words });
    }
    let bits: Vec<u64> = code
        .chunks_exact(8)
        .map(|bytes| bytes.iter().fold(0, |bits, &byte| bits << 8 | u64::from(byte)))
        .collect();
    let code_words = analysis::code_words(&bits);
    let (targets, cells) = analysis::all_references(&bits, code_words);
    let cells = cells.into_iter().filter(|&cell| usize::from(cell) < words).collect();
    let exact = words.is_multiple_of(2)
        || !analysis::ends_in_padding(&bits, code_words)
        || code_words * PER_WORD >= MAX_INSTRUCTIONS;
    let pads = landing_pads(&bits, &targets);
    Ok(Disassembly { bits, code_words, targets, pads, cells, exact })
}

/// Finds the instructions that the assembler puts behind the code: each returns to itself.
fn landing_pads(bits: &[u64], targets: &BTreeMap<u16, Target>) -> BTreeMap<u16, &'static str> {
    let mut pads = BTreeMap::new();
    for (name, opcode, register) in LANDING_PADS {
        let place = targets.keys().copied().find(|&target| {
            bits.get(usize::from(target)).is_some_and(|&bits| {
                let instruction = Instruction::decode(bits);
                let variant = instruction.variant();
                instruction.imm0 == target
                    && instruction.src0 == register
                    && variant.row.opcode == opcode
                    && variant.has(Modifier::ToLabel)
            })
        });
        pads.extend(place.map(|place| (place, name)));
    }
    pads
}

impl Places for Disassembly {
    fn code(&self, pc: u16) -> Option<String> {
        self.label(pc)
    }

    fn data(&self, word: u16) -> Option<String> {
        self.cells.contains(&word).then(|| format!("cell_{word}"))
    }
}

impl Disassembly {
    /// Number of leading words that are shown as code; the rest is data.
    pub fn code_words(&self) -> usize {
        self.code_words
    }

    /// Number of words.
    pub fn words(&self) -> usize {
        self.bits.len() / PER_WORD
    }

    /// Label of an instruction, if something refers to it.
    pub fn label(&self, pc: u16) -> Option<String> {
        if let Some(&pad) = self.pads.get(&pc) {
            return Some(pad.to_owned());
        }
        if pc == 0 && self.code_words > 0 {
            return Some("entry".to_owned());
        }
        Some(match self.targets.get(&pc)? {
            Target::Function => format!("fn_{pc}"),
            Target::Handler => format!("catch_{pc}"),
            Target::Jump => format!("l_{pc}"),
        })
    }

    /// The text of one instruction, also of one inside data. `None` behind the end of the code page.
    pub fn instruction(&self, pc: u16) -> Option<String> {
        self.bits.get(usize::from(pc)).map(|&bits| print::instruction(bits, self).text)
    }

    /// Whether the text contains anything that only this project's assembler understands.
    pub fn uses_extensions(&self) -> bool {
        self.exact || self.code().iter().any(|&bits| print::instruction(bits, self).extension)
    }

    /// The instructions to print: without the padding that the assembler adds.
    fn code(&self) -> &[u64] {
        let all = &self.bits[..self.code_words * PER_WORD];
        if self.exact {
            return all;
        }
        let last = self.targets.keys().next_back().map_or(0, |&pc| usize::from(pc));
        let padding = all.iter().rev().take(PER_WORD).take_while(|&&bits| bits == 0).count();
        &all[..all.len() - padding.min(all.len() - last)]
    }

    fn fmt_code(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "        .text")?;
        if self.exact {
            writeln!(f, "        layout.exact")?;
        }
        let code = self.code();
        if !self.exact && self.pads.len() < LANDING_PADS.len() {
            writeln!(f, "; These landing pads are not in the code; a label keeps them out of it.")?;
            for (name, ..) in LANDING_PADS {
                if !self.pads.values().any(|&present| present == name) {
                    writeln!(f, "{name}:")?;
                }
            }
        }
        for (pc, &bits) in (0u16..=u16::MAX).zip(code) {
            if let Some(label) = self.label(pc) {
                writeln!(f, "{label}:")?;
            }
            writeln!(f, "        {}", print::instruction(bits, self).text)?;
        }
        // A label of the padding.
        if let Some(label) = u16::try_from(code.len()).ok().and_then(|pc| self.label(pc)) {
            writeln!(f, "{label}:")?;
        }
        Ok(())
    }

    fn fmt_data(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = self.bits.get(self.code_words * PER_WORD..).unwrap_or_default();
        if data.is_empty() {
            return Ok(());
        }
        writeln!(f, "        .rodata")?;
        for (index, word) in (self.code_words..).zip(data.chunks_exact(PER_WORD)) {
            let name = u16::try_from(index).ok().and_then(|index| self.data(index));
            match name {
                Some(name) => writeln!(f, "{name}:")?,
                None if index == self.code_words => writeln!(f, "cells:")?,
                None => {}
            }
            let mut limbs = [0; PER_WORD];
            for (limb, &bits) in limbs.iter_mut().rev().zip(word) {
                *limb = bits;
            }
            let value = U256::from(Word(limbs));
            writeln!(f, "        .cell   {value} ; {value:#066x}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Disassembly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_code(f)?;
        self.fmt_data(f)
    }
}
