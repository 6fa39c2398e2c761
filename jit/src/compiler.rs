//! Compiles programs.

use crate::error::CompileError;
use crate::executable::{CodeBuffer, Executable};
use crate::fingerprint::Fingerprint;
use crate::lower::plan::Flow;
use crate::lower::{self, Region};
use crate::native_code::{CodeEntry, NativeCode};
use crate::options::{CompileStats, Explanation, Options};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CodegenError, Context};
use cranelift_frontend::FunctionBuilderContext;
use eravm_core::Program;
use eravm_core::compiled::{CompiledCode, EntryPoint, Function};
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::fmt;
use std::mem::transmute;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Settings of Cranelift that check what it does and change nothing of it.
const CHECKS: [&str; 2] = ["enable_verifier", "regalloc_checker"];

/// Compiles programs for the machine that it runs on.
pub struct Compiler {
    isa: OwnedTargetIsa,
    options: Options,
    /// Bytes of code in use.
    live: Arc<AtomicUsize>,
}

impl fmt::Debug for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let isa = self.isa.triple().to_string();
        f.debug_struct("Compiler").field("isa", &isa).field("options", &self.options).finish()
    }
}

impl Compiler {
    /// A compiler for this machine.
    ///
    /// # Errors
    /// If Cranelift does not know this machine.
    pub fn new(options: Options) -> Result<Self, CompileError> {
        let unsupported = |error: &dyn fmt::Display| CompileError::Unsupported(error.to_string());
        let mut flags = settings::builder();
        let mut set =
            |name: &str, value: &str| flags.set(name, value).map_err(|it| unsupported(&it));
        // The code is optimised while it is emitted; see lower/trace.rs.
        set("opt_level", "none")?;
        set(
            "regalloc_algorithm",
            if options.single_pass { "single_pass" } else { "backtracking" },
        )?;
        set("enable_verifier", if options.verify { "true" } else { "false" })?;
        set("regalloc_checker", if options.verify { "true" } else { "false" })?;
        // Holds the address of the view: see `Emit::find_view`.
        set("enable_pinned_reg", "true")?;
        set("unwind_info", "false")?;
        set("preserve_frame_pointers", "false")?;
        set("enable_probestack", "true")?;
        set("probestack_strategy", "inline")?;
        let builder = cranelift_native::builder().map_err(|it| unsupported(&it))?;
        let isa = builder.finish(settings::Flags::new(flags)).map_err(|it| unsupported(&it))?;
        Ok(Self { isa, options, live: Arc::default() })
    }

    /// Bytes of native code in use that this compiler has made.
    pub fn live_bytes(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// What code that this compiler makes depends on, beside the program: which build this is, for which processor it compiles, and
    /// how. Code in files is for compilers with the same fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        let Options { limits, verify: _, single_pass } = self.options;
        let shared = self.isa.flags().iter().filter(|flag| !CHECKS.contains(&flag.name));
        let flags = shared.chain(self.isa.isa_flags()).map(|flag| flag.to_string());
        let processor = [self.isa.triple().to_string()].into_iter().chain(flags);
        let options = [format!("{limits:?}"), format!("single_pass {single_pass}")];
        let version = [format!("Cranelift {}", cranelift_codegen::VERSION)];
        Fingerprint::of(version.into_iter().chain(processor).chain(options))
    }

    /// Compiles a program and installs the code in it.
    ///
    /// # Errors
    /// If no code could be made; the program is as it was.
    pub fn compile(&self, program: &Program) -> Result<CompileStats, CompileError> {
        if program.compiled().is_some() {
            return Err(CompileError::NotCompilable);
        }
        let begin = Instant::now();
        let NativeCode { code, entries, mut stats } = self.generate(program)?;
        let executable = Executable::new(&code, &self.live).map_err(CompileError::Memory)?;
        let entry = |entry: &CodeEntry| {
            let address = executable.address(entry.function as usize);
            // SAFETY: the compiler has made a function of this type and put it there.
            let function = unsafe { transmute::<*const u8, Function>(address) };
            (entry.pc, EntryPoint { function, number: entry.number.into() })
        };
        let entries: Vec<_> = entries.iter().map(entry).collect();
        let bytes = executable.bytes().len();
        let compiled = CompiledCode::new(&entries, Box::new(executable), bytes);
        // SAFETY: the functions are in memory that `compiled` keeps, and do what the instructions do.
        unsafe { program.install(compiled) }.map_err(|_| CompileError::NotCompilable)?;
        stats.time = begin.elapsed();
        Ok(stats)
    }

    /// Compiles a program and gives the code, which is not installed: for an [`AotWriter`](crate::AotWriter).
    ///
    /// # Errors
    /// If no code could be made.
    pub fn generate(&self, program: &Program) -> Result<NativeCode, CompileError> {
        if program.is_native() {
            return Err(CompileError::NotCompilable);
        }
        let begin = Instant::now();
        let mut stats = CompileStats::default();
        let mut code = CodeBuffer::default();
        let mut entries = Vec::new();
        let mut is_too_long = false;
        self.regions(program, false, |region, bytes| {
            stats.regions += 1;
            stats.instructions += region.instructions;
            let offset = code.push(bytes);
            for (pc, number) in region.entries.into_iter().zip(0..) {
                match u32::try_from(offset) {
                    Ok(function) => entries.push(CodeEntry { pc, number, function }),
                    Err(_) => is_too_long = true,
                }
            }
        })?;
        if is_too_long {
            return Err(CompileError::Codegen("a program has more than 4 GiB of code".into()));
        }
        stats.entries = entries.len();
        let code = code.into_bytes();
        stats.code_bytes = code.len();
        stats.time = begin.elapsed();
        Ok(NativeCode { code, entries, stats })
    }

    /// What is made of a program, in text: for each region Cranelift's representation and the machine code.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn explain(&self, program: &Program) -> Result<Vec<Explanation>, CompileError> {
        let mut all = Vec::new();
        self.regions(program, true, |region, bytes| {
            all.push(Explanation {
                entries: region.entries,
                covers: region.covers.into_iter().collect(),
                instructions: region.instructions,
                intermediate: region.intermediate,
                assembly: region.assembly,
                code_bytes: bytes.len(),
            });
        })?;
        Ok(all)
    }

    /// Compiles all regions of a program and hands them over. A panic is an error: Cranelift is large, and what it is given comes
    /// from anybody.
    fn regions(
        &self,
        program: &Program,
        explains: bool,
        done: impl FnMut(Summary, &[u8]),
    ) -> Result<(), CompileError> {
        catch_unwind(AssertUnwindSafe(|| self.try_regions(program, explains, done)))
            .unwrap_or_else(|_| Err(CompileError::Codegen("the compiler panicked".into())))
    }

    fn try_regions(
        &self,
        program: &Program,
        explains: bool,
        mut done: impl FnMut(Summary, &[u8]),
    ) -> Result<(), CompileError> {
        let mut flow = Flow::new(program, self.options.limits);
        let mut context = FunctionBuilderContext::new();
        let mut taken = HashSet::new();
        let mut seen = HashSet::from([0]);
        let mut roots = VecDeque::from([0]);
        let mut behind_calls = Vec::new();
        let mut instructions = 0;
        loop {
            let Some(root) = roots.pop_front() else {
                // What lies behind calls that were cut off comes last, and of that only loops.
                //
                // PERF: what is executed once in a while gains nothing by being compiled, and the straight code of the bootloader would
                // be as much again as all the rest of it.
                flow.wants_loops = true;
                roots.extend(behind_calls.drain(..).filter(|pc| seen.insert(*pc)));
                if roots.is_empty() {
                    break;
                }
                continue;
            };
            if instructions >= self.options.limits.program {
                break;
            }
            if taken.contains(&root) {
                continue;
            }
            if let Err(next) = lower::begin(&flow, root) {
                roots.extend(next.into_iter().filter(|pc| seen.insert(*pc)));
                continue;
            }
            let left = self.options.limits.program - instructions;
            let region = lower::region(&*self.isa, &mut context, &mut flow, &taken, root, left);
            let Region { function, entries, covers, instructions: count, .. } = region;
            instructions += count;
            taken.extend(entries.iter().copied());
            roots.extend(region.roots.into_iter().filter(|pc| seen.insert(*pc)));
            behind_calls.extend(region.behind_calls);
            let intermediate =
                if explains { function.display().to_string() } else { String::new() };
            let mut context = Context::for_function(function);
            context.set_disasm(explains);
            let compiled = context
                .compile(&*self.isa, &mut ControlPlane::default())
                .map_err(|error| codegen_error(&error.inner))?;
            if !compiled.buffer.relocs().is_empty() {
                return Err(CompileError::Codegen("code refers to something outside".into()));
            }
            let assembly = compiled.vcode.clone().unwrap_or_default();
            done(
                Summary { entries, covers, instructions: count, intermediate, assembly },
                compiled.code_buffer(),
            );
        }
        Ok(())
    }
}

/// A region that was compiled.
struct Summary {
    entries: Vec<u16>,
    covers: BTreeSet<u16>,
    instructions: usize,
    intermediate: String,
    assembly: String,
}

fn codegen_error(error: &CodegenError) -> CompileError {
    CompileError::Codegen(error.to_string())
}
