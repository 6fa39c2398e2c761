//! `eravm disasm`.

use super::error::CliError;
use super::{SUCCESS, write_out};
use crate::artifact;
use clap::Args;
use eravm_core::asm;

/// Arguments of `eravm disasm`.
#[derive(Debug, Args)]
pub(super) struct DisasmArgs {
    /// Program in any format that `run` takes, or FILE:NAME; `-` is the standard input
    file: String,
    /// The contract, where the file has several
    #[arg(long, value_name = "NAME")]
    contract_name: Option<String>,
    /// Where to write the source text; the standard output without it
    #[arg(short, long, value_name = "OUT")]
    output: Option<String>,
}

pub(super) fn run(args: &DisasmArgs) -> Result<u8, CliError> {
    let program = artifact::load(&args.file, args.contract_name.as_deref())?;
    let text = asm::disassemble(&program.code)
        .map_err(|error| CliError::Disassembly { file: args.file.clone(), error })?;
    write_out(args.output.as_deref(), text.to_string().as_bytes())?;
    Ok(SUCCESS)
}
