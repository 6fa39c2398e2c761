//! What a caller wants to be different in the state.

use crate::evm::published;
use crate::transaction::{FactoryDep, FactoryDepError};
use core::fmt;
use eravm_core::{Address, CodeError, Program, VersionedHash, Word};
use std::collections::BTreeMap;

/// Most bytes of EVM code: its length has 16 bits in the hash.
pub const MAX_EVM_CODE_BYTES: usize = u16::MAX as usize;

/// What a caller wants to be different in the state, by account. Later accounts, in the order of their addresses, win where two
/// concern the same slot.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StateOverrides {
    /// By account.
    pub accounts: BTreeMap<Address, AccountOverride>,
}

/// What a caller wants to be different in an account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AccountOverride {
    /// Its balance, in wei of the base token.
    pub balance: Option<Word>,
    /// The nonce of its next transaction. That of its next deployment stays.
    pub nonce: Option<u128>,
    /// Its code.
    pub code: Option<CodeOverride>,
    /// Its slots.
    pub storage: StorageOverride,
}

/// Other code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CodeOverride {
    /// EraVM bytecode.
    EraVm(FactoryDep),
    /// EVM code as it is deployed, without padding.
    Evm(EvmCode),
}

/// EVM code as it is deployed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EvmCode(Vec<u8>);

/// Other slots of a contract.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum StorageOverride {
    /// None.
    #[default]
    Unchanged,
    /// These; all others are zero (`state`).
    All(BTreeMap<Word, Word>),
    /// These; all others stay (`stateDiff`).
    Some(BTreeMap<Word, Word>),
}

/// Why bytes cannot be an account's code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeOverrideError {
    /// They are no EraVM bytecode.
    EraVm(FactoryDepError),
    /// They are more than [`MAX_EVM_CODE_BYTES`] of EVM code; how many.
    EvmTooLong(usize),
    /// They are EVM code that cannot be stored.
    Evm(CodeError),
}

impl EvmCode {
    /// Takes code.
    ///
    /// # Errors
    /// If it is too long.
    pub fn new(code: Vec<u8>) -> Result<Self, CodeOverrideError> {
        if code.len() > MAX_EVM_CODE_BYTES {
            return Err(CodeOverrideError::EvmTooLong(code.len()));
        }
        Ok(Self(code))
    }

    /// The code.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As it is stored: padded with zeros to an odd number of words.
    fn padded(&self) -> Vec<u8> {
        published(self.0.clone())
    }
}

impl CodeOverride {
    /// Takes code of an unknown kind: what may be EraVM bytecode is, everything else is EVM code.
    ///
    /// # Errors
    /// If it is too long for EVM code.
    pub fn detect(code: Vec<u8>) -> Result<Self, CodeOverrideError> {
        match FactoryDep::new(&code[..]) {
            Ok(dep) => Ok(Self::EraVm(dep)),
            Err(_) => EvmCode::new(code).map(Self::Evm),
        }
    }

    /// Takes EraVM bytecode.
    ///
    /// # Errors
    /// If it is not an odd number of 32-byte words, or too many of them.
    pub fn era_vm(code: Vec<u8>) -> Result<Self, CodeOverrideError> {
        FactoryDep::new(code).map(Self::EraVm).map_err(CodeOverrideError::EraVm)
    }

    /// The hash under which it is stored, and the code as the machine runs it.
    pub(super) fn program(&self) -> Result<(VersionedHash, Program), CodeOverrideError> {
        match self {
            Self::EraVm(dep) => {
                let program = Program::new(dep.code());
                let error = |error| CodeOverrideError::EraVm(FactoryDepError::Code(error));
                Ok((dep.hash(), program.map_err(error)?))
            }
            Self::Evm(code) => {
                let length = u16::try_from(code.0.len())
                    .map_err(|_| CodeOverrideError::EvmTooLong(code.0.len()))?;
                let padded = code.padded();
                let program = Program::new(&padded[..]).map_err(CodeOverrideError::Evm)?;
                Ok((VersionedHash::of_blob(length, &padded), program))
            }
        }
    }
}

impl fmt::Display for CodeOverrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EraVm(error) => write!(f, "it is no EraVM bytecode: {error}"),
            Self::EvmTooLong(bytes) => {
                write!(f, "EVM code has at most {MAX_EVM_CODE_BYTES} bytes, not {bytes}")
            }
            Self::Evm(error) => write!(f, "it cannot be stored as EVM code: {error}"),
        }
    }
}

impl core::error::Error for CodeOverrideError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::EraVm(error) => Some(error),
            Self::Evm(error) => Some(error),
            Self::EvmTooLong(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evm_code_is_padded_to_an_odd_number_of_words() {
        let padded = |bytes| EvmCode::new(vec![1; bytes]).unwrap().padded().len();
        assert_eq!([0, 1, 32, 33, 64, 65, 96].map(padded), [32, 32, 32, 96, 96, 96, 96]);
        let hash =
            |bytes| CodeOverride::Evm(EvmCode::new(vec![1; bytes]).unwrap()).program().unwrap().0;
        assert_eq!(hash(33).0[..4], [2, 0, 0, 33]);
        assert_eq!(hash(MAX_EVM_CODE_BYTES).0[..4], [2, 0, 255, 255]);
        let too_long = EvmCode::new(vec![1; MAX_EVM_CODE_BYTES + 1]);
        assert_eq!(too_long, Err(CodeOverrideError::EvmTooLong(65536)));
    }

    #[test]
    fn what_may_be_eravm_bytecode_is() {
        let is_era_vm =
            |bytes| matches!(CodeOverride::detect(vec![0; bytes]), Ok(CodeOverride::EraVm(_)));
        assert_eq!(
            [0, 31, 32, 33, 64, 96].map(is_era_vm),
            [false, false, true, false, false, true]
        );
        assert!(CodeOverride::era_vm(vec![0; 64]).is_err());
        assert!(CodeOverride::detect(vec![0; 32 * 65536]).is_err());
    }
}
