//! How many circuits it takes to prove what was done: the signal by which the network decides when a batch is full of them.
//!
//! Cycles are counted per kind of circuit ([`CircuitCycles`]) and divided by how many of them fit into one ([`Geometry`]). The counts are
//! those of the network's host, which are deliberately simple: every instruction that may use the stack counts as if it did, and what
//! failing frames take back is counted once.
//!
//! All but one kind come from what the [machine counts anyway](eravm_core::Work). Accesses of memory depend on the kind of every single
//! instruction, so counting them means tracing the run; [`BatchExecutor::count_circuits`](super::BatchExecutor::count_circuits) asks for
//! it. Without it there is an upper bound.

use super::hook::Hook;
use super::tracer::HostTracer;
use eravm_core::isa::Opcode;
use eravm_core::precompiles::Precompile;
use eravm_core::{Outcome, Step, Tracer, Verdict, Vm, Work};

/// Accesses of memory that the network counts for an instruction that may read from or write to the stack: its code, an operand, a result.
const STACK_RAM_CYCLES: u64 = 3;
/// For one that reads from a heap, unaligned: its code and two words.
const HEAP_READ_RAM_CYCLES: u64 = 3;
/// For one that writes to a heap, unaligned: its code, and two words read and written.
const HEAP_WRITE_RAM_CYCLES: u64 = 5;
/// For any other: its code.
const OTHER_RAM_CYCLES: u64 = 1;

/// Declares a structure with a field for each kind of circuit, so that the kinds are listed once.
macro_rules! circuits {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Something of each kind of circuit.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
        pub struct Circuits<T> {
            $($(#[$doc])* pub $name: T,)*
        }

        impl<T> Circuits<T> {
            /// What a function makes of each two of the same kind.
            pub fn zip<U, V>(self, other: Circuits<U>, mut combine: impl FnMut(T, U) -> V) -> Circuits<V> {
                Circuits { $($name: combine(self.$name, other.$name),)* }
            }

            /// All of them with the names of their kinds.
            pub fn into_named(self) -> Vec<(&'static str, T)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

circuits! {
    /// Instructions.
    main_vm,
    /// Accesses of memory.
    ram_permutation,
    /// Storage slots that are read from, and proved against, the state tree, and written to it.
    storage_application,
    /// Accesses of storage, which are put in order.
    storage_sorter,
    /// Code that is loaded.
    code_decommitter,
    /// Requests to load code, which are put in order.
    code_decommitter_sorter,
    /// Log entries, which are told apart by kind.
    log_demuxer,
    /// Events and messages to L1, which are put in order.
    events_sorter,
    /// Keccak-256.
    keccak256,
    /// Public key recovery on secp256k1.
    ecrecover,
    /// SHA-256.
    sha256,
    /// Signature verification on secp256r1. The network's statistic calls it `secp256k1_verify`.
    secp256r1_verify,
    /// Accesses of transient storage.
    transient_storage_checker,
    /// Modular exponentiation.
    modexp,
    /// Addition on BN254.
    ecadd,
    /// Multiplication on BN254.
    ecmul,
    /// Pairings on BN254.
    ecpairing,
}

/// Cycles of each kind of circuit.
pub type CircuitCycles = Circuits<u64>;

/// Cycles that fit into one circuit of each kind. It differs between versions of the circuits.
pub type Geometry = Circuits<u32>;

/// Number of circuits of each kind, with fractions: the network's `CircuitStatistic`.
pub type CircuitStatistic = Circuits<f32>;

/// The geometry with precompiles of BN254, in force from protocol version 28 on; the network's host takes it for older batches as well.
pub const GEOMETRY: Geometry = Geometry {
    main_vm: 5390,
    ram_permutation: 127_145,
    storage_application: 33,
    storage_sorter: 44_171,
    code_decommitter: 2845,
    code_decommitter_sorter: 111_250,
    log_demuxer: 58_125,
    events_sorter: 31_287,
    keccak256: 293,
    ecrecover: 7,
    sha256: 2206,
    secp256r1_verify: 4,
    transient_storage_checker: 50_875,
    modexp: 17,
    ecadd: 752,
    ecmul: 15,
    ecpairing: 1,
};

impl CircuitCycles {
    /// Cycles of what was done in a number of instructions, given those for accesses of memory.
    fn of(instructions: u64, ram_permutation: u64, work: &Work) -> Self {
        let messages = work.events + work.l1_messages;
        let rounds = |which| work.rounds(which);
        Self {
            main_vm: instructions,
            ram_permutation,
            storage_application: work.cold_reads + 2 * work.cold_writes,
            storage_sorter: work.storage_reads + 2 * work.storage_writes + work.far_calls,
            code_decommitter: work.decommitted_pairs,
            code_decommitter_sorter: work.far_calls + work.decommits,
            log_demuxer: work.storage_reads
                + work.transient_reads
                + 2 * (work.storage_writes + work.transient_writes + messages)
                + work.precompile_calls
                + work.far_calls,
            events_sorter: 2 * messages,
            keccak256: rounds(Precompile::Keccak256),
            ecrecover: rounds(Precompile::Ecrecover),
            sha256: rounds(Precompile::Sha256),
            secp256r1_verify: rounds(Precompile::Secp256r1Verify),
            transient_storage_checker: work.transient_reads + 2 * work.transient_writes,
            modexp: rounds(Precompile::Modexp),
            ecadd: rounds(Precompile::EcAdd),
            ecmul: rounds(Precompile::EcMul),
            ecpairing: rounds(Precompile::EcPairing),
        }
    }

    /// How many circuits they take, with fractions. Bit by bit the network's statistic, for what was counted in one go: it adds up the
    /// fractions of transactions, this the cycles, which loses nothing.
    ///
    /// A kind that a geometry has no circuits for (0 cycles) takes none, or infinitely many if there is something to prove.
    #[must_use]
    pub fn circuits(self, geometry: &Geometry) -> CircuitStatistic {
        self.zip(*geometry, |cycles, capacity| match cycles {
            0 => 0.0,
            _ => cycles as f32 / capacity as f32,
        })
    }

    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.zip(other, u64::saturating_add)
    }
}

impl CircuitStatistic {
    /// Circuits to be proved: those that are partly filled count as a whole.
    ///
    /// SPEC: the network does not round up modexp, ecadd, ecmul and ecpairing; its total is up to four lower.
    #[must_use]
    pub fn total(self) -> u64 {
        // The cast is saturating.
        self.into_named()
            .into_iter()
            .map(|(_, circuits)| circuits.ceil() as u64)
            .fold(0, u64::saturating_add)
    }
}

/// Cycles of circuits that something takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CircuitUse {
    /// Exactly, if it was [asked for](super::BatchExecutor::count_circuits).
    pub exact: Option<CircuitCycles>,
    /// Exactly but for [`ram_permutation`](Circuits::ram_permutation), for which all instructions that could be writes to a heap are
    /// taken for such.
    ///
    /// That is too much by at most four cycles an instruction, which with [`GEOMETRY`] is 17 % of the circuits of the main VM. It is never
    /// too little.
    pub at_most: CircuitCycles,
}

impl Default for CircuitUse {
    fn default() -> Self {
        Self { exact: Some(CircuitCycles::default()), at_most: CircuitCycles::default() }
    }
}

impl CircuitUse {
    /// What was done in a number of instructions; the cycles for accesses of memory if they were counted.
    pub(super) fn of(instructions: u64, ram_permutation: Option<u64>, work: &Work) -> Self {
        let of = |ram_permutation| CircuitCycles::of(instructions, ram_permutation, work);
        Self { exact: ram_permutation.map(of), at_most: of(most_ram_cycles(instructions, work)) }
    }

    /// The exact cycles if they are known, or those that it takes at most.
    pub const fn known(&self) -> &CircuitCycles {
        match &self.exact {
            Some(exact) => exact,
            None => &self.at_most,
        }
    }

    /// The sum of both. It is exact if both are.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            exact: self.exact.zip(other.exact).map(|(one, other)| one.plus(other)),
            at_most: self.at_most.plus(other.at_most),
        }
    }
}

/// Accesses of memory that a number of instructions may take.
fn most_ram_cycles(instructions: u64, work: &Work) -> u64 {
    let no_heap_writes = work.storage_reads
        + work.storage_writes
        + work.transient_reads
        + work.transient_writes
        + work.events
        + work.l1_messages
        + work.far_calls
        + work.decommits
        + work.precompile_calls;
    let others = instructions.saturating_sub(no_heap_writes);
    HEAP_WRITE_RAM_CYCLES * others + OTHER_RAM_CYCLES * no_heap_writes
}

/// Accesses of memory that the network counts for an instruction.
const fn ram_cycles(opcode: Opcode) -> u64 {
    match opcode {
        Opcode::Nop
        | Opcode::Add
        | Opcode::Sub
        | Opcode::And
        | Opcode::Or
        | Opcode::Xor
        | Opcode::Shl
        | Opcode::Shr
        | Opcode::Rol
        | Opcode::Ror
        | Opcode::Mul
        | Opcode::Div
        | Opcode::Jump
        | Opcode::PtrAdd
        | Opcode::PtrSub
        | Opcode::PtrPack
        | Opcode::PtrShrink => STACK_RAM_CYCLES,
        Opcode::HeapRead | Opcode::AuxHeapRead | Opcode::FatPointerRead | Opcode::StaticRead => {
            HEAP_READ_RAM_CYCLES
        }
        Opcode::HeapWrite | Opcode::AuxHeapWrite | Opcode::StaticWrite => HEAP_WRITE_RAM_CYCLES,
        Opcode::NearCall
        | Opcode::FarCall
        | Opcode::DelegateCall
        | Opcode::MimicCall
        | Opcode::RetOk
        | Opcode::RetRevert
        | Opcode::RetPanic
        | Opcode::Event
        | Opcode::ToL1
        | Opcode::Decommit
        | Opcode::This
        | Opcode::Caller
        | Opcode::CodeAddress
        | Opcode::ErgsLeft
        | Opcode::Sp
        | Opcode::Meta
        | Opcode::GetContextU128
        | Opcode::SetContextU128
        | Opcode::IncrementTxNumber
        | Opcode::AuxMutating0
        | Opcode::PrecompileCall
        | Opcode::StorageRead
        | Opcode::StorageWrite
        | Opcode::TransientRead
        | Opcode::TransientWrite
        | Opcode::Invalid => OTHER_RAM_CYCLES,
    }
}

/// Counts accesses of memory for another tracer's run.
#[derive(Debug)]
pub(super) struct RamCounter<'a, T> {
    tracer: &'a mut T,
    cycles: u64,
}

impl<'a, T> RamCounter<'a, T> {
    pub(super) const fn new(tracer: &'a mut T) -> Self {
        Self { tracer, cycles: 0 }
    }

    /// How many there were.
    pub(super) const fn cycles(&self) -> u64 {
        self.cycles
    }
}

impl<T: Tracer> Tracer for RamCounter<'_, T> {
    const AFTER: bool = T::AFTER;

    fn before(&mut self, step: &Step<'_>) -> Verdict {
        if T::BEFORE && self.tracer.before(step) == Verdict::Pause {
            return Verdict::Pause;
        }
        // What is skipped does nothing, and what is refused panics.
        let done = match step.outcome {
            Outcome::Executes => step.instruction.opcode(),
            Outcome::Skips => Opcode::Nop,
            Outcome::Panics(_) => Opcode::RetPanic,
        };
        self.cycles += ram_cycles(done);
        Verdict::Continue
    }

    fn after(&mut self, vm: &Vm) -> Verdict {
        self.tracer.after(vm)
    }
}

impl<T: HostTracer> HostTracer for RamCounter<'_, T> {
    fn hook(&mut self, hook: Hook, vm: &Vm) -> Verdict {
        self.tracer.hook(hook, vm)
    }

    fn limits_paymaster(&self) -> bool {
        self.tracer.limits_paymaster()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eravm_core::NoTracer;

    fn all<T: Copy>(of: T) -> Circuits<T> {
        Circuits::<()>::default().zip(Circuits::<()>::default(), |(), ()| of)
    }

    #[test]
    fn cycles_become_fractions_of_circuits() {
        let cycles = CircuitCycles { main_vm: 5390 * 3, ecpairing: 2, modexp: 1, ..all(0) };
        let circuits = cycles.circuits(&GEOMETRY);
        let expected =
            CircuitStatistic { main_vm: 3.0, ecpairing: 2.0, modexp: 1.0 / 17.0, ..all(0.0) };
        assert_eq!(circuits, expected);
        assert_eq!(circuits.total(), 3 + 2 + 1);
        assert_eq!(all(1).circuits(&GEOMETRY).total(), 17);
        assert_eq!(all(0).circuits(&GEOMETRY).total(), 0);
    }

    #[test]
    fn a_geometry_without_a_circuit_has_room_for_nothing() {
        let geometry = Geometry { modexp: 0, ..GEOMETRY };
        let none = all(0).circuits(&geometry);
        assert!(none.modexp == 0.0 && none.total() == 0);
        let some = CircuitCycles { modexp: 1, ..all(0) }.circuits(&geometry);
        assert!(some.modexp == f32::INFINITY && some.total() == u64::MAX);
        assert_eq!(all(f32::INFINITY).total(), u64::MAX);
    }

    #[test]
    fn every_kind_has_a_name_and_a_capacity() {
        let named = GEOMETRY.into_named();
        assert_eq!(named.len(), 17);
        assert!(named.iter().all(|(name, capacity)| !name.is_empty() && *capacity > 0));
    }

    #[test]
    fn what_is_counted_goes_to_its_circuits() {
        let mut work = Work::default();
        assert_eq!(
            CircuitCycles::of(7, 9, &work),
            CircuitCycles { main_vm: 7, ram_permutation: 9, ..all(0) }
        );
        work.storage_reads = 1;
        work.storage_writes = 10;
        work.cold_reads = 2;
        work.cold_writes = 20;
        work.transient_reads = 3;
        work.transient_writes = 30;
        work.events = 4;
        work.l1_messages = 40;
        work.far_calls = 100;
        work.decommits = 200;
        work.decommitted_pairs = 5;
        work.precompile_calls = 1000;
        assert_eq!(
            CircuitCycles::of(0, 0, &work),
            CircuitCycles {
                storage_application: 42,
                storage_sorter: 121,
                code_decommitter: 5,
                code_decommitter_sorter: 300,
                log_demuxer: 1 + 20 + 3 + 60 + 88 + 100 + 1000,
                events_sorter: 88,
                transient_storage_checker: 63,
                ..all(0)
            }
        );
    }

    #[test]
    fn a_sum_is_exact_if_both_are() {
        let work = Work::default();
        let (exact, bound) = (CircuitUse::of(10, Some(30), &work), CircuitUse::of(1, None, &work));
        assert_eq!(exact.at_most.ram_permutation, 50);
        assert_eq!(exact.known().ram_permutation, 30);
        assert_eq!(bound.known().ram_permutation, 5);
        assert_eq!(exact.plus(&exact).known().ram_permutation, 60);
        let both = exact.plus(&bound);
        assert_eq!((both.exact, both.at_most.ram_permutation), (None, 55));
        assert_eq!(CircuitUse::default().plus(&exact), exact);
        let full = CircuitUse::of(u64::MAX / 8, None, &work);
        assert!((0..9).fold(full, |sum, _| sum.plus(&full)).at_most.ram_permutation == u64::MAX);
    }

    /// Pauses at the second instruction.
    struct Second(u32);

    impl Tracer for Second {
        const AFTER: bool = true;

        fn before(&mut self, _: &Step<'_>) -> Verdict {
            self.0 += 1;
            if self.0 == 2 { Verdict::Pause } else { Verdict::Continue }
        }
    }

    #[test]
    fn instructions_are_counted_when_they_are_done() {
        use eravm_core::{Entry, Exit, InMemory, Limits, Program, Semantics, Settings};
        let code = eravm_core::asm::assemble(
            ".text\nentry:\nst.1 0, r2\nadd.lt r1, r1, r2\nld.1 0, r3\nret.panic\n",
        )
        .expect("it assembles");
        let program = Program::new(&code.bytecode[..]).expect("it is code");
        let hash = eravm_core::VersionedHash::of_code(&code.bytecode).expect("it has a hash");
        let (semantics, _) = Semantics::of_protocol(29).expect("it is known");
        let machine = || {
            let settings = Settings::new(semantics, hash, hash);
            Vm::new(settings, Entry::bootloader(program.clone())).expect("it is valid")
        };
        let (mut host, mut tracer) = (InMemory::default(), NoTracer);
        let mut counter = RamCounter::new(&mut tracer);
        let exit = machine().run_traced(&mut host, &mut counter, Limits::default());
        assert_eq!(exit.expect("it runs"), Exit::Panicked);
        // A write to a heap, what is skipped, a read from a heap, a panic.
        assert_eq!(counter.cycles(), 5 + 3 + 3 + 1);
        let mut tracer = Second(0);
        let mut counter = RamCounter::new(&mut tracer);
        let exit = machine().run_traced(&mut host, &mut counter, Limits::default());
        assert_eq!(exit.expect("it runs"), Exit::Paused);
        assert_eq!((counter.cycles(), tracer.0), (5, 2));
    }
}
