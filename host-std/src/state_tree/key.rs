//! Where the leaf of a slot is.

use crate::pubdata::derived_key;
use core::fmt;
use eravm_core::{Address, Word};

/// The place of a leaf: the way to it from the root, bit by bit, from the highest bit of the first byte on.
///
/// The network takes the [derived key](derived_key) of a slot for a little-endian number and its highest bit for the first step,
/// so this is the derived key with its bytes reversed. Keys are in the order of their leaves, from left to right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LeafKey([u8; 32]);

impl LeafKey {
    /// The place of a slot.
    pub fn of_slot(address: &Address, key: &Word) -> Self {
        Self::from_derived(derived_key(address, key))
    }

    /// The place of the slot with a derived key.
    pub fn from_derived(mut derived: [u8; 32]) -> Self {
        derived.reverse();
        Self(derived)
    }

    /// The derived key of the slot.
    pub fn derived(self) -> [u8; 32] {
        let mut derived = self.0;
        derived.reverse();
        derived
    }

    /// The place with this way from the root.
    pub(crate) const fn from_path(path: [u8; 32]) -> Self {
        Self(path)
    }

    /// The way from the root.
    pub(crate) const fn path(&self) -> &[u8; 32] {
        &self.0
    }

    /// Four steps of the way, from the step `4 * level` on.
    pub(super) fn nibble(&self, level: usize) -> u8 {
        let byte = self.0.get(level / 2).copied().unwrap_or_default();
        if level.is_multiple_of(2) { byte >> 4 } else { byte & 0xf }
    }

    /// Whether the step that leads from height `height + 1` to `height` goes to the right. Leaves have height 0.
    pub(super) fn is_right(&self, height: usize) -> bool {
        let byte = self.0[31 - height / 8 % 32];
        byte >> (height % 8) & 1 == 1
    }

    /// The height at which the ways to two leaves meet; 0 if they are the same leaf.
    pub(super) fn meets(&self, other: &Self) -> usize {
        let differing = self.0.iter().zip(&other.0).position(|(left, right)| left != right);
        differing.map_or(0, |at| {
            let bits = self.0.get(at).zip(other.0.get(at)).map_or(0, |(left, right)| left ^ right);
            (31 - at) * 8 + 8 - bits.leading_zeros() as usize
        })
    }
}

impl fmt::Debug for LeafKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(first: u8, last: u8) -> LeafKey {
        let mut path = [0; 32];
        path[0] = first;
        path[31] = last;
        LeafKey(path)
    }

    #[test]
    fn the_last_byte_of_a_derived_key_is_the_first_of_the_way() {
        let mut derived = [0; 32];
        derived[31] = 0xa5;
        let key = LeafKey::from_derived(derived);
        assert_eq!((key.nibble(0), key.nibble(1), key.nibble(2)), (0xa, 5, 0));
        assert!(key.is_right(255) && !key.is_right(254));
        assert_eq!(key.derived(), derived);
    }

    #[test]
    fn ways_meet_above_the_first_step_that_differs() {
        assert_eq!(key(0, 0).meets(&key(0x80, 0)), 256);
        assert_eq!(key(0x80, 0).meets(&key(0x81, 0)), 249);
        assert_eq!(key(1, 2).meets(&key(1, 3)), 1);
        assert_eq!(key(1, 2).meets(&key(1, 2)), 0);
    }
}
