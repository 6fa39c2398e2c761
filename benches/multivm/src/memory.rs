//! How much memory the process has used at most, as Linux counts it.

use std::fs;

/// Peak of the resident memory and its present size, in KiB.
pub(crate) fn peak_and_present() -> Option<(u64, u64)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let field = |name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some((field("VmHWM:")?, field("VmRSS:")?))
}

/// Makes the present size the peak, so that only what follows counts.
pub(crate) fn forget_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}
