//! What the compiler knows of an instruction before it looks at where it is.

use eravm_core::isa::{DstMode, Instruction, Modifier, Opcode, Predicate, SrcMode};

/// How an instruction is compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// Left to the interpreter.
    NotCompiled,
    /// Goes on behind itself, as a rule; the interpreter does it while the code waits.
    Stepped,
    /// Goes on behind itself. Nothing but a register and the flags change, so a predicate is a choice between two values.
    Choice,
    /// Goes on behind itself.
    Straight,
    /// Goes on where it says.
    Jump,
    Call,
    Ret,
}

/// Where operands on the stack are, as far as it is known when the code is compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Counted from the stack pointer.
    Relative(i32),
    /// Counted from the bottom.
    Absolute(u16),
    /// Counted from the bottom: what a register holds, and so much more. Within a trace only, while the register holds it.
    FromRegister(u8, u16),
    /// Known when it is executed.
    Dynamic,
}

impl Place {
    /// Whether two places are counted from the same, so that they are the same word only if they are equal.
    pub(crate) const fn is_comparable(self, other: Self) -> bool {
        match (self, other) {
            (Self::Relative(_), Self::Relative(_)) | (Self::Absolute(_), Self::Absolute(_)) => true,
            (Self::FromRegister(a, _), Self::FromRegister(b, _)) => a == b,
            _ => false,
        }
    }
}

/// A register in a set of them; r0 is in none.
pub(crate) const fn bit(register: u8) -> u16 {
    1 << register & !1
}

/// Whether it writes a second result.
pub(crate) fn has_second(instruction: &Instruction) -> bool {
    match instruction.opcode() {
        Opcode::Mul | Opcode::Div => true,
        Opcode::HeapRead | Opcode::AuxHeapRead | Opcode::FatPointerRead => {
            instruction.variant().has(Modifier::Increment)
        }
        _ => false,
    }
}

pub(crate) fn shape(instruction: &Instruction) -> Shape {
    match compiled_shape(instruction) {
        Shape::NotCompiled if goes_on_behind(instruction.opcode()) => Shape::Stepped,
        shape => shape,
    }
}

/// Whether the instruction behind it is next, unless it fails.
const fn goes_on_behind(opcode: Opcode) -> bool {
    let leads_elsewhere = matches!(
        opcode,
        Opcode::Invalid
            | Opcode::Jump
            | Opcode::NearCall
            | Opcode::RetOk
            | Opcode::RetRevert
            | Opcode::RetPanic
    );
    !leads_elsewhere && !is_far_call(opcode)
}

/// Whether it calls another contract.
pub(crate) const fn is_far_call(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::FarCall | Opcode::DelegateCall | Opcode::MimicCall)
}

fn compiled_shape(instruction: &Instruction) -> Shape {
    let variant = instruction.variant();
    let row = variant.row;
    if row.kernel_only || instruction.dst1 != 0 && !has_second(instruction) {
        // The latter may have to clear a register; compilers do not emit it.
        return Shape::NotCompiled;
    }
    let in_registers = variant.src0 == SrcMode::Reg && variant.dst0 == DstMode::Reg;
    match row.opcode {
        Opcode::Jump if instruction.dst0 != 0 => Shape::NotCompiled,
        Opcode::Jump => match variant.src0 {
            SrcMode::Reg | SrcMode::Imm | SrcMode::Code => Shape::Jump,
            _ => Shape::NotCompiled,
        },
        Opcode::NearCall => Shape::Call,
        Opcode::RetOk | Opcode::RetRevert | Opcode::RetPanic => Shape::Ret,
        Opcode::Mul | Opcode::Div => Shape::Straight,
        opcode if opcode.is_binary() => {
            let moves_sp = variant.src0 == SrcMode::StackPop;
            if variant.dst0 == DstMode::Reg && !moves_sp { Shape::Choice } else { Shape::Straight }
        }
        opcode if opcode.is_pointer_op() => {
            let is_exchanged = variant.has(Modifier::Swap);
            let place = |place: Option<(Place, i32)>| !matches!(place, Some((Place::Dynamic, _)));
            let has_place = place(source_place(instruction)) && place(target_place(instruction));
            match variant.src0 {
                _ if in_registers => Shape::Straight,
                // What is not in a register is the number, or this is no pointer.
                SrcMode::Imm | SrcMode::Code if is_exchanged && variant.dst0 == DstMode::Reg => {
                    Shape::Straight
                }
                SrcMode::Imm | SrcMode::Code => Shape::NotCompiled,
                _ if has_place && !is_exchanged => Shape::Straight,
                _ => Shape::NotCompiled,
            }
        }
        Opcode::Nop
        | Opcode::HeapRead
        | Opcode::HeapWrite
        | Opcode::AuxHeapRead
        | Opcode::AuxHeapWrite
        | Opcode::FatPointerRead
        | Opcode::This
        | Opcode::Caller
        | Opcode::CodeAddress
        | Opcode::ErgsLeft
        | Opcode::Sp
        | Opcode::GetContextU128 => Shape::Straight,
        _ => Shape::NotCompiled,
    }
}

/// Where the first source is on the stack, if it is, and by how much the stack pointer has moved then.
pub(crate) fn source_place(instruction: &Instruction) -> Option<(Place, i32)> {
    let by = i32::from(instruction.imm0);
    let is_static = instruction.src0 == 0;
    Some(match instruction.variant().src0 {
        SrcMode::StackAbsolute if is_static => (Place::Absolute(instruction.imm0), 0),
        SrcMode::StackRelative if is_static => (Place::Relative(-by), 0),
        SrcMode::StackPop if is_static => (Place::Relative(-by), -by),
        SrcMode::StackAbsolute | SrcMode::StackRelative | SrcMode::StackPop => (Place::Dynamic, 0),
        SrcMode::Reg | SrcMode::Imm | SrcMode::Code => return None,
    })
}

/// Where the first result goes to on the stack, if it does, counted after the first source was taken, and by how much the stack pointer
/// moves then.
pub(crate) fn target_place(instruction: &Instruction) -> Option<(Place, i32)> {
    let by = i32::from(instruction.imm1);
    let is_static = instruction.dst0 == 0;
    Some(match instruction.variant().dst0 {
        DstMode::StackAbsolute if is_static => (Place::Absolute(instruction.imm1), 0),
        DstMode::StackRelative if is_static => (Place::Relative(-by), 0),
        DstMode::StackPush if is_static => (Place::Relative(0), by),
        DstMode::StackAbsolute | DstMode::StackRelative | DstMode::StackPush => (Place::Dynamic, 0),
        DstMode::Reg => return None,
    })
}

/// Registers that the instruction takes as numbers: first those that must not be pointers, then those that may be in kernel
/// space, where a pointer is a number like any other.
pub(crate) fn numbers(instruction: &Instruction) -> (u16, u16) {
    let variant = instruction.variant();
    let src0 = if variant.src0 == SrcMode::Reg { bit(instruction.src0) } else { 0 };
    let src1 = bit(instruction.src1);
    match instruction.opcode() {
        opcode if opcode.is_binary() => (0, src0 | src1),
        Opcode::HeapRead | Opcode::AuxHeapRead => (src0, 0),
        Opcode::HeapWrite | Opcode::AuxHeapWrite => (src0, src1),
        _ => (0, 0),
    }
}

/// Whether it is compiled for a register that is known to be a pointer where it takes a number.
pub(crate) fn erases_pointers(instruction: &Instruction) -> bool {
    let opcode = instruction.opcode();
    // What the runtime computes takes registers as they are.
    opcode.is_binary() && !matches!(opcode, Opcode::Mul | Opcode::Div)
}

/// Registers that the instruction writes, as numbers and as pointers.
pub(crate) fn results(instruction: &Instruction) -> (u16, u16) {
    let variant = instruction.variant();
    let dst0 = if variant.dst0 == DstMode::Reg { bit(instruction.dst0) } else { 0 };
    let dst1 = bit(instruction.dst1);
    let increments = variant.has(Modifier::Increment);
    match instruction.opcode() {
        Opcode::Mul | Opcode::Div => (dst0 | dst1, 0),
        opcode if opcode.is_binary() => (dst0, 0),
        Opcode::HeapRead | Opcode::AuxHeapRead if increments => (dst0 | dst1, 0),
        Opcode::HeapWrite | Opcode::AuxHeapWrite if increments => (dst0, 0),
        Opcode::FatPointerRead if increments => (dst0 & !dst1, dst1),
        Opcode::HeapRead
        | Opcode::AuxHeapRead
        | Opcode::FatPointerRead
        | Opcode::This
        | Opcode::Caller
        | Opcode::CodeAddress
        | Opcode::ErgsLeft
        | Opcode::Sp
        | Opcode::GetContextU128 => (dst0, 0),
        opcode if opcode.is_pointer_op() => (0, dst0),
        _ => (0, 0),
    }
}

/// Whether compiled code may leave at this instruction. A count with flags leaves behind itself, which is rare and stores what was not
/// stored yet.
pub(crate) fn may_leave(instruction: &Instruction) -> bool {
    let dynamic = |place: Option<(Place, i32)>| matches!(place, Some((Place::Dynamic, _)));
    match shape(instruction) {
        Shape::Choice | Shape::Straight => {
            let is_simple = match instruction.opcode() {
                Opcode::Nop => false,
                Opcode::ErgsLeft | Opcode::Sp => true,
                opcode => opcode.is_binary(),
            };
            !is_simple
                || dynamic(source_place(instruction))
                || dynamic(target_place(instruction))
                || instruction.predicate != Predicate::Always && shape(instruction) != Shape::Choice
                // A word of the code page may be beyond its end.
                || instruction.variant().src0 == SrcMode::Code && instruction.src0 != 0
        }
        _ => true,
    }
}
