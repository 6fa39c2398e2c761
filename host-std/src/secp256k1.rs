//! Recovery of secp256k1 keys: half of what a plain transfer takes, so that the fastest library does it that there is.

use crate::keccak::keccak_word;
use eravm_core::Address;
#[cfg(not(feature = "libsecp256k1"))]
use eravm_core::precompiles::recover_public_key as public_key;

/// The address whose key signed `digest` with (`r`, `s`), the nonce point having an odd or even y and `r` as x; `None` if there is
/// none. What counts as a signature is said at [`Precompiles::ecrecover`](eravm_core::precompiles::Precompiles::ecrecover).
pub(crate) fn recover(
    digest: &[u8; 32],
    r: &[u8; 32],
    s: &[u8; 32],
    y_is_odd: bool,
) -> Option<Address> {
    let key = public_key(digest, r, s, y_is_odd)?;
    Some(keccak_word([&key[..]]).to_address())
}

#[cfg(feature = "libsecp256k1")]
fn public_key(digest: &[u8; 32], r: &[u8; 32], s: &[u8; 32], y_is_odd: bool) -> Option<[u8; 64]> {
    use secp256k1::Message;
    use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};

    let mut numbers = [0; 64];
    let (places, _) = numbers.as_chunks_mut();
    for (place, number) in places.iter_mut().zip([r, s]) {
        *place = *number;
    }
    let id = if y_is_odd { RecoveryId::One } else { RecoveryId::Zero };
    let signature = RecoverableSignature::from_compact(&numbers, id).ok()?;
    let key = signature.recover_ecdsa(Message::from_digest(*digest)).ok()?;
    // The first byte says that both coordinates follow.
    key.serialize_uncompressed().last_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keccak::keccak;
    use core::convert::Infallible;
    use eravm_core::precompiles::Precompiles;
    use eravm_core::{HostTypes, Word};
    use k256::ecdsa::SigningKey;
    use primitive_types::U256;

    /// Who has the core's own ecrecover.
    struct Core;

    impl HostTypes for Core {
        type Fault = Infallible;
    }

    impl Precompiles for Core {}

    /// The order of the group.
    const ORDER: Word = Word([
        0xbfd2_5e8c_d036_4141,
        0xbaae_dce6_af48_a03b,
        0xffff_ffff_ffff_fffe,
        0xffff_ffff_ffff_ffff,
    ]);

    fn negated(number: &Word) -> Word {
        Word((U256(ORDER.0) - U256(number.0)).0)
    }

    fn both(digest: &Word, r: &Word, s: &Word, y_is_odd: bool) -> Option<Address> {
        let [digest, r, s] = [digest, r, s].map(Word::to_be_bytes);
        let ours = recover(&digest, &r, &s, y_is_odd);
        let theirs = Core.ecrecover(&digest, &r, &s, y_is_odd);
        assert_eq!(theirs, Ok(ours), "{digest:x?} {r:x?} {s:x?} {y_is_odd}");
        ours
    }

    /// Numbers at the edges of what is one: of the field, of the group, of its half.
    #[test]
    fn agrees_with_the_core_at_the_edges() {
        let half = Word([
            0xdfe9_2f46_681b_20a0,
            0x5d57_6e73_57a4_501d,
            0xffff_ffff_ffff_ffff,
            0x7fff_ffff_ffff_ffff,
        ]);
        // The field's modulus is 2^256 - 2^32 - 977.
        let modulus = Word([0xffff_fffe_ffff_fc2f, u64::MAX, u64::MAX, u64::MAX]);
        let mut numbers =
            vec![Word::ZERO, Word::ONE, Word::from_u64(2), Word::from_u64(5), Word::MAX];
        for edge in [half, ORDER, modulus] {
            let edge = U256(edge.0);
            numbers.extend([edge - 1, edge, edge + 1].map(|number| Word(number.0)));
        }
        let (mut some, mut none) = (0, 0);
        for digest in &numbers {
            for r in &numbers {
                for s in &numbers {
                    for y_is_odd in [false, true] {
                        match both(digest, r, s, y_is_odd) {
                            Some(_) => some += 1,
                            None => none += 1,
                        }
                    }
                }
            }
        }
        assert!(some > 100 && none > 100, "{some} {none}");
    }

    #[test]
    fn agrees_with_the_core_on_signatures_and_what_is_almost_one() {
        let mut seed = [7; 32];
        for round in 0..200_u8 {
            seed = keccak([&seed[..], &[round]]);
            let digest = keccak([&seed[..]]);
            let key = SigningKey::from_slice(&seed).unwrap();
            let (signature, id) = key.sign_prehash_recoverable(&digest);
            let (r, s) = signature.split_bytes();
            let [digest, r, s] =
                [digest, r.into(), s.into()].map(|bytes| Word::from_be_bytes(&bytes));
            let signer = both(&digest, &r, &s, id.is_y_odd());
            assert!(signer.is_some());
            // The same signature, with s in the upper half.
            assert_eq!(both(&digest, &r, &negated(&s), !id.is_y_odd()), signer);
            assert_ne!(both(&digest, &r, &s, !id.is_y_odd()), signer);
            assert_ne!(both(&digest, &s, &r, id.is_y_odd()), signer);
            assert_ne!(both(&r, &r, &s, id.is_y_odd()), signer);
        }
    }

    /// digest = r and s = r with the nonce point G: the key is the point at infinity.
    #[test]
    fn the_point_at_infinity_is_no_key() {
        let x_of_g = Word([
            0x59f2_815b_16f8_1798,
            0x029b_fcdb_2dce_28d9,
            0x55a0_6295_ce87_0b07,
            0x79be_667e_f9dc_bbac,
        ]);
        // Q = (s·G - z·G) / r with the even y of G: s = z.
        assert_eq!(both(&Word::from_u64(9), &x_of_g, &Word::from_u64(9), false), None);
        assert!(both(&Word::from_u64(9), &x_of_g, &Word::from_u64(9), true).is_some());
    }
}
