//! The contracts.

use super::error::DemoError;
use crate::transaction::FactoryDep;
use eravm_core::asm::assemble;

const TOKEN: &str = include_str!("../../programs/demo/token.asm");
const TWO_SIGNERS: &str = include_str!("../../programs/demo/two_signers.asm");
const PAYMASTER: &str = include_str!("../../programs/demo/paymaster.asm");

/// EVM code that deploys a counter. Whatever it is called with, that adds one to slot 0, logs the sum and returns it.
pub(super) const COUNTER: &[u8] = &[
    // Copies the 23 bytes behind it, and returns them:
    0x60, 0x17, // PUSH1 23
    0x80, // DUP1
    0x60, 0x0b, // PUSH1 11
    0x60, 0x00, // PUSH1 0
    0x39, // CODECOPY
    0x60, 0x00, // PUSH1 0
    0xf3, // RETURN
    // The counter:
    0x60, 0x00, 0x54, // PUSH1 0, SLOAD
    0x60, 0x01, 0x01, // PUSH1 1, ADD
    0x80, 0x60, 0x00, 0x55, // DUP1, PUSH1 0, SSTORE
    0x60, 0x00, 0x52, // PUSH1 0, MSTORE
    0x60, 0x20, 0x60, 0x00, 0xa0, // PUSH1 32, PUSH1 0, LOG0
    0x60, 0x20, 0x60, 0x00, 0xf3, // PUSH1 32, PUSH1 0, RETURN
];

/// The contracts of EraVM code.
#[derive(Clone, Debug)]
pub(super) struct Codes {
    pub(super) token: FactoryDep,
    pub(super) two_signers: FactoryDep,
    pub(super) paymaster: FactoryDep,
}

impl Codes {
    pub(super) fn assemble() -> Result<Self, DemoError> {
        let code = |source| Ok::<_, DemoError>(FactoryDep::new(assemble(source)?.bytecode)?);
        Ok(Self {
            token: code(TOKEN)?,
            two_signers: code(TWO_SIGNERS)?,
            paymaster: code(PAYMASTER)?,
        })
    }
}
