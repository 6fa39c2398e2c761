//! Verification of secp256r1 signatures.

use p256::Sec1Point;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};

/// See [`Precompiles::secp256r1_verify`](super::Precompiles::secp256r1_verify).
pub(super) fn verify(
    digest: &[u8; 32],
    r: &[u8; 32],
    s: &[u8; 32],
    x: &[u8; 32],
    y: &[u8; 32],
) -> Option<bool> {
    let signature = Signature::from_scalars(*r, *s).ok()?;
    let point = Sec1Point::from_affine_coordinates(x.into(), y.into(), false);
    let key = VerifyingKey::from_sec1_point(&point).ok()?;
    Some(key.verify_prehash(digest, &signature).is_ok())
}
