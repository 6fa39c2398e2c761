//! Text: JSON, hexadecimal digits or assembly.

use super::{Artifact, ArtifactErrorKind, Format, json};
use crate::hex;
use eravm_core::asm;

/// Characters of an unknown text that its error shows.
const SHOWN: usize = 40;

/// Reads an artifact that is text.
pub(super) fn parse(text: &str, stem: &str) -> Result<Artifact, ArtifactErrorKind> {
    let text = text.trim_start_matches('\u{feff}');
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(ArtifactErrorKind::Empty);
    }
    if trimmed.starts_with(['{', '[']) {
        return json::parse(trimmed, stem);
    }
    if is_assembly(text) {
        let assembly = asm::assemble(text).map_err(ArtifactErrorKind::Assembly)?;
        return Ok(Artifact::single(Format::Assembly, Ok(assembly.bytecode)));
    }
    // A JSON string, as nodes answer questions for code.
    let digits = trimmed.trim_matches('"');
    let prefixed = hex::without_prefix(digits).len() < digits.len();
    let compact: String = digits.chars().filter(|c| !c.is_whitespace()).collect();
    match hex::decode(&compact) {
        Ok(code) if code.is_empty() => Err(ArtifactErrorKind::Empty),
        Ok(code) => Ok(Artifact::single(Format::Hex, Ok(code))),
        Err(error) if prefixed || matches!(error, hex::HexError::OddLength(_)) => {
            Err(ArtifactErrorKind::Hex(error))
        }
        Err(_) => Err(ArtifactErrorKind::UnknownText(trimmed.chars().take(SHOWN).collect())),
    }
}

/// Whether a line opens a section of the assembler.
fn is_assembly(text: &str) -> bool {
    let sections = [".text", ".rodata", ".data"];
    text.lines().any(|line| {
        let word = line.split(';').next().unwrap_or_default().trim();
        sections.iter().any(|section| {
            word.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    })
}
