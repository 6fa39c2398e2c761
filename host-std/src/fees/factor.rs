//! Factors for gas and prices.

use core::fmt;

/// A factor for gas or prices: finite and not negative.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub struct Factor(f64);

/// Why a number is not a factor: it is negative, infinite or none at all.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FactorError(pub f64);

impl Factor {
    /// The factor that leaves nothing.
    pub const ZERO: Self = Self(0.0);
    /// The factor that leaves half.
    pub const HALF: Self = Self(0.5);
    /// The factor that changes nothing.
    pub const ONE: Self = Self(1.0);

    /// Takes a number.
    ///
    /// # Errors
    /// If it is negative or not finite.
    pub const fn new(factor: f64) -> Result<Self, FactorError> {
        if factor.is_finite() && factor >= 0.0 {
            Ok(Self(factor))
        } else {
            Err(FactorError(factor))
        }
    }

    /// The product, rounded down; the highest number where it is too high.
    ///
    /// SPEC: the network's API computes it in floating point, so that numbers above 2⁵³ lose their last bits.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "that is how the network's API computes, and the cast back saturates"
    )]
    pub const fn times(self, number: u64) -> u64 {
        (number as f64 * self.0) as u64
    }
}

impl fmt::Display for FactorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a factor: it must be finite and not negative", self.0)
    }
}

impl core::error::Error for FactorError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_finite() {
        for wrong in [f64::NAN, f64::INFINITY, -0.5] {
            assert!(Factor::new(wrong).is_err());
        }
        let factor = Factor::new(1.3).unwrap();
        assert_eq!(factor.times(1_827_379), 2_375_592);
        assert_eq!(factor.times(u64::MAX), u64::MAX);
    }
}
