//! Pubdata in the blobs of the settlement layer.

use super::hash::{Hash, keccak};
use core::fmt;

/// Bytes of pubdata in a blob: 31 in each of its 4096 field elements.
pub const BLOB_BYTES: usize = 31 * 4096;
/// Most blobs of a batch.
pub const MAX_BLOBS: usize = 6;

/// Pubdata that does not fit the blobs of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyBlobs {
    /// Bytes of the pubdata.
    pub bytes: usize,
}

impl fmt::Display for TooManyBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} bytes of pubdata do not fit the {MAX_BLOBS} blobs of {BLOB_BYTES} bytes that a batch may \
             have: close the batch earlier",
            self.bytes
        )
    }
}

impl core::error::Error for TooManyBlobs {}

/// The pubdata in one blob.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blob {
    /// [`BLOB_BYTES`] bytes, with zeros behind the last pubdata.
    bytes: Vec<u8>,
}

impl Blob {
    /// The bytes, with zeros behind the last pubdata.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// keccak256 of all bytes: what `PubdataChunkPublisher` computes, and a part of the batch's commitment.
    pub fn linear_hash(&self) -> Hash {
        keccak(&[&self.bytes])
    }
}

/// Cuts pubdata into blobs. No pubdata needs no blob.
///
/// # Errors
/// If it needs more than [`MAX_BLOBS`].
pub fn split_into_blobs(pubdata: &[u8]) -> Result<Vec<Blob>, TooManyBlobs> {
    if pubdata.len() > MAX_BLOBS * BLOB_BYTES {
        return Err(TooManyBlobs { bytes: pubdata.len() });
    }
    let blob = |part: &[u8]| {
        let mut bytes = part.to_vec();
        bytes.resize(BLOB_BYTES, 0);
        Blob { bytes }
    };
    Ok(pubdata.chunks(BLOB_BYTES).map(blob).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_blob_is_padded() {
        assert_eq!(split_into_blobs(&[]), Ok(Vec::new()));
        let blobs = split_into_blobs(&vec![7; BLOB_BYTES + 1]).expect("two blobs");
        assert_eq!(blobs.len(), 2);
        assert_eq!(blobs[0].bytes(), vec![7; BLOB_BYTES]);
        assert_eq!(blobs[1].bytes()[..2], [7, 0]);
        assert_eq!(blobs[1].bytes().len(), BLOB_BYTES);
        let padded = [vec![7], vec![0; BLOB_BYTES - 1]].concat();
        assert_eq!(blobs[1].linear_hash(), keccak(&[&padded]));
    }

    #[test]
    fn a_batch_has_at_most_six_blobs() {
        let most = vec![1; MAX_BLOBS * BLOB_BYTES + 1];
        assert_eq!(split_into_blobs(&most[1..]).map(|blobs| blobs.len()), Ok(MAX_BLOBS));
        assert_eq!(split_into_blobs(&most), Err(TooManyBlobs { bytes: most.len() }));
    }
}
