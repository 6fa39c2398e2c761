//! Who may write what is executed.

use super::error::AotErrorKind;
use std::fs::Metadata;

/// Refuses a file or folder that others than its owner may write.
#[cfg(unix)]
pub(super) fn check(metadata: &Metadata) -> Result<(), AotErrorKind> {
    use std::os::unix::fs::MetadataExt;
    const WRITE_BY_GROUP_OR_OTHERS: u32 = 0o022;
    let mode = metadata.mode();
    if mode & WRITE_BY_GROUP_OR_OTHERS != 0 {
        return Err(AotErrorKind::WritableByOthers(mode));
    }
    Ok(())
}

/// Rights are not to be seen here.
#[cfg(not(unix))]
pub(super) fn check(_: &Metadata) -> Result<(), AotErrorKind> {
    Ok(())
}
