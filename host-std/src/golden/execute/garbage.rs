//! Transactions that no batch accepts.

use super::super::format::Batch;
use crate::transaction::{L2Kind, Signature, Transaction};
use eravm_core::Word;

/// Makes nonsense out of transactions.
#[derive(Debug)]
pub(super) struct Garbage {
    /// How many transactions were looked at.
    seen: u64,
    is_proved: bool,
}

impl Garbage {
    pub(super) fn new(batch: &Batch) -> Self {
        Self { seen: 0, is_proved: batch.is_proved() }
    }

    /// Transactions beside this one that must be refused: with a nonce that nobody has, with a price that is too low, with too little
    /// gas, with a broken signature.
    pub(super) fn beside(&mut self, transaction: &Transaction) -> Vec<Transaction> {
        let Transaction::L2(good) = transaction else { return Vec::new() };
        if !self.is_proved {
            return Vec::new();
        }
        self.seen += 1;
        let mut all = Vec::new();
        let far_nonce = Word([self.seen, 0, 1, 0]);
        all.push(Transaction::L2(crate::transaction::L2Transaction {
            nonce: far_nonce,
            ..good.clone()
        }));
        all.push(Transaction::L2(crate::transaction::L2Transaction {
            gas_limit: Word::from_u64(self.seen),
            ..good.clone()
        }));
        let mut cheap = good.clone();
        match &mut cheap.kind {
            L2Kind::Legacy { gas_price, .. } | L2Kind::Eip2930 { gas_price, .. } => {
                *gas_price = Word::from_u64(1);
            }
            L2Kind::Eip1559 { max_fee_per_gas, max_priority_fee_per_gas, .. } => {
                *max_fee_per_gas = Word::from_u64(1);
                *max_priority_fee_per_gas = Word::ZERO;
            }
            L2Kind::Eip712(own) => {
                own.max_fee_per_gas = Word::from_u64(1);
                own.max_priority_fee_per_gas = Word::ZERO;
            }
        }
        all.push(Transaction::L2(cheap));
        if let L2Kind::Eip712(own) = &good.kind
            && let Signature::Ecdsa(_) = own.signature
        {
            let mut other = good.clone();
            other.value = Word([good.value.0[0] ^ 1, good.value.0[1], good.value.0[2], 0]);
            all.push(Transaction::L2(other));
        }
        all
    }
}
