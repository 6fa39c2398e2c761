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
/// `ImmutableSimulator`: the immutable variables of contracts.
pub const IMMUTABLE_SIMULATOR: Address = system_address(0x8005);
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
/// `ComplexUpgrader`: what protocol upgrades run.
pub const COMPLEX_UPGRADER: Address = system_address(0x800f);
/// `Compressor`: checks what is published in a shorter form.
pub const COMPRESSOR: Address = system_address(0x800e);
/// `Keccak256`: computes the hash.
pub const KECCAK256: Address = system_address(0x8010);
/// `CodeOracle`: returns code.
pub const CODE_ORACLE: Address = system_address(0x8012);
/// `EvmGasManager`: what EVM frames tell each other.
pub const EVM_GAS_MANAGER: Address = system_address(0x8013);
/// `EvmPredeploysManager`: deploys widely used EVM code where it is on every chain.
pub const EVM_PREDEPLOYS_MANAGER: Address = system_address(0x8014);
/// `EvmHashesStorage`: the hashes of EVM code that the EVM knows.
pub const EVM_HASHES_STORAGE: Address = system_address(0x8015);
/// `Bridgehub`: knows the contracts of the bridge. It stands in user space, as those below.
pub const BRIDGEHUB: Address = user_address(0x2);
/// `L2AssetRouter`: where assets of the bridge go.
pub const ASSET_ROUTER: Address = user_address(0x3);
/// `L2NativeTokenVault`: keeps the tokens of the bridge.
pub const TOKEN_VAULT: Address = user_address(0x4);
/// `MessageRoot`: the root over the chains that settle on this one. It stands in user space.
pub const MESSAGE_ROOT: Address = user_address(0x5);
/// The code of the wrapped base token; the token is a proxy of it.
pub const WRAPPED_BASE_TOKEN: Address = user_address(0x7);
/// `L2ChainAssetHandler`: moves chains from one settlement layer to another.
pub const ASSET_HANDLER: Address = user_address(0xa);
/// `L2InteropRootStorage`: roots of other chains' messages.
pub const INTEROP_ROOT_STORAGE: Address = user_address(0x8);

/// The address with a number among the first of user space.
const fn user_address(number: u8) -> Address {
    let mut address = system_address(number as u16);
    // User space begins at 2¹⁶.
    address.0[17] = 1;
    address
}
