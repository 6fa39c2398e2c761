//! The machine.

mod careful;
#[cfg(feature = "compiled")]
pub mod compiled;
mod exit;
mod far_call;
pub(crate) mod fast;
mod inspect;
mod ip;
mod log;
mod memory;
mod native;
mod ret;
mod run;
mod snapshot;
pub(crate) mod status;
mod trace;
mod work;

pub use exit::{Exit, RunError, SetupError, Stop};
pub use inspect::{FrameView, StorageChange};
pub use log::{ACCOUNT_CODE_STORAGE, Event, L1Message, StorageAccess};
pub(crate) use native::NATIVE_POINTS;
pub use native::{NativeCall, NativeCaller, NativeData, NativePoint, NativeSlot, NativeWarmth};
pub use ret::Ending;
pub use run::Limits;
pub use snapshot::SnapshotError;
pub use trace::{NoTracer, Outcome, Refusal, Step, Tracer, Verdict};
pub use work::Work;

use crate::hash::FixedState;
use crate::isa::{
    EVM_STIPEND_BYTES, KERNEL_STIPEND_BYTES, MAX_CALL_DEPTH, Opcode, USER_STIPEND_BYTES,
};
use crate::program::Program;
use crate::protocol::Semantics;
use crate::semantics::{FatPointer, Flags};
use crate::state::frame::{
    Callers, FIRST_BASE_PAGE, FIRST_CALL_BASE_PAGE, FIRST_CALLDATA_PAGE, Frame, NearFrames,
};
use crate::state::journal::Undo;
use crate::state::page::Page;
use crate::state::pages::{EMPTY_PLACE, Pages};
use crate::state::registers::{Register, Registers};
use crate::state::slots::Slots;
use crate::state::stack::Stack;
use crate::versioned_hash::VersionedHash;
use crate::word::{Address, Word, system_address};
use alloc::vec::Vec;
use hashbrown::HashMap;

/// The bootloader's formal address.
const BOOTLOADER: u16 = 0x8001;

/// What does not change during a run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The rules.
    pub semantics: Semantics,
    /// Code of accounts that have none; must be EraVM code at rest.
    pub default_account: VersionedHash,
    /// Code that runs foreign code; must be EraVM code at rest.
    pub evm_emulator: VersionedHash,
    /// A write of the first frame to this byte address of its heap suspends the run.
    pub hook_address: Option<u32>,
    /// A far call of this contract's code suspends the run, once its frame is there. Calls that fail do not.
    pub watched_contract: Option<Address>,
    /// Bytes of memory (heaps, stacks, frames, logs) above which the run is stopped.
    pub memory_ceiling: usize,
    /// Near and far frames at which everything panics. The network's is [`MAX_CALL_DEPTH`].
    pub max_call_depth: u32,
    /// Whether to keep every storage access in order, with its rollback.
    pub record_storage_log: bool,
    /// Whether to keep the refund and the pubdata cost of every storage access in order.
    pub record_refunds: bool,
    /// Seed of the machine's hash tables. Results do not depend on it; a host that runs hostile code where time matters
    /// sets one that cannot be foreseen.
    pub hash_seed: u64,
}

impl Settings {
    /// Settings of the network with the given rules and base contracts: no hook, 2 GiB of memory, no records.
    pub const fn new(
        semantics: Semantics,
        default_account: VersionedHash,
        evm_emulator: VersionedHash,
    ) -> Self {
        Self {
            semantics,
            default_account,
            evm_emulator,
            hook_address: None,
            watched_contract: None,
            memory_ceiling: 2 << 30,
            max_call_depth: MAX_CALL_DEPTH,
            record_storage_log: false,
            record_refunds: false,
            hash_seed: 0x243f_6a88_85a3_08d3,
        }
    }
}

/// The first frame of a run.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// The contract.
    pub address: Address,
    /// Who calls it.
    pub caller: Address,
    /// Its code.
    pub program: Program,
    /// What it is called with. `r1` points to it.
    pub calldata: &'a [u8],
    /// Ergs.
    pub ergs: u32,
    /// The 128-bit context value, for instance the value transferred.
    pub context_u128: u128,
    /// Whether it may write.
    pub is_static: bool,
    /// Bytes of each heap that are free of charge.
    pub heap_stipend: u32,
}

impl<'a> Entry<'a> {
    /// A plain call: no value, not static, with the heap stipend of its address.
    pub fn new(
        address: Address,
        caller: Address,
        program: Program,
        calldata: &'a [u8],
        ergs: u32,
    ) -> Self {
        let heap_stipend =
            if is_kernel(&address) { KERNEL_STIPEND_BYTES } else { USER_STIPEND_BYTES };
        Self {
            address,
            caller,
            program,
            calldata,
            ergs,
            context_u128: 0,
            is_static: false,
            heap_stipend,
        }
    }

    /// The bootloader: all ergs, heaps free of charge.
    pub fn bootloader(program: Program) -> Self {
        Self {
            heap_stipend: u32::MAX,
            ..Self::new(system_address(BOOTLOADER), Address::zero(), program, &[], u32::MAX)
        }
    }
}

/// Bytes that a [recycled](Vm::recycled) machine keeps of each log and table at most.
pub const MOST_KEPT_BYTES: usize = 4 << 20;

/// The room of a list, if it is not too much.
pub(crate) fn emptied<T>(mut list: Vec<T>) -> Vec<T> {
    if list.capacity() > MOST_KEPT_BYTES / size_of::<T>().max(1) {
        return Vec::new();
    }
    list.clear();
    list
}

/// Addresses below are kernel space.
const FIRST_USER_ADDRESS: u64 = 1 << 16;

/// Whether an address is in kernel space: below 2¹⁶.
pub fn is_kernel(address: &Address) -> bool {
    address.0[..18].iter().all(|&byte| byte == 0)
}

/// Whether an instruction may need the host.
pub(crate) const fn needs_host(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::FarCall
            | Opcode::DelegateCall
            | Opcode::MimicCall
            | Opcode::StorageRead
            | Opcode::StorageWrite
            | Opcode::PrecompileCall
            | Opcode::Decommit
    )
}

/// Why the inner loop came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub(crate) enum Signal {
    /// An instruction was done.
    Next,
    /// The parked instruction needs the host.
    Host,
    /// The hook was written to; see [`Vm::hook_value`].
    Hook,
    /// The watched contract was called.
    Called,
    /// A native frame waits for the host.
    Native,
    /// The first frame has ended; see [`Vm::ended`].
    Ended,
    /// See [`Vm::stop`].
    Stopped,
}

/// Code that was decommitted, or would have been had the ergs sufficed.
#[derive(Clone, Debug)]
struct Decommitted {
    /// Of its hash, in the low 28 bytes.
    digest: Word,
    hash: VersionedHash,
    program: Program,
    /// The page it was loaded to; `None` while nobody paid for it.
    page: Option<u32>,
    /// Whether that is a heap, where it may be overwritten.
    in_heap: bool,
}

/// The registers, and what compiled code sees of the machine: at a fixed distance, so that one address finds both.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Hot {
    registers: Registers,
    #[cfg(feature = "compiled")]
    view: compiled::View,
}

impl Hot {
    const fn new() -> Self {
        Self {
            registers: Registers::new(),
            #[cfg(feature = "compiled")]
            view: compiled::View::nothing(),
        }
    }
}

/// An EraVM.
///
/// Owns all state of a run; hosts are borrowed for the time of each call of [`run`](Self::run). One machine executes a
/// whole batch: the bootloader suspends at its hooks, the host looks at or writes to memory, and resumes.
#[derive(Debug)]
pub struct Vm {
    hot: Hot,
    pc: u16,
    sp: u16,
    ergs: u32,
    status: u32,
    /// The next instruction is `ret.panic`, whatever the code says.
    pending_panic: bool,
    /// Value of the context register for the next far call.
    context_u128: u128,
    instructions: u64,
    /// How many of them whole-machine rollbacks took back.
    rolled_back: u64,

    frame: Frame,
    near_frames: NearFrames,
    callers: Callers,
    next_base_page: u32,

    pages: Pages,
    /// Number and place of the page last read through a pointer.
    last_pointed: (u32, u32),
    retained: Vec<u32>,
    /// Room for those that are looked through.
    candidates: Vec<memory::Candidate>,
    memory: usize,

    slots: Slots,
    /// Hash of the address of `AccountCodeStorage`, for its slots.
    code_storage_hash: u64,
    undo: Vec<Undo>,
    epoch: u32,
    tx_number: u16,
    pubdata: i32,
    events: Vec<Event>,
    l1_messages: Vec<L1Message>,
    storage_log: Vec<StorageAccess>,
    refunds: Vec<u32>,
    pubdata_costs: Vec<i32>,
    work: Work,

    decommitted: Vec<Decommitted>,
    decommitted_by_digest: HashMap<Word, u32, FixedState>,
    code_pages: HashMap<u32, u32, FixedState>,

    snapshots: Vec<snapshot::Saved>,
    hook_value: Word,
    ended: Option<Exit>,
    final_registers: [(Word, bool); 15],
    stop: Option<Stop>,
    settings: Settings,
    #[cfg(feature = "compiled")]
    compiled_stats: compiled::CompiledStats,
    /// After how many segments compiled code is left; 0 if never.
    #[cfg(feature = "compiled")]
    forced_exits: u64,
    #[cfg(feature = "compiled")]
    is_shadowed: bool,
    #[cfg(feature = "compiled")]
    watcher: Option<alloc::sync::Arc<dyn compiled::Watcher>>,
    /// Number of instructions when they were last counted for a program.
    #[cfg(feature = "compiled")]
    heat_mark: u64,
}

impl Vm {
    /// A machine at the first instruction of `entry`.
    ///
    /// # Errors
    /// If one of the base contracts' hashes is malformed (the reference asserts this in every cycle), or `entry`'s calldata
    /// does not fit the memory ceiling.
    pub fn new(settings: Settings, entry: Entry<'_>) -> Result<Self, SetupError> {
        for hash in [settings.default_account, settings.evm_emulator] {
            if !matches!(hash.parse(), Some((crate::CodeKind::EraVm, _))) {
                return Err(SetupError::MalformedBaseContract(hash));
            }
        }
        let length = u32::try_from(entry.calldata.len())
            .ok()
            .filter(|_| entry.calldata.len() <= settings.memory_ceiling)
            .ok_or(SetupError::CalldataTooLong(entry.calldata.len()))?;
        let hasher = FixedState(settings.hash_seed);
        let kernel = is_kernel(&entry.address);
        let mut status = status::with_flags(0, Flags::NONE);
        if !kernel {
            status |= status::USER;
        }
        if entry.is_static {
            status |= status::STATIC;
        }
        if settings.semantics.clear_dst1 {
            status |= status::CLEARS_DST1;
        }
        if settings.hook_address.is_some() {
            status |= status::STORES_OBSERVED;
        }
        let slots = Slots::new(hasher);
        let frame = Frame {
            this_address: entry.address,
            address_hash: slots.hash_of_address(&entry.address),
            caller: entry.caller,
            code_address: entry.address,
            is_kernel: kernel,
            is_static: entry.is_static,
            shards: [0; 3],
            context_u128: entry.context_u128,
            program: entry.program,
            code_page: FIRST_BASE_PAGE,
            base_page: FIRST_BASE_PAGE,
            heap: EMPTY_PLACE,
            aux_heap: EMPTY_PLACE,
            heap_bound: entry.heap_stipend,
            aux_heap_bound: entry.heap_stipend,
            stack: Stack::default(),
            handler: u16::MAX,
            near_base: 0,
            undo_mark: 0,
            retained_base: 0,
            retained_limit: memory::RETAINED_LIMIT,
            pc: 0,
            sp: 0,
            ergs: 0,
        };
        let mut vm = Self {
            hot: Hot::new(),
            pc: 0,
            sp: 0,
            ergs: entry.ergs,
            status,
            pending_panic: false,
            context_u128: 0,
            instructions: 0,
            rolled_back: 0,
            frame,
            near_frames: NearFrames::default(),
            callers: Callers::default(),
            next_base_page: FIRST_CALL_BASE_PAGE,
            pages: Pages::new(hasher),
            last_pointed: (0, EMPTY_PLACE),
            retained: Vec::new(),
            candidates: Vec::new(),
            memory: 0,
            code_storage_hash: slots.hash_of_address(&system_address(ACCOUNT_CODE_STORAGE)),
            slots,
            undo: Vec::new(),
            epoch: 1,
            tx_number: 0,
            pubdata: 0,
            events: Vec::new(),
            l1_messages: Vec::new(),
            storage_log: Vec::new(),
            refunds: Vec::new(),
            pubdata_costs: Vec::new(),
            work: Work::default(),
            decommitted: Vec::new(),
            decommitted_by_digest: HashMap::with_hasher(hasher),
            code_pages: HashMap::with_hasher(hasher),
            snapshots: Vec::new(),
            hook_value: Word::ZERO,
            ended: None,
            final_registers: [(Word::ZERO, false); 15],
            stop: None,
            settings,
            #[cfg(feature = "compiled")]
            compiled_stats: compiled::CompiledStats::default(),
            #[cfg(feature = "compiled")]
            forced_exits: 0,
            #[cfg(feature = "compiled")]
            is_shadowed: false,
            #[cfg(feature = "compiled")]
            watcher: None,
            #[cfg(feature = "compiled")]
            heat_mark: 0,
        };
        if !entry.calldata.is_empty() {
            let place = vm.pages.materialize(FIRST_CALLDATA_PAGE);
            if let Some(page) = vm.pages.at_mut(place) {
                vm.memory += page.write_bytes(0, entry.calldata);
            }
        }
        let pointer = FatPointer { offset: 0, page: FIRST_CALLDATA_PAGE, start: 0, length };
        vm.set_register(1, pointer.to_word(), true);
        vm.update_depth();
        Ok(vm)
    }

    /// A machine as [`new`](Self::new) makes it, in the memory of one that is not needed any more: for hosts that make many calls one
    /// after the other, and would have that memory given back and taken again each time.
    ///
    /// Nothing of the old machine is left but room in logs and tables, [a few megabytes](MOST_KEPT_BYTES) at most, which counts as memory
    /// in use.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn recycled(old: Self, settings: Settings, entry: Entry<'_>) -> Result<Self, SetupError> {
        let mut vm = Self::new(settings, entry)?;
        vm.slots.take_room(old.slots);
        vm.undo = emptied(old.undo);
        vm.events = emptied(old.events);
        vm.l1_messages = emptied(old.l1_messages);
        vm.storage_log = emptied(old.storage_log);
        vm.refunds = emptied(old.refunds);
        vm.pubdata_costs = emptied(old.pubdata_costs);
        Ok(vm)
    }

    /// The register a source names.
    #[inline(always)]
    fn source(&self, register: Register) -> Word {
        self.hot.registers.get(register)
    }

    /// Writes the register a destination names.
    #[inline(always)]
    fn set_destination(&mut self, register: Register, value: &Word) {
        self.hot.registers.set(register, value);
    }

    /// Sets r1 to r15 with a tag; r0 stays zero.
    pub fn set_register(&mut self, register: u8, value: Word, is_pointer: bool) {
        if !(1..16).contains(&register) {
            return;
        }
        self.hot.registers.set(Register::source(register), &value);
        self.status &= !status::tag(register);
        if is_pointer {
            self.status |= status::tag(register);
        }
    }

    /// A register with its tag; r0 and numbers above 15 read as zero.
    pub fn register(&self, register: u8) -> (Word, bool) {
        match register {
            1..16 => {
                let tagged = self.status & status::tag(register) != 0;
                (self.hot.registers.get(Register::source(register)), tagged)
            }
            _ => (Word::ZERO, false),
        }
    }

    /// PERF: inlined, as the range is known then.
    #[inline(always)]
    fn clear_registers(&mut self, registers: core::ops::Range<u8>) {
        let tags = registers.clone().fold(0, |tags, register| tags | status::tag(register));
        self.status &= !tags;
        self.hot.registers.clear(registers);
    }

    /// Place and bound of the heap or the auxiliary heap of the current frame.
    #[inline(always)]
    fn heap_of<const AUX: bool>(&self) -> (u32, u32) {
        if AUX {
            (self.frame.aux_heap, self.frame.aux_heap_bound)
        } else {
            (self.frame.heap, self.frame.heap_bound)
        }
    }

    /// Whether a write to a heap address of the current frame suspends the run.
    #[inline(always)]
    fn is_hook<const AUX: bool>(&self, address: u32) -> bool {
        !AUX && Some(address) == self.settings.hook_address && self.callers.is_empty()
    }

    /// The page behind a page number, if it is an ordinary one that was written to.
    #[inline(always)]
    fn pointed_page(&mut self, number: u32) -> Option<&Page> {
        if self.last_pointed.0 != number {
            let place = self.pages.find(number);
            if place == EMPTY_PLACE {
                return None;
            }
            self.last_pointed = (number, place);
        }
        Some(self.pages.at(self.last_pointed.1))
    }

    fn depth(&self) -> u64 {
        self.near_frames.len() as u64 + self.callers.len() as u64 + 1
    }

    /// Brings what depends on the depth of the call stack up to date.
    fn update_depth(&mut self) {
        let depth = self.depth();
        let limit = u64::from(self.settings.max_call_depth);
        self.status &= !status::CALL_STACK_FULL;
        if depth >= limit {
            self.status |= status::CALL_STACK_FULL;
        }
        // The fast path makes near calls where there is room, so there must be none at the limit.
        let below_limit = limit.saturating_sub(self.callers.len() as u64 + 2);
        self.near_frames.limit(usize::try_from(below_limit).unwrap_or(usize::MAX));
    }

    const fn stipend(&self, address_is_kernel: bool, code_is_foreign: bool) -> u32 {
        if address_is_kernel {
            KERNEL_STIPEND_BYTES
        } else if code_is_foreign {
            EVM_STIPEND_BYTES
        } else {
            USER_STIPEND_BYTES
        }
    }
}
