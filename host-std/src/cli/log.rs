//! Events on the standard error, for who asks for them.

use super::complain;
use std::{env, io};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The environment variable that says which events are wanted, as `TARGET=LEVEL` with commas between several; or a level for all.
const VARIABLE: &str = "ERAVM_LOG";

/// Subscribes to the events that the environment variable asks for, if there is one.
pub(super) fn subscribe() {
    let Ok(wanted) = env::var(VARIABLE) else { return };
    let targets: Targets = match wanted.parse() {
        Ok(targets) => targets,
        Err(error) => {
            let example = "write for instance eravm_jit=debug";
            complain("warning", &format!("{VARIABLE}: {error}; no events are shown: {example}"));
            return;
        }
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    // Who embeds the command may have a subscriber of their own, which stays.
    let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
}
