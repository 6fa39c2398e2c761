//! Results as a table, as JSON and as Markdown.

use crate::case::{Case, names};
use crate::measure::Timing;
use serde_json::{Value, json};

/// One line of the result.
#[derive(Clone, Debug)]
pub struct Row {
    /// The case.
    pub name: String,
    /// The unit, in the singular.
    pub unit: &'static str,
    /// The times.
    pub timing: Timing,
    /// Median of the peer divided by that of this engine, and the peer: `zksync_vm2`, or `revm` where that one is not. `None` where
    /// neither can run the case.
    pub ratio: Option<(&'static str, f64)>,
}

/// The lines of a case.
pub fn rows(case: &Case, timings: &[Timing]) -> Vec<Row> {
    let named = |name| timings.iter().find(|timing| timing.engine == name);
    let peer = named(names::VM2).or_else(|| named(names::REVM));
    let row = |timing: &Timing| Row {
        name: case.name.clone(),
        unit: case.unit,
        timing: timing.clone(),
        ratio: peer.map(|peer| (peer.engine, peer.ns_median / timing.ns_median)),
    };
    timings.iter().map(row).collect()
}

/// The line above the table.
pub fn heading() -> String {
    format!(
        "{:<36} {:<16} {:>12} {:>12} {:>12}  {}",
        "workload", "engine", "ns median", "ns min", "× peer", "per"
    )
}

impl Row {
    /// The line of the table.
    pub fn line(&self) -> String {
        format!(
            "{:<36} {:<16} {:>12} {:>12} {:>12}  {}",
            self.name,
            self.timing.engine,
            nanoseconds(self.timing.ns_median),
            nanoseconds(self.timing.ns_min),
            ratio(self.ratio),
            self.unit
        )
    }

    /// The element of the array.
    pub fn json(&self) -> Value {
        json!({
            "name": self.name,
            "engine": self.timing.engine,
            "unit": self.unit,
            "ns_median": self.timing.ns_median,
            "ns_min": self.timing.ns_min,
            "peer": self.ratio.map(|(peer, _)| peer),
            "ratio_to_peer": self.ratio.map(|(_, ratio)| ratio),
        })
    }
}

/// All lines as a table in Markdown, one row for each case: median of every engine and the ratio of the first one.
pub fn markdown(rows: &[Row]) -> String {
    let mut engines: Vec<&str> = Vec::new();
    for row in rows {
        if !engines.contains(&row.timing.engine) {
            engines.push(row.timing.engine);
        }
    }
    let mut text = format!("| workload | per | {} | × peer |\n", engines.join(" | "));
    text.push_str(&format!("|---|---|{}\n", "--:|".repeat(engines.len() + 1)));
    for case in rows.chunk_by(|a, b| a.name == b.name) {
        let of = |engine: &&str| {
            let row = case.iter().find(|row| row.timing.engine == *engine);
            row.map_or("–".to_owned(), |row| readable(row.timing.ns_median))
        };
        let times: Vec<String> = engines.iter().map(of).collect();
        let ratio = ratio(case.first().and_then(|row| row.ratio));
        let unit = case.first().map_or("", |row| row.unit);
        let name = case.first().map_or("", |row| &row.name);
        text.push_str(&format!("| {name} | {unit} | {} | {ratio} |\n", times.join(" | ")));
    }
    text
}

/// Such as `3.81 vm2`.
fn ratio(ratio: Option<(&'static str, f64)>) -> String {
    ratio.map_or("–".to_owned(), |(peer, ratio)| format!("{ratio:.2} {peer}"))
}

/// Nanoseconds in a unit that leaves at most four digits.
fn readable(value: f64) -> String {
    match value {
        ..1e3 => format!("{value:.1} ns"),
        ..1e6 => format!("{:.1} µs", value / 1e3),
        _ => format!("{:.1} ms", value / 1e6),
    }
}

fn nanoseconds(value: f64) -> String {
    if value < 1000.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}
