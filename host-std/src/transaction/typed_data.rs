//! The hash that is signed for type 0x71: typed data (EIP-712).

use super::keccak::keccak;
use super::l2::{Eip712, L2Transaction};
use super::{EIP_712, TransactionHash};
use eravm_core::{Address, Word};
use std::cell::Cell;
use std::sync::LazyLock;

/// The type of the domain. It has no contract and no salt.
const DOMAIN_TYPE: &[u8] = b"EIP712Domain(string name,string version,uint256 chainId)";
/// The name in the domain.
const DOMAIN_NAME: &[u8] = b"zkSync";
/// The version in the domain.
const DOMAIN_VERSION: &[u8] = b"2";
/// The type of the transaction. Addresses are numbers in it.
const TRANSACTION_TYPE: &[u8] = b"Transaction(uint256 txType,uint256 from,uint256 to,uint256 gasLimit,\
    uint256 gasPerPubdataByteLimit,uint256 maxFeePerGas,uint256 maxPriorityFeePerGas,uint256 paymaster,\
    uint256 nonce,uint256 value,bytes data,bytes32[] factoryDeps,bytes paymasterInput)";

/// The hashes of what is the same in all domains and transactions, and of nothing.
static CONSTANTS: LazyLock<[[u8; 32]; 5]> = LazyLock::new(|| {
    [DOMAIN_TYPE, DOMAIN_NAME, DOMAIN_VERSION, TRANSACTION_TYPE, b""].map(|text| keccak([text]))
});

/// What of a transaction is signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypedData<'a> {
    /// The fields of one word, from the type of the transaction to its value.
    pub(crate) words: [Word; 10],
    pub(crate) data: &'a [u8],
    /// Hashes of code, one behind the other.
    pub(crate) factory_deps: &'a [u8],
    pub(crate) paymaster_input: &'a [u8],
}

impl TypedData<'_> {
    /// The hash that is signed for a chain.
    pub(crate) fn hash(&self, chain_id: &Word) -> [u8; 32] {
        let domain = domain(chain_id);
        let transaction = self.structure();
        keccak([&b"\x19\x01"[..], &domain, &transaction])
    }

    fn structure(&self) -> [u8; 32] {
        let [.., of_type, of_nothing] = &*CONSTANTS;
        let words = self.words.map(|word| word.to_be_bytes());
        // Most transactions have no more than one of them.
        let hash_of = |bytes: &[u8]| if bytes.is_empty() { *of_nothing } else { keccak([bytes]) };
        let dynamic = [self.data, self.factory_deps, self.paymaster_input].map(hash_of);
        keccak([&of_type[..], words.as_flattened(), dynamic.as_flattened()])
    }
}

/// The hash that is signed.
pub(super) fn signed_hash(transaction: &L2Transaction, own: &Eip712) -> TransactionHash {
    let address = |address: Address| Word::from_address(&address);
    let paymaster = own.paymaster.as_ref();
    let hashes: Vec<_> = own.factory_deps.iter().map(|dep| dep.hash().0).collect();
    let data = TypedData {
        words: [
            Word::from_u64(u64::from(EIP_712)),
            address(transaction.from),
            address(transaction.to.unwrap_or_default()),
            transaction.gas_limit,
            own.gas_per_pubdata_limit,
            own.max_fee_per_gas,
            own.max_priority_fee_per_gas,
            address(paymaster.map(|paymaster| paymaster.address).unwrap_or_default()),
            transaction.nonce,
            transaction.value,
        ],
        data: &transaction.calldata,
        factory_deps: hashes.as_flattened(),
        paymaster_input: paymaster.map_or(&[][..], |paymaster| &paymaster.input),
    };
    TransactionHash::from(Word::from_be_bytes(&data.hash(&Word::from_u64(own.chain_id))))
}

/// The hash of a chain's domain. Most transactions are for the same chain as the one before.
fn domain(chain_id: &Word) -> [u8; 32] {
    thread_local! {
        static LAST: Cell<Option<(Word, [u8; 32])>> = const { Cell::new(None) };
    }
    match LAST.get() {
        Some((last, hash)) if last == *chain_id => hash,
        _ => {
            let [of_type, name, version, ..] = &*CONSTANTS;
            let hash = keccak([&of_type[..], name, version, &chain_id.to_be_bytes()]);
            LAST.set(Some((*chain_id, hash)));
            hash
        }
    }
}
