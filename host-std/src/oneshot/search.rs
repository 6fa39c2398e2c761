//! Searching the least gas with which a transaction succeeds.

/// Gas limits between which the least one is searched, without overhead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// It is not below this.
    pub lower: u64,
    /// It is not above this.
    pub upper: u64,
}

impl Bounds {
    const fn middle(self) -> u64 {
        self.lower.midpoint(self.upper)
    }

    /// Makes them narrower by what came of a run.
    const fn narrow(&mut self, gas: u64, failed: bool) {
        if failed {
            self.lower = gas.saturating_add(1);
        } else {
            self.upper = gas;
        }
    }

    /// Searches the least gas with which `fails` says no. If it always says yes, that is the upper bound.
    ///
    /// A failure for another reason than gas looks the same: nothing can be told from that, so the search goes on.
    pub(super) fn search<E>(
        mut self,
        first: Option<u64>,
        acceptable_overestimation: u64,
        mut fails: impl FnMut(u64) -> Result<bool, E>,
    ) -> Result<u64, E> {
        // What is above the middle would leave more to search than the middle does.
        if let Some(gas) = first.filter(|gas| *gas < self.middle()) {
            let failed = fails(gas)?;
            self.narrow(gas, failed);
        }
        while self.lower.saturating_add(acceptable_overestimation) < self.upper {
            let gas = self.middle();
            let failed = fails(gas)?;
            self.narrow(gas, failed);
        }
        Ok(self.upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer for a transaction that needs this much, and how often it was run.
    fn search(bounds: (u64, u64), first: Option<u64>, acceptable: u64, needed: u64) -> (u64, u32) {
        let mut runs = 0;
        let bounds = Bounds { lower: bounds.0, upper: bounds.1 };
        let found = bounds.search(first, acceptable, |gas| {
            runs += 1;
            Ok::<_, ()>(gas < needed)
        });
        (found.unwrap(), runs)
    }

    #[test]
    fn the_least_gas_is_found() {
        for needed in [0, 1, 500, 999, 1000] {
            assert_eq!(search((0, 1000), None, 0, needed).0, needed);
            let (found, runs) = search((0, 80_000_000), Some(1050), 1000, needed);
            assert!((needed..=needed + 1000).contains(&found));
            assert!(runs <= 2);
        }
        assert_eq!(search((0, u64::MAX), None, 0, u64::MAX).0, u64::MAX);
        assert_eq!(search((0, u64::MAX), Some(u64::MAX), u64::MAX, 7), (u64::MAX, 0));
        assert_eq!(search((5, 3), None, 0, 4), (3, 0));
    }

    #[test]
    fn a_first_guess_above_the_middle_is_not_tried() {
        let mut seen = Vec::new();
        let bounds = Bounds { lower: 0, upper: 100 };
        let mut record = |gas| {
            seen.push(gas);
            Ok::<_, ()>(false)
        };
        bounds.search(Some(50), 10, &mut record).unwrap();
        assert_eq!(seen.first(), Some(&50));
        assert_eq!(seen.get(1), Some(&25));
    }
}
