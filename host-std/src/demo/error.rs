//! Why the demonstration cannot be made.

use crate::batch::BatchError;
use crate::batch_file::{BatchFileError, NameError};
use crate::state_tree::TreeError;
use crate::transaction::{FactoryDepError, SignatureError};
use core::convert::Infallible;
use core::fmt;
use eravm_core::asm::AsmError;

/// Why the demonstration cannot be made. With the sources that come with the crate it never happens; tests run all of it.
#[derive(Debug)]
pub enum DemoError {
    /// A contract does not assemble.
    Assembly(AsmError),
    /// A contract is no code.
    Code(FactoryDepError),
    /// An account has no key.
    Name(NameError),
    /// A transaction cannot be signed.
    Signature(SignatureError),
    /// The state is not one that it can go on with.
    Plan(BatchFileError),
    /// The machine cannot go on.
    Batch(BatchError<Infallible>),
    /// The batch could not be finished.
    Tip(String),
    /// The state has no tree.
    Tree(TreeError),
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the demonstration cannot go on: ")?;
        match self {
            Self::Assembly(error) => fmt::Display::fmt(error, f),
            Self::Code(error) => fmt::Display::fmt(error, f),
            Self::Name(error) => fmt::Display::fmt(error, f),
            Self::Signature(error) => fmt::Display::fmt(error, f),
            Self::Plan(error) => fmt::Display::fmt(error, f),
            Self::Batch(error) => fmt::Display::fmt(error, f),
            Self::Tip(why) => write!(f, "the batch could not be finished: {why}"),
            Self::Tree(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl core::error::Error for DemoError {}

impl From<AsmError> for DemoError {
    fn from(error: AsmError) -> Self {
        Self::Assembly(error)
    }
}

impl From<FactoryDepError> for DemoError {
    fn from(error: FactoryDepError) -> Self {
        Self::Code(error)
    }
}

impl From<NameError> for DemoError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

impl From<SignatureError> for DemoError {
    fn from(error: SignatureError) -> Self {
        Self::Signature(error)
    }
}

impl From<BatchFileError> for DemoError {
    fn from(error: BatchFileError) -> Self {
        Self::Plan(error)
    }
}

impl From<TreeError> for DemoError {
    fn from(error: TreeError) -> Self {
        Self::Tree(error)
    }
}
