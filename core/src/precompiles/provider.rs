//! What a host computes.

use super::kind::Precompile;
use crate::host::HostTypes;
use crate::word::{Address, Word};

/// Why a precompile gave no result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallFault<F> {
    /// The crate was built without its feature and the host does not provide it either.
    NotBuilt(Precompile),
    /// The call asks for more work than [`MAX_INPUT_BYTES`](super::MAX_INPUT_BYTES) or
    /// [`MAX_PAIRS`](super::MAX_PAIRS).
    TooMuchWork(Precompile),
    /// The host's own error.
    Host(F),
}

/// Affine coordinates x, y on BN254's G1; (0, 0) is the point at infinity.
pub type G1Point = [Word; 2];

/// A point on BN254's G1 and one on G2, as in EIP-197: x, y, then the imaginary and real part of x, then
/// those of y. All zeros is the point at infinity of its group.
pub type Pair = [Word; 6];

/// The body of a default method: the pure Rust implementation, or the fault if its feature is off.
macro_rules! built {
    ($feature:literal, $precompile:ident, ($($argument:ident),*), $result:expr) => {{
        #[cfg(feature = $feature)]
        {
            Ok($result)
        }
        #[cfg(not(feature = $feature))]
        {
            $(let _ = $argument;)*
            Err(CallFault::NotBuilt(Precompile::$precompile))
        }
    }};
}

/// What a host must be able to compute. Each method has the pure Rust implementation of its feature as
/// default; a guest overrides what its machine accelerates.
///
/// Numbers are big-endian where they are bytes. Results must not depend on anything but the arguments.
pub trait Precompiles: HostTypes {
    /// Keccak-256 (the original padding, not SHA-3's) of the concatenation of `input`.
    ///
    /// Default: feature `keccak256`.
    fn keccak256(
        &mut self,
        input: &mut dyn Iterator<Item = &[u8]>,
    ) -> Result<[u8; 32], CallFault<Self::Fault>> {
        built!("keccak256", Keccak256, (input), super::keccak256::digest(input))
    }

    /// Runs SHA-256's compression over `blocks`, from and into `state`. Nothing is padded.
    ///
    /// A long input comes in several calls. Default: feature `sha256`.
    fn sha256_rounds(
        &mut self,
        state: &mut [u32; 8],
        blocks: &[[u8; 64]],
    ) -> Result<(), CallFault<Self::Fault>> {
        built!("sha256", Sha256, (state, blocks), sha2::block_api::compress256(state, blocks))
    }

    /// The address whose secp256k1 key signed `digest` with (`r`, `s`), the nonce point having an odd or even
    /// y; `None` if there is none: `r` or `s` zero or not below the group order, no point with x = `r`, or
    /// the key is the point at infinity. High `s` is accepted.
    ///
    /// Default: feature `ecrecover`; the address comes from [`keccak256`](Self::keccak256) of this host.
    fn ecrecover(
        &mut self,
        digest: &[u8; 32],
        r: &[u8; 32],
        s: &[u8; 32],
        y_is_odd: bool,
    ) -> Result<Option<Address>, CallFault<Self::Fault>> {
        #[cfg(feature = "ecrecover")]
        {
            let Some(key) = super::ecrecover::public_key(digest, r, s, y_is_odd) else {
                return Ok(None);
            };
            let hash = self.keccak256(&mut core::iter::once(&key[..]))?;
            Ok(Some(Word::from_be_bytes(&hash).to_address()))
        }
        #[cfg(not(feature = "ecrecover"))]
        {
            let _ = (digest, r, s, y_is_odd);
            Err(CallFault::NotBuilt(Precompile::Ecrecover))
        }
    }

    /// Whether (`r`, `s`) is a secp256r1 signature of `digest` by the key (`x`, `y`); `None` if there is
    /// nothing to verify: `r` or `s` zero or not below the group order, or (`x`, `y`) not an affine point of
    /// the curve with coordinates below the field modulus. High `s` is accepted.
    ///
    /// Default: feature `secp256r1`.
    fn secp256r1_verify(
        &mut self,
        digest: &[u8; 32],
        r: &[u8; 32],
        s: &[u8; 32],
        x: &[u8; 32],
        y: &[u8; 32],
    ) -> Result<Option<bool>, CallFault<Self::Fault>> {
        built!(
            "secp256r1",
            Secp256r1Verify,
            (digest, r, s, x, y),
            super::secp256r1::verify(digest, r, s, x, y)
        )
    }

    /// The sum of two points of BN254's G1; `None` if a coordinate is not below the field modulus or a point
    /// is not on the curve.
    ///
    /// Default: feature `bn254`.
    fn ec_add(
        &mut self,
        left: &G1Point,
        right: &G1Point,
    ) -> Result<Option<G1Point>, CallFault<Self::Fault>> {
        built!("bn254", EcAdd, (left, right), super::bn254::add(left, right))
    }

    /// A point of BN254's G1 times any 256-bit number; `None` as for [`ec_add`](Self::ec_add).
    ///
    /// Default: feature `bn254`.
    fn ec_mul(
        &mut self,
        point: &G1Point,
        scalar: &Word,
    ) -> Result<Option<G1Point>, CallFault<Self::Fault>> {
        built!("bn254", EcMul, (point, scalar), super::bn254::mul(point, scalar))
    }

    /// Whether the product of the pairings is one (it is for no pair at all); `None` if a coordinate is not
    /// below the field modulus, a point is not on its curve, or a G2 point is outside the subgroup.
    ///
    /// Default: feature `bn254`.
    fn ec_pairing(
        &mut self,
        pairs: &mut dyn Iterator<Item = Pair>,
    ) -> Result<Option<bool>, CallFault<Self::Fault>> {
        built!("bn254", EcPairing, (pairs), super::bn254::pairing(pairs))
    }

    /// `base` to the power of `exponent` modulo `modulus` as in EIP-198: 0 for the moduli 0 and 1, and 0⁰ is 1.
    ///
    /// Default: feature `modexp`.
    fn modexp(
        &mut self,
        base: &Word,
        exponent: &Word,
        modulus: &Word,
    ) -> Result<Word, CallFault<Self::Fault>> {
        built!(
            "modexp",
            Modexp,
            (base, exponent, modulus),
            super::modexp::modexp(base, exponent, modulus)
        )
    }
}

/// Precompiles that are lent.
impl<H: Precompiles + ?Sized> Precompiles for &mut H {
    fn keccak256(
        &mut self,
        input: &mut dyn Iterator<Item = &[u8]>,
    ) -> Result<[u8; 32], CallFault<Self::Fault>> {
        (**self).keccak256(input)
    }

    fn sha256_rounds(
        &mut self,
        state: &mut [u32; 8],
        blocks: &[[u8; 64]],
    ) -> Result<(), CallFault<Self::Fault>> {
        (**self).sha256_rounds(state, blocks)
    }

    fn ecrecover(
        &mut self,
        digest: &[u8; 32],
        r: &[u8; 32],
        s: &[u8; 32],
        y_is_odd: bool,
    ) -> Result<Option<Address>, CallFault<Self::Fault>> {
        (**self).ecrecover(digest, r, s, y_is_odd)
    }

    fn secp256r1_verify(
        &mut self,
        digest: &[u8; 32],
        r: &[u8; 32],
        s: &[u8; 32],
        x: &[u8; 32],
        y: &[u8; 32],
    ) -> Result<Option<bool>, CallFault<Self::Fault>> {
        (**self).secp256r1_verify(digest, r, s, x, y)
    }

    fn ec_add(
        &mut self,
        left: &G1Point,
        right: &G1Point,
    ) -> Result<Option<G1Point>, CallFault<Self::Fault>> {
        (**self).ec_add(left, right)
    }

    fn ec_mul(
        &mut self,
        point: &G1Point,
        scalar: &Word,
    ) -> Result<Option<G1Point>, CallFault<Self::Fault>> {
        (**self).ec_mul(point, scalar)
    }

    fn ec_pairing(
        &mut self,
        pairs: &mut dyn Iterator<Item = Pair>,
    ) -> Result<Option<bool>, CallFault<Self::Fault>> {
        (**self).ec_pairing(pairs)
    }

    fn modexp(
        &mut self,
        base: &Word,
        exponent: &Word,
        modulus: &Word,
    ) -> Result<Word, CallFault<Self::Fault>> {
        (**self).modexp(base, exponent, modulus)
    }
}
