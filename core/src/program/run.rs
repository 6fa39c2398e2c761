//! What executes an instruction.

use crate::vm::fast::Handler;

/// A handler that a compiler can exchange while machines use it.
#[cfg(feature = "compiled")]
#[allow(unsafe_code, reason = "there is no atomic function pointer")]
mod exchangeable {
    use super::Handler;
    use core::mem::transmute;
    use core::sync::atomic::{AtomicPtr, Ordering};

    /// What executes an instruction.
    ///
    /// PERF: a relaxed load is a load. Whoever sees an exchanged handler does not see yet what it needs, perhaps; the handler looks.
    pub(crate) struct Run(AtomicPtr<()>);

    impl Run {
        pub(crate) fn new(handler: Handler) -> Self {
            Self(AtomicPtr::new(handler as *mut ()))
        }

        #[inline(always)]
        pub(crate) fn get(&self) -> Handler {
            // SAFETY: `new` and `set`, the only ones that write it, write handlers.
            unsafe { transmute::<*mut (), Handler>(self.0.load(Ordering::Relaxed)) }
        }

        pub(crate) fn set(&self, handler: Handler) {
            self.0.store(handler as *mut (), Ordering::Release);
        }
    }
}

#[cfg(not(feature = "compiled"))]
mod fixed {
    use super::Handler;

    /// What executes an instruction.
    pub(crate) struct Run(Handler);

    impl Run {
        pub(crate) const fn new(handler: Handler) -> Self {
            Self(handler)
        }

        #[inline(always)]
        pub(crate) const fn get(&self) -> Handler {
            self.0
        }
    }
}

#[cfg(feature = "compiled")]
pub(crate) use exchangeable::Run;
#[cfg(not(feature = "compiled"))]
pub(crate) use fixed::Run;
