//! Immutable variables: constructors return them, and `ImmutableSimulator` keeps them.

use crate::abi;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::too_much_memory;
use crate::system_contracts::addresses::IMMUTABLE_SIMULATOR;
use eravm_core::{Address, Word};

/// An immutable variable: its index and its value.
type Immutable = (Word, Word);

/// Bytes of an immutable.
const BYTES: usize = 64;
/// Items of the longest array that memory could have, if it were paid for: each needs a word, and offsets have 64 bits.
const MOST: u64 = (1 << 59) - 1;

/// Immutables as constructors return them: an array of pairs.
pub(super) fn decode(returned: &[u8]) -> Result<Vec<Immutable>, Failure> {
    let array = abi::number(returned, 0).and_then(|at| returned.get(at..));
    let length = array.and_then(|array| array.first_chunk()).map(Word::from_be_bytes);
    let (Some(array), Some(length)) = (array, length) else { return Err(Failure::EMPTY) };
    // SPEC: memory for the array is taken before it is looked at.
    let count = length.to_u64().filter(|count| *count < MOST).ok_or_else(too_much_memory)?;
    let bytes = usize::try_from(count).ok().and_then(|count| count.checked_mul(BYTES));
    let items = bytes.and_then(|bytes| array.get(32..)?.get(..bytes)).ok_or(Failure::EMPTY)?;
    let (words, _) = items.as_chunks();
    let (pairs, _) = words.as_chunks();
    let of =
        |[index, value]: &[[u8; 32]; 2]| (Word::from_be_bytes(index), Word::from_be_bytes(value));
    Ok(pairs.iter().map(of).collect())
}

/// Where one is kept: in a mapping for each account in a mapping that is the first variable.
pub(in crate::embedded::contracts) fn slot(
    cx: &mut Context<'_>,
    account: &Address,
    index: &Word,
) -> Result<Word, Failure> {
    let of_account = cx.slot_of(account).to_be_bytes();
    cx.keccak(&[&index.to_be_bytes(), &of_account])
}

/// Has them kept. Who may ask for it is not asked here.
pub(in crate::embedded::contracts) fn set(
    cx: &mut Context<'_>,
    account: &Address,
    immutables: &[Immutable],
) -> Result<(), Failure> {
    for (index, value) in immutables {
        let slot = slot(cx, account, index)?;
        cx.store_of(&IMMUTABLE_SIMULATOR, &slot, value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(words: &[Word]) -> Vec<u8> {
        words.iter().flat_map(Word::to_be_bytes).collect()
    }

    #[test]
    fn an_array_of_pairs_is_decoded_wherever_it_is() {
        let word = Word::from_u64;
        let pairs = [word(64), word(9), word(1), word(0), word(7)];
        assert_eq!(decode(&bytes(&pairs)), Ok(vec![(word(0), word(7))]));
        // The offset of the array as its length.
        assert_eq!(decode(&bytes(&[word(0)])), Ok(Vec::new()));
        assert_eq!(decode(&bytes(&[word(32), word(0)])), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_array_is_reverted() {
        let word = Word::from_u64;
        assert_eq!(decode(&[]), Err(Failure::EMPTY));
        assert_eq!(decode(&[0; 31]), Err(Failure::EMPTY));
        assert_eq!(decode(&bytes(&[word(32)])), Err(Failure::EMPTY));
        assert_eq!(decode(&bytes(&[word(32), word(1), word(0)])), Err(Failure::EMPTY));
        assert_eq!(decode(&bytes(&[Word::MAX, word(0)])), Err(Failure::EMPTY));
        assert_eq!(decode(&bytes(&[word(32), word(1 << 58)])), Err(Failure::EMPTY));
        assert_eq!(decode(&bytes(&[word(32), word(1 << 59)])), Err(too_much_memory()));
        assert_eq!(decode(&bytes(&[word(32), Word::MAX])), Err(too_much_memory()));
    }
}
