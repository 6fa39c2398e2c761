//! `eravm asm`.

use super::error::CliError;
use super::{SUCCESS, write_out};
use crate::hex::Hex;
use crate::input;
use clap::Args;
use eravm_core::asm;

/// Arguments of `eravm asm`.
#[derive(Debug, Args)]
pub(super) struct AsmArgs {
    /// Source text; `-` is the standard input
    file: String,
    /// Where to write the bytecode; without it, it is shown as hexadecimal
    #[arg(short, long, value_name = "OUT")]
    output: Option<String>,
    /// Write hexadecimal digits instead of bytes
    #[arg(long)]
    hex: bool,
}

pub(super) fn run(args: &AsmArgs) -> Result<u8, CliError> {
    let file = || args.file.clone();
    let bytes = input::read(&args.file).map_err(|error| CliError::Read { file: file(), error })?;
    let source = core::str::from_utf8(&bytes).map_err(|_| CliError::NotText(file()))?;
    let source = source.trim_start_matches('\u{feff}');
    let assembly =
        asm::assemble(source).map_err(|error| CliError::Assembly { file: file(), error })?;
    let code = assembly.bytecode;
    if args.hex || args.output.is_none() {
        let text = format!("{}\n", Hex(&code));
        write_out(args.output.as_deref(), text.as_bytes())?;
    } else {
        write_out(args.output.as_deref(), &code)?;
    }
    Ok(SUCCESS)
}
