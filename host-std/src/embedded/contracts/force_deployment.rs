//! Deployments by force: what a protocol upgrade puts at addresses of its choice.

use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Encoder, Selector, Structure, selector};
use eravm_core::{Address, Word};

/// The function of the deployer for many of them.
pub(super) const FORCE_DEPLOY_ALL: Selector =
    selector("forceDeployOnAddresses((bytes32,address,bool,uint256,bytes)[])");

/// Words of a deployment without its input.
pub(super) const WORDS: usize = 5;
/// The field with its value.
pub(super) const VALUE: usize = 3;

/// A deployment by force.
#[derive(Clone, Debug)]
pub(super) struct ForceDeployment {
    /// The hash of the code. For EVM code whose constructor is called, only its kind matters.
    pub(super) hash: Word,
    pub(super) address: Address,
    pub(super) calls_constructor: bool,
    pub(super) value: Word,
    /// Calldata of the constructor; for EVM code it is the code that runs.
    pub(super) input: Vec<u8>,
}

impl ForceDeployment {
    /// Reads one from calldata.
    pub(super) fn read(cx: &mut Context<'_>, fields: &Structure<'_>) -> Result<Self, Failure> {
        let (address, calls_constructor) = (fields.address(1)?, fields.boolean(2)?);
        let input = fields.bytes(4)?.bytes;
        cx.charge_words(input.len() as u64)?;
        let (hash, value) = (fields.word(0), fields.word(VALUE));
        Ok(Self { hash, address, calls_constructor, value, input: input.to_vec() })
    }

    /// As calldata has it.
    pub(super) fn encoder(&self) -> Encoder {
        Encoder::new()
            .word(self.hash)
            .address(&self.address)
            .number(self.calls_constructor.into())
            .word(self.value)
            .bytes(&self.input)
    }
}

/// Refuses an argument that is no array of deployments, as far as Solidity looks when it decodes arguments.
pub(super) fn check_all(calldata: &[u8], index: usize) -> Result<(), Failure> {
    Structure::argument_array(calldata, index).map(drop)
}

/// The deployments in an argument of a function.
pub(super) fn read_all(
    cx: &mut Context<'_>,
    calldata: &[u8],
    index: usize,
) -> Result<Vec<ForceDeployment>, Failure> {
    let (items, count) = Structure::argument_array(calldata, index)?;
    let mut deployments = Vec::new();
    for index in 0..count {
        deployments.push(ForceDeployment::read(cx, &items.inner(index, WORDS)?)?);
    }
    Ok(deployments)
}

/// Calldata that has the deployer do them all.
pub(super) fn calldata(deployments: &[ForceDeployment]) -> Vec<u8> {
    let items = deployments.iter().map(ForceDeployment::encoder);
    Encoder::call(FORCE_DEPLOY_ALL).structures(items).finish()
}
