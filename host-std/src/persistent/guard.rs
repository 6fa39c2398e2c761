//! Panics of the database.

use super::error::StoreError;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does something with the database. It trusts pages that it reads, and panics at some that it did not write: whoever opens a store without
/// checking the whole of it gets an error then.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    // Nothing is used afterwards that a panic leaves half done: the database discards what was not committed, and refuses what it cannot
    // do any more.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(StoreError::Corrupt(text.unwrap_or("the database panicked").to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        let broken: Result<(), _> = guarded(|| panic!("page {} is broken", 7));
        assert_eq!(broken.unwrap_err().to_string(), "the store is corrupt: page 7 is broken");
        assert!(matches!(guarded(|| Ok(5)), Ok(5)));
    }
}
