//! Which precompiles there are.

/// The precompiles, named by the low 16 bits of the address of the contract that runs `log.precompile`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u16)]
pub enum Precompile {
    /// secp256k1 public key recovery.
    Ecrecover = 0x01,
    /// SHA-256 rounds over already padded blocks.
    Sha256 = 0x02,
    /// Modular exponentiation of single words (protocol 28).
    Modexp = 0x05,
    /// BN254 G1 addition (protocol 28).
    EcAdd = 0x06,
    /// BN254 G1 multiplication (protocol 28).
    EcMul = 0x07,
    /// BN254 pairing check (protocol 28).
    EcPairing = 0x08,
    /// secp256r1 signature verification.
    Secp256r1Verify = 0x100,
    /// Keccak-256.
    Keccak256 = 0x8010,
}

impl Precompile {
    /// Every precompile, by address.
    pub const ALL: [Self; 8] = [
        Self::Ecrecover,
        Self::Sha256,
        Self::Modexp,
        Self::EcAdd,
        Self::EcMul,
        Self::EcPairing,
        Self::Secp256r1Verify,
        Self::Keccak256,
    ];

    /// The low 16 bits of its address.
    pub const fn address(self) -> u16 {
        self as u16
    }

    /// Its place in [`ALL`](Self::ALL).
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Ecrecover => 0,
            Self::Sha256 => 1,
            Self::Modexp => 2,
            Self::EcAdd => 3,
            Self::EcMul => 4,
            Self::EcPairing => 5,
            Self::Secp256r1Verify => 6,
            Self::Keccak256 => 7,
        }
    }

    /// Whether it exists only from protocol 28 on. Before, its address is one without a precompile: the
    /// instruction takes the ergs and computes nothing.
    pub const fn since_protocol_28(self) -> bool {
        matches!(self, Self::Modexp | Self::EcAdd | Self::EcMul | Self::EcPairing)
    }
}

/// The precompile at an address (its low 16 bits), in the newest protocol; see
/// [`Precompile::since_protocol_28`] for older ones.
pub fn at_address(low: u16) -> Option<Precompile> {
    Precompile::ALL.into_iter().find(|precompile| precompile.address() == low)
}
