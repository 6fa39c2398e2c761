//! A call of one contract, as all engines can make it.

use eravm_core::isa::{KERNEL_STIPEND_BYTES, USER_STIPEND_BYTES};
use eravm_core::{Address, Semantics, VersionedHash, Word, is_kernel, system_address};

/// Which part of a call is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Span {
    /// From the first instruction to the last. Making the machine and dropping it is not measured.
    Run,
    /// Making the machine, running and dropping it.
    Whole,
}

/// Code with its hash.
#[derive(Clone, Debug)]
pub struct Code {
    /// Its versioned hash.
    pub hash: VersionedHash,
    /// The code page.
    pub bytes: Vec<u8>,
}

impl Code {
    /// Code with the hash that it has on the network.
    ///
    /// # Panics
    /// If the code is not in words.
    pub fn new(bytes: Vec<u8>) -> Self {
        let hash = VersionedHash::of_code(&bytes).expect("code in words");
        Self { hash, bytes }
    }
}

/// A call of a contract in a state.
#[derive(Clone, Debug)]
pub struct Call {
    /// The contract.
    pub address: Address,
    /// Its code.
    pub code: Vec<u8>,
    /// What it is called with.
    pub calldata: Vec<u8>,
    /// Ergs.
    pub ergs: u32,
    /// r2 at the first instruction: 1 for constructors.
    pub flags: u64,
    /// Slots that are not zero.
    pub storage: Vec<(Address, Word, Word)>,
    /// Code that the state refers to.
    pub codes: Vec<Code>,
    /// Code of accounts without code, and the EVM emulator.
    pub base_contracts: [VersionedHash; 2],
    /// A write of the first frame to this byte address of its heap suspends the run; for the bootloader, whose heaps are
    /// free of charge, too.
    pub hook_address: Option<u32>,
    /// Protocol version whose rules hold.
    pub protocol: u16,
    /// Whether the rules of the circuits hold as well, see [`Semantics::with_circuit_rules`].
    pub circuit_rules: bool,
    /// What is measured.
    pub span: Span,
}

/// Protocol whose rules calls run under: the last one that `zksync_vm2` 0.5.0 knows.
const PROTOCOL: u16 = 30;
/// `AccountCodeStorage`.
const CODE_HASHES: u16 = eravm_core::ACCOUNT_CODE_STORAGE;

impl Call {
    /// A call in an empty state.
    pub fn new(address: Address, code: Vec<u8>) -> Self {
        let mut no_code = [0; 32];
        no_code[..4].copy_from_slice(&[VersionedHash::ERAVM, 0, 0, 1]);
        Self {
            address,
            code,
            calldata: Vec::new(),
            ergs: u32::MAX,
            flags: 0,
            storage: Vec::new(),
            codes: Vec::new(),
            base_contracts: [VersionedHash(no_code); 2],
            hook_address: None,
            protocol: PROTOCOL,
            circuit_rules: false,
            span: Span::Run,
        }
    }

    /// The rules.
    ///
    /// # Panics
    /// If the protocol is too old.
    pub fn semantics(&self) -> Semantics {
        match Semantics::of_protocol(self.protocol) {
            Ok((semantics, _)) => semantics.with_circuit_rules(self.circuit_rules),
            Err(error) => panic!("{error}"),
        }
    }

    /// Bytes of each heap of the first frame that are free of charge.
    pub fn heap_stipend(&self) -> u32 {
        match self.hook_address {
            Some(_) => u32::MAX,
            None if is_kernel(&self.address) => KERNEL_STIPEND_BYTES,
            None => USER_STIPEND_BYTES,
        }
    }

    /// Deploys another contract.
    #[must_use]
    pub fn with_contract(mut self, address: Address, code: Vec<u8>) -> Self {
        let code = Code::new(code);
        let key = Word::from_address(&address);
        self.storage.push((system_address(CODE_HASHES), key, code.hash.to_word()));
        self.codes.push(code);
        self
    }
}
