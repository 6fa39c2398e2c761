//! The contracts of the bridge that a genesis upgrade deploys.

use super::super::force_deployment::ForceDeployment;
use super::data::{Common, Own};
use crate::embedded::solidity::Encoder;
use crate::system_contracts::addresses::{
    ASSET_HANDLER, ASSET_ROUTER, BRIDGEHUB, MESSAGE_ROOT, TOKEN_VAULT,
};
use eravm_core::{Address, Word};

/// The tokens of the chain, as far as they are there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens {
    pub(super) wrapped: Address,
    /// Of what is a proxy of all tokens of an older bridge; zero without one.
    pub(super) beacon: Address,
}

/// All of them. Each has a constructor and no value.
pub(super) fn deployments(common: &Common, own: &Own, tokens: &Tokens) -> [ForceDeployment; 5] {
    let deployment = |address, hash, input: Encoder| ForceDeployment {
        hash,
        address,
        calls_constructor: true,
        value: Word::ZERO,
        input: input.finish(),
    };
    let on_l1 = || Encoder::new().word(common.l1_chain_id);
    let has_legacy = !own.legacy_bridge.is_zero();
    [
        deployment(MESSAGE_ROOT, common.message_root_hash, Encoder::new().address(&BRIDGEHUB)),
        deployment(
            BRIDGEHUB,
            common.bridgehub_hash,
            on_l1().address(&common.governance).word(common.most_chains),
        ),
        deployment(
            ASSET_ROUTER,
            common.asset_router_hash,
            on_l1()
                .word(common.era_chain_id)
                .address(&common.l1_asset_router)
                .address(&own.legacy_bridge)
                .word(own.base_token_asset_id)
                .address(&common.governance),
        ),
        deployment(
            TOKEN_VAULT,
            common.token_vault_hash,
            on_l1()
                .address(&common.governance)
                .word(common.token_proxy_hash)
                .address(&own.legacy_bridge)
                .address(&tokens.beacon)
                .number(has_legacy.into())
                .address(&tokens.wrapped)
                .word(own.base_token_asset_id),
        ),
        deployment(
            ASSET_HANDLER,
            common.asset_handler_hash,
            on_l1()
                .address(&common.governance)
                .address(&BRIDGEHUB)
                .address(&ASSET_ROUTER)
                .address(&MESSAGE_ROOT),
        ),
    ]
}
