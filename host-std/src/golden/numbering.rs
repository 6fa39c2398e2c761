//! Page numbers, which become visible in the words of fat pointers.
//!
//! Goldens made with `zk_evm` before 0.153.12 have the numbers of a machine that counted heaps in sequence; newer ones have
//! those of the reference, which gives every far call eight pages.

use eravm_core::Word;

/// First page of the first far call in the reference.
const FIRST_CALL: u32 = 2048;
/// Pages of a far call in the reference.
const PAGES_OF_CALL: u32 = 8;
/// The heap among them; the auxiliary heap is the next one.
const HEAP: u32 = 2;
/// Number of the first far call's heap in sequence.
const FIRST_IN_SEQUENCE: u32 = 4;

/// How a golden numbers pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Numbering {
    /// Like the reference.
    Reference,
    /// Calldata 1, the bootloader's heaps 2 and 3, then two for every far call.
    Sequence,
}

impl Numbering {
    /// The golden's number for a page.
    pub(super) fn of(self, page: u32) -> u32 {
        if self == Self::Reference {
            return page;
        }
        match page {
            7 => 1,
            10 => 2,
            11 => 3,
            FIRST_CALL.. => {
                let (call, which) =
                    ((page - FIRST_CALL) / PAGES_OF_CALL, (page - FIRST_CALL) % PAGES_OF_CALL);
                let heap = FIRST_IN_SEQUENCE + call * 2;
                if which == HEAP { heap } else { heap + 1 }
            }
            _ => page,
        }
    }

    /// A pointer's word with the golden's number.
    pub(super) fn of_pointer(self, word: Word) -> Word {
        let page = (word.0[0] >> 32) as u32;
        let [low, rest @ ..] = word.0;
        let low = low & 0xffff_ffff | u64::from(self.of(page)) << 32;
        let [a, b, c] = rest;
        Word([low, a, b, c])
    }
}
