//! Running.

use super::trace::{NoTracer, Tracer, Verdict};
use super::{Exit, RunError, Signal, Vm, fast};
use crate::host::Host;

/// How far to run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Instructions, skipped and panicking ones included.
    pub instructions: Option<u64>,
    /// Ergs over all frames together; refunds count back. The instruction that exceeds it is done.
    pub ergs: Option<u32>,
}

impl Vm {
    /// Runs until the first frame ends or writes to the hook address.
    ///
    /// # Errors
    /// If the host fails or the machine stops. After a fault of the host, running again tries the same instruction again.
    pub fn run<H: Host>(&mut self, host: &mut H) -> Result<Exit, RunError<H::Fault>> {
        self.ready()?;
        #[cfg(feature = "compiled")]
        return self.run_compiled(host);
        #[cfg(not(feature = "compiled"))]
        loop {
            if let Some(exit) = self.run_piece(fast::run, host)? {
                return Ok(exit);
            }
        }
    }

    /// Runs like [`run`](Self::run), but no further than the limits.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_limited<H: Host>(
        &mut self,
        host: &mut H,
        limits: Limits,
    ) -> Result<Exit, RunError<H::Fault>> {
        self.run_traced(host, &mut NoTracer, limits)
    }

    /// Runs like [`run_limited`](Self::run_limited) and shows every instruction to a tracer.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_traced<H: Host, T: Tracer>(
        &mut self,
        host: &mut H,
        tracer: &mut T,
        limits: Limits,
    ) -> Result<Exit, RunError<H::Fault>> {
        self.ready()?;
        if limits == Limits::default() && !T::BEFORE && !T::AFTER {
            return self.run(host);
        }
        let last = limits.instructions.map(|limit| self.instructions.saturating_add(limit));
        let floor = limits.ergs.map(|limit| self.total_ergs().saturating_sub(limit.into()));
        loop {
            if last.is_some_and(|last| self.instructions >= last) {
                return Ok(Exit::InstructionLimit);
            }
            // The host's turn is no instruction.
            if T::BEFORE && self.native_point().is_none() {
                let verdict = tracer.before(&self.next_step());
                if verdict == Verdict::Pause {
                    return Ok(Exit::Paused);
                }
            }
            let exit = self.run_piece(fast::step, host)?;
            if exit == Some(Exit::Native) {
                return Ok(Exit::Native);
            }
            if T::AFTER && tracer.after(self) == Verdict::Pause && exit.is_none() {
                return Ok(Exit::Paused);
            }
            if exit.is_some_and(|exit| exit.is_final()) {
                return Ok(exit.unwrap_or(Exit::Panicked));
            }
            if floor.is_some_and(|floor| self.total_ergs() < floor) {
                return Ok(Exit::ErgsLimit);
            }
            if let Some(exit) = exit {
                return Ok(exit);
            }
        }
    }

    /// Whether the machine can run at all.
    fn ready<F>(&self) -> Result<(), RunError<F>> {
        match self.stop {
            Some(stop) => Err(RunError::Stopped(stop)),
            None => Ok(()),
        }
    }

    /// Runs a piece and does for it what it cannot do itself.
    #[inline(always)]
    fn run_piece<H: Host>(
        &mut self,
        piece: impl Fn(&mut Self) -> Signal,
        host: &mut H,
    ) -> Result<Option<Exit>, RunError<H::Fault>> {
        if let Some(exit) = self.ended {
            return Ok(Some(exit));
        }
        let signal = piece(self);
        #[cfg(feature = "compiled")]
        self.note_heat();
        self.attend(signal, host)
    }

    /// Does what a piece could not do itself.
    #[inline(always)]
    pub(super) fn attend<H: Host>(
        &mut self,
        signal: Signal,
        host: &mut H,
    ) -> Result<Option<Exit>, RunError<H::Fault>> {
        let signal = match signal {
            Signal::Host => self.step_with_host_or_halt(host)?,
            signal => signal,
        };
        self.conclude(signal)
    }

    /// Does the parked instruction with the host. If that stops the machine, it stays stopped; a fault of the host leaves no trace.
    #[inline(always)]
    pub(super) fn step_with_host_or_halt<H: Host>(
        &mut self,
        host: &mut H,
    ) -> Result<Signal, RunError<H::Fault>> {
        let before = self.instructions;
        let done = self.step_with_host(host);
        match done {
            Err(RunError::Stopped(stop)) => self.halt(stop),
            Err(RunError::Host(_)) => {
                debug_assert_eq!(before, self.instructions, "a fault must leave no trace");
            }
            Ok(_) => {}
        }
        done
    }

    /// What a signal means for whoever runs the machine.
    #[inline(always)]
    pub(super) fn conclude<F>(&self, signal: Signal) -> Result<Option<Exit>, RunError<F>> {
        match signal {
            Signal::Next | Signal::Host => Ok(None),
            Signal::Hook => Ok(Some(Exit::Hook(self.hook_value))),
            Signal::Called => Ok(Some(Exit::Called)),
            Signal::Native => Ok(Some(Exit::Native)),
            Signal::Ended => Ok(self.ended),
            Signal::Stopped => match self.stop {
                Some(stop) => Err(stop.into()),
                None => Ok(None),
            },
        }
    }

    /// Ergs of all frames together.
    pub fn total_ergs(&self) -> u64 {
        let near = self.near_frames.iter().map(|frame| u64::from(frame.ergs));
        let far = self.callers.iter().map(|frame| u64::from(frame.ergs));
        u64::from(self.ergs) + near.sum::<u64>() + far.sum::<u64>()
    }
}
