//! Where the system contracts stand that a host deals with: the same on every chain.

use eravm_core::{Address, system_address};

/// The bootloader's formal address, and that of `block.coinbase`.
pub const BOOTLOADER: Address = system_address(0x8001);
/// `AccountCodeStorage`: the hash of each account's code.
pub const ACCOUNT_CODE_STORAGE: Address = system_address(eravm_core::ACCOUNT_CODE_STORAGE);
/// `NonceHolder`: the nonces of accounts.
pub const NONCE_HOLDER: Address = system_address(0x8003);
/// `KnownCodesStorage`: a 1 under the hash of all code that is published.
pub const KNOWN_CODES_STORAGE: Address = system_address(0x8004);
/// `ContractDeployer`, which also publishes EVM code.
pub const CONTRACT_DEPLOYER: Address = system_address(0x8006);
/// Where protocol upgrades come from.
pub const FORCE_DEPLOYER: Address = system_address(0x8007);
/// `L1Messenger`: announces logs, messages and code for L1.
pub const L1_MESSENGER: Address = system_address(0x8008);
/// `MsgValueSimulator`: calls with value.
pub const MSG_VALUE_SIMULATOR: Address = system_address(0x8009);
/// `L2BaseToken`: the balances.
pub const BASE_TOKEN: Address = system_address(0x800a);
/// `SystemContext`: what contracts can know of chain, batch and block.
pub const SYSTEM_CONTEXT: Address = system_address(0x800b);
/// `EventWriter`: writes the events of all other contracts.
pub const EVENT_WRITER: Address = system_address(0x800d);
/// `Keccak256`: computes the hash.
pub const KECCAK256: Address = system_address(0x8010);
/// `CodeOracle`: returns code.
pub const CODE_ORACLE: Address = system_address(0x8012);
/// `EvmHashesStorage`: the hashes of EVM code that the EVM knows.
pub const EVM_HASHES_STORAGE: Address = system_address(0x8015);
