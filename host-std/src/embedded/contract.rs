//! The list of native contracts.

use super::call::Step;
use super::context::Context;
use super::contracts;
use super::failure::Failure;
use crate::system_contracts::Bytecode;
use eravm_core::{Address, Program, VersionedHash, Word};
use std::collections::HashMap;
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
    /// The bootloader. It is the first frame, and is never called: at its address stands [`EmptyContract`](Self::EmptyContract).
    Bootloader InKernel [] = contracts::empty::enter;
    /// Accounts without code.
    DefaultAccount Anywhere [] = contracts::default_account::enter;
    /// Nonces of accounts.
    NonceHolder InKernel [0x8003] = contracts::nonce_holder::enter;
    /// Calls with value.
    MsgValueSimulator InKernel [0x8009] = contracts::msg_value_simulator::enter;
    /// Balances.
    L2BaseToken InKernel [0x800a] = contracts::base_token::enter;
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
    /// Three words, as code has an odd number of them: the mark with the contract's number, its name, and nothing.
    fn words(self) -> [[u8; 32]; 3] {
        let mut words = [[0; 32]; 3];
        let number = (self as u16).to_be_bytes();
        words[0]
            .iter_mut()
            .zip(MARK.iter().chain(&number))
            .for_each(|(place, byte)| *place = *byte);
        words[1].iter_mut().zip(self.name().bytes()).for_each(|(place, byte)| *place = byte);
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
            assert!(contract.name().len() <= 32, "{contract:?}");
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
