//! A signer that was recovered.

use super::TransactionHash;
use super::signature::{Ecdsa, SignatureError};
use eravm_core::{Address, Word};

/// A signature and the address whose key made it. There is one only where it was recovered, so what it says is true.
///
/// A node recovers the signer when it takes a transaction in, and the account does that once more when the transaction is
/// executed. An executor that [has been told](crate::batch::BatchExecutor::add_signer) need not compute the same thing twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecoveredSigner {
    hash: TransactionHash,
    signature: Ecdsa,
    address: Address,
}

impl RecoveredSigner {
    /// Recovers the signer of a hash.
    ///
    /// # Errors
    /// As those of [`Ecdsa::recover`].
    pub fn new(hash: TransactionHash, signature: Ecdsa) -> Result<Self, SignatureError> {
        let address = signature.recover(&hash.0)?;
        Ok(Self { hash, signature, address })
    }

    /// One that says what is not true, to see who believes it.
    #[cfg(test)]
    pub(crate) const fn forged(hash: TransactionHash, signature: Ecdsa, address: Address) -> Self {
        Self { hash, signature, address }
    }

    /// The hash that was signed.
    pub const fn hash(&self) -> TransactionHash {
        self.hash
    }

    /// Who signed it.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Whether it is this signature, in the form of `ecrecover`.
    pub(crate) fn is_of(&self, r: &[u8; 32], s: &[u8; 32], y_is_odd: bool) -> bool {
        let numbers = [&self.signature.r, &self.signature.s];
        numbers == [&Word::from_be_bytes(r), &Word::from_be_bytes(s)]
            && self.signature.y_is_odd == y_is_odd
    }
}
