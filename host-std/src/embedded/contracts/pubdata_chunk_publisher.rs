//! `PubdataChunkPublisher`: the hashes of blobs with pubdata.

use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use crate::embedded::solidity::{Arguments, Encoder, Selector, error, selector, split_selector};
use crate::pubdata::{BLOB_BYTES, MAX_BLOBS};
use eravm_core::Word;

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const CHUNK: Selector = selector("chunkPubdataToBlobs(bytes)");
    let calldata = cx.calldata()?;
    let Some((function, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    cx.not_payable()?;
    if function != CHUNK {
        return Err(Failure::EMPTY);
    }
    let pubdata = Arguments::new(data, 1)?.bytes(0)?;
    Ok(Step::returns(Encoder::new().array(&blob_hashes(cx, pubdata)?).finish()))
}

/// The hash of each blob; the last one is filled up with zeros.
fn blob_hashes(cx: &mut Context<'_>, pubdata: &[u8]) -> Result<Vec<Word>, Failure> {
    const TOO_MUCH: Selector = selector("TooMuchPubdata(uint256,uint256)");
    let most = BLOB_BYTES * MAX_BLOBS;
    if pubdata.len() > most {
        let numbers = [most, pubdata.len()].map(|number| Word::from_u64(number as u64));
        return Err(error(TOO_MUCH, &numbers));
    }
    let mut hashes = Vec::new();
    for blob in pubdata.chunks(BLOB_BYTES) {
        let padding = vec![0; BLOB_BYTES - blob.len()];
        cx.charge_times(prices::WORD, padding.len() as u64 / 32)?;
        hashes.push(cx.keccak(&[blob, &padding])?);
    }
    Ok(hashes)
}
