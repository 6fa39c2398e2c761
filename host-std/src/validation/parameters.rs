//! What the operator decides.

use super::DEFAULT_COMPUTATIONAL_GAS_LIMIT;
use crate::keccak::keccak_word;
use crate::transaction::L2Transaction;
use eravm_core::{Address, Word};
use primitive_types::U256;
use std::collections::HashSet;

/// Names of slots from whose hashes ERC-1967 subtracts 1, and which tokens read to find their own code.
const TRUSTED_ERC_1967_SLOTS: [&str; 3] =
    ["eip1967.proxy.rollback", "eip1967.proxy.implementation", "eip1967.proxy.admin"];
/// Names of slots of proxies that are older.
const TRUSTED_ZEPPELIN_OS_SLOTS: [&str; 2] =
    ["org.zeppelinos.proxy.admin", "org.zeppelinos.proxy.implementation"];
/// Slot of OpenZeppelin's `Initializable` with whether a contract is being initialised, as old tokens have it.
const INITIALIZING_SLOT: Word = Word::ONE;
/// Name of the slot (ERC-1967) with the address of a beacon, which is asked for the code.
const BEACON_SLOT: &str = "eip1967.proxy.beacon";

/// Who asserts the time for others: a contract that calls `SystemContext` and fails if the time is not in a range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimestampAsserter {
    /// Its address.
    pub address: Address,
    /// How much time there must be up to the end of a range, in seconds.
    pub min_seconds_till_end: u64,
}

/// What the validation of a paymaster may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PaymasterRules {
    /// Anything, with all ergs of the transaction. That is how the network does it.
    #[default]
    Unrestricted,
    /// As the account; and what the account may for itself, the paymaster may for itself as well. ERC-7562 allows that to those who
    /// have a stake.
    OwnSlots,
    /// As the account: neither its own slots, unless its address is trusted, nor those that others keep for it.
    AccountSlots,
}

/// What the rules depend on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValidationParameters {
    /// The account that the transaction is from.
    pub user_address: Address,
    /// Its paymaster.
    pub paymaster_address: Option<Address>,
    /// Slots that may always be read: contract and key.
    pub trusted_slots: HashSet<(Address, Word)>,
    /// Contracts whose slots may all be read.
    pub trusted_addresses: HashSet<Address>,
    /// Slots that may be read, and whose value is the address of a contract that becomes trusted then.
    pub trusted_address_slots: HashSet<(Address, Word)>,
    /// Ergs for the whole validation.
    pub computational_gas_limit: u32,
    /// Who asserts the time; without it, there is no way to look at it.
    pub timestamp_asserter: Option<TimestampAsserter>,
    /// What the paymaster may do.
    pub paymaster_rules: PaymasterRules,
}

impl ValidationParameters {
    /// The network's rules for a transaction: nothing and nobody is trusted.
    pub fn new(transaction: &L2Transaction) -> Self {
        Self {
            user_address: transaction.from,
            paymaster_address: transaction.kind.paymaster().map(|paymaster| paymaster.address),
            trusted_slots: HashSet::new(),
            trusted_addresses: HashSet::new(),
            trusted_address_slots: HashSet::new(),
            computational_gas_limit: DEFAULT_COMPUTATIONAL_GAS_LIMIT,
            timestamp_asserter: None,
            paymaster_rules: PaymasterRules::default(),
        }
    }

    /// Trusts a token as the network trusts those on its list: it may look up its own code where proxies keep that, and a beacon that it
    /// asks is trusted.
    pub fn trust_token(&mut self, token: Address) {
        let erc_1967 = TRUSTED_ERC_1967_SLOTS.iter().map(|name| hash_less_one(name));
        let zeppelin_os = TRUSTED_ZEPPELIN_OS_SLOTS.iter().map(|name| hash(name));
        let slots = erc_1967.chain(zeppelin_os).chain([INITIALIZING_SLOT]);
        self.trusted_slots.extend(slots.map(|slot| (token, slot)));
        self.trusted_address_slots.insert((token, hash_less_one(BEACON_SLOT)));
    }
}

fn hash(name: &str) -> Word {
    keccak_word([name.as_bytes()])
}

fn hash_less_one(name: &str) -> Word {
    U256::from(hash(name)).overflowing_sub(U256::one()).0.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::word;
    use crate::transaction::L2Kind;

    #[test]
    fn slots_of_proxies_are_those_that_they_use() {
        let kind =
            L2Kind::Legacy { chain_id: None, gas_price: Word::ZERO, signature: Default::default() };
        let mut parameters = ValidationParameters::new(&L2Transaction::new(kind));
        let token = Address::repeat_byte(7);
        parameters.trust_token(token);
        let slots = [
            "4910fdfa16fed3260ed0e7147f7cc6da11a60208b5b9406d12a635614ffd9143",
            "360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc",
            "b53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "10d6a54a4754c8869d6886b5f5d7fbfa5b4522237ea5c60d11bc4e7a1ff9390b",
            "7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3",
        ];
        assert_eq!(parameters.trusted_slots, slots.map(|slot| (token, word(slot))).into());
        let beacon = "a3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50";
        assert_eq!(parameters.trusted_address_slots, [(token, word(beacon))].into());
    }
}
