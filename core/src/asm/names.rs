//! Names of instructions and modifiers.

use super::error::{AsmError, AsmErrorKind};
use super::piece::Piece;
use crate::isa::{Modifier, Opcode, Predicate, Row, TABLE};
use alloc::vec::Vec;

/// Names that instructions have besides their mnemonic in the table.
const ALIASES: &[(&str, Opcode)] = &[
    ("binop.xor", Opcode::Xor),
    ("binop.and", Opcode::And),
    ("binop.or", Opcode::Or),
    ("shift.shl", Opcode::Shl),
    ("shift.shr", Opcode::Shr),
    ("shift.rol", Opcode::Rol),
    ("shift.ror", Opcode::Ror),
    ("call", Opcode::NearCall),
    ("invoke", Opcode::NearCall),
    ("ret", Opcode::RetOk),
    ("revert", Opcode::RetRevert),
    ("panic", Opcode::RetPanic),
    ("context.gas_left", Opcode::ErgsLeft),
    ("context.set_gas_per_pubdata", Opcode::AuxMutating0),
    ("sread", Opcode::StorageRead),
    ("sload", Opcode::StorageRead),
    ("sstore", Opcode::StorageWrite),
    ("tread", Opcode::TransientRead),
    ("tload", Opcode::TransientRead),
    ("tstore", Opcode::TransientWrite),
    ("event", Opcode::Event),
    ("to_l1", Opcode::ToL1),
    ("precompile", Opcode::PrecompileCall),
    ("decom", Opcode::Decommit),
    ("uma.heap_read", Opcode::HeapRead),
    ("uma.heap_write", Opcode::HeapWrite),
    ("uma.aux_heap_read", Opcode::AuxHeapRead),
    ("uma.aux_heap_write", Opcode::AuxHeapWrite),
    ("uma.fat_ptr_read", Opcode::FatPointerRead),
    ("uma.rh", Opcode::HeapRead),
    ("uma.wh", Opcode::HeapWrite),
    ("uma.rah", Opcode::AuxHeapRead),
    ("uma.wah", Opcode::AuxHeapWrite),
    ("uma.rptr", Opcode::FatPointerRead),
    ("uma.rs", Opcode::StaticRead),
    ("uma.ws", Opcode::StaticWrite),
];

/// Suffix of a predicate, without the dot; [`Predicate::Always`] has none.
pub(crate) const fn predicate_name(predicate: Predicate) -> &'static str {
    match predicate {
        Predicate::Always => "",
        Predicate::Gt => "gt",
        Predicate::Lt => "lt",
        Predicate::Eq => "eq",
        Predicate::Ge => "ge",
        Predicate::Le => "le",
        Predicate::Ne => "ne",
        Predicate::GtOrLt => "gtlt",
    }
}

/// Suffix of a modifier, with the dot where it has one.
pub(crate) const fn modifier_suffix(modifier: Modifier) -> &'static str {
    match modifier {
        Modifier::SetFlags => "!",
        Modifier::Swap => ".s",
        Modifier::First => ".first",
        Modifier::Static => ".static",
        Modifier::Shard => ".shard",
        Modifier::ToLabel => ".to_label",
        Modifier::Increment => ".inc",
    }
}

fn predicate_of(name: &str) -> Option<Predicate> {
    let name = if name == "of" { "lt" } else { name };
    Predicate::ALL[1..].iter().copied().find(|&predicate| predicate_name(predicate) == name)
}

fn modifier_of(row: &Row, name: &str) -> Option<Modifier> {
    row.modifiers.iter().copied().find(|&modifier| match (modifier, name) {
        (Modifier::SetFlags, "set_flags") | (Modifier::Static, "st") | (Modifier::Shard, "sh") => {
            true
        }
        _ => modifier_suffix(modifier).strip_prefix('.') == Some(name),
    })
}

/// A field of an instruction that is written as an operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Field {
    Src0,
    Src1,
    Dst0,
    Dst1,
    /// `imm0` as a place in the code.
    Pc0,
    /// `imm1` as a place in the code.
    Pc1,
}

/// How many registers an instruction's operands list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// Those that it uses.
    Short,
    /// Those of all instructions of its kind: the names with `log.` and `uma.`.
    Long,
}

impl Form {
    pub(super) fn of(name: &str) -> Self {
        if name.starts_with("log.") || name.starts_with("uma.") { Self::Long } else { Self::Short }
    }
}

/// The name of an instruction with its suffixes, understood.
#[derive(Debug)]
pub(super) struct Name {
    pub row: &'static Row,
    pub form: Form,
    pub modifiers: Vec<Modifier>,
    pub predicate: Predicate,
}

fn rows() -> impl Iterator<Item = (&'static str, &'static Row)> {
    let aliases =
        ALIASES.iter().filter_map(|&(name, opcode)| row_of(opcode).map(|row| (name, row)));
    TABLE.iter().map(|row| (row.mnemonic, row)).chain(aliases)
}

fn row_of(opcode: Opcode) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.opcode == opcode)
}

/// The name under which all registers of a memory instruction can be listed.
pub(super) fn long_name(row: &'static Row) -> &'static str {
    let long = |name: &str| Form::of(name) == Form::Long;
    let alias = || ALIASES.iter().find(|(name, opcode)| *opcode == row.opcode && long(name));
    if long(row.mnemonic) { row.mnemonic } else { alias().map_or(row.mnemonic, |found| found.0) }
}

/// Understands a name such as `sub.s.lt!`: the suffixes may come in any order.
pub(super) fn parse(word: Piece<'_>) -> Result<Name, AsmError> {
    let mut parts = Vec::new();
    let mut set_flags = Vec::new();
    for part in word.split('.') {
        let bare = part.before("!").inspect(|_| set_flags.push(part)).unwrap_or(part);
        parts.push(bare);
    }
    let (&base, suffixes) = parts
        .split_first()
        .ok_or_else(|| word.error(AsmErrorKind::UnknownInstruction(word.quote())))?;

    let mut best: Option<(&str, &'static Row, usize)> = None;
    for (name, row) in rows() {
        let mut wanted = name.split('.');
        if wanted.next() != Some(base.text) {
            continue;
        }
        let matched = wanted.clone().count();
        let present = wanted.all(|part| suffixes.iter().any(|suffix| suffix.text == part));
        if present && best.is_none_or(|(_, _, most)| matched > most) {
            best = Some((name, row, matched));
        }
    }
    let (name, row, _) =
        best.ok_or_else(|| word.error(AsmErrorKind::UnknownInstruction(word.quote())))?;

    let mut result =
        Name { row, form: Form::of(name), modifiers: Vec::new(), predicate: Predicate::Always };
    let mut named: Vec<&str> = name.split('.').skip(1).collect();
    for &suffix in suffixes {
        if let Some(at) = named.iter().position(|&part| part == suffix.text) {
            named.swap_remove(at);
            continue;
        }
        result.add(suffix)?;
    }
    for mark in set_flags {
        result.add(mark.implied("set_flags"))?;
    }
    Ok(result)
}

impl Name {
    fn add(&mut self, suffix: Piece<'_>) -> Result<(), AsmError> {
        let repeated = || suffix.error(AsmErrorKind::RepeatedModifier(suffix.quote()));
        if let Some(predicate) = predicate_of(suffix.text) {
            if self.predicate != Predicate::Always {
                return Err(repeated());
            }
            self.predicate = predicate;
        } else if let Some(modifier) = modifier_of(self.row, suffix.text) {
            if self.modifiers.contains(&modifier) {
                return Err(repeated());
            }
            self.modifiers.push(modifier);
        } else {
            return Err(suffix.error(AsmErrorKind::UnknownModifier {
                modifier: suffix.quote(),
                instruction: self.row.mnemonic,
            }));
        }
        Ok(())
    }
}

/// The operands of an instruction, in the order in which they are written.
pub(super) fn operands(row: &Row, form: Form, modifiers: &[Modifier]) -> Vec<Field> {
    use crate::isa::{Dst0, Src0};
    use Field::{Dst0 as D0, Dst1 as D1, Pc0, Pc1, Src0 as S0, Src1 as S1};

    let increments = modifiers.contains(&Modifier::Increment);
    let fields: &[Field] = match row.opcode {
        Opcode::Nop => &[S0, S1, D0, D1],
        Opcode::NearCall => &[S0, Pc0, Pc1],
        Opcode::FarCall | Opcode::DelegateCall | Opcode::MimicCall => &[S0, S1, Pc0],
        Opcode::RetOk | Opcode::RetRevert | Opcode::RetPanic => {
            if modifiers.contains(&Modifier::ToLabel) { &[S0, Pc0] } else { &[S0] }
        }
        _ if row.mnemonic.starts_with("log.") && form == Form::Long => &[S0, S1, D0],
        _ if form == Form::Long => &[S0, S1, D0, D1],
        // Only with the modifier is there an address after the one accessed to be written.
        Opcode::HeapWrite | Opcode::AuxHeapWrite if !increments => &[S0, S1],
        Opcode::HeapRead | Opcode::AuxHeapRead | Opcode::FatPointerRead if !increments => &[S0, D0],
        _ => {
            return [
                (row.src0 != Src0::None, S0),
                (row.src1, S1),
                (row.dst0 != Dst0::None, D0),
                (row.dst1, D1),
            ]
            .into_iter()
            .filter_map(|(used, field)| used.then_some(field))
            .collect();
        }
    };
    fields.to_vec()
}

/// The operands of an instruction, by the names of the fields that they fill.
pub(crate) fn operand_names(row: &Row, modifiers: &[Modifier]) -> Vec<&'static str> {
    let is_far_call =
        matches!(row.opcode, Opcode::FarCall | Opcode::DelegateCall | Opcode::MimicCall);
    operands(row, Form::of(row.mnemonic), modifiers)
        .into_iter()
        .map(|field| match field {
            Field::Src0 => "src0",
            Field::Src1 => "src1",
            Field::Dst0 => "dst0",
            Field::Dst1 => "dst1",
            Field::Pc0 if is_far_call => "@handler",
            Field::Pc0 => "@label",
            Field::Pc1 => "@handler",
        })
        .collect()
}
