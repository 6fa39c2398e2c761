//! What native code depends on beside the program.

use std::fmt;

/// Which build makes code for which kind of processor, and how. Code is of use where the fingerprint is the same.
///
/// It is made of the sources of the compiler and of the machine, the lock file and the Rust compiler that they are built with,
/// Cranelift's version, the architecture, the features of the processor that are used, and the [`Options`](crate::Options) that change code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub(crate) [u8; Self::BYTES]);

impl Fingerprint {
    pub(crate) const BYTES: usize = 32;

    /// The first digits, for names of files.
    pub(crate) fn short(&self) -> String {
        self.0.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Where there is a compiler to have one.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod of_compiler {
    use super::Fingerprint;
    use eravm_core::compiled::{NearFrameLayout, View};
    use sha2::{Digest, Sha256};

    impl Fingerprint {
        /// Of this build, and of what the compiler says about itself.
        pub(crate) fn of(parts: impl IntoIterator<Item = String>) -> Self {
            let layout = [
                size_of::<View>(),
                NearFrameLayout::SIZE,
                NearFrameLayout::HANDLER,
                NearFrameLayout::CALL,
                NearFrameLayout::SP,
                NearFrameLayout::ERGS,
                NearFrameLayout::UNDO_MARK,
            ];
            let build = [env!("ERAVM_JIT_SOURCES").to_owned(), format!("{layout:?}")];
            let mut sha256 = Sha256::new();
            for part in build.into_iter().chain(parts) {
                sha256.update((part.len() as u64).to_le_bytes());
                sha256.update(part);
            }
            Self(sha256.finalize().into())
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
