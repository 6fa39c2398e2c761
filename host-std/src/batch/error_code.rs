//! The bootloader's reasons to give up.

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $sentence:literal;)*) => {
        /// Why the bootloader gave up: the first byte of what it returns (`…_ERR_CODE` in `bootloader.yul`).
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum ErrorCode {
            $(#[doc = $sentence] $name = $number,)*
        }

        impl ErrorCode {
            /// All, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// What it means.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => $sentence,)*
                }
            }
        }
    };
}

error_codes! {
    EthCall = 0, "the simulated call failed";
    AccountTxValidation = 1, "the account did not accept the transaction";
    FailedToChargeFee = 2, "the fee was not paid in full";
    FromIsNotAnAccount = 3, "the sender is a contract that is no account";
    FailedToCheckAccount = 4, "it could not be found out whether the sender is an account, most likely for want of gas";
    UnacceptableGasPrice = 5, "the transaction's limit for the price of pubdata is below that of the batch";
    FailedToSetNewBatch = 6, "the batch could not be begun";
    PayForTxFailed = 7, "the account did not pay";
    PrePaymasterPreparationFailed = 8, "the account did not prepare for the paymaster";
    PaymasterValidationFailed = 9, "the paymaster did not accept the transaction";
    FailedToSendFeesToTheOperator = 10, "the fees could not be sent to the operator";
    UnacceptablePubdataPrice = 11, "the price of pubdata is higher than the bootloader allows";
    TxValidationFailed = 12, "the transaction is not valid";
    MaxPriorityFeeGreaterThanMaxFee = 13, "the priority fee is higher than the highest fee";
    BaseFeeGreaterThanMaxFee = 14, "the highest fee that the transaction pays is below the base fee";
    PaymasterReturnedInvalidContext = 15, "the paymaster returned a malformed context";
    PaymasterReturnedContextTooLong = 16, "the paymaster returned a context that is too long";
    AssertionError = 17, "the bootloader found its input inconsistent";
    FailedToMarkFactoryDeps = 18, "the code that comes with the transaction could not be made known, most likely for want of gas";
    TxValidationOutOfGas = 19, "the transaction does not have enough gas for its validation";
    NotEnoughGasProvided = 20, "the bootloader does not have enough gas left to begin the transaction";
    AccountReturnedInvalidMagic = 21, "the account did not return the word that stands for yes, most often because the signature is wrong";
    PaymasterReturnedInvalidMagic = 22, "the paymaster did not return the word that stands for yes";
    MintEtherFailed = 23, "the base token that comes from L1 could not be minted";
    FailedToAppendTransactionToL2Block = 24, "the transaction could not be added to the block";
    FailedToSetL2Block = 25, "the block could not be begun";
    FailedToPublishTimestamp = 26, "the time of the batch could not be published";
    L1MessengerPublishingFailed = 27, "the pubdata could not be published";
    L1MessengerLogSendingFailed = 28, "a log could not be sent to L1";
    FailedToCallSystemContext = 29, "a call of SystemContext failed";
    FailedToSetInteropRoot = 30, "an interop root could not be set";
    PrecommitBasedInteropNotSupported = 31, "an interop root has more than one side, which is not supported";
    NonDummyInteropRoot = 32, "an interop root stands behind the last one";
    TemporaryDataOutsideScratchSpace = 33, "an interop root does not fit the bootloader's scratch space";
    ZeroInteropRoots = 34, "the number of interop roots of the block is not set";
    OverMaxInteropRoots = 35, "there are more interop roots than a batch may have";
    IncorrectInteropRootBlockNumber = 36, "an interop root is of another block";
    EmptySidesLength = 37, "an interop root has no sides";
}

impl ErrorCode {
    /// The reason with a number, if it is known.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_found_by_their_number() {
        for (number, code) in (0..).zip(ErrorCode::ALL) {
            assert_eq!(ErrorCode::of_number(number), Some(*code));
            assert_eq!(*code as u8, number);
        }
        assert_eq!(ErrorCode::of_number(u8::MAX), None);
    }
}
