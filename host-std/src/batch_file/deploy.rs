//! Deployments of EraVM code: calls of `ContractDeployer`.

use super::account::Account;
use super::format::{Deployment, Request};
use super::value::Bytes;
use crate::system_contracts::addresses::CONTRACT_DEPLOYER;
use crate::system_contracts::deployment_calldata;
use eravm_core::VersionedHash;

/// Makes a request a call of the deployer: `create` without a salt, `create2` with one.
pub(super) fn fill_in(request: &mut Request, deployment: &Deployment, hash: VersionedHash) {
    let salt = deployment.salt.as_ref().map(|salt| &salt.0);
    let (input, is_account) = (&deployment.constructor.0, deployment.is_account);
    request.to = Some(Account::Address(CONTRACT_DEPLOYER));
    request.data = Some(Bytes(deployment_calldata(&hash, salt, input, is_account)));
}
