//! What a valid transaction depends on.

use core::ops::Range;

/// What a valid transaction depends on that whoever keeps it has to watch.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ValidationTraces {
    /// Times at which it is valid, in seconds: from the first of the range up to, but without, its end. `None` if it did not ask.
    ///
    /// The range is what all assertions together allow; it is empty if they exclude each other.
    pub timestamps: Option<Range<u64>>,
}

impl ValidationTraces {
    /// Takes note of an assertion.
    pub(super) fn assert_timestamps(&mut self, asserted: Range<u64>) {
        self.timestamps = Some(match self.timestamps.take() {
            Some(before) => before.start.max(asserted.start)..before.end.min(asserted.end),
            None => asserted,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_assertions_must_hold() {
        let mut traces = ValidationTraces::default();
        traces.assert_timestamps(10..100);
        assert_eq!(traces.timestamps, Some(10..100));
        traces.assert_timestamps(5..90);
        traces.assert_timestamps(20..u64::MAX);
        assert_eq!(traces.timestamps, Some(20..90));
        traces.assert_timestamps(95..96);
        assert!(traces.timestamps.is_some_and(|range| range.is_empty()));
    }
}
