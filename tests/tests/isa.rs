//! The instruction table against `zkevm_opcode_defs`, and the reference against the table.

#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "tests need the standard library"
)]

use eravm_core::isa::{
    DstMode, INVALID_ERGS, Instruction, Modifier, Opcode, Predicate, SLOTS, SrcMode, reference,
    slot_of, variant,
};
use std::path::Path;
use zkevm_opcode_defs::decoding::{EncodingModeProduction, VmEncodingMode};
use zkevm_opcode_defs::{
    BinopOpcode, Condition, ContextOpcode, FarCallOpcode, ImmMemHandlerFlags, LogOpcode,
    OPCODES_PRICES, OPCODES_TABLE, Opcode as Peer, Operand, PtrOpcode, RegOrImmFlags, RetOpcode,
    ShiftOpcode, UMAOpcode,
};

/// The peer's opcode, and its two flags from the second to the first.
fn peer_opcode(opcode: Peer) -> (Opcode, [Option<Modifier>; 2]) {
    use Modifier::{First, Increment, SetFlags, Shard, Static, Swap, ToLabel};
    let opcode_only = |opcode| (opcode, [None, None]);
    match opcode {
        Peer::Invalid(_) => opcode_only(Opcode::Invalid),
        Peer::Nop(_) => opcode_only(Opcode::Nop),
        Peer::Jump(_) => opcode_only(Opcode::Jump),
        Peer::NearCall(_) => opcode_only(Opcode::NearCall),
        Peer::Add(_) => (Opcode::Add, [Some(SetFlags), None]),
        Peer::Mul(_) => (Opcode::Mul, [Some(SetFlags), None]),
        Peer::Sub(_) => (Opcode::Sub, [Some(SetFlags), Some(Swap)]),
        Peer::Div(_) => (Opcode::Div, [Some(SetFlags), Some(Swap)]),
        Peer::Binop(operation) => {
            let opcode = match operation {
                BinopOpcode::Xor => Opcode::Xor,
                BinopOpcode::And => Opcode::And,
                BinopOpcode::Or => Opcode::Or,
            };
            (opcode, [Some(SetFlags), None])
        }
        Peer::Shift(operation) => {
            let opcode = match operation {
                ShiftOpcode::Shl => Opcode::Shl,
                ShiftOpcode::Shr => Opcode::Shr,
                ShiftOpcode::Rol => Opcode::Rol,
                ShiftOpcode::Ror => Opcode::Ror,
            };
            (opcode, [Some(SetFlags), Some(Swap)])
        }
        Peer::Ptr(operation) => {
            let opcode = match operation {
                PtrOpcode::Add => Opcode::PtrAdd,
                PtrOpcode::Sub => Opcode::PtrSub,
                PtrOpcode::Pack => Opcode::PtrPack,
                PtrOpcode::Shrink => Opcode::PtrShrink,
            };
            (opcode, [Some(Swap), None])
        }
        Peer::Context(operation) => opcode_only(match operation {
            ContextOpcode::This => Opcode::This,
            ContextOpcode::Caller => Opcode::Caller,
            ContextOpcode::CodeAddress => Opcode::CodeAddress,
            ContextOpcode::Meta => Opcode::Meta,
            ContextOpcode::ErgsLeft => Opcode::ErgsLeft,
            ContextOpcode::Sp => Opcode::Sp,
            ContextOpcode::GetContextU128 => Opcode::GetContextU128,
            ContextOpcode::SetContextU128 => Opcode::SetContextU128,
            ContextOpcode::AuxMutating0 => Opcode::AuxMutating0,
            ContextOpcode::IncrementTxNumber => Opcode::IncrementTxNumber,
        }),
        Peer::Log(operation) => match operation {
            LogOpcode::StorageRead => opcode_only(Opcode::StorageRead),
            LogOpcode::StorageWrite => opcode_only(Opcode::StorageWrite),
            LogOpcode::TransientStorageRead => opcode_only(Opcode::TransientRead),
            LogOpcode::TransientStorageWrite => opcode_only(Opcode::TransientWrite),
            LogOpcode::PrecompileCall => opcode_only(Opcode::PrecompileCall),
            LogOpcode::Decommit => opcode_only(Opcode::Decommit),
            LogOpcode::ToL1Message => (Opcode::ToL1, [Some(First), None]),
            LogOpcode::Event => (Opcode::Event, [Some(First), None]),
        },
        Peer::FarCall(kind) => {
            let opcode = match kind {
                FarCallOpcode::Normal => Opcode::FarCall,
                FarCallOpcode::Delegate => Opcode::DelegateCall,
                FarCallOpcode::Mimic => Opcode::MimicCall,
            };
            (opcode, [Some(Static), Some(Shard)])
        }
        Peer::Ret(kind) => {
            let opcode = match kind {
                RetOpcode::Ok => Opcode::RetOk,
                RetOpcode::Revert => Opcode::RetRevert,
                RetOpcode::Panic => Opcode::RetPanic,
            };
            (opcode, [Some(ToLabel), None])
        }
        Peer::UMA(operation) => {
            let opcode = match operation {
                UMAOpcode::HeapRead => Opcode::HeapRead,
                UMAOpcode::HeapWrite => Opcode::HeapWrite,
                UMAOpcode::AuxHeapRead => Opcode::AuxHeapRead,
                UMAOpcode::AuxHeapWrite => Opcode::AuxHeapWrite,
                UMAOpcode::FatPointerRead => Opcode::FatPointerRead,
                UMAOpcode::StaticMemoryRead => Opcode::StaticRead,
                UMAOpcode::StaticMemoryWrite => Opcode::StaticWrite,
            };
            (opcode, [Some(Increment), None])
        }
    }
}

fn source_mode(operand: Operand) -> SrcMode {
    match operand {
        Operand::RegOnly
        | Operand::RegOrImm(RegOrImmFlags::UseRegOnly)
        | Operand::Full(ImmMemHandlerFlags::UseRegOnly) => SrcMode::Reg,
        Operand::RegOrImm(RegOrImmFlags::UseImm16Only)
        | Operand::Full(ImmMemHandlerFlags::UseImm16Only) => SrcMode::Imm,
        Operand::Full(ImmMemHandlerFlags::UseStackWithPushPop) => SrcMode::StackPop,
        Operand::Full(ImmMemHandlerFlags::UseStackWithOffset) => SrcMode::StackRelative,
        Operand::Full(ImmMemHandlerFlags::UseAbsoluteOnStack) => SrcMode::StackAbsolute,
        Operand::Full(ImmMemHandlerFlags::UseCodePage) => SrcMode::Code,
    }
}

fn destination_mode(operand: Operand) -> DstMode {
    match operand {
        Operand::RegOnly | Operand::Full(ImmMemHandlerFlags::UseRegOnly) => DstMode::Reg,
        Operand::Full(ImmMemHandlerFlags::UseStackWithPushPop) => DstMode::StackPush,
        Operand::Full(ImmMemHandlerFlags::UseStackWithOffset) => DstMode::StackRelative,
        Operand::Full(ImmMemHandlerFlags::UseAbsoluteOnStack) => DstMode::StackAbsolute,
        Operand::RegOrImm(_)
        | Operand::Full(ImmMemHandlerFlags::UseImm16Only | ImmMemHandlerFlags::UseCodePage) => {
            panic!("{operand:?} is no destination")
        }
    }
}

#[test]
fn every_slot_is_the_peers() {
    const MODIFIERS: [Modifier; 7] = [
        Modifier::SetFlags,
        Modifier::Swap,
        Modifier::First,
        Modifier::Static,
        Modifier::Shard,
        Modifier::ToLabel,
        Modifier::Increment,
    ];
    assert_eq!(OPCODES_TABLE.len(), SLOTS);
    for (slot, peer) in OPCODES_TABLE.iter().enumerate() {
        let ours = variant(slot as u16);
        let (opcode, flags) = peer_opcode(peer.opcode);
        assert_eq!(ours.row.opcode, opcode, "slot {slot}");
        assert_eq!(ours.src0, source_mode(peer.src0_operand_type), "slot {slot}");
        assert_eq!(ours.dst0, destination_mode(peer.dst0_operand_type), "slot {slot}");
        let set: Vec<Modifier> = MODIFIERS
            .into_iter()
            .filter(|&modifier| {
                flags.iter().zip(peer.flags).any(|(&flag, set)| set && flag == Some(modifier))
            })
            .collect();
        for modifier in MODIFIERS {
            assert_eq!(ours.has(modifier), set.contains(&modifier), "slot {slot} {modifier:?}");
        }
        for (flag, set) in flags.iter().zip(peer.flags) {
            assert!(flag.is_some() || !set, "slot {slot}");
        }
        assert_eq!(ours.has(Modifier::Swap), peer.swap_operands(), "slot {slot}");
        assert_eq!(ours.row.ergs, OPCODES_PRICES[slot], "slot {slot}");
        assert_eq!(ours.row.kernel_only, peer.requires_kernel_mode(), "slot {slot}");
        assert_eq!(!ours.row.writes, peer.can_be_used_in_static_context(), "slot {slot}");
        assert_eq!(ours.row.pointer, peer.opcode.src0_can_be_pointer(), "slot {slot}");
        // No instruction takes a pointer as its second source, so the table has no column for that.
        assert!(!peer.opcode.src1_can_be_pointer(), "slot {slot}");

        let canonical = slot_of(opcode, ours.src0, ours.dst0, &set);
        let expected = if opcode == Opcode::Invalid { 0 } else { slot };
        assert_eq!(canonical.map(usize::from), Some(expected), "slot {slot}");
        if opcode == Opcode::Invalid {
            assert_eq!(ours.row.ergs, INVALID_ERGS);
        }
    }
}

#[test]
fn decoding_is_the_peers() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..1_000_000_u64 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // All 2^16 combinations of the low bits, then anything.
        let bits = if round < 1 << 16 { state & !0xffff | round } else { state };
        let ours = Instruction::decode(bits);
        let (peer, slot) =
            EncodingModeProduction::parse_preliminary_variant_and_absolute_number(bits);
        assert_eq!(usize::from(ours.slot), slot.into_usize());
        assert_eq!((ours.src0, ours.src1), (peer.src0_reg_idx, peer.src1_reg_idx));
        assert_eq!((ours.dst0, ours.dst1), (peer.dst0_reg_idx, peer.dst1_reg_idx));
        assert_eq!((ours.imm0, ours.imm1), (peer.imm_0, peer.imm_1));
        let predicate = match peer.condition {
            Condition::Always => Predicate::Always,
            Condition::Gt => Predicate::Gt,
            Condition::Lt => Predicate::Lt,
            Condition::Eq => Predicate::Eq,
            Condition::Ge => Predicate::Ge,
            Condition::Le => Predicate::Le,
            Condition::Ne => Predicate::Ne,
            Condition::GtOrLt => Predicate::GtOrLt,
        };
        assert_eq!(ours.predicate, predicate);
        // Two bits are ignored; the peer has one encoding for all slots without a meaning.
        assert_eq!(ours.encode(), bits & !0x1800);
        if ours.opcode() != Opcode::Invalid {
            assert_eq!(ours.encode(), peer.serialize_as_integer());
            assert_eq!(
                bits & 0x1800 == 0,
                EncodingModeProduction::is_canonical_encoding(bits),
                "{bits:#x}"
            );
        }
    }
}

#[test]
fn predicates_hold_as_described() {
    for flags in 0..8 {
        let (lt, eq, gt) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0);
        let expected = [true, gt, lt, eq, gt || eq, lt || eq, !eq, gt || lt];
        for (predicate, expected) in Predicate::ALL.into_iter().zip(expected) {
            assert_eq!(predicate.holds(lt, eq, gt), expected, "{predicate:?}");
        }
    }
}

#[test]
fn reference_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/ISA.md");
    let written = reference();
    if std::env::var_os("ERAVM_BLESS").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).ok().as_deref() == Some(written.as_str()),
        "core/ISA.md is stale: run `ERAVM_BLESS=1 cargo test -p eravm-tests --test isa` and commit it"
    );
}
