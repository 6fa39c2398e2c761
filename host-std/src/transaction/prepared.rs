//! Transactions of which is known what takes long to compute.

use super::{RecoveredSigner, Transaction, TransactionHash};

/// A transaction with its hashes and who signed it, as a node has it from the time when it accepted it: it had to compute all that to
/// tell whether the transaction is one.
///
/// An executor that [gets it so](crate::batch::BatchExecutor::execute_prepared) does not compute the same things twice. Nothing else
/// is different.
#[derive(Clone, Debug)]
pub struct PreparedTransaction {
    transaction: Transaction,
    hashes: [TransactionHash; 2],
    signer: Option<RecoveredSigner>,
}

impl PreparedTransaction {
    /// Computes the hashes and, where one key has signed it, recovers that. Signatures that contracts check, and those that are wrong,
    /// are left to the machine.
    pub fn new(transaction: Transaction) -> Self {
        let hashes = transaction.hashes();
        let signer = match &transaction {
            Transaction::L2(sent) => sent.kind.ecdsa().and_then(|signature| {
                let [_, signed] = hashes;
                RecoveredSigner::new(signed, signature).ok()
            }),
            Transaction::Priority(_) | Transaction::Upgrade(_) => None,
        };
        Self { transaction, hashes, signer }
    }

    /// The transaction.
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// Gives the transaction back.
    pub fn into_transaction(self) -> Transaction {
        self.transaction
    }

    /// The hash by which it is known.
    pub const fn hash(&self) -> TransactionHash {
        self.hashes[0]
    }

    /// The hash by which it is known, and the one that is signed; see [`Transaction::hashes`].
    pub const fn hashes(&self) -> [TransactionHash; 2] {
        self.hashes
    }

    /// Whose key has signed it, if one has. Not whether that may act for the account.
    pub const fn signer(&self) -> Option<&RecoveredSigner> {
        self.signer.as_ref()
    }
}

impl From<Transaction> for PreparedTransaction {
    fn from(transaction: Transaction) -> Self {
        Self::new(transaction)
    }
}
