//! The account that sends all transactions.

use crate::abi;
use crate::chain::CHAIN_ID;
use eravm_core::{Address, Word};
use eravm_host::system_contracts::addresses::CONTRACT_DEPLOYER;
use eravm_host::transaction::{
    Ecdsa, Eip712, FactoryDep, L2Kind, L2Transaction, Signature, Transaction, address_of_key,
};
use std::error::Error;

/// What a transaction pays per gas at most, in wei: the price of gas in the batches.
const MAX_FEE_PER_GAS: u64 = 250_000_000;
/// Most gas that it pays per byte of pubdata: what the bootloader allows.
const GAS_PER_PUBDATA_LIMIT: u64 = 50_000;
/// The key that zksync-era's VM benchmark signs with.
const KEY: [u8; 32] = [42; 32];

/// An account with its nonce.
#[derive(Clone, Debug)]
pub struct Sender {
    address: Address,
    nonce: u64,
}

/// What a transaction is to do.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) to: Address,
    pub(crate) gas_limit: u64,
    pub(crate) value: u64,
    pub(crate) calldata: Vec<u8>,
    pub(crate) factory_deps: Vec<FactoryDep>,
}

impl Sender {
    /// The account before its first transaction.
    ///
    /// # Errors
    /// Never: its key is a key.
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self { address: address_of_key(&KEY)?, nonce: 0 })
    }

    /// Its address.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Signs the next transaction.
    pub(crate) fn sign(&mut self, request: Request) -> Result<Transaction, Box<dyn Error>> {
        let kind = L2Kind::Eip712(Box::new(Eip712 {
            chain_id: CHAIN_ID,
            max_fee_per_gas: Word::from_u64(MAX_FEE_PER_GAS),
            max_priority_fee_per_gas: Word::ZERO,
            gas_per_pubdata_limit: Word::from_u64(GAS_PER_PUBDATA_LIMIT),
            factory_deps: request.factory_deps,
            paymaster: None,
            signature: Signature::Ecdsa(Ecdsa::default()),
        }));
        let unsigned = L2Transaction {
            from: self.address,
            to: Some(request.to),
            nonce: Word::from_u64(self.nonce),
            gas_limit: Word::from_u64(request.gas_limit),
            value: Word::from_u64(request.value),
            calldata: request.calldata,
            kind,
        };
        self.nonce += 1;
        Ok(unsigned.sign(&KEY)?.into())
    }

    /// The next transaction, of type 2, deploys EVM code: `creation` is what runs, with its arguments.
    pub(crate) fn deploy_evm(
        &mut self,
        creation: &[u8],
        gas_limit: u64,
    ) -> Result<Transaction, Box<dyn Error>> {
        let unsigned = L2Transaction {
            from: self.address,
            to: None,
            nonce: Word::from_u64(self.nonce),
            gas_limit: Word::from_u64(gas_limit),
            value: Word::ZERO,
            calldata: creation.to_vec(),
            kind: L2Kind::Eip1559 {
                chain_id: CHAIN_ID,
                max_fee_per_gas: Word::from_u64(MAX_FEE_PER_GAS),
                max_priority_fee_per_gas: Word::ZERO,
                signature: Ecdsa::default(),
            },
        };
        self.nonce += 1;
        Ok(unsigned.sign(&KEY)?.into())
    }

    /// The next transaction deploys a contract (`ContractDeployer.create`).
    pub(crate) fn deploy(
        &mut self,
        code: &[u8],
        constructor_input: &[u8],
        gas_limit: u64,
    ) -> Result<Transaction, Box<dyn Error>> {
        let code = FactoryDep::new(code).map_err(|error| error.to_string())?;
        // Salt, hash, and where the input begins.
        let mut arguments = vec![Word::ZERO, code.hash().to_word(), Word::from_u64(96)];
        arguments.extend(abi::bytes(constructor_input));
        self.sign(Request {
            to: CONTRACT_DEPLOYER,
            gas_limit,
            value: 0,
            calldata: abi::call("create(bytes32,bytes32,bytes)", &arguments),
            factory_deps: vec![code],
        })
    }
}
