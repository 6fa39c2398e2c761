//! The forks of Ethereum.

use revm_interpreter::primitives::hardfork::SpecId;

macro_rules! forks {
    ($($(#[$doc:meta])* $fork:ident $spec:ident [$($name:literal),+];)*) => {
        /// A fork of Ethereum, as far as it matters to the interpreter.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Fork {
            $($(#[$doc])* $fork,)*
        }

        impl Fork {
            /// All of them, the oldest first.
            pub const ALL: &'static [Self] = &[$(Self::$fork,)*];

            /// The name that Ethereum's tests have for it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$fork => first(&[$($name),+]),)*
                }
            }

            /// The fork with a name of Ethereum's tests. `None` if it is not one that the interpreter has.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($($name)|+ => Some(Self::$fork),)*
                    _ => None,
                }
            }

            /// What the crate of the instructions calls it.
            pub(super) const fn spec(self) -> SpecId {
                match self {
                    $(Self::$fork => SpecId::$spec,)*
                }
            }
        }
    };
}

const fn first(names: &[&'static str]) -> &'static str {
    names[0]
}

forks! {
    /// The beginning.
    Frontier FRONTIER ["Frontier"];
    /// `DELEGATECALL`; contracts that cannot pay for their code are not created.
    Homestead HOMESTEAD ["Homestead"];
    /// EIP-150: what reads state is dearer, and 63/64 of the gas is the most that a call gets.
    Tangerine TANGERINE ["EIP150", "TangerineWhistle"];
    /// EIP-158: empty accounts are removed.
    SpuriousDragon SPURIOUS_DRAGON ["EIP158", "SpuriousDragon"];
    /// `REVERT`, `STATICCALL`, returndata.
    Byzantium BYZANTIUM ["Byzantium"];
    /// Shifts, `CREATE2`, `EXTCODEHASH`. EIP-1283 of Constantinople itself was never active on Ethereum, and is not here.
    Petersburg PETERSBURG ["ConstantinopleFix", "Petersburg"];
    /// `CHAINID`, `SELFBALANCE`, EIP-2200.
    Istanbul ISTANBUL ["Istanbul"];
    /// EIP-2929: the first access of a transaction is dearer.
    Berlin BERLIN ["Berlin"];
    /// EIP-1559, EIP-3529, EIP-3541.
    London LONDON ["London"];
    /// `PREVRANDAO`.
    Paris MERGE ["Paris", "Merge"];
    /// `PUSH0`, EIP-3860.
    Shanghai SHANGHAI ["Shanghai"];
    /// Transient storage, `MCOPY`, blobs, EIP-6780. What ZKsync's EVM is made after.
    Cancun CANCUN ["Cancun"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fork_is_found_by_its_name() {
        for &fork in Fork::ALL {
            assert_eq!(Fork::named(fork.name()), Some(fork));
        }
        assert_eq!(Fork::named("Constantinople"), None);
        assert_eq!(Fork::named("Prague"), None);
    }
}
