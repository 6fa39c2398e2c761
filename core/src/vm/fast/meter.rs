//! What every instruction changes: the ergs of the frame and the count of instructions.

/// Ergs left, and the number of instructions since the state was last parked in the machine.
///
/// PERF: in one processor register where it is wide enough, so that one subtraction does both and a handler has a register more for
/// its operands. The count cannot run over: every instruction costs ergs, of which there are less than 2³².
#[cfg(not(target_pointer_width = "32"))]
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Meter(u64);

#[cfg(not(target_pointer_width = "32"))]
impl Meter {
    #[inline(always)]
    pub(crate) const fn new(ergs: u32) -> Self {
        Self((ergs as u64) << 32)
    }

    #[inline(always)]
    pub(crate) const fn ergs(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline(always)]
    pub(crate) const fn instructions(self) -> u32 {
        self.0 as u32
    }

    /// After an instruction with a price, and whether that was too high; then the result is good for
    /// [`refund`](Self::refund) only.
    #[inline(always)]
    pub(crate) const fn charge(self, price: u32) -> (Self, bool) {
        let (left, short) = self.0.overflowing_sub(((price as u64) << 32).wrapping_sub(1));
        (Self(left), short)
    }

    /// Before an instruction that was charged for.
    #[inline(always)]
    pub(crate) const fn refund(self, price: u32) -> Self {
        Self(self.0.wrapping_add(((price as u64) << 32).wrapping_sub(1)))
    }

    /// With more ergs, modulo 2³².
    #[inline(always)]
    pub(crate) const fn add(self, ergs: u32) -> Self {
        Self(self.0.wrapping_add((ergs as u64) << 32))
    }

    /// With ergs taken away, which must be there.
    #[inline(always)]
    pub(crate) const fn take(self, ergs: u32) -> Self {
        Self(self.0.wrapping_sub((ergs as u64) << 32))
    }
}

/// Ergs left, and the number of instructions since the state was last parked in the machine.
#[cfg(target_pointer_width = "32")]
#[derive(Clone, Copy)]
pub(crate) struct Meter {
    ergs: u32,
    instructions: u32,
}

#[cfg(target_pointer_width = "32")]
impl Meter {
    #[inline(always)]
    pub(crate) const fn new(ergs: u32) -> Self {
        Self { ergs, instructions: 0 }
    }

    #[inline(always)]
    pub(crate) const fn ergs(self) -> u32 {
        self.ergs
    }

    #[inline(always)]
    pub(crate) const fn instructions(self) -> u32 {
        self.instructions
    }

    /// After an instruction with a price, and whether that was too high; then the result is good for
    /// [`refund`](Self::refund) only.
    #[inline(always)]
    pub(crate) const fn charge(self, price: u32) -> (Self, bool) {
        let (ergs, short) = self.ergs.overflowing_sub(price);
        (Self { ergs, instructions: self.instructions.wrapping_add(1) }, short)
    }

    /// Before an instruction that was charged for.
    #[inline(always)]
    pub(crate) const fn refund(self, price: u32) -> Self {
        let ergs = self.ergs.wrapping_add(price);
        Self { ergs, instructions: self.instructions.wrapping_sub(1) }
    }

    /// With more ergs, modulo 2³².
    #[inline(always)]
    pub(crate) const fn add(self, ergs: u32) -> Self {
        Self { ergs: self.ergs.wrapping_add(ergs), ..self }
    }

    /// With ergs taken away, which must be there.
    #[inline(always)]
    pub(crate) const fn take(self, ergs: u32) -> Self {
        Self { ergs: self.ergs.wrapping_sub(ergs), ..self }
    }
}
