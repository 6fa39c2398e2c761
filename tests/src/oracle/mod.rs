//! The oracle: the reference machine, crate `zk_evm`, on surroundings of our own.
//!
//! Its execution is used as it is. Memory, storage, events and code are what its host must bring; they are written here
//! in the simplest way, since the reference's own are made for other purposes (they refuse static memory,
//! know no refunds, and abort on rare accesses).

mod code;
pub mod convert;
mod events;
mod memory;
mod precompiles;
mod storage;

use crate::world::{Rules, World};
use core::cell::Cell;
use core::panic::AssertUnwindSafe;
use std::panic;
use std::sync::Once;
use zk_evm::aux_structures::{MemoryPage, PubdataCost};
use zk_evm::block_properties::BlockProperties;
use zk_evm::utils::GenericNoopTracer;
use zk_evm::vm_state::{CallStackEntry, PrimitiveValue, Version, VmState};
use zk_evm::witness_trace::DummyTracer;

/// The reference machine.
pub type Machine = VmState<
    storage::Slots,
    memory::Pages,
    events::Queues,
    precompiles::Bounded,
    code::Codes,
    DummyTracer,
>;

/// Page of the first frame's code.
const FIRST_BASE_PAGE: u32 = 8;
/// Page of the first frame's calldata.
const CALLDATA_PAGE: u32 = 7;

/// What one cycle of the reference came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cycle {
    /// It was done.
    Done,
    /// The reference aborted: one of its assertions does not hold, with the message.
    Aborted(String),
    /// The host returned an error: unknown code.
    Failed,
    /// A precompile was asked for more than a test has time for.
    TooMuchWork,
}

/// Makes the reference ready for the first instruction of a world.
pub fn machine(world: &World) -> Machine {
    let version = match world.rules {
        Rules::Newest => Version::latest(),
        Rules::BeforeGrowthRule => Version::Initial,
    };
    let properties = BlockProperties {
        default_aa_code_hash: convert::u256(world.default_account.to_word()),
        evm_emulator_code_hash: convert::u256(world.evm_emulator.to_word()),
        zkporter_is_available: false,
    };
    let mut machine = VmState::empty_state(
        storage::Slots::new(world),
        memory::Pages::default(),
        events::Queues::default(),
        precompiles::Bounded::default(),
        code::Codes::new(world),
        DummyTracer,
        properties,
        version,
    );
    let entry = &world.entry;
    for (index, word) in (0..).zip(&entry.code) {
        machine.memory.set(FIRST_BASE_PAGE, index, convert::u256(*word), false);
    }
    for (index, bytes) in (0..).zip(entry.calldata.chunks(32)) {
        let mut word = [0; 32];
        word[..bytes.len()].copy_from_slice(bytes);
        let value = zk_evm::ethereum_types::U256::from_big_endian(&word);
        machine.memory.set(CALLDATA_PAGE, index, value, false);
    }
    machine.memory.written.clear();
    let frame = CallStackEntry {
        this_address: convert::h160(entry.address),
        msg_sender: convert::h160(entry.caller),
        code_address: convert::h160(entry.address),
        base_memory_page: MemoryPage(FIRST_BASE_PAGE),
        code_page: MemoryPage(FIRST_BASE_PAGE),
        exception_handler_location: u16::MAX,
        ergs_remaining: entry.ergs,
        is_static: entry.is_static,
        context_u128_value: entry.context_u128,
        heap_bound: entry.heap_stipend,
        aux_heap_bound: entry.heap_stipend,
        total_pubdata_spent: PubdataCost(0),
        ..CallStackEntry::empty_context()
    };
    machine.push_bootloader_context(0, frame);
    let calldata = eravm_core::semantics::FatPointer {
        offset: 0,
        page: CALLDATA_PAGE,
        start: 0,
        length: entry.calldata.len() as u32,
    };
    machine.local_state.registers[0] =
        PrimitiveValue { value: convert::u256(calldata.to_word()), is_pointer: true };
    for &(register, word, is_pointer) in &world.registers {
        machine.local_state.registers[usize::from(register) - 1] =
            PrimitiveValue { value: convert::u256(word), is_pointer };
    }
    machine
}

/// One cycle.
pub fn cycle(machine: &mut Machine) -> Cycle {
    quiet_while_stepping();
    STEPPING.set(true);
    let done = panic::catch_unwind(AssertUnwindSafe(|| {
        machine.cycle(&mut GenericNoopTracer::<memory::Pages>::new())
    }));
    STEPPING.set(false);
    match done {
        Ok(Ok(())) if machine.precompiles_processor.refused => Cycle::TooMuchWork,
        Ok(Ok(())) => Cycle::Done,
        Ok(Err(_)) => Cycle::Failed,
        Err(message) => {
            let text = message.downcast_ref::<String>().cloned();
            let text = text.or_else(|| message.downcast_ref::<&str>().map(ToString::to_string));
            Cycle::Aborted(text.unwrap_or_default())
        }
    }
}

thread_local! {
    static STEPPING: Cell<bool> = const { Cell::new(false) };
}

/// Keeps the aborts of the reference, which are expected and caught, off the terminal.
fn quiet_while_stepping() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !STEPPING.get() {
                usual(info);
            }
        }));
    });
}
