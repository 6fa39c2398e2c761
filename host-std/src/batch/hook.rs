//! What the bootloader tells the host by writing to the hook.

use eravm_core::Word;

macro_rules! hooks {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// What the bootloader tells the host by writing to the hook: the number is what it writes
        /// (`VM_HOOK_…` in `bootloader.yul`).
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Hook {
            $($(#[$doc])* $name = $number,)*
        }

        impl Hook {
            /// All, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

hooks! {
    /// The account's part of the validation begins: its rules and its limit of ergs apply.
    AccountValidationEntered = 0,
    /// The paymaster's part of the validation begins, which has no rules.
    PaymasterValidationEntered = 1,
    /// Rules and limits are suspended.
    ValidationExited = 2,
    /// The transaction is valid.
    ValidationStepEnded = 3,
    /// The transaction has ended.
    TxHasEnded = 4,
    /// A line for a log: a short text and a word.
    DebugLog = 5,
    /// What the last call returned.
    DebugReturnData = 6,
    /// A near call failed.
    NearCallCatch = 7,
    /// The host is asked for a refund: the bootloader's proposal, gas spent on pubdata, gas per byte of pubdata.
    AskOperatorForRefund = 8,
    /// What was refunded, in gas.
    NotifyAboutRefund = 9,
    /// What came of a transaction: whether it succeeded, and a pointer to what it returned.
    PostResult = 10,
    /// All transactions are done: the host describes the last block, which has none.
    FinalBatchInfo = 11,
    /// The host is asked for what is published.
    PubdataRequested = 12,
}

impl Hook {
    /// The hook with a number, if it is known.
    pub fn from_word(number: &Word) -> Option<Self> {
        Self::ALL.get(usize::try_from(number.to_u64()?).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_found_by_their_number() {
        for hook in Hook::ALL {
            assert_eq!(Hook::from_word(&Word::from_u64(*hook as u64)), Some(*hook));
        }
        assert_eq!(Hook::from_word(&Word::from_u64(Hook::ALL.len() as u64)), None);
        assert_eq!(Hook::from_word(&Word([5, 0, 0, 1])), None);
    }
}
