//! The transactions, in order.

use super::cast::{Cast, Deployed};
use super::code::COUNTER;
use super::error::DemoError;
use crate::batch_file::TestAccount;
use crate::embedded::solidity::{Encoder, Selector, selector};
use crate::system_contracts::addresses::{BASE_TOKEN, CONTRACT_DEPLOYER};
use crate::transaction::{
    CustomSignature, Ecdsa, Eip712, FactoryDep, L1Transaction, L2Kind, L2Transaction, Paymaster,
    Signature, Transaction,
};
use eravm_core::{Address, Word};

/// A transaction.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What it shows.
    pub title: &'static str,
    /// Who sends it.
    pub sender: fn(&Cast) -> Address,
    /// The contract that it deploys at an address known before; it is left out where that is done already.
    pub deploys: Option<fn(&Cast) -> Address>,
    /// Makes it, with the sender's nonce.
    pub make: fn(&Cast, Word) -> Result<Transaction, DemoError>,
}

/// Gas limit of all of them.
const GAS_LIMIT: Word = Word::from_u64(10_000_000);
/// Most gas that they pay for a byte of pubdata.
const GAS_PER_PUBDATA_LIMIT: Word = Word::from_u64(50_000);

const TRANSFER: Selector = selector("transfer(address,uint256)");
const WITHDRAW: Selector = selector("withdraw(address)");
const GENERAL_FLOW: Selector = selector("general(bytes)");

/// Thousandths of the base token in wei.
const fn milli(amount: u64) -> Word {
    Word::from_u128(amount as u128 * 1_000_000_000_000_000)
}

/// All of them.
pub const STEPS: &[Step] = &[
    Step {
        title: "a transfer",
        sender: alice,
        deploys: None,
        make: |cast, nonce| {
            let kind = L2Kind::Legacy {
                chain_id: Some(cast.chain_id),
                gas_price: cast.gas_price,
                signature: Ecdsa::default(),
            };
            let to = Some(cast.bob.address);
            cast.signed(
                &cast.alice,
                nonce,
                L2Transaction { to, value: milli(1000), ..L2Transaction::new(kind) },
            )
        },
    },
    Step {
        title: "a transfer of type 2, to a new account",
        sender: bob,
        deploys: None,
        make: |cast, nonce| {
            let to = Some(cast.carol.address);
            cast.signed(&cast.bob, nonce, L2Transaction { to, value: milli(250), ..cast.eip1559() })
        },
    },
    Step {
        title: "a token from EraVM assembly is deployed",
        sender: alice,
        deploys: Some(|cast| cast.token.address),
        make: |cast, nonce| cast.deploy(nonce, &cast.token, &cast.codes.token),
    },
    Step {
        title: "tokens are transferred",
        sender: alice,
        deploys: None,
        make: |cast, nonce| cast.pay_tokens(&cast.alice, nonce, &cast.bob, 250_000, None),
    },
    Step {
        title: "an account with two signers is deployed",
        sender: alice,
        deploys: Some(|cast| cast.wallet.address),
        make: |cast, nonce| cast.deploy(nonce, &cast.wallet, &cast.codes.two_signers),
    },
    Step {
        title: "it gets something to spend",
        sender: alice,
        deploys: None,
        make: |cast, nonce| {
            let to = Some(cast.wallet.address);
            cast.signed(
                &cast.alice,
                nonce,
                L2Transaction { to, value: milli(500), ..cast.eip1559() },
            )
        },
    },
    Step {
        title: "and spends it, signed by both",
        sender: |cast| cast.wallet.address,
        deploys: None,
        make: |cast, nonce| {
            let transaction = L2Transaction {
                from: cast.wallet.address,
                to: Some(cast.carol.address),
                nonce,
                gas_limit: GAS_LIMIT,
                value: milli(100),
                ..L2Transaction::new(L2Kind::Eip712(Box::new(cast.eip712(Vec::new(), None))))
            };
            cast.signed_by_both(transaction)
        },
    },
    Step {
        title: "a paymaster is deployed",
        sender: alice,
        deploys: Some(|cast| cast.paymaster.address),
        make: |cast, nonce| cast.deploy(nonce, &cast.paymaster, &cast.codes.paymaster),
    },
    Step {
        title: "it gets something to pay fees with",
        sender: alice,
        deploys: None,
        make: |cast, nonce| {
            let to = Some(cast.paymaster.address);
            cast.signed(
                &cast.alice,
                nonce,
                L2Transaction { to, value: milli(50), ..cast.eip1559() },
            )
        },
    },
    Step {
        title: "tokens for an account that has nothing else",
        sender: bob,
        deploys: None,
        make: |cast, nonce| cast.pay_tokens(&cast.bob, nonce, &cast.dave, 100, None),
    },
    Step {
        title: "that account transfers some, and the paymaster pays",
        sender: |cast| cast.dave.address,
        deploys: None,
        make: |cast, nonce| {
            let paymaster = Paymaster {
                address: cast.paymaster.address,
                input: Encoder::call(GENERAL_FLOW).bytes(&[]).finish(),
            };
            cast.pay_tokens(&cast.dave, nonce, &cast.carol, 40, Some(paymaster))
        },
    },
    Step {
        title: "a counter of EVM code is deployed",
        sender: alice,
        deploys: None,
        make: |cast, nonce| {
            cast.signed(
                &cast.alice,
                nonce,
                L2Transaction { to: None, calldata: COUNTER.to_vec(), ..cast.eip1559() },
            )
        },
    },
    Step {
        title: "and counts",
        sender: bob,
        deploys: None,
        make: |cast, nonce| {
            cast.signed(&cast.bob, nonce, L2Transaction { to: cast.counter, ..cast.eip1559() })
        },
    },
    Step {
        title: "a deposit from L1",
        sender: |cast| cast.erin.address,
        deploys: None,
        make: |cast, nonce| {
            Ok(Transaction::Priority(L1Transaction {
                from: cast.erin.address,
                to: cast.erin.address,
                gas_limit: GAS_LIMIT,
                gas_per_pubdata_limit: cast.gas_per_pubdata,
                max_fee_per_gas: cast.gas_price,
                nonce,
                value: milli(1000),
                to_mint: milli(1010),
                refund_recipient: cast.erin.address,
                ..L1Transaction::default()
            }))
        },
    },
    Step {
        title: "a withdrawal to L1",
        sender: alice,
        deploys: None,
        make: |cast, nonce| {
            let data = Encoder::call(WITHDRAW).address(&cast.alice.address).finish();
            cast.signed(
                &cast.alice,
                nonce,
                L2Transaction {
                    to: Some(BASE_TOKEN),
                    value: milli(10),
                    calldata: data,
                    ..cast.eip1559()
                },
            )
        },
    },
    Step {
        title: "a transfer of tokens that are not there: it fails, and is paid for",
        sender: bob,
        deploys: None,
        make: |cast, nonce| cast.pay_tokens(&cast.bob, nonce, &cast.alice, u64::MAX, None),
    },
];

fn alice(cast: &Cast) -> Address {
    cast.alice.address
}

fn bob(cast: &Cast) -> Address {
    cast.bob.address
}

impl Cast {
    fn eip1559(&self) -> L2Transaction {
        L2Transaction::new(L2Kind::Eip1559 {
            chain_id: self.chain_id,
            max_fee_per_gas: self.gas_price,
            max_priority_fee_per_gas: Word::ZERO,
            signature: Ecdsa::default(),
        })
    }

    fn eip712(&self, factory_deps: Vec<FactoryDep>, paymaster: Option<Paymaster>) -> Eip712 {
        Eip712 {
            chain_id: self.chain_id,
            max_fee_per_gas: self.gas_price,
            max_priority_fee_per_gas: Word::ZERO,
            gas_per_pubdata_limit: GAS_PER_PUBDATA_LIMIT,
            factory_deps,
            paymaster,
            signature: Signature::Ecdsa(Ecdsa::default()),
        }
    }

    /// Makes a transaction one of an account, with its signature.
    fn signed(
        &self,
        sender: &TestAccount,
        nonce: Word,
        transaction: L2Transaction,
    ) -> Result<Transaction, DemoError> {
        let (from, gas_limit) = (sender.address, GAS_LIMIT);
        let transaction = L2Transaction { from, nonce, gas_limit, ..transaction };
        Ok(Transaction::L2(transaction.sign(&sender.key)?))
    }

    fn deploy(
        &self,
        nonce: Word,
        deployed: &Deployed,
        code: &FactoryDep,
    ) -> Result<Transaction, DemoError> {
        let kind = L2Kind::Eip712(Box::new(self.eip712(vec![code.clone()], None)));
        let (to, calldata) = (Some(CONTRACT_DEPLOYER), deployed.deployment.clone());
        let transaction = L2Transaction { to, calldata, ..L2Transaction::new(kind) };
        self.signed(&self.alice, nonce, transaction)
    }

    fn pay_tokens(
        &self,
        from: &TestAccount,
        nonce: Word,
        to: &TestAccount,
        amount: u64,
        paymaster: Option<Paymaster>,
    ) -> Result<Transaction, DemoError> {
        let calldata = Encoder::call(TRANSFER).address(&to.address).number(amount).finish();
        let to = Some(self.token.address);
        let transaction = match paymaster {
            None => self.eip1559(),
            Some(_) => {
                L2Transaction::new(L2Kind::Eip712(Box::new(self.eip712(Vec::new(), paymaster))))
            }
        };
        self.signed(from, nonce, L2Transaction { to, calldata, ..transaction })
    }

    /// Adds the signatures of the wallet's owners.
    fn signed_by_both(&self, mut transaction: L2Transaction) -> Result<Transaction, DemoError> {
        let hash = transaction.signed_hash();
        let mut bytes = Vec::new();
        for owner in [&self.alice, &self.bob] {
            bytes.extend(Ecdsa::sign(&owner.key, &hash.0)?.packed());
        }
        if let L2Kind::Eip712(own) = &mut transaction.kind {
            let unused = CustomSignature::default().unused;
            own.signature = Signature::Custom(CustomSignature { bytes, unused });
        }
        Ok(Transaction::L2(transaction))
    }
}
