//! What a run did, for people.

use crate::hex::Hex;
use crate::report::{ExitKind, Report};
use core::fmt;

/// Rows of a list that are shown; the rest is counted. `--json` has all.
const SHOWN_ROWS: usize = 24;
/// Words of returned data that are shown.
const SHOWN_WORDS: usize = 24;

/// A report as text.
#[derive(Clone, Copy, Debug)]
pub struct Summary<'a> {
    /// The report.
    pub report: &'a Report,
    /// The ergs that the run began with.
    pub ergs: u32,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        let used = u64::from(self.ergs).saturating_sub(report.ergs_left);
        let word = match report.exit {
            ExitKind::Returned => "returned",
            ExitKind::Reverted => "reverted: what it did is undone",
            ExitKind::Panicked => "panicked: what it did is undone",
            ExitKind::Suspended => "suspended",
            ExitKind::Stopped => "stopped",
        };
        let colon = if report.reason.is_some() { ": " } else { "" };
        writeln!(f, "{word}{colon}{}", report.reason.as_deref().unwrap_or_default())?;
        writeln!(f, "  instructions  {}", grouped(report.instructions))?;
        writeln!(f, "  ergs          {} used of {}", grouped(used), grouped(self.ergs))?;
        writeln!(f, "  pubdata       {} bytes", report.pubdata)?;
        self.returndata(f)?;
        let writes = report.storage_writes.iter();
        list(f, "changed slots", report.storage_writes.len(), writes, |f, write| {
            writeln!(f, "    {}[{}] = {}", Hex(&write.0.0), write.1, write.2)
        })?;
        list(f, "events", report.events.len(), report.events.iter(), |f, event| {
            writeln!(f, "    {}", Hex(&event.address.0))?;
            for topic in &event.topics {
                writeln!(f, "      topic {}", Hex(&topic.to_be_bytes()))?;
            }
            let shown = event.data.get(..32 * SHOWN_WORDS).unwrap_or(&event.data);
            let more = if shown.len() < event.data.len() { " …" } else { "" };
            writeln!(f, "      data  {}{more}", Hex(shown))
        })?;
        let logs = &report.l2_to_l1_logs;
        list(f, "logs for L1", logs.len(), logs.iter(), |f, log| {
            let sender = Hex(&log.sender.0);
            writeln!(f, "    {sender}: {} = {}", log.key, log.value)
        })
    }
}

impl Summary<'_> {
    fn returndata(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.report.returndata_length;
        let Some(data) = &self.report.returndata else {
            return writeln!(f, "  returned data {} bytes, too many to show", grouped(length));
        };
        writeln!(f, "  returned data {} bytes", grouped(length))?;
        for word in data.chunks(32).take(SHOWN_WORDS) {
            writeln!(f, "    {}", Hex(word))?;
        }
        match data.len().div_ceil(32).checked_sub(SHOWN_WORDS) {
            Some(more) if more > 0 => writeln!(f, "    … and {more} more words"),
            _ => Ok(()),
        }
    }
}

/// A list with its title, unless it is empty.
fn list<T>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    count: usize,
    rows: impl Iterator<Item = T>,
    row: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    if count == 0 {
        return Ok(());
    }
    writeln!(f, "  {title:<13} {count}")?;
    for item in rows.take(SHOWN_ROWS) {
        row(f, item)?;
    }
    match count.checked_sub(SHOWN_ROWS) {
        Some(more) if more > 0 => writeln!(f, "    … and {more} more"),
        _ => Ok(()),
    }
}

/// A whole number with its thousands apart.
pub(crate) fn grouped(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1_000");
        assert_eq!(grouped(80_000_000), "80_000_000");
    }
}
