//! What the machine does around the computation: operands from memory, results into memory.

use super::abi::PrecompileAbi;
use super::kind::Precompile;
use super::provider::{CallFault, G1Point, Pair, Precompiles};
use crate::word::Word;

/// Input bytes that one call may make a precompile work through.
///
/// Far beyond what ergs can pay for at the price of the system contracts (40 ergs per 136 bytes of
/// keccak256); the machine itself does not tie the work to the price, hence this bound.
pub const MAX_INPUT_BYTES: u64 = 1 << 28;

/// Pairs that one call of ec pairing may bring.
///
/// A pair is four orders of magnitude more work than 192 bytes of a hash. A transaction has at most
/// 80 million ergs and the system contract takes 80 000 for each pair, which makes 1000; this leaves room for
/// ten times as many and bounds a call to seconds.
pub const MAX_PAIRS: u64 = 10_000;

/// Bytes in a round of SHA-256.
const SHA256_BLOCK_BYTES: u64 = 64;

/// SHA-256 blocks handed to the host at once: 1 KiB of stack, enough to make the call itself negligible.
const SHA256_BLOCKS_AT_ONCE: usize = 16;

/// The chaining value that SHA-256 starts with (FIPS 180-4, 5.3.3).
pub const SHA256_START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The machine's memory as a precompile sees it: pages of words that read as zero where nothing was written.
pub trait PageMemory {
    /// The 32-byte word at a word index.
    fn word(&self, page: u32, index: u32) -> Word;
    /// Writes the 32-byte word at a word index.
    fn set_word(&mut self, page: u32, index: u32, value: Word);
    /// The bytes `offset..offset + length` of a page as consecutive slices (zeros included). The sum may
    /// exceed 2³².
    fn chunks(&self, page: u32, offset: u32, length: u32) -> impl Iterator<Item = &[u8]>;
}

/// Runs a precompile on `memory`. The pages in `abi` are used as they are: the caller has replaced page 0.
///
/// Public for hosts that replay single calls; the machine does the same for `log.precompile`. On a fault,
/// memory is as it was.
pub fn call<H: Precompiles, M: PageMemory>(
    host: &mut H,
    which: Precompile,
    abi: &PrecompileAbi,
    memory: &mut M,
) -> Result<(), CallFault<H::Fault>> {
    match which {
        Precompile::Keccak256 => {
            if u64::from(abi.input_length) > MAX_INPUT_BYTES {
                return Err(CallFault::TooMuchWork(which));
            }
            let digest = host.keccak256(&mut memory.chunks(
                abi.input_page,
                abi.input_offset,
                abi.input_length,
            ))?;
            write(memory, abi, [Word::from_be_bytes(&digest)]);
        }
        Precompile::Sha256 => {
            if abi.rounds > MAX_INPUT_BYTES / SHA256_BLOCK_BYTES {
                return Err(CallFault::TooMuchWork(which));
            }
            if let Some(state) = sha256(host, abi, memory)? {
                write(memory, abi, [state]);
            }
        }
        Precompile::Ecrecover => {
            let [digest, v, r, s] = read(memory, abi, 0).map(|word: Word| word.to_be_bytes());
            let y_is_odd = match v[31] {
                0 => Some(false),
                1 => Some(true),
                _ => None,
            };
            let signer = match y_is_odd {
                Some(y_is_odd) => host.ecrecover(&digest, &r, &s, y_is_odd)?,
                None => None,
            };
            let result = signer.map(|address| [Word::from_address(&address)]);
            write(memory, abi, marked::<1, 2>(result));
        }
        Precompile::Secp256r1Verify => {
            let [digest, r, s, x, y] = read(memory, abi, 0).map(|word: Word| word.to_be_bytes());
            let verified = host.secp256r1_verify(&digest, &r, &s, &x, &y)?;
            write(memory, abi, marked::<1, 2>(verified.map(truth)));
        }
        Precompile::Modexp => {
            let [base, exponent, modulus] = read(memory, abi, 0);
            let power = host.modexp(&base, &exponent, &modulus)?;
            write(memory, abi, [power]);
        }
        Precompile::EcAdd => {
            let [x1, y1, x2, y2] = read(memory, abi, 0);
            let sum: Option<G1Point> = host.ec_add(&[x1, y1], &[x2, y2])?;
            write(memory, abi, marked::<2, 3>(sum));
        }
        Precompile::EcMul => {
            let [x, y, scalar] = read(memory, abi, 0);
            let product: Option<G1Point> = host.ec_mul(&[x, y], &scalar)?;
            write(memory, abi, marked::<2, 3>(product));
        }
        Precompile::EcPairing => {
            if abi.rounds > MAX_PAIRS {
                return Err(CallFault::TooMuchWork(which));
            }
            // Below MAX_PAIRS, neither the cast nor the product loses anything.
            let mut pairs =
                (0..abi.rounds as u32).map(|pair| -> Pair { read(memory, abi, pair * 6) });
            let is_one = host.ec_pairing(&mut pairs)?;
            write(memory, abi, marked::<1, 2>(is_one.map(truth)));
        }
    }
    Ok(())
}

/// The chaining value after all rounds, as a word; `None` without a round (the reference then writes nothing).
fn sha256<H: Precompiles, M: PageMemory>(
    host: &mut H,
    abi: &PrecompileAbi,
    memory: &M,
) -> Result<Option<Word>, CallFault<H::Fault>> {
    let mut state = SHA256_START;
    let mut buffer = [[0; SHA256_BLOCK_BYTES as usize]; SHA256_BLOCKS_AT_ONCE];
    let mut index = abi.input_offset;
    let mut rounds_left = abi.rounds;
    while rounds_left > 0 {
        let count = rounds_left.min(SHA256_BLOCKS_AT_ONCE as u64);
        let (blocks, _) = buffer.split_at_mut(count as usize);
        for half in blocks.as_flattened_mut().chunks_exact_mut(32) {
            half.copy_from_slice(&memory.word(abi.input_page, index).to_be_bytes());
            index = index.wrapping_add(1);
        }
        host.sha256_rounds(&mut state, blocks)?;
        rounds_left -= count;
    }
    if abi.rounds == 0 {
        return Ok(None);
    }
    let [a, b, c, d, e, f, g, h] = state.map(u64::from);
    Ok(Some(Word([g << 32 | h, e << 32 | f, c << 32 | d, a << 32 | b])))
}

/// `N` input words, from the `skip`-th on.
fn read<M: PageMemory, const N: usize>(memory: &M, abi: &PrecompileAbi, skip: u32) -> [Word; N] {
    let mut index = abi.input_offset.wrapping_add(skip);
    [(); N].map(|()| {
        let word = memory.word(abi.input_page, index);
        index = index.wrapping_add(1);
        word
    })
}

/// Writes the output words.
fn write<M: PageMemory, const N: usize>(memory: &mut M, abi: &PrecompileAbi, words: [Word; N]) {
    let mut index = abi.output_offset;
    for word in words {
        memory.set_word(abi.output_page, index, word);
        index = index.wrapping_add(1);
    }
}

/// The result with 1 before it, or all zeros. `WITH_MARKER` is `N` + 1.
fn marked<const N: usize, const WITH_MARKER: usize>(
    result: Option<[Word; N]>,
) -> [Word; WITH_MARKER] {
    let mut words = [Word::ZERO; WITH_MARKER];
    if let Some(result) = result {
        for (word, value) in words.iter_mut().zip(core::iter::once(Word::ONE).chain(result)) {
            *word = value;
        }
    }
    words
}

/// 1 or 0.
fn truth(value: bool) -> [Word; 1] {
    [Word::from_u64(u64::from(value))]
}
