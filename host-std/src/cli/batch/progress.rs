//! The progress of long batches, on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Batches that are done before this show no progress.
const SILENCE: Duration = Duration::from_millis(700);
/// Times a second that the bar is drawn.
const DRAWN_A_SECOND: u8 = 8;

/// A bar on the standard error, if that is a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    is_shown: bool,
}

impl Progress {
    pub(super) fn new(transactions: usize) -> Self {
        let length = u64::try_from(transactions).unwrap_or(u64::MAX);
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
        // The template is a constant that is known to be one; without it, the bar has the default style.
        let template = "{bar:40} {pos} of {len} transactions, {eta} left{msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, begun: Instant::now(), is_shown: false }
    }

    /// Another transaction is done.
    pub(super) fn advance(&mut self) {
        if !self.is_shown && self.begun.elapsed() >= SILENCE {
            self.is_shown = true;
            // Draws nothing where the standard error is no terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWN_A_SECOND));
        }
        self.bar.inc(1);
    }

    /// All transactions are done, and the batch ends.
    pub(super) fn finishing(&self) {
        self.bar.set_message(", finishing the batch");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
