//! Signatures: what accounts get to see, recovery of the signer, signing.

use super::keccak::keccak;
use crate::secp256k1;
use core::fmt;
use eravm_core::{Address, Word};
use k256::ecdsa::{Signature as Scalars, SigningKey, VerifyingKey};
use std::borrow::Cow;

/// What is added to the parity of y in the last byte of a packed signature, and in `v` of transactions without a chain.
pub(super) const V_OFFSET: u8 = 27;

/// An ECDSA signature over secp256k1. It need not be a valid one.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Ecdsa {
    /// The x of the nonce point.
    pub r: Word,
    /// The other number.
    pub s: Word,
    /// Whether the y of the nonce point is odd.
    pub y_is_odd: bool,
}

impl Ecdsa {
    /// Signs a hash. The nonce is that of RFC 6979, so the same key signs the same hash in the same way.
    ///
    /// # Errors
    /// If the key is zero or not below the order of the group.
    pub fn sign(key: &[u8; 32], hash: &[u8; 32]) -> Result<Self, SignatureError> {
        let key = signing_key(key)?;
        let (signature, id) = key.sign_prehash_recoverable(hash);
        let (r, s) = signature.split_bytes();
        Ok(Self {
            r: Word::from_be_bytes(&r.into()),
            s: Word::from_be_bytes(&s.into()),
            y_is_odd: id.is_y_odd(),
        })
    }

    /// The address whose key signed a hash.
    ///
    /// # Errors
    /// If nobody can have signed it like that, or if `s` is in the upper half (EIP-2), which the default account refuses.
    pub fn recover(&self, hash: &[u8; 32]) -> Result<Address, SignatureError> {
        let [r, s] = [self.r, self.s].map(|number| number.to_be_bytes());
        let scalars = Scalars::from_scalars(r, s);
        let scalars = scalars.map_err(|_| SignatureError::OutOfRange)?;
        if scalars.normalize_s() != scalars {
            return Err(SignatureError::HighS);
        }
        let signer = secp256k1::recover(hash, &r, &s, self.y_is_odd);
        signer.ok_or(SignatureError::NotRecoverable)
    }

    /// Packed as accounts get it: r, s, and 27 or 28 for an even or odd y.
    pub fn packed(&self) -> [u8; 65] {
        let mut bytes = [V_OFFSET + u8::from(self.y_is_odd); 65];
        let (numbers, _) = bytes.as_chunks_mut::<32>();
        for (place, number) in numbers.iter_mut().zip([&self.r, &self.s]) {
            number.write_be_bytes(place);
        }
        bytes
    }

    /// Reads the packed form; `None` if it is another one.
    pub fn from_packed(bytes: &[u8]) -> Option<Self> {
        let (numbers, &[v]) = bytes.as_chunks::<32>() else { return None };
        let [r, s] = numbers else { return None };
        let y_is_odd = match v.checked_sub(V_OFFSET)? {
            0 => false,
            1 => true,
            _ => return None,
        };
        Some(Self { r: Word::from_be_bytes(r), s: Word::from_be_bytes(s), y_is_odd })
    }
}

/// The address of a private key.
///
/// # Errors
/// If the key is zero or not below the order of the group.
pub fn address_of_key(key: &[u8; 32]) -> Result<Address, SignatureError> {
    Ok(address(signing_key(key)?.verifying_key()))
}

fn signing_key(key: &[u8; 32]) -> Result<SigningKey, SignatureError> {
    SigningKey::from_slice(key).map_err(|_| SignatureError::Key)
}

fn address(key: &VerifyingKey) -> Address {
    let point = key.to_sec1_point(false);
    // The first byte says that both coordinates follow.
    let coordinates = point.as_bytes().get(1..).unwrap_or_default();
    Word::from_be_bytes(&keccak([coordinates])).to_address()
}

/// The signature of a transaction of type 0x71.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Signature {
    /// In the fields for it.
    Ecdsa(Ecdsa),
    /// As bytes for the account to judge.
    Custom(CustomSignature),
}

impl Signature {
    /// The bytes that the account gets.
    pub fn to_bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Ecdsa(signature) => Cow::Owned(signature.packed().to_vec()),
            Self::Custom(signature) => Cow::Borrowed(&signature.bytes),
        }
    }
}

/// A signature as bytes for the account to judge.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CustomSignature {
    /// The bytes. Nothing means the same as an ECDSA signature.
    pub bytes: Vec<u8>,
    /// What stands in the fields v, r and s of the raw transaction, where nobody reads it: zeros, or the number of the chain
    /// and zeros, depending on who wrote it.
    pub unused: [Word; 3],
}

/// Why a signature is not one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignatureError {
    /// A private key is zero or not below the order of the group.
    Key,
    /// r or s is zero or not below the order of the group.
    OutOfRange,
    /// s is in the upper half.
    HighS,
    /// No key can have signed like that.
    NotRecoverable,
    /// It is not r, s and 27 or 28, but as many bytes of something else.
    NotEcdsa(usize),
    /// Somebody else signed.
    WrongSigner {
        /// Who.
        recovered: Address,
        /// Who should have.
        from: Address,
    },
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => f.write_str("the private key is zero or not below the order of secp256k1"),
            Self::OutOfRange => {
                f.write_str("r or s of the signature is zero or not below the order of secp256k1")
            }
            Self::HighS => f.write_str(
                "s of the signature is in the upper half: negate it and flip the parity of y (EIP-2)",
            ),
            Self::NotRecoverable => f.write_str("no key can have made the signature"),
            Self::NotEcdsa(bytes) => write!(
                f,
                "the signature has {bytes} bytes that are not r, s and 27 or 28: only the account can judge it"
            ),
            Self::WrongSigner { recovered, from } => {
                write!(f, "{recovered:?} signed the transaction, which is from {from:?}")
            }
        }
    }
}

impl core::error::Error for SignatureError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order of the group less one.
    const LAST: Word = Word([
        0xbfd2_5e8c_d036_4140,
        0xbaae_dce6_af48_a03b,
        0xffff_ffff_ffff_fffe,
        0xffff_ffff_ffff_ffff,
    ]);

    #[test]
    fn the_signer_is_recovered() {
        let (key, hash) = ([0x46; 32], [3; 32]);
        let signature = Ecdsa::sign(&key, &hash).unwrap();
        assert_eq!(signature.recover(&hash), address_of_key(&key));
        assert_eq!(Ecdsa::from_packed(&signature.packed()), Some(signature));
        assert_ne!(signature.recover(&[4; 32]), address_of_key(&key));
        // The address that EIP-155 names for its key.
        let address = address_of_key(&key).unwrap();
        assert_eq!(format!("{address:?}"), "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        let recover = |r, s| Ecdsa { r, s, y_is_odd: false }.recover(&[1; 32]);
        assert_eq!(recover(Word::ZERO, Word::ONE), Err(SignatureError::OutOfRange));
        assert_eq!(recover(Word::ONE, Word::ZERO), Err(SignatureError::OutOfRange));
        assert_eq!(recover(Word::MAX, Word::ONE), Err(SignatureError::OutOfRange));
        assert_eq!(recover(Word::ONE, Word::MAX), Err(SignatureError::OutOfRange));
        assert_eq!(recover(Word::ONE, LAST), Err(SignatureError::HighS));
        // No point of the curve has this x.
        assert_eq!(recover(Word::from_u64(5), Word::ONE), Err(SignatureError::NotRecoverable));
        assert!(recover(Word::ONE, Word::ONE).is_ok());
        assert_eq!(address_of_key(&[0; 32]), Err(SignatureError::Key));
        assert_eq!(address_of_key(&[0xff; 32]), Err(SignatureError::Key));
    }

    #[test]
    fn only_the_packed_form_is_ecdsa() {
        let packed = Ecdsa::default().packed();
        assert_eq!(packed.last(), Some(&27));
        for v in [0, 1, 26, 29, 255] {
            let mut other = packed;
            other[64] = v;
            assert_eq!(Ecdsa::from_packed(&other), None, "{v}");
        }
        assert_eq!(Ecdsa::from_packed(&packed[..64]), None);
        assert_eq!(Ecdsa::from_packed(&[27; 66]), None);
        assert_eq!(Ecdsa::from_packed(&[27; 97]), None);
        assert_eq!(Ecdsa::from_packed(&[]), None);
    }
}
