//! Which artifact is what in a bundle: the names that compilers give them, and the addresses where contracts stand.

use super::Flavour;
use super::addresses::BOOTLOADER;
use eravm_core::{Address, Word};

/// A contract that stands at a fixed address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    /// Number of the address.
    pub(super) address: u32,
    /// Names of its artifact. A bundle with several of them means the first.
    pub(super) names: &'static [&'static str],
    /// First protocol version that has it; 25, the oldest one known, for those that are older.
    pub(super) since: u16,
}

const fn place(address: u32, names: &'static [&'static str], since: u16) -> Place {
    Place { address, names, since }
}

/// What an artifact is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Role {
    Bootloader(Flavour),
    DefaultAccount,
    DefaultAccountNoSecurity,
    EvmEmulator,
    Contract,
}

/// All contracts of kernel space and above, in the order of their addresses (`Constants.sol` and `scripts/constants.ts` of
/// era-contracts, `system_contracts.rs` of zksync-era). Protocol 31 gave some of them new names.
#[rustfmt::skip]
pub(super) const PLACES: &[Place] = &[
    place(0x0, &["EmptyContract"], 25),
    place(0x1, &["Ecrecover"], 25),
    place(0x2, &["SHA256"], 25),
    place(0x4, &["Identity"], 27),
    place(0x5, &["Modexp"], 28),
    place(0x6, &["EcAdd"], 25),
    place(0x7, &["EcMul"], 25),
    place(0x8, &["EcPairing"], 26),
    place(0x100, &["P256Verify"], 25),
    // The bootloader's own code is no contract: at its address nothing can be called.
    place(0x8001, &["EmptyContract"], 25),
    place(0x8002, &["AccountCodeStorage"], 25),
    place(0x8003, &["NonceHolder"], 25),
    place(0x8004, &["KnownCodesStorage"], 25),
    place(0x8005, &["ImmutableSimulator"], 25),
    place(0x8006, &["ContractDeployer"], 25),
    place(0x8008, &["L1Messenger"], 25),
    place(0x8009, &["MsgValueSimulator"], 25),
    place(0x800a, &["L2BaseTokenEra", "L2BaseToken"], 25),
    place(0x800b, &["SystemContext"], 25),
    place(0x800c, &["BootloaderUtilities"], 25),
    place(0x800d, &["EventWriter"], 25),
    place(0x800e, &["Compressor"], 25),
    place(0x800f, &["L2ComplexUpgrader", "ComplexUpgrader"], 25),
    place(0x8010, &["Keccak256"], 25),
    place(0x8011, &["PubdataChunkPublisher"], 25),
    place(0x8012, &["CodeOracle"], 25),
    place(0x8013, &["EvmGasManager"], 27),
    place(0x8014, &["EvmPredeploysManager"], 27),
    place(0x8015, &["EvmHashesStorage"], 27),
    place(0x1_0000, &["Create2Factory"], 25),
    place(0x1_0001, &["L2GenesisUpgrade"], 26),
    place(0x1_0002, &["L2Bridgehub", "Bridgehub"], 26),
    place(0x1_0003, &["L2AssetRouter"], 26),
    place(0x1_0004, &["L2NativeTokenVault"], 26),
    place(0x1_0005, &["L2MessageRoot", "MessageRoot"], 26),
    place(0x1_0006, &["SloadContract"], 26),
    place(0x1_0007, &["L2WrappedBaseToken"], 26),
    place(0x1_0008, &["L2InteropRootStorage"], 29),
    place(0x1_0009, &["L2MessageVerification"], 29),
    place(0x1_000a, &["L2ChainAssetHandler", "ChainAssetHandler"], 29),
    place(0x1_000b, &["UpgradeableBeaconDeployer"], 31),
    place(0x1_000c, &["SystemContractProxyAdmin"], 31),
    place(0x1_000d, &["InteropCenter"], 31),
    place(0x1_000e, &["InteropHandler"], 31),
    place(0x1_000f, &["L2AssetTracker"], 31),
    place(0x1_0010, &["GWAssetTracker"], 31),
    place(0x1_0011, &["BaseTokenHolder"], 31),
];

/// The other parts of a bundle.
const PARTS: &[(&str, Role)] = &[
    ("proved_batch", Role::Bootloader(Flavour::ProvedBatch)),
    ("proved_batch_impersonating", Role::Bootloader(Flavour::ProvedBatchImpersonating)),
    ("playground_batch", Role::Bootloader(Flavour::PlaygroundBatch)),
    ("fee_estimate", Role::Bootloader(Flavour::FeeEstimate)),
    ("fee_estimate_impersonating", Role::Bootloader(Flavour::FeeEstimateImpersonating)),
    ("gas_test", Role::Bootloader(Flavour::GasTest)),
    ("DefaultAccount", Role::DefaultAccount),
    ("DefaultAccountNoSecurity", Role::DefaultAccountNoSecurity),
    ("EvmEmulator", Role::EvmEmulator),
];

/// What an artifact of this name is, with the name; `None` if it is no part of a bundle.
pub(super) fn role_of(name: &str) -> Option<(&'static str, Role)> {
    let part = PARTS.iter().copied().find(|(known, _)| *known == name);
    let names = || PLACES.iter().flat_map(|place| place.names);
    part.or_else(|| Some((*names().find(|known| **known == name)?, Role::Contract)))
}

/// The name of what stands at an address on every chain: of contracts the one that most versions have.
pub(super) fn name_of(address: &Address) -> Option<&'static str> {
    // What stands there for calls is empty.
    if *address == BOOTLOADER {
        return Some("Bootloader");
    }
    let number = Word::from_address(address).to_u64()?;
    let place = PLACES.iter().find(|place| u64::from(place.address) == number)?;
    place.names.last().copied()
}

/// The address with this number.
pub(super) fn address(number: u32) -> Address {
    Word::from_u64(number.into()).to_address()
}
