//! Native code for hot EraVM bytecode, by Cranelift; identical to the interpreter to the last erg.
//!
//! A [`Jit`] has threads that compile what machines with its [watcher](Jit::watcher) execute much; a [`Compiler`] compiles here and now. Code is
//! [installed](eravm_core::Program::install) in the program, and from then on all machines that execute it use it by themselves;
//! [`eravm_core::compiled`] says how the two work together.
//!
//! ```
//! use eravm_core::{Address, Entry, InMemory, Program, Semantics, Settings, VersionedHash, Vm, asm};
//! use eravm_jit::{Compiler, Options};
//!
//! let source = "
//!         .text
//! entry:
//!         add     14, r0, r2
//! loop:
//!         add     3, r3, r3
//!         sub.s!  1, r2, r2
//!         jump.ne @loop
//!         st.1    0, r3
//!         ret     r0
//! ";
//! let code = asm::assemble(source)?;
//! let program = Program::new(&code.bytecode)?;
//! let stats = Compiler::new(Options::default())?.compile(&program)?;
//! assert!(stats.instructions >= 3);
//! let mut base_contract = VersionedHash::default();
//! base_contract.0[0] = VersionedHash::ERAVM;
//! let settings = Settings::new(Semantics::newest(), base_contract, base_contract);
//! let entry = Entry::new(Address::repeat_byte(1), Address::repeat_byte(2), program, &[], 1000);
//! let mut vm = Vm::new(settings, entry)?;
//! vm.run(&mut InMemory::new())?;
//! assert_eq!(vm.heap_word(0).low_u32(), 42);
//! assert!(vm.compiled_stats().entries > 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Ahead of time
//!
//! What is executed by everybody from the first transaction on, as system contracts are, need not wait until it is hot: an [`AotWriter`]
//! writes code of programs to a file, and a [`Jit`] [with](Jit::with_images) an [`AotImage`] of it gives it to these programs when a machine
//! first meets them. The file is mapped and not read, and processes share the memory. It is of use to the same build, on the same kind
//! of processor, with the same [`Options`]; others refuse it by its [`Fingerprint`].
//!
//! A hash over all of it finds damage. It does not protect from those who may write the file: what they write is executed. So files and
//! folders that others than their owner may write are refused where the system has such rights (unix), and a file that is in use must be
//! replaced, as [`AotWriter::write`] does, and never be written over or made shorter.
//!
//! # What is compiled, and how
//!
//! A program is cut into *regions* of some hundred instructions, each a function for Cranelift, whose time grows faster than a function.
//! A region is entered at places that jumps lead to, and behind what is not compiled. It is made of straight pieces, and those of
//! *segments*, whose ergs are charged at once. What a segment takes for granted is checked at its beginning: ergs, pointer
//! tags of the registers that it reads as numbers, words of the stack. If a check fails, the code is left there, and the
//! interpreter does one instruction after the other until the next entry. So nothing is ever taken back.
//!
//! Registers, stack and heaps are where the interpreter has them. Within a straight piece limbs that were just computed are used again, those
//! that are known (immediates, small constants, the upper limbs of addresses) are computed when the code is compiled, flags are
//! computed when somebody asks, results that are overwritten before anybody can see them are not stored, and calls of short functions are
//! looked through: their near frames come into being only if the code is left inside.
//!
//! Not compiled, and so left to the interpreter: far calls, storage, events, precompiles and whatever else needs the host or kernel
//! space; operations on pointers at computed places of the stack; and instructions that clear `dst1`.
//!
//! # Events
//!
//! Whoever subscribes to [`tracing`](https://docs.rs/tracing) sees at the target `eravm_jit` what a [`Jit`] does: at the level `debug` that a
//! program was compiled, with its `code_hash`, `instructions`, `regions`, `code_bytes` and `microseconds`; that it was refused, or the
//! queue was full; that its code was loaded from a file; at the level `warn` that the compiler gave up on one; and at the level `info` the
//! totals, when the last handle is gone.
//!
//! # Trust
//!
//! Code refers to nothing outside: it gets at the machine through its view, and calls functions in a table there. Memory for code is
//! written first and executable afterwards. Constants wider than 32 bits are read from the code page, so that bytecode cannot choose
//! longer runs of bytes in executable memory. What Cranelift costs is bounded by the size of regions and of programs, and it runs
//! on threads of its own.
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "this crate needs the standard library"
)]

mod aot;
mod code_hash;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod compiler;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[path = "unsupported.rs"]
mod compiler;
mod error;
mod events;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod executable;
mod fingerprint;
mod instruction_cache;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod lower;
mod native_code;
mod options;
mod service;

pub use aot::{AotError, AotErrorKind, AotImage, AotWriter};
pub use compiler::Compiler;
pub use error::CompileError;
pub use fingerprint::Fingerprint;
pub use native_code::NativeCode;
pub use options::{CompileStats, Explanation, Limits, Options};
pub use service::{Jit, JitStats, Policy};
