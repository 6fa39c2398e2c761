//! The block and the transaction as code sees them, and the host of frames.

use super::super::fork::Fork;
use super::super::host::{Environment, EvmHost, HostResult, Loaded, SelfDestructed, Stored};
use super::format::Env;
use super::state::{Log, State};
use crate::keccak::keccak_word;
use eravm_core::{Address, Word};
use primitive_types::U256;

/// Chain of all state tests.
const CHAIN_ID: u64 = 1;
/// Blocks whose hashes are known.
const BLOCK_HASHES: u64 = 256;
/// How fast the price of blobs changes (EIP-4844).
const BLOB_FEE_UPDATE_FRACTION: u64 = 3_338_477;

/// What code can know of block and transaction.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) coinbase: Address,
    pub(super) number: Word,
    pub(super) timestamp: Word,
    pub(super) gas_limit: Word,
    pub(super) base_fee: U256,
    pub(super) blob_base_fee: U256,
    /// The difficulty before Paris.
    pub(super) randomness: Word,
}

impl Block {
    pub(super) fn new(env: &Env, fork: Fork) -> Self {
        let difficulty = env.current_difficulty.map_or(Word::ZERO, |number| number.0);
        let random = env.current_random.map_or(difficulty, |number| number.0);
        let excess = env.current_excess_blob_gas.and_then(|gas| gas.0.to_u64()).unwrap_or(0);
        Self {
            coinbase: env.current_coinbase.0,
            number: env.current_number.0,
            timestamp: env.current_timestamp.0,
            gas_limit: env.current_gas_limit.0,
            base_fee: match env.current_base_fee {
                Some(fee) if fork >= Fork::London => fee.0.into(),
                _ => U256::zero(),
            },
            blob_base_fee: blob_base_fee(excess),
            randomness: if fork >= Fork::Paris { random } else { difficulty },
        }
    }
}

/// The price of blobs' gas: e to the power of the excess, by its Taylor series in integers (EIP-4844).
fn blob_base_fee(excess: u64) -> U256 {
    let (numerator, denominator) = (U256::from(excess), U256::from(BLOB_FEE_UPDATE_FRACTION));
    let (mut sum, mut term, mut index) = (U256::zero(), denominator, U256::one());
    while !term.is_zero() {
        sum = sum.saturating_add(term);
        term = term.saturating_mul(numerator) / denominator.saturating_mul(index);
        index += U256::one();
        // Beyond every price that can be paid.
        if sum > U256::one() << 200 {
            break;
        }
    }
    sum / denominator
}

/// The host of frames.
#[derive(Debug)]
pub(super) struct TestHost<'a> {
    pub(super) state: &'a mut State,
    pub(super) block: &'a Block,
    pub(super) origin: Address,
    pub(super) gas_price: U256,
    pub(super) blob_hashes: &'a [Word],
}

impl EvmHost for TestHost<'_> {
    fn environment(&mut self, what: Environment) -> HostResult<Word> {
        Ok(match what {
            Environment::Origin => Word::from_address(&self.origin),
            Environment::GasPrice => self.gas_price.into(),
            Environment::Coinbase => Word::from_address(&self.block.coinbase),
            Environment::Timestamp => self.block.timestamp,
            Environment::Number => self.block.number,
            Environment::Randomness => self.block.randomness,
            Environment::GasLimit => self.block.gas_limit,
            Environment::ChainId => Word::from_u64(CHAIN_ID),
            Environment::BaseFee => self.block.base_fee.into(),
            Environment::BlobBaseFee => self.block.blob_base_fee.into(),
        })
    }

    /// Block hashes of state tests are the hashes of the numbers, in decimal.
    fn block_hash(&mut self, number: &Word) -> HostResult<Word> {
        let (current, number) = (U256::from(self.block.number), U256::from(*number));
        let is_known = number < current && current - number <= U256::from(BLOCK_HASHES);
        Ok(if is_known { keccak_word([number.to_string().as_bytes()]) } else { Word::ZERO })
    }

    fn blob_hash(&mut self, index: &Word) -> HostResult<Word> {
        let index = index.to_u64().and_then(|index| usize::try_from(index).ok());
        let hash = index.and_then(|index| self.blob_hashes.get(index));
        Ok(hash.copied().unwrap_or(Word::ZERO))
    }

    fn warm_account(&mut self, address: &Address) -> HostResult<bool> {
        Ok(self.state.warm(address))
    }

    fn balance(&mut self, address: &Address) -> HostResult<Word> {
        Ok(self.state.balance(address).into())
    }

    fn is_empty(&mut self, address: &Address) -> HostResult<bool> {
        Ok(self.state.is_dead(address))
    }

    fn code_size(&mut self, address: &Address) -> HostResult<u64> {
        Ok(self.state.get(address).map_or(0, |account| account.code.bytes().len() as u64))
    }

    fn code_hash(&mut self, address: &Address) -> HostResult<Word> {
        if self.state.is_dead(address) {
            return Ok(Word::ZERO);
        }
        Ok(self.state.get(address).map_or(Word::ZERO, |account| account.code_hash))
    }

    fn copy_code(&mut self, address: &Address, from: u64, to: &mut [u8]) -> HostResult<()> {
        let code = self.state.get(address).map_or(&[][..], |account| account.code.bytes());
        let rest = usize::try_from(from).ok().and_then(|from| code.get(from..));
        let rest = rest.unwrap_or_default();
        to.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        Ok(())
    }

    fn load(&mut self, this: &Address, key: &Word) -> HostResult<Loaded> {
        let was_cold = self.state.warm_slot(this, key);
        Ok(Loaded { value: self.state.slot(this, key), was_cold })
    }

    fn before_store(&mut self, this: &Address, key: &Word) -> HostResult<Stored> {
        Ok(Stored {
            was_cold: self.state.warm_slot(this, key),
            original: self.state.original(this, key),
            current: self.state.slot(this, key),
        })
    }

    fn store(&mut self, this: &Address, key: &Word, value: &Word) -> HostResult<()> {
        self.state.set_slot(this, key, value);
        Ok(())
    }

    fn load_transient(&mut self, this: &Address, key: &Word) -> HostResult<Word> {
        Ok(self.state.transient(this, key))
    }

    fn store_transient(&mut self, this: &Address, key: &Word, value: &Word) -> HostResult<()> {
        self.state.set_transient(this, key, value);
        Ok(())
    }

    fn log(&mut self, this: &Address, topics: &[Word], data: &[u8]) -> HostResult<()> {
        self.state.log(Log { address: *this, topics: topics.to_vec(), data: data.to_vec() });
        Ok(())
    }

    fn self_destruct(&mut self, this: &Address, heir: &Address) -> HostResult<SelfDestructed> {
        let was_cold = self.state.warm(heir);
        let heir_exists = !self.state.is_dead(heir);
        let balance = self.state.balance(this);
        let was_destroyed = self.state.was_destroyed(this);
        if heir != this {
            self.state.transfer(this, heir, balance);
        }
        // EIP-6780: only contracts of the same transaction go; others give what they have.
        if !self.state.rules.since(Fork::Cancun) || self.state.was_created(this) {
            self.state.set_balance(this, U256::zero());
            self.state.destroy(this);
        }
        Ok(SelfDestructed { had_value: !balance.is_zero(), heir_exists, was_cold, was_destroyed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_become_dearer_with_their_excess() {
        assert_eq!(blob_base_fee(0), U256::one());
        assert_eq!(blob_base_fee(2_314_057), U256::one());
        assert_eq!(blob_base_fee(2_314_058), U256::from(2));
        assert_eq!(blob_base_fee(10 << 20), U256::from(23));
        assert!(blob_base_fee(u64::MAX) > U256::one() << 100);
    }
}
