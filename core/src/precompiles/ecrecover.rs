//! Recovery of secp256k1 keys.

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

/// The x and y of the secp256k1 key that signed `digest`; what counts as a signature is said at
/// [`Precompiles::ecrecover`](super::Precompiles::ecrecover).
///
/// The reference then verifies the signature with the recovered key. That cannot fail (the key is the solution
/// of the very equation), so it is left out.
pub fn public_key(
    digest: &[u8; 32],
    r: &[u8; 32],
    s: &[u8; 32],
    y_is_odd: bool,
) -> Option<[u8; 64]> {
    let signature = Signature::from_scalars(*r, *s).ok()?;
    // The x of the nonce point is r itself: the reference knows no recovery ids above 1.
    let id = RecoveryId::new(y_is_odd, false);
    let key = VerifyingKey::recover_from_prehash(digest, &signature, id).ok()?;
    let point = key.to_sec1_point(false);
    // The first byte says that both coordinates follow.
    point.as_bytes().last_chunk().copied()
}
