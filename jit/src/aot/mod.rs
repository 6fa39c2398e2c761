//! Native code in files, made ahead of time.

mod error;
mod format;
mod image;
mod mapping;
mod permissions;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use error::{AotError, AotErrorKind};
pub use image::AotImage;
pub use writer::AotWriter;

/// How names of files with native code end, behind a point.
const EXTENSION: &str = "eravm-aot";
