//! The machine word: 256 bits as four little-endian 64-bit limbs.

use core::fmt;
use primitive_types::{H160, H256, U256};

/// An account address, 20 bytes, big-endian.
pub type Address = H160;

/// The address in kernel space with this number.
pub const fn system_address(number: u16) -> Address {
    let mut bytes = [0; 20];
    let [high, low] = number.to_be_bytes();
    bytes[18] = high;
    bytes[19] = low;
    H160(bytes)
}

/// A 256-bit machine word.
///
/// Limb 0 is the least significant.
// PERF: not aligned to its size, because a local variable that is makes every handler realign the stack, and then its
// last call is no jump. The register file is aligned as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C)]
pub struct Word(pub [u64; 4]);

impl Word {
    /// Zero.
    pub const ZERO: Self = Self([0; 4]);
    /// One.
    pub const ONE: Self = Self([1, 0, 0, 0]);
    /// 2²⁵⁶ − 1.
    pub const MAX: Self = Self([u64::MAX; 4]);

    /// The word with the value `low`.
    #[inline]
    pub const fn from_u64(low: u64) -> Self {
        Self([low, 0, 0, 0])
    }

    /// The word with the value `low`.
    #[inline]
    pub const fn from_u128(low: u128) -> Self {
        Self([low as u64, (low >> 64) as u64, 0, 0])
    }

    /// True for zero.
    #[inline]
    pub const fn is_zero(&self) -> bool {
        self.0[0] | self.0[1] | self.0[2] | self.0[3] == 0
    }

    /// Bits 0..16.
    #[inline]
    pub const fn low_u16(&self) -> u16 {
        self.0[0] as u16
    }

    /// Bits 0..32.
    #[inline]
    pub const fn low_u32(&self) -> u32 {
        self.0[0] as u32
    }

    /// Bits 0..128.
    #[inline]
    pub const fn low_u128(&self) -> u128 {
        self.0[0] as u128 | (self.0[1] as u128) << 64
    }

    /// The value, if it fits 64 bits.
    #[inline]
    pub const fn to_u64(&self) -> Option<u64> {
        if self.0[1] | self.0[2] | self.0[3] == 0 { Some(self.0[0]) } else { None }
    }

    /// Reads 32 big-endian bytes.
    #[inline(always)]
    pub fn from_be_bytes(bytes: &[u8; 32]) -> Self {
        // Not through local arrays, nor through functions that the optimiser may leave apart: references to local variables keep a
        // handler's last call from being a jump, and then a loop in bytecode overflows the stack.
        let (limbs, _) = bytes.as_chunks();
        match limbs {
            [l3, l2, l1, l0] => {
                let limb = |bytes: &[u8; 8]| u64::from_be_bytes(*bytes);
                Self([limb(l0), limb(l1), limb(l2), limb(l3)])
            }
            // There are always four.
            _ => Self::ZERO,
        }
    }

    /// The 32 big-endian bytes.
    #[inline(always)]
    pub fn to_be_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.write_be_bytes(&mut bytes);
        bytes
    }

    /// Writes the 32 big-endian bytes.
    #[inline(always)]
    pub fn write_be_bytes(&self, bytes: &mut [u8; 32]) {
        let (limbs, _) = bytes.as_chunks_mut();
        for (place, limb) in limbs.iter_mut().zip(self.0.iter().rev()) {
            *place = limb.to_be_bytes();
        }
    }

    /// An address as a number (upper 96 bits zero).
    pub fn from_address(address: &Address) -> Self {
        let (top, low) = address.0.split_at(4);
        let (limbs, _) = low.as_chunks();
        let limb = |at: usize| limbs.get(at).map_or(0, |limb| u64::from_be_bytes(*limb));
        let top = top.try_into().map_or(0, u32::from_be_bytes);
        Self([limb(1), limb(0), top.into(), 0])
    }

    /// Bits 0..160 as an address; the rest is ignored, as every instruction that takes one does.
    #[inline]
    pub fn to_address(&self) -> Address {
        // PERF: in the pieces in which it will be loaded again. A load across two stores has to wait for both.
        let [l0, l1, l2, _] = self.0;
        let mut address = [0; 20];
        address[..8].copy_from_slice(&(l2 << 32 | l1 >> 32).to_be_bytes());
        address[8..16].copy_from_slice(&(l1 << 32 | l0 >> 32).to_be_bytes());
        address[16..].copy_from_slice(&(l0 as u32).to_be_bytes());
        H160(address)
    }
}

impl From<U256> for Word {
    fn from(value: U256) -> Self {
        Self(value.0)
    }
}

impl From<Word> for U256 {
    fn from(value: Word) -> Self {
        U256(value.0)
    }
}

impl From<H256> for Word {
    fn from(value: H256) -> Self {
        Self::from_be_bytes(&value.0)
    }
}

impl From<Word> for H256 {
    fn from(value: Word) -> Self {
        H256(value.to_be_bytes())
    }
}

impl From<u64> for Word {
    fn from(value: u64) -> Self {
        Self::from_u64(value)
    }
}

impl Ord for Word {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.0.iter().rev().cmp(other.0.iter().rev())
    }
}

impl PartialOrd for Word {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::LowerHex for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&U256(self.0), f)
    }
}

/// Minimal hexadecimal with `0x`.
impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", U256(self.0))
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
