//! The contracts, one file each.

pub(super) mod base_token;
pub(super) mod default_account;
pub(super) mod empty;
pub(super) mod l1_messenger;
pub(super) mod msg_value_simulator;
pub(super) mod nonce_holder;
mod rights;
pub(super) mod system_context;
