//! The hash that is signed for type 0x71: typed data (EIP-712).

use super::keccak::keccak;
use super::l2::{Eip712, L2Transaction};
use super::{EIP_712, TransactionHash};
use eravm_core::{Address, Word};

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

/// The hash that is signed.
pub(super) fn signed_hash(transaction: &L2Transaction, own: &Eip712) -> TransactionHash {
    let domain = domain(own.chain_id);
    let transaction = structure(transaction, own);
    TransactionHash::from(Word::from_be_bytes(&keccak([&b"\x19\x01"[..], &domain, &transaction])))
}

fn domain(chain_id: u64) -> [u8; 32] {
    let chain_id = Word::from_u64(chain_id).to_be_bytes();
    let parts = [keccak([DOMAIN_TYPE]), keccak([DOMAIN_NAME]), keccak([DOMAIN_VERSION]), chain_id];
    keccak(parts.iter().map(|part| &part[..]))
}

fn structure(transaction: &L2Transaction, own: &Eip712) -> [u8; 32] {
    let address = |address: Address| Word::from_address(&address).to_be_bytes();
    let paymaster = own.paymaster.as_ref();
    let input = paymaster.map_or(&[][..], |paymaster| &paymaster.input);
    let hashes: Vec<_> = own.factory_deps.iter().map(|dep| dep.hash().0).collect();
    let parts = [
        keccak([TRANSACTION_TYPE]),
        Word::from_u64(u64::from(EIP_712)).to_be_bytes(),
        address(transaction.from),
        address(transaction.to.unwrap_or_default()),
        transaction.gas_limit.to_be_bytes(),
        own.gas_per_pubdata_limit.to_be_bytes(),
        own.max_fee_per_gas.to_be_bytes(),
        own.max_priority_fee_per_gas.to_be_bytes(),
        address(paymaster.map(|paymaster| paymaster.address).unwrap_or_default()),
        transaction.nonce.to_be_bytes(),
        transaction.value.to_be_bytes(),
        keccak([&transaction.calldata[..]]),
        keccak(hashes.iter().map(|hash| &hash[..])),
        keccak([input]),
    ];
    keccak(parts.iter().map(|part| &part[..]))
}
