//! The list of native contracts.

use super::bootloader::Purpose;
use super::call::Step;
use super::context::Context;
use super::contracts;
use super::failure::Failure;
use super::solidity::Encoder;
use crate::system_contracts::Bytecode;
use eravm_core::{Address, Program, VersionedHash, Word};
use hashbrown::HashMap;
use std::sync::OnceLock;

/// What a native contract does when it is called.
pub(super) type Enter = fn(&mut Context<'_>) -> Result<Step, Failure>;

/// Where code may run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Runs {
    /// In kernel space only: it has rights that other frames do not have.
    InKernel,
    /// In any frame: as code of accounts, or with no rights of its own.
    Anywhere,
}

macro_rules! contracts {
    ($($(#[$doc:meta])* $contract:ident $runs:ident [$($address:literal),*] = $enter:path;)*) => {
        /// A contract of the embedded system.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        pub enum NativeContract {
            $($(#[$doc])* $contract,)*
        }

        impl NativeContract {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$contract,)*];

            /// Its name, which is that of the real contract.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$contract => stringify!($contract),)*
                }
            }

            /// Numbers of the addresses where it stands.
            const fn places(self) -> &'static [u32] {
                match self {
                    $(Self::$contract => &[$($address),*],)*
                }
            }

            const fn runs(self) -> Runs {
                match self {
                    $(Self::$contract => Runs::$runs,)*
                }
            }

            const fn enter(self) -> Enter {
                match self {
                    $(Self::$contract => $enter,)*
                }
            }
        }
    };
}

contracts! {
    /// Does nothing.
    EmptyContract Anywhere [0x0, 0x8001] = contracts::empty::enter;
    /// The bootloader of batches. Bootloaders are first frames and are never called: at their address stands
    /// [`EmptyContract`](Self::EmptyContract).
    Bootloader InKernel [] = contracts::empty::enter;
    /// The same for senders that did not sign.
    BootloaderImpersonating InKernel [] = contracts::empty::enter;
    /// The bootloader of simulated calls.
    BootloaderPlayground InKernel [] = contracts::empty::enter;
    /// The bootloader of estimates.
    BootloaderFeeEstimate InKernel [] = contracts::empty::enter;
    /// The same for senders that did not sign.
    BootloaderFeeEstimateImpersonating InKernel [] = contracts::empty::enter;
    /// Recovers signers.
    Ecrecover Anywhere [0x1] = contracts::precompiles::ecrecover;
    /// Hashes.
    SHA256 Anywhere [0x2] = contracts::precompiles::sha256;
    /// Returns its calldata.
    Identity Anywhere [0x4] = contracts::precompiles::identity;
    /// Exponentiation.
    Modexp Anywhere [0x5] = contracts::precompiles::modexp;
    /// Adds points of BN254.
    EcAdd Anywhere [0x6] = contracts::precompiles::ec_add;
    /// Multiplies a point of BN254.
    EcMul Anywhere [0x7] = contracts::precompiles::ec_mul;
    /// The pairing of BN254.
    EcPairing Anywhere [0x8] = contracts::precompiles::ec_pairing;
    /// Verifies signatures of secp256r1.
    P256Verify Anywhere [0x100] = contracts::precompiles::p256_verify;
    /// Code of the EVM.
    EvmEmulator Anywhere [] = contracts::evm_emulator::enter;
    /// Accounts without code.
    DefaultAccount Anywhere [] = contracts::default_account::enter;
    /// Code hashes of accounts.
    AccountCodeStorage InKernel [0x8002] = contracts::account_code_storage::enter;
    /// Nonces of accounts.
    NonceHolder InKernel [0x8003] = contracts::nonce_holder::enter;
    /// Code that is published.
    KnownCodesStorage InKernel [0x8004] = contracts::known_codes::enter;
    /// Immutable variables.
    ImmutableSimulator InKernel [0x8005] = contracts::immutable_simulator::enter;
    /// Deployments.
    ContractDeployer InKernel [0x8006] = contracts::contract_deployer::enter;
    /// Logs, messages and code for L1.
    L1Messenger InKernel [0x8008] = contracts::l1_messenger::enter;
    /// Calls with value.
    MsgValueSimulator InKernel [0x8009] = contracts::msg_value_simulator::enter;
    /// Balances.
    L2BaseToken InKernel [0x800a] = contracts::base_token::enter;
    /// Chain, batch, block and transaction.
    SystemContext InKernel [0x800b] = contracts::system_context::enter;
    /// Hashes of transactions.
    BootloaderUtilities InKernel [0x800c] = contracts::bootloader_utilities::enter;
    /// Events.
    EventWriter InKernel [0x800d] = contracts::event_writer::enter;
    /// Compressed code and state diffs.
    Compressor InKernel [0x800e] = contracts::compressor::enter;
    /// Protocol upgrades beyond deployments.
    ComplexUpgrader InKernel [0x800f] = contracts::complex_upgrader::enter;
    /// Hashes.
    Keccak256 Anywhere [0x8010] = contracts::precompiles::keccak256;
    /// Hashes of blobs.
    PubdataChunkPublisher InKernel [0x8011] = contracts::pubdata_chunk_publisher::enter;
    /// Code.
    CodeOracle InKernel [0x8012] = contracts::code_oracle::enter;
    /// What EVM frames tell each other.
    EvmGasManager InKernel [0x8013] = contracts::evm_gas_manager::enter;
    /// EVM contracts at known addresses.
    EvmPredeploysManager InKernel [0x8014] = contracts::evm_predeploys_manager::enter;
    /// Hashes of EVM code that the EVM knows.
    EvmHashesStorage InKernel [0x8015] = contracts::evm_hashes::enter;
    /// Deployments with one sender.
    Create2Factory Anywhere [0x1_0000] = contracts::create2_factory::enter;
    /// The upgrade that new chains begin with.
    L2GenesisUpgrade Anywhere [0x1_0001] = contracts::l2_genesis_upgrade::enter;
    /// The root over chains that settle here.
    MessageRoot Anywhere [0x1_0005] = contracts::message_root::enter;
    /// Reads slots.
    SloadContract Anywhere [0x1_0006] = contracts::sload_contract::enter;
    /// Roots of other chains.
    L2InteropRootStorage Anywhere [0x1_0008] = contracts::interop_root_storage::enter;
}

/// The first bytes of the code that others see of a native contract.
const MARK: &[u8; 30] = b"eravm native system contract: ";

/// A contract's code.
#[derive(Debug)]
struct Code {
    bytecode: Bytecode,
    program: Program,
}

/// The code of all contracts, and which hash is whose.
struct Codes {
    all: Vec<Code>,
    by_hash: HashMap<VersionedHash, usize>,
}

/// The code of all contracts.
fn codes() -> &'static Codes {
    static CODES: OnceLock<Codes> = OnceLock::new();
    CODES.get_or_init(|| {
        let all: Vec<_> = NativeContract::ALL.iter().map(|contract| contract.make_code()).collect();
        let hashes = all.iter().map(|code| code.bytecode.hash());
        let by_hash = hashes.zip(0..).collect();
        Codes { all, by_hash }
    })
}

impl NativeContract {
    /// Three words, as code has an odd number of them: the mark with the contract's number, and twice as much for its name.
    fn words(self) -> [[u8; 32]; 3] {
        let mut words = [[0; 32]; 3];
        let number = (self as u16).to_be_bytes();
        words[0]
            .iter_mut()
            .zip(MARK.iter().chain(&number))
            .for_each(|(place, byte)| *place = *byte);
        let name = words.iter_mut().skip(1).flatten();
        name.zip(self.name().bytes()).for_each(|(place, byte)| *place = byte);
        words
    }

    fn make_code(self) -> Code {
        let words = self.words();
        let program = Program::native(words.iter().map(Word::from_be_bytes).collect());
        let bytecode = Bytecode::new(&words.concat());
        match (program, bytecode) {
            (Ok(program), Ok(bytecode)) => Code { bytecode, program },
            _ => unreachable!("three words are code"),
        }
    }

    fn code(self) -> &'static Code {
        &codes().all[self as usize]
    }

    /// The code that others see of it: a mark, and its name.
    pub fn bytecode(self) -> &'static Bytecode {
        &self.code().bytecode
    }

    /// What the machine runs it as.
    pub fn program(self) -> &'static Program {
        &self.code().program
    }

    /// The program of the native contract with a code hash, if there is one.
    pub fn program_of(hash: &VersionedHash) -> Option<&'static Program> {
        let codes = codes();
        let index = codes.by_hash.get(hash)?;
        codes.all.get(*index).map(|code| &code.program)
    }

    /// What the bootloader with a code hash is made for; `None` if it is none of these.
    pub(crate) fn purpose_of(bootloader: &VersionedHash) -> Option<Purpose> {
        let contract = Self::of_program(Self::program_of(bootloader)?)?;
        let network = Purpose { insists_on_magic: true, ..Purpose::default() };
        Some(match contract {
            Self::Bootloader => network,
            Self::BootloaderImpersonating => Purpose { impersonates: true, ..network },
            Self::BootloaderPlayground => Purpose { simulates: true, ..network },
            Self::BootloaderFeeEstimate => Purpose::default(),
            Self::BootloaderFeeEstimateImpersonating => {
                Purpose { impersonates: true, ..Purpose::default() }
            }
            _ => return None,
        })
    }

    /// Where it stands.
    pub fn addresses(self) -> impl Iterator<Item = Address> {
        self.places().iter().map(|number| Word::from_u64(u64::from(*number)).to_address())
    }

    /// The contract that a native program belongs to.
    fn of_program(program: &Program) -> Option<Self> {
        Self::ALL.get(usize::from(program.word(0).low_u16())).copied()
    }

    /// Does what a contract does whose frame was entered.
    pub(super) fn enter_frame(cx: &mut Context<'_>) -> Result<Step, Failure> {
        let frame = cx.vm.current_frame();
        let Some(contract) = Self::of_program(frame.program) else { return Err(Failure::Panic) };
        if contract.runs() == Runs::InKernel && !frame.is_kernel {
            return Err(Failure::Panic);
        }
        cx.charge(super::prices::CALL)?;
        if cx.is_constructor_call() && contract != Self::EvmEmulator {
            // Contracts without a constructor take no value, and return a list of no immutables.
            cx.not_payable()?;
            return Ok(Step::returns(Encoder::new().array(&[]).finish()));
        }
        (contract.enter())(cx)
    }
}

/// The address of the bootloader and of what is below it is fixed; this keeps the list from naming one twice.
const _: () = {
    let all = NativeContract::ALL;
    let (mut left, mut seen) = (0, 0);
    while left < all.len() {
        let mut right = left + 1;
        while right < all.len() {
            let (a, b) = (all[left].places(), all[right].places());
            let mut i = 0;
            while i < a.len() {
                let mut j = 0;
                while j < b.len() {
                    assert!(a[i] != b[j], "two contracts at one address");
                    j += 1;
                }
                i += 1;
            }
            right += 1;
        }
        seen += all[left].places().len();
        left += 1;
    }
    assert!(seen > 0);
};

#[cfg(test)]
mod tests {
    use super::*;
    use eravm_core::system_address;

    #[test]
    fn code_leads_back_to_its_contract() {
        for &contract in NativeContract::ALL {
            assert!(contract.name().len() <= 64, "{contract:?}");
            let program = NativeContract::program_of(&contract.bytecode().hash()).unwrap();
            assert!(program.is_native());
            assert_eq!(NativeContract::of_program(program), Some(contract));
        }
        assert_eq!(
            NativeContract::EmptyContract.addresses().collect::<Vec<_>>(),
            [Address::zero(), system_address(0x8001)]
        );
    }
}
