//! Where the EVM of ZKsync is not that of Ethereum: one switch for each difference.
//!
//! What contracts run in is [`Differences::ZKSYNC`]: all of them. Ethereum's own tests run with [`Differences::NONE`], and any set in between
//! shows which tests a difference breaks.
//!
//! The rows say where a difference is made: [in the interpreter](Place::Interpreter), which is one for both, or [in the system](Place::System)
//! around it: gas between frames, accounts, calls and creations are those of the host, and Ethereum's tests have a host of their own.

/// Where a difference is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In instructions: without the switch, the interpreter does as Ethereum.
    Interpreter,
    /// In what is around the interpreter. The host of Ethereum's tests honours those switches that it can; see
    /// [`Difference::is_of_tests`].
    System,
}

macro_rules! differences {
    ($($(#[$doc:meta])* $difference:ident $name:literal $place:ident $tests:literal;)*) => {
        /// A difference between ZKsync's EVM and Ethereum's.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Difference {
            $($(#[$doc])* $difference,)*
        }

        impl Difference {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$difference,)*];

            /// Its name on the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$difference => $name,)*
                }
            }

            /// Where it is made.
            pub const fn place(self) -> Place {
                match self {
                    $(Self::$difference => Place::$place,)*
                }
            }

            /// Whether it can be switched on for Ethereum's tests.
            pub const fn is_of_tests(self) -> bool {
                match self {
                    $(Self::$difference => $tests,)*
                }
            }
        }
    };
}

differences! {
    /// Every byte 0x5b of the code can be jumped to, even within the operand of a `PUSH`: the code is not analysed.
    JumpsIntoOperands "jumps-into-operands" Interpreter true;
    /// Memory has [12 MiB](MEMORY_LIMIT) at most. What would need more fails, whatever gas it has.
    MemoryLimit "memory-limit" Interpreter true;
    /// `CALLCODE` is an invalid instruction.
    NoCallCode "no-callcode" Interpreter true;
    /// `SELFDESTRUCT` is an invalid instruction.
    NoSelfDestruct "no-selfdestruct" Interpreter true;
    /// There are no blobs: `BLOBHASH` gives 0, and `BLOBBASEFEE` 1, so that nobody divides by zero.
    NoBlobs "no-blobs" Interpreter true;
    /// `PREVRANDAO` gives [a constant](PREVRANDAO).
    ConstantRandomness "constant-randomness" Interpreter true;
    /// Nothing is refunded for storage that is cleared or put back.
    NoRefunds "no-refunds" System true;
    /// Calls are as deep as their gas lasts; 1024 is no limit.
    NoDepthLimit "no-depth-limit" System true;
    /// RIPEMD-160, BLAKE2 and the evaluation of KZG commitments are no precompiles: their addresses have no code. They are warm
    /// all the same.
    FewerPrecompiles "fewer-precompiles" System true;
    /// Operands of `modexp` have 32 bytes at most. A call with longer ones takes all its gas.
    ShortModexp "short-modexp" System true;
    /// There is no intrinsic gas: what is charged before the first instruction is the bootloader's, in ergs. Code that is deployed from
    /// outside the EVM pays the 32 000 of `CREATE` out of the constructor's gas.
    NoIntrinsicGas "no-intrinsic-gas" System false;
    /// A caller outside the EVM passes ergs: a fifth of them, after 2000, is the callee's gas. EVM code passes gas to other EVM
    /// code, and five ergs for each to everything else, whose ergs it gets back as gas.
    GasIsErgs "gas-is-ergs" System false;
    /// Who calls accounts without code pays in gas for the call alone.
    EmptyAccountsAreFree "empty-accounts-are-free" System false;
    /// `DELEGATECALL` of EraVM code fails, and gives its gas back.
    NoDelegateToEraVm "no-delegate-to-eravm" System false;
    /// The code hash of EraVM code is its versioned hash; of addresses below 0x100 that of no code.
    EraVmCodeHashes "eravm-code-hashes" System false;
    /// Origin, gas price, coinbase, gas limit, base fee, and the hashes of blocks are those of `SystemContext`.
    SystemContext "system-context" System false;
    /// Accounts have no nonce of the EVM: an account counts what it deploys, from 1 for contracts of the EVM and 0 for others, and
    /// is empty if it has no code, no balance, and neither of its counters was used.
    DeploymentNonces "deployment-nonces" System false;
    /// Where a chain allows no new code of the EVM, `CREATE` takes the gas that the constructor would have had, as for an address
    /// that is taken, but is not counted.
    RefusedCreations "refused-creations" System false;
    /// If the ergs end before the gas does, or a system contract fails, the frame reverts without data, and all EVM frames that
    /// called it with it.
    ErgsMayEnd "ergs-may-end" System false;
}

/// The most bytes of memory that a frame may have, with [`Difference::MemoryLimit`].
pub const MEMORY_LIMIT: u64 = 12 << 20;
/// What `PREVRANDAO` gives, with [`Difference::ConstantRandomness`].
pub const PREVRANDAO: u64 = 2_500_000_000_000_000;

/// A set of differences.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Differences(u32);

impl Differences {
    /// None: Ethereum.
    pub const NONE: Self = Self(0);
    /// All: ZKsync.
    pub const ZKSYNC: Self = Self((1 << Difference::ALL.len()) - 1);

    /// This set with a difference more.
    #[must_use]
    pub const fn with(self, difference: Difference) -> Self {
        Self(self.0 | 1 << difference as u8)
    }

    /// Whether a difference is in it.
    pub const fn has(self, difference: Difference) -> bool {
        self.0 & 1 << difference as u8 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_into_it() {
        for &difference in Difference::ALL {
            assert!(Differences::ZKSYNC.has(difference));
            assert!(!Differences::NONE.has(difference));
            let one = Differences::NONE.with(difference);
            let of = |other: &&Difference| one.has(**other);
            assert_eq!(Difference::ALL.iter().filter(of).collect::<Vec<_>>(), [&difference]);
            if difference.place() == Place::Interpreter {
                assert!(difference.is_of_tests(), "{difference:?}");
            }
        }
    }
}
