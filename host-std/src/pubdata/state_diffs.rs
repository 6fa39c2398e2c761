//! All changed slots of a batch, in the order that circuits require.

use super::state_diff::StateDiff;
use super::value_change::append_change;
use core::fmt;
use eravm_core::{Address, Word};

/// How state diffs are compressed; the only way there is.
pub(super) const COMPRESSION_VERSION: u8 = 1;
/// Bytes in which hosts write an enumeration index.
const INDEX_BYTES: u8 = 4;
/// Bits of the length of the compressed diffs.
const LENGTH_BITS: u32 = 24;

/// Why state diffs cannot be published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StateDiffError {
    /// A slot is there twice.
    Repeated {
        /// The contract.
        address: Address,
        /// The slot.
        key: Word,
    },
    /// A slot has an enumeration index of more than 4 bytes.
    IndexTooLarge {
        /// The contract.
        address: Address,
        /// The slot.
        key: Word,
        /// The index.
        index: u64,
    },
    /// There are more than 65535 slots that had no leaf; how many.
    TooManyInitial(usize),
    /// Compressed they have more bytes than 24 bits can count; how many.
    TooLong(usize),
}

impl fmt::Display for StateDiffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated { address, key } => {
                write!(f, "slot {key} of {address:?} is in the state diffs twice")
            }
            Self::IndexTooLarge { address, key, index } => write!(
                f,
                "slot {key} of {address:?} has the enumeration index {index}, more than {INDEX_BYTES} bytes"
            ),
            Self::TooManyInitial(count) => {
                write!(f, "{count} slots are written for the first time, more than {}", u16::MAX)
            }
            Self::TooLong(bytes) => {
                write!(
                    f,
                    "state diffs of {bytes} compressed bytes, more than {LENGTH_BITS} bits count"
                )
            }
        }
    }
}

impl core::error::Error for StateDiffError {}

/// State diffs in the order of addresses and keys, each slot once, with enumeration indices that can be published.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StateDiffs(Vec<StateDiff>);

impl StateDiffs {
    /// Sorts and checks the changed slots of a batch.
    ///
    /// The slots of `L1Messenger` (0x8008) do not belong to them: when the host is asked, they still have the values that the
    /// contract clears afterwards.
    ///
    /// # Errors
    /// If a slot is there twice or has too large an index, or too many slots are new.
    pub fn new(mut diffs: Vec<StateDiff>) -> Result<Self, StateDiffError> {
        diffs.sort_by_key(|diff| (diff.address, diff.key));
        let pairs = diffs.iter().zip(diffs.iter().skip(1));
        for (first, second) in pairs {
            if (first.address, first.key) == (second.address, second.key) {
                let StateDiff { address, key, .. } = *first;
                return Err(StateDiffError::Repeated { address, key });
            }
        }
        let too_large = diffs.iter().find(|diff| u32::try_from(diff.enumeration_index).is_err());
        if let Some(&StateDiff { address, key, enumeration_index, .. }) = too_large {
            return Err(StateDiffError::IndexTooLarge { address, key, index: enumeration_index });
        }
        match diffs.iter().filter(|diff| diff.is_initial()).count() {
            count if count > usize::from(u16::MAX) => Err(StateDiffError::TooManyInitial(count)),
            _ => Ok(Self(diffs)),
        }
    }

    /// The diffs.
    pub fn as_slice(&self) -> &[StateDiff] {
        &self.0
    }

    /// All diffs in the form in which they are hashed.
    pub fn encode_padded(&self) -> Vec<u8> {
        self.0.iter().flat_map(StateDiff::encode_padded).collect()
    }

    /// Compresses them: version (1 byte), length of what follows the header (3), bytes of an index (1); number of initial
    /// writes (2), initial writes with their derived key and changed value, repeated writes with their index and changed value.
    ///
    /// # Errors
    /// If that is too long.
    pub fn compress(&self) -> Result<Vec<u8>, StateDiffError> {
        let (initial, repeated): (Vec<&StateDiff>, Vec<_>) =
            self.0.iter().partition(|diff| diff.is_initial());
        let too_many = |_| StateDiffError::TooManyInitial(initial.len());
        let mut body = Vec::new();
        body.extend(u16::try_from(initial.len()).map_err(too_many)?.to_be_bytes());
        for diff in initial {
            body.extend(diff.derived_key);
            append_change(&diff.initial_value, &diff.final_value, &mut body);
        }
        for diff in repeated {
            let [_, _, _, _, index @ ..] = diff.enumeration_index.to_be_bytes();
            body.extend(index);
            append_change(&diff.initial_value, &diff.final_value, &mut body);
        }
        let length = u32::try_from(body.len()).ok().filter(|length| length >> LENGTH_BITS == 0);
        let [_, length @ ..] = length.ok_or(StateDiffError::TooLong(body.len()))?.to_be_bytes();
        let header = [&[COMPRESSION_VERSION][..], &length, &[INDEX_BYTES]];
        Ok([&header.concat()[..], &body].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(address: u8, key: u64, index: u64) -> StateDiff {
        let (key, new) = (Word::from_u64(key), Word::from_u64(1));
        StateDiff::new(Address::repeat_byte(address), key, index, Word::ZERO, new)
    }

    #[test]
    fn slots_are_sorted_and_new_ones_come_first() {
        let given = vec![diff(2, 1, 0), diff(1, 9, 7), diff(1, 3, 0)];
        let diffs = StateDiffs::new(given).expect("they are sound");
        assert_eq!(diffs.as_slice(), [diff(1, 3, 0), diff(1, 9, 7), diff(2, 1, 0)]);
        let compressed = diffs.compress().expect("they are few");
        assert_eq!(compressed[..7], [1, 0, 0, 2 + 2 * 34 + 6, 4, 0, 2]);
        assert_eq!(compressed[7..39], diff(1, 3, 0).derived_key);
        assert_eq!(compressed[41..73], diff(2, 1, 0).derived_key);
        assert_eq!(compressed[75..], [0, 0, 0, 7, 9, 1]);
        assert_eq!(StateDiffs::default().compress(), Ok(vec![1, 0, 0, 2, 4, 0, 0]));
    }

    #[test]
    fn what_cannot_be_published_is_refused() {
        let diffs = vec![diff(2, 1, 0), diff(1, 3, 1), diff(2, 1, 4)];
        let StateDiff { address, key, .. } = diff(2, 1, 0);
        assert_eq!(StateDiffs::new(diffs), Err(StateDiffError::Repeated { address, key }));
        let (index, most) = (1 << 32, u64::from(u32::MAX));
        let error = StateDiffError::IndexTooLarge { address, key, index };
        assert_eq!(StateDiffs::new(vec![diff(2, 1, index)]), Err(error));
        assert!(StateDiffs::new(vec![diff(2, 1, most)]).is_ok());
        let initial = |count| StateDiffs::new((0..count).map(|key| diff(1, key, 0)).collect());
        assert_eq!(initial(65536), Err(StateDiffError::TooManyInitial(65536)));
        assert_eq!(initial(65535).map(|diffs| diffs.as_slice().len()), Ok(65535));
    }
}
