//! Pubdata, read again.

use super::blob::BLOB_BYTES;
use super::bytecode::check_bytecode;
use super::l1_log::{L2ToL1Log, LOG_BYTES};
use super::reader::{PubdataParseError, PubdataParseErrorKind, Reader};
use super::state_diffs::COMPRESSION_VERSION;
use super::value_change::ValueChange;

/// Most bytes of an enumeration index.
const MAX_INDEX_BYTES: u8 = 8;

/// What a batch of a rollup published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// Logs to L1.
    pub user_logs: Vec<L2ToL1Log>,
    /// Messages to L1.
    pub messages: Vec<Vec<u8>>,
    /// Code that was published as it is.
    pub bytecodes: Vec<Vec<u8>>,
    /// Slots that had no leaf in the state tree.
    pub initial_writes: Vec<InitialWrite>,
    /// Slots that had one.
    pub repeated_writes: Vec<RepeatedWrite>,
}

/// A slot that had no leaf in the state tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InitialWrite {
    /// The slot's place in the state tree.
    pub derived_key: [u8; 32],
    /// What happened to its value, which was 0.
    pub change: ValueChange,
}

/// A slot that had a leaf in the state tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RepeatedWrite {
    /// The number of its leaf, never 0.
    pub enumeration_index: u64,
    /// What happened to its value.
    pub change: ValueChange,
}

impl Published {
    /// Reads the pubdata of a rollup.
    ///
    /// What the contracts on L2 and circuits guarantee, but the bytes alone do not show, is not checked: that messages belong to
    /// logs, and that every slot is there once.
    ///
    /// # Errors
    /// At the first byte that cannot be part of pubdata.
    pub fn parse(pubdata: &[u8]) -> Result<Self, PubdataParseError> {
        let mut reader = Reader::new(pubdata);
        let published = Self::read(&mut reader)?;
        match reader.left() {
            0 => Ok(published),
            left => Err(PubdataParseErrorKind::Trailing(left).at(reader.position())),
        }
    }

    /// Reads pubdata that fills whole blobs, with zeros behind it.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and if something else than zeros follows or a whole blob of them.
    pub fn parse_blobs(blobs: &[u8]) -> Result<Self, PubdataParseError> {
        let mut reader = Reader::new(blobs);
        let published = Self::read(&mut reader)?;
        let (at, left) = (reader.position(), reader.left());
        let padding = reader.bytes(left, "padding")?;
        if left < BLOB_BYTES && padding.iter().all(|byte| *byte == 0) {
            Ok(published)
        } else {
            Err(PubdataParseErrorKind::Trailing(left).at(at))
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PubdataParseError> {
        let user_logs = list(reader, "the number of logs", |reader| {
            let at = reader.position();
            let bytes = reader.array::<LOG_BYTES>("a log")?;
            L2ToL1Log::decode(&bytes).map_err(|error| PubdataParseErrorKind::Log(error).at(at))
        })?;
        let messages = list(reader, "the number of messages", |reader| {
            let length = reader.length("the length of a message")?;
            Ok(reader.bytes(length, "a message")?.to_vec())
        })?;
        let bytecodes = list(reader, "the number of published code", |reader| {
            let length = reader.length("the length of code")?;
            let at = reader.position();
            let code = reader.bytes(length, "published code")?;
            let wrong = |error| PubdataParseErrorKind::Bytecode(error).at(at);
            check_bytecode(code).map(|_| code.to_vec()).map_err(wrong)
        })?;
        let (initial_writes, repeated_writes) = state_diffs(reader)?;
        Ok(Self { user_logs, messages, bytecodes, initial_writes, repeated_writes })
    }
}

/// A number of items and the items. Memory is taken only for items that are there.
fn list<T>(
    reader: &mut Reader<'_>,
    what: &'static str,
    mut item: impl FnMut(&mut Reader<'_>) -> Result<T, PubdataParseError>,
) -> Result<Vec<T>, PubdataParseError> {
    let count = reader.length(what)?;
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(item(reader)?);
    }
    Ok(items)
}

type Writes = (Vec<InitialWrite>, Vec<RepeatedWrite>);

fn state_diffs(reader: &mut Reader<'_>) -> Result<Writes, PubdataParseError> {
    let at = reader.position();
    let [version, length @ ..] = reader.array::<4>("the header of the state diffs")?;
    if version != COMPRESSION_VERSION {
        return Err(PubdataParseErrorKind::UnknownVersion(version).at(at));
    }
    let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    let at = reader.position();
    let [index_bytes] = reader.array("the header of the state diffs")?;
    if index_bytes > MAX_INDEX_BYTES {
        return Err(PubdataParseErrorKind::IndexSize(index_bytes).at(at));
    }
    let begin = reader.position();
    let end = begin.saturating_add(length);
    if length > reader.left() {
        let (what, left) = ("state diffs", reader.left());
        return Err(PubdataParseErrorKind::CutOff { what, needed: length, left }.at(begin));
    }

    let initial_count = u16::from_be_bytes(reader.array("the number of initial writes")?);
    let mut initial = Vec::new();
    for _ in 0..initial_count {
        let derived_key = reader.array("the key of an initial write")?;
        initial.push(InitialWrite { derived_key, change: ValueChange::read(reader)? });
    }
    let mut repeated = Vec::new();
    while reader.position() < end {
        let at = reader.position();
        let number = reader.number(index_bytes.into(), "an enumeration index")?;
        let index = number.to_u64().filter(|index| *index != 0);
        let enumeration_index = index.ok_or(PubdataParseErrorKind::ZeroIndex.at(at))?;
        repeated.push(RepeatedWrite { enumeration_index, change: ValueChange::read(reader)? });
    }
    match reader.position() {
        position if position == end => Ok((initial, repeated)),
        position => {
            let actual = position.saturating_sub(begin);
            Err(PubdataParseErrorKind::StateDiffsLength { stated: length, actual }.at(begin))
        }
    }
}
