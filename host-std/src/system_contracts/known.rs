//! Bundles that are known by the hashes of their base contracts.
//!
//! Bundles do not say which protocol version they are for, so they are recognised. A bundle that is not in this table can be used
//! all the same: what its version is, its user has to say.

use crate::hex::word;
use eravm_core::{VersionedHash, Word};

/// The base contracts of a protocol version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct KnownBundle {
    /// The protocol version.
    pub(super) protocol: u16,
    /// The bootloader for batches that are proved.
    bootloader: Word,
    default_account: Word,
    evm_emulator: Option<Word>,
}

const KNOWN: &[KnownBundle] = &[
    KnownBundle {
        protocol: 26,
        bootloader: word("010008a327c7473176fbb1260a68e3e28c59cdcea6e19fa61ab01793960af5f7"),
        default_account: word("010004e1f84dbae108fdbb658b00ebeb249975a1360b5033c7a1d0db68cc1061"),
        evm_emulator: None,
    },
    KnownBundle {
        protocol: 27,
        bootloader: word("0100089b39b3cd330d5903d59677d2db5e70f3aaf381891572ca2af4f8d3de6c"),
        default_account: word("0100050f537094588d0bdd50fe30514865bc8d901456189b939079d51e64ab0a"),
        evm_emulator: Some(word(
            "01000bbb8116fe7bdf690c19740ea350375426cec23f4f1f69a12fdc58adc9ba",
        )),
    },
    KnownBundle {
        protocol: 28,
        bootloader: word("0100087b79cff7fee13037cd24f91ddaeb8b08f8792b8a91e34a4ace54722dd2"),
        default_account: word("010005f7e79f0e6a7900b5931f1bec4e2f067df1728ddb4d3f7902af14b1f721"),
        evm_emulator: Some(word(
            "01000d83e0329d9144ad041430fafcbc2b388e5434db8cb8a96e80157738a1da",
        )),
    },
    KnownBundle {
        protocol: 29,
        bootloader: word("0100092f045c41c21bd08a9c6fa909fa6a8b446e3f6cd9f08356352a3195a40c"),
        default_account: word("010005f74935e95e527d18ea9bfc82906fb20903a5683c528ee7af404e9bd531"),
        evm_emulator: Some(word(
            "01000d8bae37b82f311186426184866498b357f41d7a02ced11f3e3fbfbacd63",
        )),
    },
    // The main network's build of 29, which it also runs as 30.
    KnownBundle {
        protocol: 29,
        bootloader: word("01000911c4db4fe62c98e180cfa7e9b3a22fb15f505905d4bf36192f481551e6"),
        default_account: word("010005f73e7c299ed73db937843643bdc276cbc2cc8596287e1e0cf3afc60252"),
        evm_emulator: Some(word(
            "01000d8bae37b82f311186426184866498b357f41d7a02ced11f3e3fbfbacd63",
        )),
    },
];

/// The protocol version of base contracts, if they are known together. Without a bootloader for batches that are proved, the
/// others decide.
pub(super) fn protocol_of(
    bootloader: Option<VersionedHash>,
    default_account: VersionedHash,
    evm_emulator: Option<VersionedHash>,
) -> Option<u16> {
    let known = KNOWN.iter().find(|known| {
        bootloader.is_none_or(|hash| hash.to_word() == known.bootloader)
            && default_account.to_word() == known.default_account
            && evm_emulator.map(|hash| hash.to_word()) == known.evm_emulator
    });
    known.map(|known| known.protocol)
}
