//! What a batch publishes, and what the host tells the bootloader about it.
//!
//! * [`compress_bytecode`] packs code with a dictionary of 8-byte chunks; [`CompressedBytecode`] is code as the
//!   bootloader takes it from its heap;
//! * [`StateDiffs`] are the changed slots of a batch, and [`ValueChange`] the compressed form of one;
//! * [`PubdataInput`] collects logs, messages, code and state diffs of a batch from its events, and [`PubdataFormat`] makes
//!   of them the pubdata for the settlement layer and the words that the bootloader gets for `L1Messenger`;
//! * [`Published`] reads pubdata again;
//! * [`LogTree`] is the Merkle tree of the logs to L1, with proofs;
//! * [`split_into_blobs`] cuts pubdata for the settlement layer's blobs.
//!
//! Everything here is a pure function of its arguments. What is read is treated as hostile: it gives a typed error that
//! says where, and takes memory proportional to its length.

mod blob;
mod bytecode;
mod bytecode_compression;
mod compressed_bytecode;
mod error;
mod events;
mod format;
mod hash;
mod input;
mod l1_log;
mod log_tree;
mod memory;
mod published;
mod reader;
mod state_diff;
mod state_diffs;
mod value_change;

pub use blob::{BLOB_BYTES, Blob, MAX_BLOBS, TooManyBlobs, split_into_blobs};
pub use bytecode::{InvalidBytecode, check_bytecode};
pub use bytecode_compression::{
    BytecodeCompressionError, DecompressionError, compress_bytecode, decompress_bytecode,
};
pub use compressed_bytecode::{CompressedBytecode, compress_unknown, compressed_bytecode_words};
pub use error::{FormatError, PubdataError};
pub use events::{AnnouncementError, AnnouncementErrorKind, published_blobs, user_logs};
pub use format::{CommitmentScheme, Content, DaValidator, HeapWords, PubdataFormat};
pub use hash::Hash;
pub(crate) use hash::keccak;
pub use input::PubdataInput;
pub use l1_log::{L2ToL1Log, LOG_BYTES, LogDecodeError};
pub use log_tree::{LOG_TREE_DEPTH, LogProof, LogTree, LogTreeError, message_root};
pub use memory::{
    COMPRESSED_BYTECODES_WORDS, PUBDATA_WORDS, Region, compressed_bytecodes, pubdata,
};
pub use published::{InitialWrite, Published, RepeatedWrite};
pub use reader::{PubdataParseError, PubdataParseErrorKind};
pub use state_diff::{STATE_DIFF_BYTES, StateDiff, derived_key};
pub use state_diffs::{StateDiffError, StateDiffs};
pub use value_change::ValueChange;
