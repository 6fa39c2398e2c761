//! The accounts of generated worlds.

use crate::random::Random;
use eravm_core::{Address, VersionedHash, Word, system_address};

/// User accounts with ordinary code.
pub(super) const USERS: u16 = 3;
/// Number of the user account that always returns memory with something in it.
pub(super) const GENEROUS: u16 = 9;
/// System contracts with ordinary code; some of these addresses are special.
pub(super) const KERNELS: [u16; 6] = [0x8005, 0x8009, 0x800a, 0x800b, 0x800d, 0x8012];
/// Addresses of precompiles.
pub(super) const PRECOMPILES: [u16; 8] = [0x8010, 1, 2, 5, 6, 7, 8, 0x100];

/// What generated code can refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// Accounts, with and without code.
    pub(super) addresses: Vec<Address>,
    /// Hashes, known and unknown, well-formed and not.
    pub(super) hashes: Vec<VersionedHash>,
}

/// Address of a user account.
pub(super) fn user(number: u16) -> Address {
    let mut address = system_address(number);
    address.0[17] = 1;
    address
}

/// A hash with any digest.
pub(super) fn hash(kind: u8, constructing: u8, words: usize, name: u8) -> VersionedHash {
    let mut hash = [name; 32];
    hash[0] = kind;
    hash[1] = constructing;
    hash[2..4].copy_from_slice(&(words as u16).to_be_bytes());
    VersionedHash(hash)
}

impl Places {
    /// Where to call.
    pub(super) fn destination(&self, random: &mut Random) -> Word {
        if random.one_in(40) {
            return random.word();
        }
        let mut word = Word::from_address(&random.pick(&self.addresses));
        if random.one_in(20) {
            // Bits above an address do not matter.
            word.0[3] = random.bits();
        }
        word
    }

    /// What to decommit.
    pub(super) fn hash(&self, random: &mut Random) -> Word {
        let mut hash = random.pick(&self.hashes);
        if random.one_in(8) {
            hash.0[random.below(4) as usize] ^= 1;
        }
        hash.to_word()
    }

    /// A storage key. There are few, so that slots get warm.
    pub(super) fn key(&self, random: &mut Random) -> Word {
        const FREE: [u64; 4] = [
            0xc029_ffc0_61aa_e0da,
            0xe0ab_d373_cab1_bf4a,
            0x316a_84da_9cf4_aa6f,
            0x31b6_6141_c575_a054,
        ];
        match random.below(12) {
            0 => random.word(),
            1 => Word(FREE),
            _ => Word::from_u64(random.below(4)),
        }
    }
}
