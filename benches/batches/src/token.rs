//! An ERC-20 token, deployed and minted in a batch before the one that is measured.

use crate::abi;
use crate::chain::Chain;
use crate::scenario::deployed_by;
use crate::sender::{Request, Sender};
use eravm_core::{Address, Word};
use eravm_host::artifact;
use eravm_host::batch::ExecutionResult;
use eravm_host::transaction::Transaction;
use std::error::Error;
use std::path::Path;

/// Where the token is in the corpus.
const ARTIFACT: &str = "sdk-contracts/Token.json";
/// Enough for the pubdata of its code.
const DEPLOYMENT_GAS: u64 = 200_000_000;
const CALL_GAS: u64 = 5_000_000;

/// A token whose whole supply belongs to the sender.
#[derive(Debug)]
pub(crate) struct Token {
    address: Address,
}

impl Token {
    /// Deploys it and mints tokens, in a batch of their own.
    pub(crate) fn deploy(
        chain: &mut Chain,
        sender: &mut Sender,
        corpus: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let file = corpus.join(ARTIFACT);
        let code = artifact::load(&file.to_string_lossy(), None)?.code;
        let deployment = sender.deploy(&code, &constructor_input(), DEPLOYMENT_GAS)?;
        let outcomes = chain.run(&[deployment])?;
        let Some(address) = deployed_by(&outcomes) else {
            return Err(format!("the token was not deployed: {outcomes:?}").into());
        };
        let token = Self { address };
        let arguments = [Word::from_address(&sender.address()), Word::from_u64(u64::MAX)];
        let mint = token.call(sender, abi::call("mint(address,uint256)", &arguments))?;
        let outcomes = chain.run(&[mint])?;
        match outcomes.iter().all(|it| matches!(it.result, ExecutionResult::Success { .. })) {
            true => Ok(token),
            false => Err(format!("no tokens were minted: {outcomes:?}").into()),
        }
    }

    fn call(&self, sender: &mut Sender, calldata: Vec<u8>) -> Result<Transaction, Box<dyn Error>> {
        let to = self.address;
        let factory_deps = Vec::new();
        sender.sign(Request { to, gas_limit: CALL_GAS, value: 0, calldata, factory_deps })
    }

    /// The next transaction transfers some tokens.
    pub(crate) fn transfer(
        &self,
        sender: &mut Sender,
        to: &Address,
    ) -> Result<Transaction, Box<dyn Error>> {
        let arguments = [Word::from_address(to), Word::from_u64(1000)];
        self.call(sender, abi::call("transfer(address,uint256)", &arguments))
    }
}

/// Name, symbol and decimals.
fn constructor_input() -> Vec<u8> {
    let (name, symbol) = (abi::bytes(b"Benchmark"), abi::bytes(b"BENCH"));
    let (name_offset, symbol_offset) = (96, 96 + 32 * name.len() as u64);
    let head = [name_offset, symbol_offset, 18].map(Word::from_u64);
    head.iter().chain(&name).chain(&symbol).flat_map(Word::to_be_bytes).collect()
}
