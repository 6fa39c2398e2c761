//! What a code page without labels reveals about itself: which words are code, and what refers to what.

use crate::isa::{Instruction, Modifier, Opcode, Predicate, SrcMode, slot_of};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// Instructions in a word.
pub(super) const PER_WORD: usize = 4;

/// Why a place in the code has a label.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Target {
    /// Something jumps there.
    Jump,
    /// It handles exceptions of a call.
    Handler,
    /// Something calls it.
    Function,
}

/// What an instruction refers to.
#[derive(Debug, Default)]
pub(super) struct References {
    /// Places in the code.
    pub code: Vec<(u16, Target)>,
    /// A place in the code page that is read as data.
    pub data: Option<u16>,
    /// Whether execution may continue behind the instruction.
    pub falls_through: bool,
}

/// What an instruction refers to.
pub(super) fn references(instruction: &Instruction) -> References {
    let variant = instruction.variant();
    let Instruction { imm0, imm1, predicate, .. } = *instruction;
    let mut code = Vec::new();
    let mut ends = false;
    match variant.row.opcode {
        Opcode::Invalid => ends = true,
        Opcode::Jump => {
            ends = true;
            if variant.src0 == SrcMode::Imm {
                code.push((imm0, Target::Jump));
            }
        }
        Opcode::RetOk | Opcode::RetRevert | Opcode::RetPanic => {
            ends = true;
            if variant.has(Modifier::ToLabel) {
                code.push((imm0, Target::Jump));
            }
        }
        Opcode::NearCall => {
            code.extend([(imm0, Target::Function), (imm1, Target::Handler)]);
        }
        Opcode::FarCall | Opcode::DelegateCall | Opcode::MimicCall => {
            code.push((imm0, Target::Handler));
        }
        _ => {}
    }
    let data = (variant.src0 == SrcMode::Code).then_some(imm0);
    References { code, data, falls_through: !ends || predicate != Predicate::Always }
}

/// Whether the bits are what an instruction with a meaning encodes to.
pub(super) fn is_canonical(bits: u64) -> bool {
    let instruction = Instruction::decode(bits);
    let variant = instruction.variant();
    let modifiers: Vec<Modifier> =
        variant.row.modifiers.iter().copied().filter(|&modifier| variant.has(modifier)).collect();
    instruction.encode() == bits
        && slot_of(variant.row.opcode, variant.src0, variant.dst0, &modifiers)
            == Some(instruction.slot)
}

/// Number of leading words that hold code.
///
/// Code is what can be reached from the first instruction; addresses that are computed stay unknown.
/// If its last word does not end in `invalid`, as code does that the assembler has laid out, it is
/// taken to go on to the next word that does, provided that all of it makes sense and
/// none of it is read as data.
pub(super) fn code_words(bits: &[u64]) -> usize {
    let (reachable, mut data) = explore(bits);
    let least = reachable.div_ceil(PER_WORD);
    let data = data.split_off(&u16::try_from(least).unwrap_or(u16::MAX));
    let most = data.first().map_or(usize::MAX, |&first| usize::from(first));
    let most = most.min(bits.len() / PER_WORD).min(usize::from(u16::MAX) / PER_WORD);
    (least..=most)
        .take_while(|&words| {
            let added = words.saturating_sub(1).max(least) * PER_WORD..words * PER_WORD;
            bits.get(added).is_some_and(|added| added.iter().all(|&bits| is_canonical(bits)))
        })
        .find(|&words| ends_in_padding(bits, words))
        .unwrap_or(least)
}

/// Whether the last instruction of so many words is `invalid`.
pub(super) fn ends_in_padding(bits: &[u64], words: usize) -> bool {
    words > 0 && bits.get(words * PER_WORD - 1) == Some(&0)
}

/// One more than the last reachable instruction, and the places that reachable code reads.
fn explore(bits: &[u64]) -> (usize, BTreeSet<u16>) {
    let mut seen: Vec<bool> = bits.iter().map(|_| false).take(1 << 16).collect();
    let mut waiting: Vec<usize> = [0].into();
    let (mut end, mut data) = (0, BTreeSet::new());
    while let Some(pc) = waiting.pop() {
        let (Some(seen), Some(&bits)) = (seen.get_mut(pc), bits.get(pc)) else { continue };
        if core::mem::replace(seen, true) {
            continue;
        }
        end = end.max(pc + 1);
        let references = references(&Instruction::decode(bits));
        data.extend(references.data);
        waiting.extend(references.code.iter().map(|&(target, _)| usize::from(target)));
        if references.falls_through {
            waiting.push(pc + 1);
        }
    }
    (end, data)
}

/// The places that the first words refer to: inside the code, and behind it.
pub(super) fn all_references(
    bits: &[u64],
    code_words: usize,
) -> (BTreeMap<u16, Target>, BTreeSet<u16>) {
    let (mut targets, mut data) = (BTreeMap::new(), BTreeSet::new());
    for &bits in bits.iter().take(code_words * PER_WORD) {
        let references = references(&Instruction::decode(bits));
        for (target, kind) in references.code {
            if usize::from(target) < code_words * PER_WORD {
                let known = targets.entry(target).or_insert(kind);
                *known = kind.max(*known);
            }
        }
        data.extend(references.data.filter(|&place| usize::from(place) >= code_words));
    }
    (targets, data)
}
