//! Where there is no compiler.

use crate::error::CompileError;
use crate::fingerprint::Fingerprint;
use crate::native_code::NativeCode;
use crate::options::{CompileStats, Explanation, Options};
use eravm_core::Program;

/// Compiles programs for the machine that it runs on: not for this one.
#[derive(Debug)]
pub enum Compiler {}

impl Compiler {
    /// There is no compiler for this machine.
    ///
    /// # Errors
    /// Always.
    pub fn new(_: Options) -> Result<Self, CompileError> {
        let machine = std::env::consts::ARCH;
        Err(CompileError::Unsupported(format!("there is no compiler for {machine}")))
    }

    /// Never called: there is no compiler.
    ///
    /// # Errors
    /// Never.
    pub fn compile(&self, _: &Program) -> Result<CompileStats, CompileError> {
        match *self {}
    }

    /// Never called: there is no compiler.
    ///
    /// # Errors
    /// Never.
    pub fn generate(&self, _: &Program) -> Result<NativeCode, CompileError> {
        match *self {}
    }

    /// Never called: there is no compiler.
    pub fn fingerprint(&self) -> Fingerprint {
        match *self {}
    }

    /// Never called: there is no compiler.
    ///
    /// # Errors
    /// Never.
    pub fn explain(&self, _: &Program) -> Result<Vec<Explanation>, CompileError> {
        match *self {}
    }

    /// Never called: there is no compiler.
    pub fn live_bytes(&self) -> usize {
        match *self {}
    }
}
