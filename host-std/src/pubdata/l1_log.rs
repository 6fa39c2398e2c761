//! Logs to L1 in the form in which they are published and hashed.

use core::fmt;
use eravm_core::{Address, L1Message, Word};

/// Bytes of a published log.
pub const LOG_BYTES: usize = 88;

/// A log that a user's contract, or a system contract for it, sent to L1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct L2ToL1Log {
    /// Always 0 today.
    pub shard_id: u8,
    /// Whether its sender marked it.
    pub is_service: bool,
    /// Number of the transaction in the batch.
    pub tx_number: u16,
    /// The contract; `L1Messenger` for messages.
    pub sender: Address,
    /// First word; for messages the contract that sent them.
    pub key: Word,
    /// Second word; for messages their keccak256.
    pub value: Word,
}

/// Why bytes are not a published log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogDecodeError {
    /// The mark is neither 0 nor 1 but this.
    Mark(u8),
}

impl fmt::Display for LogDecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Mark(mark) = self;
        write!(f, "a log has the mark {mark} where only 0 and 1 are possible")
    }
}

impl core::error::Error for LogDecodeError {}

impl L2ToL1Log {
    /// What a system contract sent to L1 by itself.
    pub const fn of_system(message: &L1Message) -> Self {
        Self {
            shard_id: 0,
            is_service: message.is_service,
            tx_number: message.tx_number,
            sender: message.address,
            key: message.key,
            value: message.value,
        }
    }

    /// Shard (1 byte), mark (1), transaction (2), sender (20), key and value; big-endian, without padding.
    pub fn encode(&self) -> [u8; LOG_BYTES] {
        let mut bytes = [0; LOG_BYTES];
        let fields: [&[u8]; 6] = [
            &[self.shard_id],
            &[u8::from(self.is_service)],
            &self.tx_number.to_be_bytes(),
            &self.sender.0,
            &self.key.to_be_bytes(),
            &self.value.to_be_bytes(),
        ];
        let source = fields.iter().flat_map(|field| field.iter());
        bytes.iter_mut().zip(source).for_each(|(place, byte)| *place = *byte);
        bytes
    }

    /// Reads a published log.
    ///
    /// # Errors
    /// If the mark is no truth value.
    pub fn decode(bytes: &[u8; LOG_BYTES]) -> Result<Self, LogDecodeError> {
        let [shard_id, mark, high, low, rest @ ..] = bytes;
        let (sender, words) = rest.split_at(20);
        let (words, _) = words.as_chunks::<32>();
        let word = |at: usize| words.get(at).map_or(Word::ZERO, Word::from_be_bytes);
        let is_service = match mark {
            0 => false,
            1 => true,
            &mark => return Err(LogDecodeError::Mark(mark)),
        };
        let tx_number = u16::from_be_bytes([*high, *low]);
        let sender = Address::from_slice(sender);
        Ok(Self {
            shard_id: *shard_id,
            is_service,
            tx_number,
            sender,
            key: word(0),
            value: word(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_survive() {
        let log = L2ToL1Log {
            shard_id: 0,
            is_service: true,
            tx_number: 0x0102,
            sender: Address::repeat_byte(3),
            key: Word([4; 4]),
            value: Word::from_u64(5),
        };
        let bytes = log.encode();
        assert_eq!(bytes[..5], [0, 1, 1, 2, 3]);
        assert_eq!(bytes[87], 5);
        assert_eq!(L2ToL1Log::decode(&bytes), Ok(log));
        assert_eq!(L2ToL1Log::decode(&[2; LOG_BYTES]), Err(LogDecodeError::Mark(2)));
    }
}
