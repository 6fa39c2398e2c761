//! What a genesis upgrade is told: what all chains have in common, and what the chain has of its own.

use crate::abi;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Arguments, too_much_memory};
use eravm_core::{Address, Word};

/// Words of what is common.
const COMMON_WORDS: usize = 14;
/// Words of what is not, without its texts.
const OWN_WORDS: usize = 6;
/// A text of at least so many bytes does not fit in any memory: its offsets have 64 bits.
const ENDLESS: u64 = u64::MAX - 0xff;

/// What all chains have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Common {
    pub(super) l1_chain_id: Word,
    pub(super) era_chain_id: Word,
    pub(super) l1_asset_router: Address,
    pub(super) token_proxy_hash: Word,
    /// The governance of L1, by the address that it has on L2.
    pub(super) governance: Address,
    pub(super) most_chains: Word,
    pub(super) bridgehub_hash: Word,
    pub(super) asset_router_hash: Word,
    pub(super) token_vault_hash: Word,
    pub(super) message_root_hash: Word,
    pub(super) asset_handler_hash: Word,
    /// For tests of the network only.
    pub(super) forced_beacon: Address,
}

/// What the chain has of its own.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub(super) base_token_asset_id: Word,
    /// Zero where there is none.
    pub(super) legacy_bridge: Address,
    /// Zero where it is yet to be deployed.
    pub(super) wrapped_token: Address,
    pub(super) base_token_on_l1: Address,
    pub(super) base_token_name: Vec<u8>,
    pub(super) base_token_symbol: Vec<u8>,
}

impl Common {
    pub(super) fn decode(data: &[u8]) -> Result<Self, Failure> {
        let fields = Arguments::new(data, COMMON_WORDS)?;
        // Nobody uses these two, but they must be addresses.
        fields.address(11)?;
        fields.address(12)?;
        Ok(Self {
            l1_chain_id: fields.word(0)?,
            era_chain_id: fields.word(1)?,
            l1_asset_router: fields.address(2)?,
            token_proxy_hash: fields.word(3)?,
            governance: fields.address(4)?,
            most_chains: fields.word(5)?,
            bridgehub_hash: fields.word(6)?,
            asset_router_hash: fields.word(7)?,
            token_vault_hash: fields.word(8)?,
            message_root_hash: fields.word(9)?,
            asset_handler_hash: fields.word(10)?,
            forced_beacon: fields.address(13)?,
        })
    }
}

impl Own {
    pub(super) fn decode(cx: &mut Context<'_>, data: &[u8]) -> Result<Self, Failure> {
        // A struct with dynamic fields is itself behind an offset.
        let fields = abi::number(data, 0).and_then(|at| data.get(at..)).ok_or(Failure::EMPTY)?;
        // Texts may be said to lie in each other; so each is paid for.
        cx.charge_words(2 * fields.len() as u64)?;
        let words = Arguments::new(fields, OWN_WORDS)?;
        Ok(Self {
            base_token_asset_id: words.word(0)?,
            legacy_bridge: words.address(1)?,
            wrapped_token: words.address(2)?,
            base_token_on_l1: words.address(3)?,
            base_token_name: text(fields, 4)?,
            base_token_symbol: text(fields, 5)?,
        })
    }
}

/// The text whose offset is in a word.
fn text(fields: &[u8], index: usize) -> Result<Vec<u8>, Failure> {
    let at = abi::number(fields, index * 32).and_then(|at| fields.get(at..));
    let length = at.and_then(<[u8]>::first_chunk).map(Word::from_be_bytes);
    let (Some(at), Some(length)) = (at, length) else { return Err(Failure::EMPTY) };
    // SPEC: memory for the text is taken before it is looked at.
    let length = length.to_u64().filter(|length| *length < ENDLESS).ok_or_else(too_much_memory)?;
    let length = usize::try_from(length).map_err(|_| Failure::EMPTY)?;
    at.get(32..).and_then(|at| at.get(..length)).map(<[u8]>::to_vec).ok_or(Failure::EMPTY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::solidity::Encoder;

    #[test]
    fn addresses_are_checked_even_if_nobody_uses_them() {
        let decoded = |change: usize| {
            let mut data = [0; COMMON_WORDS * 32];
            data[change] = 1;
            Common::decode(&data).map(drop)
        };
        assert_eq!(decoded(1), Ok(()));
        for word in [2, 4, 11, 12, 13] {
            assert_eq!(decoded(word * 32 + 11), Err(Failure::EMPTY));
            assert_eq!(decoded(word * 32 + 12), Ok(()));
        }
        assert_eq!(Common::decode(&[0; COMMON_WORDS * 32 - 1]).map(drop), Err(Failure::EMPTY));
    }

    #[test]
    fn texts_are_in_the_data() {
        let good = Encoder::new().bytes(b"Ether").finish();
        assert_eq!(text(&good, 0), Ok(b"Ether".to_vec()));
        let cut = &good[..64];
        assert_eq!(text(cut, 0), Err(Failure::EMPTY));
        let endless = [Word::from_u64(32), Word::MAX].map(|word| word.to_be_bytes()).concat();
        assert_eq!(text(&endless, 0), Err(too_much_memory()));
    }
}
