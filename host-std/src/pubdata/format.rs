//! The forms of pubdata: for the settlement layer, and for the bootloader.

use super::bytecode::check_bytecode;
use super::compressed_bytecode::append_padded;
use super::error::{FormatError, PubdataError};
use super::hash::{Hash, chain, keccak};
use super::input::PubdataInput;
use super::l1_log::L2ToL1Log;
use super::log_tree::LogTree;
use super::memory::pubdata;
use crate::embedded::solidity::selector;
use eravm_core::{Address, Word};

/// First protocol version that leaves pubdata to a validator of data availability.
pub(super) const GATEWAY_PROTOCOL: u16 = 26;
/// First protocol version that names the validator by a number instead of an address.
const SCHEME_PROTOCOL: u16 = 31;
/// Selector of `validatePubdata(bytes32,bytes32,bytes32,bytes32,bytes)`.
const VALIDATE_PUBDATA: [u8; 4] = [0x89, 0xf9, 0xa0, 0x72];

/// Selector of `publishPubdataAndClearState(address,bytes)`.
const PUBLISH: [u8; 4] = selector("publishPubdataAndClearState(address,bytes)").0;

/// What of a batch is published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// All of it: on the settlement layer (rollup), or to another network that keeps data.
    Full,
    /// The hash of the state diffs alone (validium).
    Hash,
}

/// Who checks pubdata on L2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DaValidator {
    /// `L1Messenger` itself; before protocol version 26.
    L1Messenger,
    /// A contract; from 26 to 30. With address 0 there is no check.
    Contract(Address),
    /// `L1Messenger`, in one of several ways; since 31.
    Scheme(CommitmentScheme),
}

/// What `L1Messenger` computes from pubdata, by the numbers of `L2DACommitmentScheme` (era-contracts).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CommitmentScheme {
    /// Not set.
    None = 0,
    /// Nothing.
    EmptyNoDa = 1,
    /// Its keccak256.
    PubdataKeccak256 = 2,
    /// Its keccak256 and those of its blobs.
    BlobsAndPubdataKeccak256 = 3,
}

/// Words for the bootloader's heap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeapWords {
    /// Index of the first one.
    pub first: u32,
    /// The words.
    pub words: Vec<Word>,
}

/// The form of pubdata that a chain has in a protocol version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PubdataFormat {
    protocol: u16,
    content: Content,
    validator: DaValidator,
}

impl PubdataFormat {
    /// A form of pubdata.
    ///
    /// # Errors
    /// If the protocol version does not have it.
    pub const fn new(
        protocol: u16,
        content: Content,
        validator: DaValidator,
    ) -> Result<Self, FormatError> {
        let expected = match (protocol, validator) {
            (..GATEWAY_PROTOCOL, DaValidator::L1Messenger)
            | (GATEWAY_PROTOCOL..SCHEME_PROTOCOL, DaValidator::Contract(_))
            | (SCHEME_PROTOCOL.., DaValidator::Scheme(_)) => None,
            (..GATEWAY_PROTOCOL, _) => Some("L1Messenger"),
            (GATEWAY_PROTOCOL..SCHEME_PROTOCOL, _) => Some("a contract, named by its address"),
            (SCHEME_PROTOCOL.., _) => Some("L1Messenger according to a commitment scheme"),
        };
        match expected {
            Some(expected) => Err(FormatError::WrongValidator { protocol, expected }),
            None if protocol < GATEWAY_PROTOCOL && matches!(content, Content::Hash) => {
                Err(FormatError::HashBeforeGateway { protocol })
            }
            None => Ok(Self { protocol, content, validator }),
        }
    }

    /// What is sent to the settlement layer.
    ///
    /// # Errors
    /// If there is more of something than can be counted.
    pub fn settlement_pubdata(&self, input: &PubdataInput) -> Result<Vec<u8>, PubdataError> {
        match self.content {
            Content::Full => full_pubdata(input),
            Content::Hash => Ok(keccak(&[&input.state_diffs.encode_padded()]).to_vec()),
        }
    }

    /// The argument of `L1Messenger.publishPubdataAndClearState`: since protocol version 26 a call of a validator.
    ///
    /// # Errors
    /// If there is more of something than can be counted, or more logs than the tree of logs has leaves.
    pub fn operator_input(&self, input: &PubdataInput) -> Result<Vec<u8>, PubdataError> {
        let pubdata = match self.content {
            Content::Full => {
                let mut pubdata = full_pubdata(input)?;
                append_count(input.state_diffs.as_slice().len(), &mut pubdata)?;
                pubdata.extend(input.state_diffs.encode_padded());
                pubdata
            }
            Content::Hash => {
                let mut pubdata = Vec::new();
                append_logs(&input.user_logs, &mut pubdata)?;
                pubdata
            }
        };
        if self.protocol < GATEWAY_PROTOCOL {
            return Ok(pubdata);
        }
        let mut call = VALIDATE_PUBDATA.to_vec();
        call.extend(chained_logs(&input.user_logs));
        call.extend(LogTree::of(&input.user_logs)?.root());
        call.extend(chained_messages(&input.messages));
        call.extend(chained_bytecodes(&input.bytecodes)?);
        // The byte string begins behind these four words and its own offset.
        let mut words = vec![Word::from_u64(5 * 32), Word::from_u64(pubdata.len() as u64)];
        append_padded(&pubdata, &mut words);
        call.extend(words.iter().flat_map(Word::to_be_bytes));
        Ok(call)
    }

    /// The call of `L1Messenger` by which a batch is published: its calldata.
    ///
    /// # Errors
    /// As for [`heap_words`](Self::heap_words).
    pub(crate) fn publishing_call(&self, input: &PubdataInput) -> Result<Vec<u8>, PubdataError> {
        let words = self.heap_words(input)?.words;
        Ok(PUBLISH.into_iter().chain(words.iter().flat_map(Word::to_be_bytes)).collect())
    }

    /// What the host writes into the bootloader's heap when it is asked for pubdata: the arguments of the call to `L1Messenger`
    /// behind what the bootloader writes itself.
    ///
    /// # Errors
    /// If it does not fit, or as for [`operator_input`](Self::operator_input).
    pub fn heap_words(&self, input: &PubdataInput) -> Result<HeapWords, PubdataError> {
        let region = pubdata(self.protocol);
        let argument = self.operator_input(input)?;
        let mut words = match self.validator {
            DaValidator::L1Messenger => Vec::new(),
            DaValidator::Contract(address) => {
                vec![Word::from_address(&address), Word::from_u64(2 * 32)]
            }
            DaValidator::Scheme(scheme) => {
                vec![Word::from_u64(scheme as u64), Word::from_u64(2 * 32)]
            }
        };
        words.push(Word::from_u64(argument.len() as u64));
        append_padded(&argument, &mut words);
        if words.len() > usize::try_from(region.words).unwrap_or(usize::MAX) {
            let (words, available) = (words.len(), region.words);
            return Err(PubdataError::TooLong { words, available });
        }
        Ok(HeapWords { first: region.first, words })
    }
}

/// Logs, messages and code, each with its number in front, and compressed state diffs.
fn full_pubdata(input: &PubdataInput) -> Result<Vec<u8>, PubdataError> {
    let mut pubdata = Vec::new();
    append_logs(&input.user_logs, &mut pubdata)?;
    for items in [&input.messages, &input.bytecodes] {
        append_count(items.len(), &mut pubdata)?;
        for item in items {
            append_count(item.len(), &mut pubdata)?;
            pubdata.extend(item);
        }
    }
    pubdata.extend(input.state_diffs.compress()?);
    Ok(pubdata)
}

fn append_logs(logs: &[L2ToL1Log], pubdata: &mut Vec<u8>) -> Result<(), PubdataError> {
    append_count(logs.len(), pubdata)?;
    pubdata.extend(logs.iter().flat_map(L2ToL1Log::encode));
    Ok(())
}

fn append_count(count: usize, pubdata: &mut Vec<u8>) -> Result<(), PubdataError> {
    let bytes = u32::try_from(count).map_err(|_| PubdataError::Count(count))?;
    pubdata.extend(bytes.to_be_bytes());
    Ok(())
}

fn chained_logs(logs: &[L2ToL1Log]) -> Hash {
    chain(logs.iter().map(|log| keccak(&[&log.encode()])))
}

fn chained_messages(messages: &[Vec<u8>]) -> Hash {
    chain(messages.iter().map(|message| keccak(&[message])))
}

fn chained_bytecodes(bytecodes: &[Vec<u8>]) -> Result<Hash, PubdataError> {
    let mut hashes = Vec::new();
    for code in bytecodes {
        let hash = check_bytecode(code).map_err(PubdataError::InvalidBytecode)?;
        hashes.push(hash.0);
    }
    Ok(chain(hashes))
}

#[cfg(test)]
mod tests {
    use super::super::{LOG_BYTES, STATE_DIFF_BYTES, StateDiff, StateDiffs};
    use super::*;

    const ADDRESS: Address = Address::repeat_byte(0x11);

    fn input() -> PubdataInput {
        let log = L2ToL1Log {
            shard_id: 0,
            is_service: false,
            tx_number: 2,
            sender: ADDRESS,
            key: Word::ONE,
            value: Word::from_u64(128),
        };
        let diff = |key, index| {
            let (key, new) = (Word::from_u64(key), Word::from_u64(9));
            StateDiff::new(ADDRESS, key, index, Word::ZERO, new)
        };
        PubdataInput {
            user_logs: vec![log],
            messages: vec![vec![0xde, 0xad]],
            bytecodes: vec![vec![7; 32]],
            state_diffs: StateDiffs::new(vec![diff(5, 12), diff(4, 0)]).expect("they are sound"),
        }
    }

    fn format(protocol: u16, content: Content, validator: DaValidator) -> PubdataFormat {
        PubdataFormat::new(protocol, content, validator).expect("it exists")
    }

    /// What a rollup publishes of the input, put together by hand.
    fn full() -> Vec<u8> {
        let input = input();
        let [new, old] = input.state_diffs.as_slice() else { panic!("two diffs") };
        let state: [&[u8]; 6] =
            [&[1, 0, 0, 42, 4], &[0, 1], &new.derived_key, &[9, 9], &[0, 0, 0, 12], &[9, 9]];
        let parts: [&[u8]; 8] = [
            &[0, 0, 0, 1],
            &input.user_logs[0].encode(),
            &[0, 0, 0, 1, 0, 0, 0, 2],
            &[0xde, 0xad],
            &[0, 0, 0, 1, 0, 0, 0, 32],
            &[7; 32],
            &state.concat(),
            &[],
        ];
        assert_eq!(old.enumeration_index, 12);
        parts.concat()
    }

    #[test]
    fn before_the_gateway_l1_messenger_gets_pubdata_itself() {
        let format = format(25, Content::Full, DaValidator::L1Messenger);
        assert_eq!(format.settlement_pubdata(&input()), Ok(full()));
        let diffs = input().state_diffs.encode_padded();
        assert_eq!(diffs.len(), 2 * STATE_DIFF_BYTES);
        let expected = [full(), vec![0, 0, 0, 2], diffs].concat();
        assert_eq!(format.operator_input(&input()).as_ref(), Ok(&expected));
        let HeapWords { first, words } = format.heap_words(&input()).expect("they fit");
        assert_eq!(first, 266_727);
        assert_eq!(words[0], Word::from_u64(expected.len() as u64));
        let bytes: Vec<u8> = words[1..].iter().flat_map(Word::to_be_bytes).collect();
        assert_eq!(bytes[..expected.len()], expected);
        assert_eq!(bytes.len(), expected.len().next_multiple_of(32));
    }

    #[test]
    fn a_validium_publishes_the_hash_of_its_state_diffs() {
        let format = format(29, Content::Hash, DaValidator::Contract(ADDRESS));
        let hash = keccak(&[&input().state_diffs.encode_padded()]);
        assert_eq!(format.settlement_pubdata(&input()), Ok(hash.to_vec()));
        let call = format.operator_input(&input()).expect("it can be published");
        let selector = keccak(&[b"validatePubdata(bytes32,bytes32,bytes32,bytes32,bytes)"]);
        assert_eq!((&call[..4], &selector[..4]), (&VALIDATE_PUBDATA[..], &VALIDATE_PUBDATA[..]));
        let log_hash = keccak(&[&input().user_logs[0].encode()]);
        assert_eq!(call[4..36], keccak(&[&[0; 32], &log_hash]));
        let length = 4 + LOG_BYTES;
        assert_eq!(call[4 + 6 * 32 - 1], length as u8);
        assert_eq!(call[4 + 6 * 32..][4..length], input().user_logs[0].encode());
        assert_eq!(call.len(), 4 + 6 * 32 + 96);
        let words = format.heap_words(&input()).expect("they fit").words;
        assert_eq!(words[..2], [Word::from_address(&ADDRESS), Word::from_u64(64)]);
    }

    #[test]
    fn since_31_a_number_says_how_pubdata_is_checked() {
        let scheme = CommitmentScheme::BlobsAndPubdataKeccak256;
        let format = format(31, Content::Full, DaValidator::Scheme(scheme));
        let HeapWords { first, words } = format.heap_words(&input()).expect("they fit");
        assert_eq!((first, words[0]), (277_270, Word::from_u64(3)));
    }

    #[test]
    fn every_version_has_its_own_validator() {
        let (messenger, contract) = (DaValidator::L1Messenger, DaValidator::Contract(ADDRESS));
        let scheme = DaValidator::Scheme(CommitmentScheme::None);
        for (protocol, right) in [(25, messenger), (26, contract), (30, contract), (31, scheme)] {
            for validator in [messenger, contract, scheme] {
                let result = PubdataFormat::new(protocol, Content::Full, validator);
                assert_eq!(result.is_ok(), validator == right, "{protocol} {validator:?}");
            }
        }
        let error = PubdataFormat::new(25, Content::Hash, messenger);
        assert_eq!(error, Err(FormatError::HashBeforeGateway { protocol: 25 }));
    }

    #[test]
    fn pubdata_must_fit_the_bootloader() {
        let format = format(29, Content::Full, DaValidator::Contract(ADDRESS));
        // Three words, and of the call 4 bytes and six words in front of the pubdata, which is the message with 27 bytes around it.
        let most = (pubdata(29).words as usize - 10) * 32 - 27;
        let with = |bytes: usize| {
            let input = PubdataInput { messages: vec![vec![0; bytes]], ..PubdataInput::default() };
            format.heap_words(&input).map(|heap| heap.words.len())
        };
        assert_eq!(with(most), Ok(pubdata(29).words as usize));
        let available = pubdata(29).words;
        let words = available as usize + 1;
        assert_eq!(with(most + 1), Err(PubdataError::TooLong { words, available }));
    }
}
