//! The reference of the instruction set, `core/ISA.md`, written from the table.

use super::ergs::{
    COLD_READ_ERGS, COLD_WRITE_ERGS, DECOMMIT_WORD_ERGS, INVALID_ERGS, MAX_CALL_DEPTH,
    WARM_READ_REFUND_ERGS, WARM_WRITE_REFUND_ERGS, WRITE_AFTER_READ_REFUND_ERGS,
};
use super::instruction::{DstMode, Predicate, SrcMode};
use super::opcode::Opcode;
use super::table::{Dst0, Modifier, Row, SLOTS, Src0, TABLE};
use crate::asm::{modifier_suffix, operand_names, predicate_name};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The instruction set as Markdown.
pub fn reference() -> String {
    let sections = [
        INTRODUCTION.to_string(),
        encoding(),
        addressing(),
        predicates(),
        modifiers(),
        EXECUTION.to_string(),
        limits(),
        overview(),
        instructions(),
        unused_slots(),
    ];
    sections.join("\n") + "\n"
}

const INTRODUCTION: &str = "\
# The EraVM instruction set

Written by `eravm_core::isa::reference()` from the instruction table `src/isa/table.rs`. To change it,
change the table and run `ERAVM_BLESS=1 cargo test -p eravm-tests --test isa`.

A word has 256 bits. There are fifteen registers, r1 to r15, each a word and a pointer tag; r0 reads as
zero and forgets what is written to it. There are three flags: `lt` (also: overflow), `eq` and `gt`. A
code page holds up to 65 535 words; four instructions fit a word, the first in its most significant
bits. `pc` counts instructions, `sp` counts words of the stack; both have 16 bits and wrap.
";

const EXECUTION: &str = "\
## Execution of an instruction

1. The price is charged. Where it cannot be paid, the ergs left become zero and the instruction panics.
2. The instruction panics if it has no meaning, if it is for the kernel only and the frame is not in
   kernel space (an address below 2¹⁶), if it writes and the frame is static, or if the call stack is
   full. This is decided before the predicate: a skipped instruction may panic.
3. If the predicate does not hold, the instruction is skipped, at its full price.
4. The first source is addressed, then the first destination: a source that moves `sp` is taken before a
   destination that does. `swap` then exchanges the two sources.
5. Outside kernel space a source with the pointer tag loses the tag and the fields page and start
   (bits 32 to 96), unless it is the first source of an instruction that takes pointers.
6. The instruction does what is said of it below. A register named as second destination by an
   instruction that does not write one is set to zero.

To *panic* is to execute `ret.panic` instead. A *fat pointer* is a tagged word: offset (bits 0 to 32),
page (32 to 64), start (64 to 96), length (96 to 128); bits 128 to 256 are free.
";

fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let header: Vec<String> = header.iter().map(|&cell| cell.to_string()).collect();
    let rule: Vec<String> = header.iter().map(|_| "---".to_string()).collect();
    let mut text = line(&header) + &line(&rule);
    for row in rows {
        text.push_str(&line(&row));
    }
    text
}

fn encoding() -> String {
    let fields = [
        ("0–10", "slot: row of the table, addressing modes and modifiers"),
        ("11–12", "ignored"),
        ("13–15", "predicate"),
        ("16–19", "`src0`, a register"),
        ("20–23", "`src1`, a register"),
        ("24–27", "`dst0`, a register"),
        ("28–31", "`dst1`, a register"),
        ("32–47", "`imm0`"),
        ("48–63", "`imm1`"),
    ];
    let rows = fields.map(|(bits, meaning)| [bits.to_string(), meaning.to_string()].to_vec());
    format!(
        "## Encoding\n\nAn instruction has 64 bits, bit 0 the least significant.\n\n{}\n\
         A row of the table owns a run of slots. With `s` source modes, `d` destination modes and `m`\n\
         modifiers it has `s · d · 2^m` slots, and a slot is\n\
         `first + ((source · d + destination) << m) + modifiers`, the last modifier named being bit 0.\n\
         Modes are numbered as below, and only rows that take any mode have more than one.\n",
        table(&["bits", "field"], rows)
    )
}

fn addressing() -> String {
    let sources = SrcMode::ALL.map(|mode| {
        let (syntax, meaning) = match mode {
            SrcMode::Reg => ("`r1`", "the register"),
            SrcMode::StackPop => (
                "`stack-=[r1 + 5]`",
                "moves `sp` down by register + `imm0`, then reads the stack there",
            ),
            SrcMode::StackRelative => {
                ("`stack-[r1 + 5]`", "the stack at `sp` − (register + `imm0`)")
            }
            SrcMode::StackAbsolute => ("`stack[r1 + 5]`", "the stack at register + `imm0`"),
            SrcMode::Imm => ("`5`, `#0`", "`imm0` itself"),
            SrcMode::Code => {
                ("`@label[r1 + 5]`, `code[r1 + 5]`", "the code page at register + `imm0`, in words")
            }
        };
        [(mode as u8).to_string(), syntax.to_string(), meaning.to_string()].to_vec()
    });
    let destinations = DstMode::ALL.map(|mode| {
        let (syntax, meaning) = match mode {
            DstMode::Reg => ("`r1`", "the register"),
            DstMode::StackPush => {
                ("`stack+=[r1 + 5]`", "the stack at `sp`, which then moves up by register + `imm1`")
            }
            DstMode::StackRelative => {
                ("`stack-[r1 + 5]`", "the stack at `sp` − (register + `imm1`)")
            }
            DstMode::StackAbsolute => ("`stack[r1 + 5]`", "the stack at register + `imm1`"),
        };
        [(mode as u8).to_string(), syntax.to_string(), meaning.to_string()].to_vec()
    });
    format!(
        "## Addressing modes\n\nSums take the low 16 bits of the register and wrap. The modes of `src0`:\n\n\
         {}\nThe modes of `dst0`:\n\n{}\nThe second source and the second destination are registers.\n",
        table(&["number", "syntax", "value"], sources),
        table(&["number", "syntax", "place"], destinations)
    )
}

fn predicates() -> String {
    let rows = Predicate::ALL.map(|predicate| {
        let name = predicate_name(predicate);
        let suffix = if name.is_empty() { String::new() } else { format!("`.{name}`") };
        let condition = match predicate {
            Predicate::Always => "always",
            Predicate::Gt => "`gt`",
            Predicate::Lt => "`lt`; `.of` is another name for it",
            Predicate::Eq => "`eq`",
            Predicate::Ge => "`gt` or `eq`",
            Predicate::Le => "`lt` or `eq`",
            Predicate::Ne => "not `eq`",
            Predicate::GtOrLt => "`gt` or `lt`",
        };
        [(predicate as u8).to_string(), suffix, condition.to_string()].to_vec()
    });
    format!("## Predicates\n\n{}", table(&["number", "suffix", "condition"], rows))
}

fn modifiers() -> String {
    const ALL: [Modifier; 7] = [
        Modifier::SetFlags,
        Modifier::Swap,
        Modifier::First,
        Modifier::Static,
        Modifier::Shard,
        Modifier::ToLabel,
        Modifier::Increment,
    ];
    let rows = ALL.map(|modifier| {
        let meaning = match modifier {
            Modifier::SetFlags => "sets the flags; without it they stay",
            Modifier::Swap => "exchanges the two sources",
            Modifier::First => "marks the first of a group of log entries",
            Modifier::Static => "the callee may not write, nor may what it calls",
            Modifier::Shard => "takes the callee's shard from the ABI word",
            Modifier::ToLabel => "continues at `imm0` in the caller, if that is in the same code",
            Modifier::Increment => "also gives the address after the one accessed",
        };
        [format!("`{}`", modifier_suffix(modifier)), meaning.to_string()].to_vec()
    });
    format!("## Modifiers\n\n{}", table(&["suffix", "meaning"], rows))
}

fn limits() -> String {
    format!(
        "## Prices that are not static\n\n\
         The price of a row is charged before the instruction. Beyond it:\n\n\
         * the heap and the auxiliary heap grow at 1 erg per byte;\n\
         * the first decommitment of a code in a batch costs {DECOMMIT_WORD_ERGS} ergs per word of it;\n\
         * `log.sread` gets {WARM_READ_REFUND_ERGS} of the {COLD_READ_ERGS} ergs for a cold slot back if the slot was read or \
         written before in the batch;\n\
         * `log.swrite` gets {WARM_WRITE_REFUND_ERGS} of the {COLD_WRITE_ERGS} ergs for a cold slot back if the slot was written \
         before in the batch, and {WRITE_AFTER_READ_REFUND_ERGS} if it was only read.\n\n\
         The call stack is full at depth {MAX_CALL_DEPTH}.\n"
    )
}

fn slots(row: &Row) -> String {
    let run = |first: usize, length: usize| match length {
        1 => first.to_string(),
        _ => format!("{first}–{}", first + length - 1),
    };
    let main = run(usize::from(row.first_slot), row.len());
    match row.src0 {
        Src0::RegOrImm(first) => {
            format!("{main}, {}", run(usize::from(first), 1 << row.modifiers.len()))
        }
        Src0::None | Src0::Reg | Src0::Any => main,
    }
}

fn price(row: &Row) -> String {
    if row.ergs == INVALID_ERGS { "all".to_string() } else { row.ergs.to_string() }
}

/// Mnemonic, modifiers and operands; what need not be there is in brackets.
fn syntax(row: &Row) -> String {
    let mut text = row.mnemonic.to_string();
    for modifier in row.modifiers {
        text += &format!("[{}]", modifier_suffix(*modifier));
    }
    let full = operand_names(row, row.modifiers);
    let needed = match row.opcode {
        Opcode::Jump => 1,
        _ => operand_names(row, &[]).len(),
    };
    for (index, name) in full.iter().enumerate() {
        let separator = if index == 0 { " " } else { ", " };
        let operand = format!("{separator}{name}");
        text += &if index < needed { operand } else { format!("[{operand}]") };
    }
    text
}

fn overview() -> String {
    let mark = |set: bool| if set { "yes" } else { "" }.to_string();
    let rows = TABLE.iter().map(|row| {
        [
            format!("[`{}`](#{})", row.mnemonic, anchor(row.mnemonic)),
            slots(row),
            price(row),
            mark(row.kernel_only),
            mark(row.writes),
            mark(row.pointer),
        ]
        .to_vec()
    });
    format!(
        "## Overview\n\n*kernel*: panics outside kernel space. *writes*: panics in a static frame. \
         *pointer*: its first\nsource may be a pointer in user space.\n\n{}",
        table(&["instruction", "slots", "ergs", "kernel", "writes", "pointer"], rows)
    )
}

/// The anchor that Markdown renderers give to a heading of code.
fn anchor(name: &str) -> String {
    name.chars().filter(|&c| c != '.').collect()
}

fn instructions() -> String {
    let mut text = String::from("## Instructions\n");
    for row in TABLE {
        text += &format!("\n### `{}`\n\n    {}\n\n", row.mnemonic, syntax(row));
        let slots = slots(row);
        let noun = if slots.contains('–') { "Slots" } else { "Slot" };
        let mut facts = [format!("{noun} {slots}"), format!("{} ergs", price(row))].to_vec();
        facts.extend(operand_modes(row));
        let policies = [
            (row.kernel_only, "kernel only"),
            (row.writes, "not in static frames"),
            (row.pointer, "`src0` may be a pointer"),
        ];
        facts.extend(policies.iter().filter(|policy| policy.0).map(|policy| policy.1.to_string()));
        text += &format!("{}.\n\n{}\n", facts.join("; "), meaning(row.opcode));
    }
    text
}

fn operand_modes(row: &Row) -> Option<String> {
    match (row.src0, row.dst0) {
        (Src0::Any, Dst0::Any) => Some("`src0` and `dst0` in any mode".to_string()),
        (Src0::Any, _) => Some("`src0` in any mode".to_string()),
        (Src0::RegOrImm(_), _) => Some("`src0` a register or a number".to_string()),
        _ => None,
    }
}

fn unused_slots() -> String {
    let used: usize = TABLE
        .iter()
        .map(|row| {
            let immediates = matches!(row.src0, Src0::RegOrImm(_));
            row.len() + if immediates { 1 << row.modifiers.len() } else { 0 }
        })
        .sum();
    format!(
        "## Slots without an instruction\n\nThe other {} of the {SLOTS} slots are as slot 0, `invalid`.\n",
        SLOTS - used
    )
}

/// What an instruction does.
fn meaning(opcode: Opcode) -> &'static str {
    match opcode {
        Opcode::Invalid => {
            "Burns all ergs of the frame and panics. It fills code up to a whole word."
        }
        Opcode::Nop => {
            "Nothing is read or written, but modes that move `sp` move it. `nop stack+=[5]` reserves five\n\
             words of the stack, `nop stack-=[5]` gives them back."
        }
        Opcode::Add => {
            "`dst0 = src0 + src1`, modulo 2²⁵⁶. Flags: `lt` on overflow, `eq` if the result is zero, `gt` if\n\
             neither."
        }
        Opcode::Sub => {
            "`dst0 = src0 − src1`, modulo 2²⁵⁶. Flags: `lt` if `src0 < src1`, `eq` if they are equal, `gt`\n\
             otherwise."
        }
        Opcode::Mul => {
            "The product has 512 bits: `dst0` its low half, `dst1` its high half. Flags: `lt` if the high\n\
             half is not zero, `eq` if the low half is zero, `gt` if neither."
        }
        Opcode::Div => {
            "`dst0 = src0 / src1`, `dst1 = src0 mod src1`. Flags: `eq` if the quotient is zero, `gt` if the\n\
             remainder is zero. For a zero divisor both results are zero, and of the flags only `lt` is set."
        }
        Opcode::And => "`dst0 = src0 & src1`. Flags: `eq` if the result is zero, no other.",
        Opcode::Or => "`dst0 = src0 | src1`. Flags: `eq` if the result is zero, no other.",
        Opcode::Xor => "`dst0 = src0 ^ src1`. Flags: `eq` if the result is zero, no other.",
        Opcode::Shl => {
            "`dst0 = src0 << (src1 mod 256)`. Flags: `eq` if the result is zero, no other."
        }
        Opcode::Shr => {
            "`dst0 = src0 >> (src1 mod 256)`. Flags: `eq` if the result is zero, no other."
        }
        Opcode::Rol => {
            "`dst0` is `src0` rotated left by `src1 mod 256` bits. Flags: `eq` if the result is zero, no\n\
             other."
        }
        Opcode::Ror => {
            "`dst0` is `src0` rotated right by `src1 mod 256` bits. Flags: `eq` if the result is zero, no\n\
             other."
        }
        Opcode::Jump => {
            "Continues at the low 16 bits of `src0`. `dst0` becomes the `pc` of the instruction behind the\n\
             jump."
        }
        Opcode::NearCall => {
            "Starts a frame in the same code, at `imm0`, with `imm1` as exception handler. The low 32 bits\n\
             of `src0` are the ergs that it gets: zero stands for all, and so does more than there are.\n\
             Clears the flags."
        }
        Opcode::FarCall => {
            "Calls the contract at the address in the low 160 bits of `src1`, with `imm0` as exception\n\
             handler. `src0` is the ABI word: bits 0 to 128 a fat pointer or a range of the caller's heap,\n\
             192 to 224 the ergs, 224 to 232 the forwarding mode (1: the fat pointer, 2: a range of the\n\
             auxiliary heap, otherwise of the heap), 232 to 240 the shard, 240 to 248 whether the constructor\n\
             is meant (kernel only), 248 to 256 whether the call is a system call (of kernel addresses only).\n\
             At most 63/64 of the ergs left after all charges can be given. The callee finds the calldata\n\
             pointer in r1; if anything is wrong with the ABI word or the code, it panics at once. Its context\n\
             value is the one set by `context.set_context_u128`, which is then cleared. Clears the flags."
        }
        Opcode::DelegateCall => {
            "As `far_call`, but the callee's code runs with the address, the caller and the context value of\n\
             the frame that calls."
        }
        Opcode::MimicCall => {
            "As `far_call`, but the callee sees the address in the low 160 bits of r15 as its caller."
        }
        Opcode::RetOk => {
            "Ends the frame and gives its remaining ergs back. In a near frame, continues behind the call,\n\
             or at the label. In a far frame `src0` is the ABI word of the data returned: bits 0 to 128 and\n\
             the forwarding mode as for `far_call`. The caller finds a fat pointer to it in r1; all other\n\
             registers are zero. A fat pointer older than the frame may be forwarded by the kernel only.\n\
             Clears the flags."
        }
        Opcode::RetRevert => {
            "As `ret.ok`, but undoes what the frame has done to storage, transient storage, events and\n\
             messages, and continues at the exception handler, or at the label in a near frame."
        }
        Opcode::RetPanic => {
            "As `ret.revert`, but a far frame returns an empty pointer, and `lt` is set in the caller. What\n\
             goes wrong in an instruction ends in this one."
        }
        Opcode::This => "`dst0` is the address of the contract.",
        Opcode::Caller => "`dst0` is the address of the caller.",
        Opcode::CodeAddress => {
            "`dst0` is the address whose code runs. It differs from that of the contract in a delegate call."
        }
        Opcode::Meta => {
            "`dst0` is a word of facts: bits 0 to 32 the pubdata counter (zero outside kernel space), 64 to\n\
             96 the size of the heap and 96 to 128 that of the auxiliary heap, in bytes paid for, 224 to 232\n\
             the shard of the contract, 232 to 240 that of the caller, 240 to 248 that of the code."
        }
        Opcode::ErgsLeft => {
            "`dst0` is the number of ergs left in the frame, this instruction paid."
        }
        Opcode::Sp => "`dst0` is the stack pointer.",
        Opcode::GetContextU128 => "`dst0` is the 128-bit context value of the frame.",
        Opcode::SetContextU128 => {
            "The low 128 bits of `src0` become the context value of the next far call that is not a delegate\n\
             call. They are forgotten when a far frame ends."
        }
        Opcode::AuxMutating0 => "Does nothing.",
        Opcode::IncrementTxNumber => {
            "Adds one to the number of the transaction and clears the transient storage."
        }
        Opcode::StorageRead => "`dst0` is the contract's storage slot with the key `src0`.",
        Opcode::StorageWrite => {
            "Writes `src1` to the contract's storage slot with the key `src0`. The pubdata that this causes\n\
             is counted, not charged."
        }
        Opcode::TransientRead => {
            "`dst0` is the contract's transient storage slot with the key `src0`."
        }
        Opcode::TransientWrite => {
            "Writes `src1` to the contract's transient storage slot with the key `src0`."
        }
        Opcode::ToL1 => "Adds `src0` and `src1` to the queue of messages to L1, as key and value.",
        Opcode::Event => "Adds `src0` and `src1` to the queue of events, as key and value.",
        Opcode::PrecompileCall => {
            "Calls the precompile that belongs to the contract's address. `src0`: bits 0 to 32 and 32 to 64\n\
             offset and length of the input, 64 to 96 and 96 to 128 of the output, in words; 128 to 160 and\n\
             160 to 192 the pages of input and output (zero: the heap); 192 to 256 for the precompile.\n\
             `src1`: bits 0 to 32 ergs to charge, 32 to 64 pubdata to count. `dst0` is 1, or 0 if the ergs\n\
             do not suffice; then all are gone."
        }
        Opcode::Decommit => {
            "Puts the code with the versioned hash `src0` into memory and a fat pointer to it into `dst0`;\n\
             its length is 2²¹ bytes whatever that of the code. The low 32 bits of `src1` are ergs to charge;\n\
             they come back if the code was decommitted before in the batch. For a malformed hash or too\n\
             few ergs `dst0` is zero; in the latter case all ergs are gone."
        }
        Opcode::HeapRead => {
            "`dst0` is the 32 bytes at address `src0` of the heap, big-endian, aligned or not. An address\n\
             above 2³² − 33 burns all ergs and panics. With `.inc`, `dst1` is `src0` with the address in its\n\
             low 32 bits increased by 32."
        }
        Opcode::HeapWrite => {
            "Writes `src1` to the 32 bytes at address `src0` of the heap, big-endian, aligned or not. An\n\
             address above 2³² − 33 burns all ergs and panics. With `.inc`, `dst0` is `src0` with the\n\
             address in its low 32 bits increased by 32."
        }
        Opcode::AuxHeapRead => "As `ld.1`, of the auxiliary heap.",
        Opcode::AuxHeapWrite => "As `st.1`, to the auxiliary heap.",
        Opcode::FatPointerRead => {
            "`dst0` is the 32 bytes at the offset of the fat pointer `src0`. Bytes behind its end are zero.\n\
             Panics if `src0` is no pointer or the offset is above 2³² − 33. With `.inc`, `dst1` is the\n\
             pointer with its offset increased by 32."
        }
        Opcode::StaticRead => {
            "As `ld.1`, of static memory, which does not grow and costs nothing more. All four registers are\n\
             written as operands; `src1` is not used, and `dst1` only with `.inc`."
        }
        Opcode::StaticWrite => {
            "As `st.1`, to static memory, which does not grow and costs nothing more. All four registers are\n\
             written as operands; `dst0` is used only with `.inc`, and `dst1` not at all."
        }
        Opcode::PtrAdd => {
            "`dst0` is the fat pointer `src0` with its offset increased by `src1`. Panics if `src0` is no\n\
             pointer, if `src1` is one or is 2³² or more, or if the offset overflows."
        }
        Opcode::PtrSub => {
            "`dst0` is the fat pointer `src0` with its offset decreased by `src1`. Panics if `src0` is no\n\
             pointer, if `src1` is one or is 2³² or more, or if the offset underflows."
        }
        Opcode::PtrPack => {
            "`dst0` is the fat pointer `src0` with bits 128 to 256 taken from `src1`. Panics if `src0` is no\n\
             pointer, or if `src1` is one or has any of its low 128 bits set."
        }
        Opcode::PtrShrink => {
            "`dst0` is the fat pointer `src0` with its length decreased by the low 32 bits of `src1`. Panics\n\
             if `src0` is no pointer, if `src1` is one, or if the length underflows."
        }
    }
}
