//! A call on the embedded system.

use super::{CALLER, CONTRACT, Seen};
use crate::case;
use crate::end_state::EndState;
use eravm_core::precompiles::keccak256;
use eravm_core::semantics::FatPointer;
use eravm_core::{
    Entry, Exit, NativeCall, NativeCaller, NativeData, NativePoint, Program, RunError, Semantics,
    Settings, VersionedHash, Vm, Word, is_kernel,
};
use eravm_host::embedded::Natives;
use eravm_host::evm::published;
use eravm_host::system_contracts::addresses::{ACCOUNT_CODE_STORAGE, EVM_HASHES_STORAGE};
use eravm_host::system_contracts::{GenesisOptions, SystemContracts, nonce_slot};
use eravm_host::{Host, events};
use std::time::{Duration, Instant};

/// A protocol that has EVM code.
const PROTOCOL: u16 = 29;

/// A new chain with a contract, and a call of that.
pub(super) struct Work {
    settings: Settings,
    host: Host,
    program: Program,
    calldata: Vec<u8>,
    /// The machine of the last run, whose memory the next one takes.
    last: Option<Vm>,
}

impl Work {
    pub(super) fn new(code: &[u8], calldata: &[u8]) -> Result<Self, String> {
        let system = SystemContracts::embedded();
        let mut host = Host::new();
        for (address, key, value) in system.genesis(&GenesisOptions::default()) {
            host.set_slot(address, key, value);
        }
        let padded = published(code.to_vec());
        let hash = VersionedHash::of_blob(code.len() as u16, &padded);
        host.add_code_as(hash, padded);
        host.set_slot(ACCOUNT_CODE_STORAGE, Word::from_address(&CONTRACT), hash.to_word());
        let code_hash = keccak256(&mut core::iter::once(code));
        host.set_slot(EVM_HASHES_STORAGE, hash.to_word(), Word::from_be_bytes(&code_hash));
        // A contract has the nonce 1 when it has created nothing.
        let (nonces, key) = nonce_slot(&CONTRACT);
        host.set_slot(nonces, key, Word([0, 0, 1, 0]));
        let emulator = system.evm_emulator().ok_or("the system has no EVM")?;
        let semantics = Semantics::of_protocol(PROTOCOL).map_err(|old| old.to_string())?.0;
        let settings = Settings::new(semantics, system.default_account().hash(), emulator.hash());
        let program = Program::native(vec![Word::ZERO]).map_err(|error| error.to_string())?;
        Ok(Self { settings, host, program, calldata: calldata.to_vec(), last: None })
    }

    /// Makes a machine and the call. The state stays as it is; decoded code is kept.
    fn execute(&self, host: &mut Host, last: Option<Vm>) -> Result<Vm, String> {
        let entry = Entry::bootloader(self.program.clone());
        let vm = match last {
            Some(last) => Vm::recycled(last, self.settings, entry),
            None => Vm::new(self.settings, entry),
        };
        let mut vm = vm.map_err(|error| error.to_string())?;
        vm.set_ergs(u32::MAX);
        let call = NativeCall {
            caller: NativeCaller::Mimicked(CALLER),
            ergs: u32::MAX,
            ..NativeCall::new(CONTRACT, NativeData::Bytes(&self.calldata))
        };
        match Natives::new().call(&mut vm, host, &call) {
            Ok(Exit::Native) if vm.native_point() == Some(NativePoint::Returned) => Ok(vm),
            Ok(exit) => Err(format!("the call failed: {exit:?}, {:?}", vm.native_point())),
            Err(RunError::Stopped(stop)) => Err(stop.to_string()),
            Err(RunError::Host(error)) => Err(error.to_string()),
        }
    }

    pub(super) fn run(&self) -> Result<Seen, String> {
        let vm = self.execute(&mut self.host.clone(), None)?;
        // Ethereum has no events of the system.
        let events = events::group(vm.events()).into_iter();
        let events = events.filter(|event| !is_kernel(&event.address));
        let events = events.map(|event| (event.address, event.topics, event.data));
        let returned = vm.read_pointer(FatPointer::from_word(&vm.register(1).0));
        Ok(Seen { returned, events: events.collect() })
    }
}

impl case::Work for Work {
    fn time(&mut self) -> Duration {
        // The host is not changed but for code that it decodes, which nodes keep.
        let mut host = core::mem::take(&mut self.host);
        let last = self.last.take();
        let begin = Instant::now();
        let vm = self.execute(&mut host, last);
        let time = begin.elapsed();
        self.host = host;
        match vm {
            Ok(vm) => {
                self.last = Some(vm);
                time
            }
            Err(error) => panic!("it ran before: {error}"),
        }
    }

    fn end_state(&mut self) -> Option<EndState> {
        None
    }
}
