//! A line of text per instruction.

use eravm_core::{Address, Outcome, Refusal, Step, Tracer, Verdict};
use std::io::{self, BufWriter, Write};

/// Writes the instructions of a run as text, one line each, under a line with the columns' names:
/// number, program counter, stack pointer, ergs of the frame before the instruction, near and far
/// frames, flags, and the instruction with what becomes of it if it is not simply executed. A line
/// `@ address` stands wherever another contract's code goes on.
#[derive(Debug)]
pub struct TraceWriter<W: Write> {
    out: BufWriter<W>,
    lines_left: u64,
    code_address: Option<Address>,
    error: Option<io::Error>,
    cut: bool,
}

impl<W: Write> TraceWriter<W> {
    /// A trace of at most `limit` instructions; what follows is not written.
    pub fn new(out: W, limit: u64) -> Self {
        let mut writer = Self {
            out: BufWriter::new(out),
            lines_left: limit,
            code_address: None,
            error: None,
            cut: false,
        };
        let head = writeln!(
            writer.out,
            "{:>9} {:>5} {:>5} {:>10} {:>5} {:5} instruction",
            "index", "pc", "sp", "ergs", "depth", "flags"
        );
        writer.error = head.err();
        writer
    }

    /// Writes out what is buffered, and tells whether the trace was cut at its limit.
    ///
    /// # Errors
    /// The first error of the underlying writer; nothing was written after it.
    pub fn finish(mut self) -> io::Result<bool> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if self.cut {
            writeln!(self.out, "(cut here)")?;
        }
        self.out.flush()?;
        Ok(self.cut)
    }

    fn line(&mut self, step: &Step<'_>) -> io::Result<()> {
        let vm = step.vm;
        let code_address = *vm.current_frame().code_address;
        if self.code_address != Some(code_address) {
            self.code_address = Some(code_address);
            writeln!(self.out, "@ {code_address:?}")?;
        }
        let flags = vm.flags();
        let flag = |set, name| if set { name } else { '-' };
        writeln!(
            self.out,
            "{:>9} {:>5} {:>5} {:>10} {:>5} {}{}{}   {}{}",
            vm.instructions(),
            step.pc,
            vm.sp(),
            vm.ergs(),
            vm.call_depth(),
            flag(flags.lt, 'l'),
            flag(flags.eq, 'e'),
            flag(flags.gt, 'g'),
            step.instruction,
            remark(step.outcome),
        )
    }
}

/// What becomes of an instruction that is not simply executed.
const fn remark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Executes => "",
        Outcome::Skips => "  ; skipped",
        Outcome::Panics(Refusal::Invalid) => "  ; panics: not an instruction",
        Outcome::Panics(Refusal::OutOfErgs) => "  ; panics: out of ergs",
        Outcome::Panics(Refusal::KernelOnly) => "  ; panics: needs kernel space",
        Outcome::Panics(Refusal::Static) => "  ; panics: writes in a static call",
        Outcome::Panics(Refusal::CallStackFull) => "  ; panics: call stack full",
        Outcome::Panics(Refusal::Pending) => "  ; the panic of the instruction before",
    }
}

impl<W: Write> Tracer for TraceWriter<W> {
    fn before(&mut self, step: &Step<'_>) -> Verdict {
        let Some(left) = self.lines_left.checked_sub(1) else {
            self.cut = true;
            return Verdict::Continue;
        };
        self.lines_left = left;
        if self.error.is_none() {
            self.error = self.line(step).err();
        }
        if self.error.is_some() { Verdict::Pause } else { Verdict::Continue }
    }
}
