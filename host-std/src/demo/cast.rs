//! Who takes part.

use super::code::Codes;
use super::error::DemoError;
use crate::batch_file::TestAccount;
use crate::fees::FeeInput;
use crate::system_contracts::{create2_address, deployment_calldata};
use crate::transaction::FactoryDep;
use eravm_core::{Address, Word};
use std::collections::BTreeMap;

/// The accounts, and where the contracts stand.
#[derive(Clone, Debug)]
pub struct Cast {
    pub(super) chain_id: u64,
    /// What transactions offer for gas, in wei.
    pub(super) gas_price: Word,
    /// What those from L1 pay for a byte of pubdata, in gas.
    pub(super) gas_per_pubdata: Word,
    pub(super) alice: TestAccount,
    pub(super) bob: TestAccount,
    pub(super) carol: TestAccount,
    /// Has tokens, and nothing to pay fees with.
    pub(super) dave: TestAccount,
    /// Is known on L1 only.
    pub(super) erin: TestAccount,
    pub(super) codes: Codes,
    pub(super) token: Deployed,
    /// The account of two signers: Alice and Bob.
    pub(super) wallet: Deployed,
    pub(super) paymaster: Deployed,
    /// The EVM contract, when it is deployed.
    pub(super) counter: Option<Address>,
}

/// A contract and the calldata that deploys it.
#[derive(Clone, Debug)]
pub(super) struct Deployed {
    pub(super) address: Address,
    pub(super) deployment: Vec<u8>,
}

/// What the salt of deployments is: the number of the scene, so to speak.
const SALT: Word = Word::from_u64(1);
/// Tokens that there are.
const SUPPLY: Word = Word::from_u64(1_000_000);

impl Cast {
    /// On a chain with these prices.
    ///
    /// # Errors
    /// None with the sources that come with the crate.
    pub fn new(chain_id: u64, prices: &FeeInput) -> Result<Self, DemoError> {
        let [alice, bob, carol] = ["alice", "bob", "carol"].map(TestAccount::new);
        let (alice, bob) = (alice?, bob?);
        let codes = Codes::assemble()?;
        let deployed = |code: &FactoryDep, input: &[Word], is_account: bool| {
            let input: Vec<u8> = input.iter().flat_map(Word::to_be_bytes).collect();
            let hash = code.hash();
            Deployed {
                address: create2_address(&alice.address, &SALT, &hash, &input),
                deployment: deployment_calldata(&hash, Some(&SALT), &input, is_account),
            }
        };
        let signers = [&alice, &bob].map(|signer| Word::from_address(&signer.address));
        let base_fee = prices.base_fee();
        Ok(Self {
            chain_id,
            gas_price: Word::from_u64(base_fee),
            gas_per_pubdata: Word::from_u64(prices.gas_per_pubdata(base_fee)),
            token: deployed(&codes.token, &[SUPPLY], false),
            wallet: deployed(&codes.two_signers, &signers, true),
            paymaster: deployed(&codes.paymaster, &[], false),
            codes,
            carol: carol?,
            dave: TestAccount::new("dave")?,
            erin: TestAccount::new("erin")?,
            alice,
            bob,
            counter: None,
        })
    }

    /// Those who begin with something.
    pub fn rich(&self) -> [Address; 2] {
        [self.alice.address, self.bob.address]
    }

    /// Names for tables.
    pub fn names(&self) -> BTreeMap<Address, String> {
        let people = [&self.alice, &self.bob, &self.carol, &self.dave, &self.erin];
        let people = people.map(|account| (account.address, account.name.as_str()));
        let contracts = [
            (self.token.address, "token"),
            (self.wallet.address, "wallet"),
            (self.paymaster.address, "paymaster"),
        ];
        let counter = self.counter.map(|address| (address, "counter"));
        let all = people.into_iter().chain(contracts).chain(counter);
        all.map(|(address, name)| (address, name.to_owned())).collect()
    }
}
