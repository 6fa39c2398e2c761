//! The contracts that every chain has: bootloaders, the default account, the EVM emulator and the system contracts.
//!
//! They are published as bundles, which are folders of artifacts in a format of zksolc's tools, or archives of them. A bundle does
//! not say where its contracts stand, nor for which protocol version they are; tables here do.
//!
//! ```no_run
//! use eravm_host::system_contracts::{Flavour, GenesisOptions, SystemContracts};
//! use std::path::Path;
//!
//! let (contracts, warnings) = SystemContracts::load(Path::new("v29.tar.gz"))?;
//! warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
//! let bootloader = contracts.bootloader(Flavour::ProvedBatch);
//! println!("{:?} in {} slots", bootloader, contracts.genesis(&GenesisOptions::default()).len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account_slots;
pub mod addresses;
mod bytecode;
mod deployment;
mod error;
mod genesis;
mod known;
mod load;
mod table;

pub(crate) use account_slots::in_first_mapping;
pub use account_slots::{balance_slot, nonce_slot};
pub use bytecode::Bytecode;
pub use deployment::{create2_address, deployment_calldata};
pub use error::{BundleError, BundleErrorKind, Warning};
pub use genesis::{GenesisOptions, GenesisSlot};

use eravm_core::{Address, VersionedHash};
use load::Parts;
use std::collections::BTreeMap;
use std::path::Path;
use table::{PLACES, Role};

/// The name of what stands at an address on every chain, if anything does.
pub fn name_of(address: &Address) -> Option<&'static str> {
    table::name_of(address)
}

/// The protocol version that the embedded system has.
const EMBEDDED_PROTOCOL: u16 = 29;

/// What a bootloader is compiled for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flavour {
    /// Batches that are proved.
    ProvedBatch,
    /// The same, with senders that did not sign.
    ProvedBatchImpersonating,
    /// `eth_call`.
    PlaygroundBatch,
    /// Estimation of fees.
    FeeEstimate,
    /// The same, with senders that did not sign.
    FeeEstimateImpersonating,
    /// Tests of the bootloader itself.
    GasTest,
}

impl Flavour {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ProvedBatch,
        Self::ProvedBatchImpersonating,
        Self::PlaygroundBatch,
        Self::FeeEstimate,
        Self::FeeEstimateImpersonating,
        Self::GasTest,
    ];
}

/// The contracts that every chain has.
#[derive(Clone, Debug)]
pub struct SystemContracts {
    bootloaders: BTreeMap<Flavour, Bytecode>,
    default_account: Bytecode,
    default_account_no_security: Option<Bytecode>,
    evm_emulator: Option<Bytecode>,
    contracts: BTreeMap<Address, Bytecode>,
    protocol_version: Option<u16>,
}

impl SystemContracts {
    /// Loads a bundle from a folder of artifacts, or a tar archive of one, packed with gzip or not.
    ///
    /// A bundle needs one bootloader and a default account. An unknown one is no error; neither are missing contracts, as chains may
    /// have their reasons: both are among the warnings.
    ///
    /// # Errors
    /// If it cannot be read, an artifact of it is damaged or its code cannot be deployed, or two of the same name have different
    /// code.
    pub fn load(path: &Path) -> Result<(Self, Vec<Warning>), BundleError> {
        let parts = load::read(path)?;
        Self::assemble(parts).map_err(|kind| {
            let entry = path.to_string_lossy().into_owned();
            BundleError { entry, kind: Box::new(kind) }
        })
    }

    /// The embedded system: its contracts are native, those of protocol 29.
    pub fn embedded() -> Self {
        use crate::embedded::NativeContract;
        let contracts = NativeContract::ALL.iter().flat_map(|contract| {
            contract.addresses().map(|address| (address, contract.bytecode().clone()))
        });
        let bootloaders = Flavour::ALL.iter().map(|flavour| {
            let bootloader = match flavour {
                Flavour::ProvedBatch | Flavour::GasTest => NativeContract::Bootloader,
                Flavour::ProvedBatchImpersonating => NativeContract::BootloaderImpersonating,
                Flavour::PlaygroundBatch => NativeContract::BootloaderPlayground,
                Flavour::FeeEstimate => NativeContract::BootloaderFeeEstimate,
                Flavour::FeeEstimateImpersonating => {
                    NativeContract::BootloaderFeeEstimateImpersonating
                }
            };
            (*flavour, bootloader.bytecode().clone())
        });
        Self {
            bootloaders: bootloaders.collect(),
            default_account: NativeContract::DefaultAccount.bytecode().clone(),
            default_account_no_security: None,
            evm_emulator: Some(NativeContract::EvmEmulator.bytecode().clone()),
            contracts: contracts.collect(),
            protocol_version: Some(EMBEDDED_PROTOCOL),
        }
    }

    fn assemble(parts: Parts) -> Result<(Self, Vec<Warning>), BundleErrorKind> {
        let mut bootloaders = BTreeMap::new();
        let (mut default_account, mut no_security, mut evm_emulator) = (None, None, None);
        for (role, code) in parts.roles() {
            let code = code.clone();
            match role {
                Role::Bootloader(flavour) => drop(bootloaders.insert(flavour, code)),
                Role::DefaultAccount => default_account = Some(code),
                Role::DefaultAccountNoSecurity => no_security = Some(code),
                Role::EvmEmulator => evm_emulator = Some(code),
                Role::Contract => {}
            }
        }
        if bootloaders.is_empty() {
            return Err(BundleErrorKind::NoBootloader);
        }
        let default_account = default_account.ok_or(BundleErrorKind::NoDefaultAccount)?;
        let contracts = PLACES.iter().filter_map(|place| {
            let code = place.names.iter().find_map(|name| parts.code(name))?;
            Some((table::address(place.address), code.clone()))
        });
        let mut contracts = Self {
            bootloaders,
            default_account,
            default_account_no_security: no_security,
            evm_emulator,
            contracts: contracts.collect(),
            protocol_version: None,
        };
        let mut warnings = parts.warnings;
        warnings.extend(contracts.recognise());
        Ok((contracts, warnings))
    }

    /// Finds out the protocol version, and what is missing for it.
    fn recognise(&mut self) -> Vec<Warning> {
        let bootloader = self.bootloader(Flavour::ProvedBatch).map(Bytecode::hash);
        let default_account = self.default_account.hash();
        let evm_emulator = self.evm_emulator().map(Bytecode::hash);
        let Some(protocol) = known::protocol_of(bootloader, default_account, evm_emulator) else {
            return vec![Warning::UnknownBundle { bootloader, default_account, evm_emulator }];
        };
        self.protocol_version = Some(protocol);
        let expected = PLACES.iter().filter(|place| place.since <= protocol);
        let places = expected.map(|place| (table::address(place.address), place.names));
        let missing = places.filter(|(address, _)| !self.contracts.contains_key(address));
        missing
            .filter_map(|(address, names)| {
                // Names of newer versions come first.
                Some(Warning::Missing { name: names.last()?, address, protocol })
            })
            .collect()
    }

    /// A bootloader.
    pub fn bootloader(&self, flavour: Flavour) -> Option<&Bytecode> {
        self.bootloaders.get(&flavour)
    }

    /// All bootloaders.
    pub fn bootloaders(&self) -> impl Iterator<Item = (Flavour, &Bytecode)> {
        self.bootloaders.iter().map(|(flavour, code)| (*flavour, code))
    }

    /// The code of accounts that have none.
    pub const fn default_account(&self) -> &Bytecode {
        &self.default_account
    }

    /// The same for senders that did not sign.
    pub const fn default_account_no_security(&self) -> Option<&Bytecode> {
        self.default_account_no_security.as_ref()
    }

    /// What runs EVM code; since protocol version 27. Machines of older versions get the default account in its place.
    pub const fn evm_emulator(&self) -> Option<&Bytecode> {
        self.evm_emulator.as_ref()
    }

    /// The contracts that stand at fixed addresses, in the order of the addresses. `EmptyContract` stands at two.
    pub fn contracts(&self) -> impl Iterator<Item = (Address, &Bytecode)> {
        self.contracts.iter().map(|(address, code)| (*address, code))
    }

    /// The protocol version, if the bundle is a known one.
    pub const fn protocol_version(&self) -> Option<u16> {
        self.protocol_version
    }

    /// All code of the bundle by hash, for a host's store of code.
    pub fn codes(&self) -> BTreeMap<VersionedHash, &Bytecode> {
        let single = [&self.default_account].into_iter().chain(&self.evm_emulator);
        let single = single.chain(&self.default_account_no_security);
        let all = single.chain(self.bootloaders.values()).chain(self.contracts.values());
        all.map(|code| (code.hash(), code)).collect()
    }
}
