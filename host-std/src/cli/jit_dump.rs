//! `eravm jit-dump`.

use super::error::CliError;
use super::{SUCCESS, write_out};
use crate::artifact;
use clap::Args;
use core::fmt::{self, Write};
use eravm_core::{Program, asm};
use eravm_jit::{CompileStats, Compiler, Explanation, Options};

/// Arguments of `eravm jit-dump`.
#[derive(Debug, Args)]
pub(super) struct JitDumpArgs {
    /// Program in any format that `run` takes, or FILE:NAME; `-` is the standard input
    file: String,
    /// The contract, where the file has several
    #[arg(long, value_name = "NAME")]
    contract_name: Option<String>,
    /// Only the region with the instruction at this program counter
    #[arg(long, value_name = "PC")]
    pc: Option<u16>,
    /// Only how much there is of what, and what it took
    #[arg(long)]
    summary: bool,
    /// Where to write it; the standard output without it
    #[arg(short, long, value_name = "OUT")]
    output: Option<String>,
}

pub(super) fn run(args: &JitDumpArgs) -> Result<u8, CliError> {
    let loaded = artifact::load(&args.file, args.contract_name.as_deref())?;
    let disassembly = asm::disassemble(&loaded.code)
        .map_err(|error| CliError::Disassembly { file: args.file.clone(), error })?;
    let program = Program::new(&loaded.code)?;
    let options = Options { verify: false, ..Options::default() };
    let compiler = Compiler::new(options)?;
    let stats = compiler.compile(&program)?;
    let regions = if args.summary { Vec::new() } else { compiler.explain(&program)? };
    let chosen = regions.into_iter().filter(|it| args.pc.is_none_or(|pc| it.covers.contains(&pc)));
    let mut text = String::new();
    for region in chosen {
        // Writing to a string does not fail.
        let _ = write_region(&mut text, &region, &disassembly);
    }
    let _ = write_stats(&mut text, &stats, &program);
    write_out(args.output.as_deref(), text.as_bytes())?;
    Ok(SUCCESS)
}

/// The instructions of a region, then what was made of them.
fn write_region(
    text: &mut String,
    region: &Explanation,
    disassembly: &asm::Disassembly,
) -> fmt::Result {
    let Explanation { instructions, code_bytes, .. } = region;
    writeln!(text, "==== region: {instructions} instructions, {code_bytes} bytes of code")?;
    for &pc in &region.covers {
        let entry = if region.entries.contains(&pc) { '>' } else { ' ' };
        let instruction = disassembly.instruction(pc).unwrap_or_default();
        writeln!(text, "{entry} {pc:5} @{pc:04x}  {instruction}")?;
    }
    writeln!(text, "---- intermediate representation\n{}", region.intermediate)?;
    writeln!(text, "---- machine code\n{}", region.assembly)
}

fn write_stats(text: &mut String, stats: &CompileStats, program: &Program) -> fmt::Result {
    let CompileStats { regions, instructions, entries, code_bytes, time } = stats;
    let each = (*instructions).max(1);
    writeln!(
        text,
        "{} instructions in the program; {instructions} compiled, copies included, in {regions} \
         regions with {entries} entries; {code_bytes} bytes of code, {} an instruction; {time:.1?}, \
         {:.1?} an instruction",
        program.len(),
        code_bytes / each,
        *time / each as u32,
    )
}
