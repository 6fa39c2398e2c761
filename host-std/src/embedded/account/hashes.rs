//! The hashes of a transaction, from its tuple: of the RLP, for type 0x71 of typed data.

use super::Transaction;
use crate::embedded::context::Context;
use crate::embedded::contracts::system_context;
use crate::embedded::failure::Failure;
use crate::embedded::prices;
use crate::embedded::solidity::{Selector, error, out_of_bounds, overflow, selector};
use crate::transaction::{EIP_712, EIP_1559, EIP_2930, LEGACY, ListWriter, TypedData};
use eravm_core::Word;
use primitive_types::U256;

/// A signature that accounts of keys do not take: what is wrong (its length, v, or s), and how it is.
pub(crate) const INVALID_SIGNATURE: Selector = selector("InvalidSig(uint8,uint256)");
/// What is wrong: v.
pub(crate) const WRONG_V: u64 = 1;

/// Blocks of keccak256 for typed data, beside its dynamic fields: the domain, the transaction and both.
const TYPED_ROUNDS: u64 = 2 + 4 + 1;

/// The hash that is signed.
pub(crate) fn signed_hash(cx: &mut Context<'_>, tx: &Transaction<'_>) -> Result<Word, Failure> {
    let chain = system_context::chain_id(cx)?;
    match known_type(tx)? {
        EIP_712 => typed_hash(cx, tx, &chain),
        kind => {
            let list = begin(cx, tx, kind, &chain)?;
            hash_to_sign(cx, tx, kind, &list, &chain)
        }
    }
}

/// The hash by which the transaction is known, and the one that is signed.
pub(crate) fn hashes(cx: &mut Context<'_>, tx: &Transaction<'_>) -> Result<[Word; 2], Failure> {
    let chain = system_context::chain_id(cx)?;
    let kind = known_type(tx)?;
    if kind == EIP_712 {
        let signed = typed_hash(cx, tx, &chain)?;
        let signature = cx.keccak(&[tx.signature()?])?;
        return Ok([cx.keccak(&[&signed.to_be_bytes(), &signature.to_be_bytes()])?, signed]);
    }
    let mut list = begin(cx, tx, kind, &chain)?;
    let signed = hash_to_sign(cx, tx, kind, &list, &chain)?;
    append_signature(&mut list, tx, kind, &chain)?;
    Ok([cx.keccak(&[&list.finish(type_byte(kind))])?, signed])
}

fn known_type(tx: &Transaction<'_>) -> Result<u8, Failure> {
    const UNSUPPORTED: Selector = selector("UnsupportedTxType(uint256)");
    let kind = tx.tx_type();
    let known = [LEGACY, EIP_2930, EIP_1559, EIP_712].into_iter();
    let mut known = known.filter(|number| Word::from_u64((*number).into()) == kind);
    known.next().ok_or_else(|| error(UNSUPPORTED, &[kind]))
}

/// The byte before the list.
const fn type_byte(kind: u8) -> Option<u8> {
    if kind == LEGACY { None } else { Some(kind) }
}

/// The list up to where unsigned and signed transactions differ.
fn begin(
    cx: &mut Context<'_>,
    tx: &Transaction<'_>,
    kind: u8,
    chain: &Word,
) -> Result<ListWriter, Failure> {
    let data = tx.data()?.bytes;
    // It is copied for each of the hashes.
    cx.charge_words(data.len() as u64 * 4)?;
    let to = (!tx.deploys_evm_code()).then(|| tx.to());
    let mut list = ListWriter::default();
    if kind != LEGACY {
        list.number(chain);
    }
    list.number(&tx.nonce());
    if kind == EIP_1559 {
        list.number(&tx.max_priority_fee_per_gas());
    }
    list.number(&tx.max_fee_per_gas()).number(&tx.gas_limit());
    list.optional_address(to.as_ref()).number(&tx.value()).bytes(data);
    if kind != LEGACY {
        // No transaction has an access list.
        list.list(&ListWriter::default());
    }
    Ok(list)
}

fn hash_to_sign(
    cx: &mut Context<'_>,
    tx: &Transaction<'_>,
    kind: u8,
    list: &ListWriter,
    chain: &Word,
) -> Result<Word, Failure> {
    if kind == LEGACY && tx.signs_chain() {
        let mut list = list.clone();
        list.number(chain).number(&Word::ZERO).number(&Word::ZERO);
        return cx.keccak(&[&list.finish(None)]);
    }
    cx.keccak(&[&list.finish(type_byte(kind))])
}

fn append_signature(
    list: &mut ListWriter,
    tx: &Transaction<'_>,
    kind: u8,
    chain: &Word,
) -> Result<(), Failure> {
    let signature = tx.signature()?;
    let word = |at: usize| signature.get(at..).and_then(<[u8]>::first_chunk);
    let [r, s] = [word(0), word(32)].map(|word| word.map(Word::from_be_bytes));
    let (r, s) = r.zip(s).ok_or(Failure::EMPTY)?;
    let v = *signature.get(64).ok_or_else(out_of_bounds)?;
    if !matches!(v, 27 | 28) {
        return Err(error(INVALID_SIGNATURE, &[Word::from_u64(WRONG_V), Word::from_u64(v.into())]));
    }
    let v = match kind {
        // EIP-155: 35 and the parity of y and twice the chain.
        LEGACY if tx.signs_chain() => {
            let twice = U256::from(*chain).checked_mul(2.into());
            let v = twice.and_then(|twice| twice.checked_add(u64::from(v + 8).into()));
            v.ok_or_else(overflow)?.into()
        }
        LEGACY => Word::from_u64(v.into()),
        _ => Word::from_u64(u64::from(v) - 27),
    };
    list.number(&v).number(&r).number(&s);
    Ok(())
}

fn typed_hash(cx: &mut Context<'_>, tx: &Transaction<'_>, chain: &Word) -> Result<Word, Failure> {
    let data = TypedData {
        words: tx.words(),
        data: tx.data()?.bytes,
        factory_deps: tx.factory_deps()?,
        paymaster_input: tx.paymaster_input()?,
    };
    let dynamic = [data.data, data.factory_deps, data.paymaster_input];
    let rounds: u64 = dynamic.iter().map(|bytes| bytes.len() as u64 / 136 + 1).sum();
    cx.charge_times(prices::KECCAK256_ROUND, rounds + TYPED_ROUNDS)?;
    Ok(Word::from_be_bytes(&data.hash(chain)))
}
