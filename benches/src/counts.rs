//! The record of instruction counts, and what is compared with it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How much a count may grow, in percent, before the commit that makes it grow must say why.
pub const TOLERANCE_PERCENT: f64 = 3.0;

/// Counts by benchmark.
pub type Counts = BTreeMap<String, u64>;

/// The contents of `counts.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Why the counts are what they are: the reason of the last change.
    pub reason: String,
    /// The compiler they belong to, as `rustc --version` names it.
    pub rustc: String,
    /// Instructions of the host's processor.
    pub counts: Counts,
}

/// A benchmark whose count is not what the record says.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// It is new.
    New(u64),
    /// It is gone.
    Gone(u64),
    /// It has another count: the old one and the new one.
    Differs(u64, u64),
}

impl Change {
    /// Growth in percent; negative where it became less.
    pub fn percent(&self) -> Option<f64> {
        match *self {
            Self::Differs(old, new) => Some((new as f64 / old as f64 - 1.0) * 100.0),
            Self::New(_) | Self::Gone(_) => None,
        }
    }

    /// Whether the record must be changed.
    pub fn is_failure(&self) -> bool {
        self.percent().is_none_or(|percent| percent > TOLERANCE_PERCENT)
    }
}

/// All benchmarks, with what changed.
pub fn compare(record: &Counts, found: &Counts) -> Vec<(String, Change)> {
    let old = record.iter().map(|(name, &old)| {
        let change = found.get(name).map_or(Change::Gone(old), |&new| Change::Differs(old, new));
        (name.clone(), change)
    });
    let new = found.iter().filter(|(name, _)| !record.contains_key(*name));
    old.chain(new.map(|(name, &new)| (name.clone(), Change::New(new)))).collect()
}

/// Reads the lines that `iai-callgrind` writes with `--output-format=json`, one for each benchmark.
///
/// # Errors
/// What is missing.
pub fn parse(lines: &str) -> Result<Counts, String> {
    let mut counts = Counts::new();
    for line in lines.lines().filter(|line| line.starts_with('{')) {
        let summary: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let text = |key: &str| summary[key].as_str().unwrap_or_default();
        let name = format!("{}/{}", text("function_name"), text("id"));
        let metrics = &summary["profiles"][0]["summaries"]["total"]["summary"]["Callgrind"]["Ir"];
        // A number, or a pair with that of the run before.
        let metrics = &metrics["metrics"];
        let count = [&metrics["Left"]["Int"], &metrics["Both"][0]["Int"]];
        let count = count.into_iter().find_map(Value::as_u64);
        counts.insert(name.clone(), count.ok_or(format!("{name}: no count of instructions"))?);
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(all: &[(&str, u64)]) -> Counts {
        all.iter().map(|&(name, count)| (name.to_owned(), count)).collect()
    }

    #[test]
    fn growth_beyond_the_tolerance_fails() {
        let record = counts(&[("a", 1000), ("b", 1000), ("c", 1000), ("d", 1000)]);
        let found = counts(&[("a", 1029), ("b", 1031), ("c", 500), ("e", 1)]);
        let failing: Vec<String> = compare(&record, &found)
            .into_iter()
            .filter(|(_, change)| change.is_failure())
            .map(|(name, _)| name)
            .collect();
        assert_eq!(failing, ["b", "d", "e"]);
    }

    #[test]
    fn summaries_are_read_with_and_without_a_run_before() {
        let line = |id: &str, metrics: &str| {
            format!(
                r#"{{"function_name":"run","id":"{id}","profiles":[{{"summaries":{{"total":{{"summary":{{"Callgrind":{{"Ir":{{"metrics":{metrics}}}}}}}}}}}}}]}}"#
            )
        };
        let lines = [
            "running".to_owned(),
            line("one", r#"{"Left":{"Int":5}}"#),
            line("two", r#"{"Both":[{"Int":6},{"Int":7}]}"#),
        ];
        let expected = counts(&[("run/one", 5), ("run/two", 6)]);
        assert_eq!(parse(&lines.join("\n")), Ok(expected));
        assert!(parse(&line("three", "{}")).is_err());
    }
}
