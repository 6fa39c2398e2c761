//! The assembler and the disassembler against `zkevm-assembly` and against each other.

#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "tests need the standard library"
)]

use eravm_core::asm::{self, AsmErrorKind, assemble, disassemble};
use eravm_core::isa::{Instruction, SLOTS};
use eravm_tests::corpus;
use std::cell::Cell;
use std::panic;
use std::sync::Once;

thread_local! {
    static PEER_RUNS: Cell<bool> = const { Cell::new(false) };
}

/// What `zkevm-assembly` makes of a source text; `None` if it reports an error or panics.
fn peer(text: &str) -> Option<Vec<u8>> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !PEER_RUNS.get() {
                usual(info);
            }
        }));
    });
    PEER_RUNS.set(true);
    let result = panic::catch_unwind(|| {
        let mut program = zkevm_assembly::Assembly::from_string(text.to_owned(), None).ok()?;
        Some(program.compile_to_bytecode().ok()?.concat())
    });
    PEER_RUNS.set(false);
    result.ok().flatten()
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    assemble(text).ok().map(|program| program.bytecode)
}

/// Asserts that both accept a text and agree.
#[track_caller]
fn same(text: &str) {
    let ours = assemble(text).unwrap_or_else(|error| panic!("{error} in\n{text}")).bytecode;
    let theirs = peer(text).unwrap_or_else(|| panic!("the peer rejects\n{text}"));
    assert_eq!(ours, theirs, "{text}");
}

/// Asserts that disassembling and assembling gives the same bytes, here and, without extensions,
/// there. True if there were no extensions.
#[track_caller]
fn round_trip(code: &[u8], compare: bool) -> bool {
    let shown = disassemble(code).unwrap();
    let text = shown.to_string();
    let again = assemble(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    assert_eq!(again.bytecode, code, "{text}");
    let standard = !shown.uses_extensions();
    if compare && standard {
        let theirs = peer(&text).unwrap_or_else(|| panic!("the peer rejects\n{text}"));
        assert_eq!(theirs, code, "{text}");
    }
    standard
}

/// xorshift64*: the tests repeat exactly.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

#[test]
fn corpus_bytecodes_survive() {
    let Some(folder) = corpus::corpus() else {
        return;
    };
    let all = corpus::bytecodes(&folder);
    assert!(all.len() > 100, "only {} bytecodes", all.len());
    let mut standard = 0;
    for (_, code) in &all {
        standard += usize::from(round_trip(code, true));
    }
    println!("{} bytecodes, {standard} without extensions", all.len());
    assert!(standard > 0);
}

/// Random programs in the dialect that both assemblers know.
mod generator {
    use super::Random;
    use std::fmt::Write;

    /// Names, operands and modifiers of the instructions.
    ///
    /// Operands: `S` any source, `T` the same but for a bare label, `D` any destination, `R` a register,
    /// `I` a register or number, `L` a label of code.
    /// A name with `=` takes no predicate.
    pub(super) const INSTRUCTIONS: &[(&str, &str, &[&str])] = &[
        ("invalid", "", &[]),
        ("=nop", "", &[]),
        ("=nop stack+=[5]", "", &[]),
        ("=nop stack-=[r3 + 7]", "", &[]),
        ("nop", "N0D0", &[]),
        ("add", "SRD", &["set_flags"]),
        ("sub", "SRD", &["set_flags", "s"]),
        ("mul", "TRDR", &["set_flags"]),
        ("div", "TRDR", &["set_flags", "s"]),
        ("jump", "S", &[]),
        ("xor", "TRD", &["set_flags"]),
        ("and", "TRD", &["set_flags"]),
        ("or", "TRD", &["set_flags"]),
        ("shl", "TRD", &["set_flags", "s"]),
        ("shr", "TRD", &["set_flags", "s"]),
        ("rol", "TRD", &["set_flags", "s"]),
        ("ror", "TRD", &["set_flags", "s"]),
        ("binop.xor", "TRD", &["set_flags"]),
        ("binop.and", "TRD", &["set_flags"]),
        ("binop.or", "TRD", &["set_flags"]),
        ("shift.shl", "TRD", &["set_flags", "s"]),
        ("shift.shr", "TRD", &["set_flags", "s"]),
        ("shift.rol", "TRD", &["set_flags", "s"]),
        ("shift.ror", "TRD", &["set_flags", "s"]),
        ("ptr.add", "TRD", &["s"]),
        ("ptr.sub", "TRD", &["s"]),
        ("ptr.pack", "TRD", &["s"]),
        ("ptr.shrink", "TRD", &["s"]),
        ("near_call", "RLL", &[]),
        ("call", "RLL", &[]),
        ("call", "L", &[]),
        ("=invoke", "RLL", &[]),
        ("far_call", "RRL", &["static", "shard"]),
        ("far_call.delegate", "RRL", &["static", "shard"]),
        ("far_call.mimic", "RRL", &["static", "shard"]),
        ("=ret", "", &[]),
        ("=revert", "", &[]),
        ("=panic", "", &[]),
        ("ret", "R", &[]),
        ("ret.ok", "R", &[]),
        ("ret.revert", "R", &[]),
        ("ret.panic", "R", &[]),
        ("ret.to_label", "RL", &[]),
        ("ret.ok.to_label", "RL", &[]),
        ("ret.revert.to_label", "RL", &[]),
        ("ret.panic.to_label", "RL", &[]),
        ("context.this", "R", &[]),
        ("context.caller", "R", &[]),
        ("context.code_source", "R", &[]),
        ("context.meta", "R", &[]),
        ("context.ergs_left", "R", &[]),
        ("context.gas_left", "R", &[]),
        ("context.sp", "R", &[]),
        ("context.get_context_u128", "R", &[]),
        ("context.set_context_u128", "R", &[]),
        ("context.set_ergs_per_pubdata", "R", &[]),
        ("context.set_gas_per_pubdata", "R", &[]),
        ("context.inc_tx_num", "", &[]),
        ("log.sread", "RRR", &[]),
        ("log.swrite", "RRR", &[]),
        ("log.tread", "RRR", &[]),
        ("log.twrite", "RRR", &[]),
        ("log.event", "RRR", &["first"]),
        ("log.to_l1", "RRR", &["first"]),
        ("log.precompile", "RRR", &[]),
        ("log.decommit", "RRR", &[]),
        ("=sread", "RR", &[]),
        ("=sload", "RR", &[]),
        ("=sstore", "RR", &[]),
        ("=tread", "RR", &[]),
        ("=tload", "RR", &[]),
        ("=tstore", "RR", &[]),
        ("event", "RR", &["first"]),
        ("to_l1", "RR", &["first"]),
        ("=precompile", "RRR", &[]),
        ("=decom", "RRR", &[]),
        ("=ld", "RR", &[]),
        ("=ld.1", "IR", &[]),
        ("=ld.2", "IR", &[]),
        ("=st.1", "IR", &[]),
        ("=st.2", "IR", &[]),
        ("=ld.inc", "RRR", &[]),
        ("=ld.1.inc", "IRR", &[]),
        ("=ld.2.inc", "IRR", &[]),
        ("=st.1.inc", "IRR", &[]),
        ("=st.2.inc", "IRR", &[]),
        ("uma.heap_read", "IRRR", &["inc"]),
        ("uma.heap_write", "IRRR", &["inc"]),
        ("uma.aux_heap_read", "IRRR", &["inc"]),
        ("uma.aux_heap_write", "IRRR", &["inc"]),
        ("uma.fat_ptr_read", "RRRR", &["inc"]),
        ("uma.static_read", "IRRR", &["inc"]),
        ("uma.static_write", "IRRR", &["inc"]),
        ("uma.rh", "IRRR", &["inc"]),
        ("uma.wh", "IRRR", &["inc"]),
        ("uma.rah", "IRRR", &["inc"]),
        ("uma.wah", "IRRR", &["inc"]),
        ("uma.rptr", "RRRR", &["inc"]),
        ("uma.rs", "IRRR", &["inc"]),
        ("uma.ws", "IRRR", &["inc"]),
    ];

    const PREDICATES: &[&str] = &["gt", "lt", "eq", "ge", "le", "ne", "gtlt", "of"];

    fn register(random: &mut Random) -> String {
        if random.one_in(20) { "0".into() } else { format!("r{}", random.below(16)) }
    }

    fn number(random: &mut Random) -> u16 {
        *random.pick(&[0, 1, 7, 32, 256, 65535, random.0 as u16])
    }

    fn address(random: &mut Random) -> String {
        let (register, number) = (format!("r{}", random.below(16)), number(random));
        match random.below(5) {
            0 => register,
            1 => number.to_string(),
            2 => format!("{number} + {register}"),
            3 => format!("{register}+{number}"),
            _ => format!("{register} + {number}"),
        }
    }

    fn global(random: &mut Random) -> String {
        let name = random.below(3);
        match random.below(4) {
            0 => format!("@g{name}"),
            1 => format!("@g{name} + {}", random.below(9)),
            2 => format!("r{} + @g{name}", random.below(16)),
            _ => format!("@g{name} + r{} + {}", random.below(16), random.below(9)),
        }
    }

    fn source(random: &mut Random, bare_label: bool) -> String {
        let cell = random.below(3);
        match random.below(if bare_label { 15 } else { 13 }) {
            0..=2 => register(random),
            3 => number(random).to_string(),
            4 => format!("#{}", number(random)),
            5 => format!("#{:#x}", number(random)),
            6 => format!("#{:#b}", number(random)),
            7 => format!("stack-=[{}]", address(random)),
            8 => format!("stack-[{}]", address(random)),
            9 => format!("stack{}[{}]", random.pick(&["", "="]), address(random)),
            10 => format!("stack{}[{}]", random.pick(&["", "="]), global(random)),
            11 => format!("@c{cell}[r{} + {}]", random.below(16), random.below(5)),
            12 => format!("@c{cell}[{}]", random.below(5)),
            13 => format!("@c{cell}"),
            _ => label(random),
        }
    }

    fn destination(random: &mut Random, globals: bool) -> String {
        match random.below(if globals { 7 } else { 6 }) {
            0..=2 => register(random),
            3 => format!("stack+=[{}]", address(random)),
            4 => format!("stack-[{}]", address(random)),
            5 => format!("stack{}[{}]", random.pick(&["", "="]), address(random)),
            _ => format!("stack{}[{}]", random.pick(&["", "="]), global(random)),
        }
    }

    fn label(random: &mut Random) -> String {
        match random.below(6) {
            0 => "@DEFAULT_UNWIND".into(),
            1 => "@DEFAULT_FAR_RETURN".into(),
            2 => format!("@f{}[0]", random.below(3)),
            _ => format!("@f{}", random.below(3)),
        }
    }

    /// An instruction in one of its spellings.
    pub(super) fn instruction(
        random: &mut Random,
        (name, operands, modifiers): &(&str, &str, &[&str]),
    ) -> String {
        let (mut text, mut suffixes) = (name.replace('=', ""), Vec::new());
        if name.starts_with('=') && !operands.is_empty() || !name.starts_with('=') {
            suffixes.extend(modifiers.iter().filter(|_| random.one_in(2)).map(|m| (*m).to_owned()));
        }
        if name.contains("stack") {
            return name[1..].to_owned();
        }
        if !name.starts_with('=') && random.one_in(2) {
            suffixes.push((*random.pick(PREDICATES)).to_owned());
        }
        while !suffixes.is_empty() {
            let suffix = suffixes.swap_remove(random.below(suffixes.len()));
            if suffix == "set_flags" && random.one_in(2) {
                text.push('!');
            } else {
                text = format!("{text}.{suffix}");
            }
        }
        let operands: Vec<String> = operands
            .chars()
            .map(|kind| match kind {
                'S' => source(random, true),
                'T' => source(random, false),
                // A `nop` that pops without a predicate is a form of its own.
                'N' => format!("stack-[{}]", address(random)),
                'D' => destination(random, !name.starts_with("nop")),
                '0' => "r0".into(),
                'R' => register(random),
                'I' if random.one_in(2) => number(random).to_string(),
                'I' => register(random),
                _ => label(random),
            })
            .collect();
        if operands.is_empty() {
            return text;
        }
        let separator = random.pick(&[", ", ",", ",   ", ",\t"]);
        format!("{text}{}{}", random.pick(&[" ", "\t", "    "]), operands.join(separator))
    }

    fn cell(random: &mut Random, text: &mut String, name: bool) {
        let bits = random.next() >> random.below(64);
        let _ = match random.below(if name { 7 } else { 6 }) {
            0 => writeln!(text, "\t.cell {bits}"),
            1 => writeln!(text, "  .cell  -{}  ; negative", bits.max(1)),
            2 => writeln!(text, "  .cell +{bits}"),
            3 => writeln!(text, ".zero {}", 32 * random.below(4)),
            4 => writeln!(text, "    .cell 0"),
            5 => writeln!(text, "    .cell {}{:019}", bits, random.next() % 10_u64.pow(19)),
            _ => writeln!(text, "    .cell @f{}", random.below(3)),
        };
    }

    /// A program with about so many instructions.
    pub(super) fn program(random: &mut Random, size: usize) -> String {
        let mut text = String::from("\t.text\n\t.file \"random\"\n");
        let mut pads = ["DEFAULT_UNWIND", "DEFAULT_FAR_RETURN"].to_vec();
        for function in 0..3 {
            let _ = writeln!(text, "\t.globl f{function}\nf{function}:  ; @f{function}");
            for _ in 0..random.below(size / 3 + 1) {
                let form = random.pick(INSTRUCTIONS);
                let line = instruction(random, form);
                let comment = if random.one_in(9) { ";remark" } else { "" };
                let _ = writeln!(text, "    {line}{comment}");
            }
            if random.one_in(6) {
                let pad = pads.swap_remove(random.below(pads.len()));
                let _ = writeln!(text, "{pad}:\n ; remark\n");
                if pads.is_empty() {
                    pads.push("another");
                }
            }
        }
        let _ = writeln!(text, "\t.rodata.cst32\n\t.p2align 5");
        for name in 0..3 {
            let _ = writeln!(text, "c{name}:");
            for _ in 0..random.below(4) {
                cell(random, &mut text, true);
            }
        }
        let _ = writeln!(text, "\t.data");
        for name in 0..3 {
            let _ = writeln!(text, "g{name}:");
            for _ in 0..random.below(3) {
                cell(random, &mut text, false);
            }
        }
        if random.one_in(2) {
            text.push_str("\t.text\nlate:\n\tnop\n\t.note.GNU-stack\n");
            text.push_str("\t.section \".note.GNU-stack\",\"\",@progbits\n");
        }
        text
    }
}

#[test]
fn every_instruction_agrees() {
    let mut random = Random(1);
    for form in generator::INSTRUCTIONS {
        for _ in 0..100 {
            let line = generator::instruction(&mut random, form);
            same(&format!(
                ".text\nf0:\n {line}\nf1:\nf2:\n .rodata\nc0:\n .cell 1\nc1:\nc2:\n .cell 2\n \
                 .data\ng0:\n .cell 3\ng1:\n .cell 0\ng2:\n"
            ));
        }
    }
}

#[test]
fn random_programs_agree_and_survive() {
    let mut random = Random(2);
    let mut standard = 0;
    for _ in 0..1500 {
        let size = *random.pick(&[1, 4, 12, 60]);
        let text = generator::program(&mut random, size);
        same(&text);
        standard += usize::from(round_trip(&bytes(&text).unwrap(), true));
    }
    assert!(standard > 500, "{standard}");
}

/// Whatever becomes of a text when characters change: what both accept is the same.
#[test]
fn damaged_programs_never_differ() {
    let alphabet: Vec<char> = "0123456789rxbfcgs@#[]+-=,.;:!  \t\n_ké\u{a0}\r".chars().collect();
    let mut random = Random(3);
    let (mut both, mut ours_only, mut theirs_only) = (0, 0, 0);
    for _ in 0..40_000 {
        let mut text: Vec<char> = generator::program(&mut random, 4).chars().collect();
        for _ in 0..1 + random.below(3) {
            let at = random.below(text.len());
            match random.below(4) {
                0 => drop(text.remove(at)),
                1 => text[at] = *random.pick(&alphabet),
                2 => text.insert(at, *random.pick(&alphabet)),
                _ => text.insert(at, text[random.below(text.len())]),
            }
        }
        let text: String = text.into_iter().collect();
        match (bytes(&text), peer(&text)) {
            (Some(ours), Some(theirs)) => {
                both += 1;
                assert_eq!(ours, theirs, "{text}");
            }
            (Some(_), None) => ours_only += 1,
            (None, Some(_)) => theirs_only += 1,
            (None, None) => {}
        }
    }
    println!("accepted by both {both}, by this only {ours_only}, by the peer only {theirs_only}");
    assert!(both > 5000);
}

#[test]
fn any_bytes_survive() {
    let mut random = Random(4);
    for round in 0..3000 {
        let words = random.below(if round % 100 == 0 { 400 } else { 12 });
        let mut code = Vec::new();
        for _ in 0..words * 4 {
            let mut instruction = Instruction::decode(random.next() & random.next());
            instruction.slot = (random.next() % SLOTS as u64) as u16;
            if random.one_in(2) {
                instruction.slot = 1 + (random.next() % 1103) as u16;
            }
            if random.one_in(2) {
                instruction.imm0 %= 50;
                instruction.imm1 %= 50;
            }
            let bits = match random.below(8) {
                0 => random.next(),
                1 => 0,
                2 => random.next() & 0xffff,
                _ => instruction.encode(),
            };
            code.extend(bits.to_be_bytes());
        }
        round_trip(&code, true);
    }
    // The longest code pages, and code up to the last address.
    for words in [16_383, 16_384, 16_385, 65_535] {
        round_trip(&vec![0; words * 32], false);
        let nop = Instruction { slot: 1, ..Instruction::decode(0) };
        round_trip(&nop.encode().to_be_bytes().repeat(words * 4), false);
    }
    assert!(disassemble(&[0; 31]).is_err());
    assert!(disassemble(&vec![0; 65_536 * 32]).is_err());
}

#[test]
fn extensions_are_refused_by_the_peer() {
    for line in [
        "raw 0x1",
        "layout.exact",
        "add code[5], r0, r1",
        "near_call r0, #1, #2",
        "jump r1, r2",
        "nop r0, r1, r0, r2",
        "ld.1.lt r1, r2",
        "add 0x10, r0, r1",
        "and @cell, r0, r1",
    ] {
        let padding = if line == "layout.exact" { "" } else { "nop\n nop\n nop\n" };
        let text = format!(".text\na:\n {line}\n {padding} .rodata\ncell:\n .cell 1\n");
        assemble(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
        assert_eq!(peer(&text), None, "{text}");
    }
}

#[track_caller]
fn fails(text: &str, line: u32, column: u32, message: &str) {
    let error = assemble(text).expect_err(text);
    assert_eq!((error.line, error.column), (line, column), "{error}\n{text}");
    assert!(error.to_string().contains(message), "{error}");
}

#[test]
fn mistakes_are_located() {
    fails(".text\na:\n  ad r1, r2, r3\n", 3, 3, "no instruction `ad`");
    fails("\n\n.text\na:\n  add r1, r16, r3\n", 5, 11, "`r16` where a register");
    fails(".text\na:\n add.lt.gt r1, r2, r3", 3, 9, "contradicts");
    fails(".text\na:\n add.foo r1, r2, r3", 3, 6, "`add` has no modifier `foo`");
    fails(".text\na:\n and.s r1, r2, r3", 3, 6, "has no modifier");
    fails(".text\na:\n add r1, r2", 3, 2, "2 operands where 3 are expected");
    fails(".text\na:\n add 65536, r2, r1", 3, 6, "16 bits");
    fails(".text\na:\n add stack[r1 - 1], r2, r1", 3, 12, "no minus sign");
    fails(".text\na:\n add 99999999999999999999999, r2, r1", 3, 6, "16 bits");
    fails(".text\na:\n jump @b", 3, 8, "label `b` is not defined");
    fails(".text\na:\na:\n", 3, 1, "already defined on line 2");
    fails(".text\nü:\n jump @ü, é", 3, 11, "register");
    fails(".text\n nop\n", 2, 2, "a label is expected");
    fails(" nop\n", 1, 2, "first `.text`");
    fails(".rodata\na:\n .cell 0x10\n", 3, 8, "a decimal number");
    fails(".rodata\na:\n .cell -0\n", 3, 8, "below zero");
    fails(".rodata\na:\n .zero 33\n", 3, 8, "a multiple of 32");
    fails(".rodata\na:\n .cell @a\n", 3, 9, "does not mark code");
    fails(".rodata\na:\n .ceil 5\n", 3, 2, "`.ceil`");
    fails(".text\nf:\n near_call r1, @f[1], @f\n", 3, 16, "without offset");
    fails(".text\na:\n add @a[r1], r0, r1\n", 3, 7, "to add a register");
    fails(".text\na:\n layout.exact\n nop", 4, 1, "1 instructions do not fill");
    let words = assemble(".rodata\na:\n .zero 4194304").unwrap_err();
    assert!(matches!(words.kind, AsmErrorKind::TooManyWords { limit: 65_535 }));
}

#[test]
fn hostile_texts_end_soon() {
    let started = std::time::Instant::now();
    let million = 1_000_000;
    let zeros = ".zero 2097088\n".repeat(50_000);
    for text in [
        "@".repeat(million),
        ".text\na:\n".to_owned() + &"add".repeat(million),
        ".text\na:\n add".to_owned() + &".s.lt".repeat(million),
        ".text\na:\n add ".to_owned() + &",".repeat(million),
        ".text\na:\n add stack[".to_owned() + &"r1 + ".repeat(million),
        ".text\na:\n add ".to_owned() + &"[".repeat(million),
        ".text\na:\n add #".to_owned() + &"9".repeat(million),
        ".rodata\na:\n .cell ".to_owned() + &"9".repeat(million),
        ".rodata\na:\n .cell ".to_owned() + &"0".repeat(million),
        ".rodata\na:\n".to_owned() + &zeros,
        ".data\na:\n".to_owned() + &zeros,
        ".text\na:\n".to_owned() + &"nop\n".repeat(million),
        ".text\n".repeat(million),
        (0..100_000).map(|i| format!(".text\n{}{i}:\n", "x".repeat(50))).collect(),
        ".text\n".to_owned() + &":".repeat(million),
        "\u{a0}\0\r\t".repeat(million),
    ] {
        let _ = assemble(&text);
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn metadata_is_the_last_word() {
    for filler in 0..9 {
        let text = format!(".text\na:\n{}", " nop\n".repeat(filler));
        let ours = asm::assemble_with_metadata(&text, [7; 32]).unwrap().bytecode;
        let theirs = zkevm_assembly::Assembly::from_string(text, Some([7; 32]))
            .unwrap()
            .compile_to_bytecode()
            .unwrap();
        assert_eq!(ours, theirs.concat());
    }
}
