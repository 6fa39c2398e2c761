//! What a trace keeps at most.

use super::Tracer;
use crate::cli::error::CliError;
use crate::number::parse_number;
use crate::tracers::{CallLimits, StateLimits};
use clap::Args;

/// Heading of the options for two tracers.
const OF_STATE: &str = "Limits of --tracer prestate and diff; what is left out is counted";

/// What a trace keeps at most. The rest is counted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits of --tracer call; what is left out is counted")]
pub(super) struct Limits {
    /// Show no calls but the transaction itself; the same as --max-calls 0
    #[arg(long, conflicts_with = "max_calls")]
    only_top_call: bool,
    /// Calls [default: 100000]
    #[arg(long, value_name = "N", value_parser = parse_number::<usize>)]
    max_calls: Option<usize>,
    /// Calls in calls, up to 1024 [default: 256]
    #[arg(long, value_name = "N", value_parser = parse_number::<usize>)]
    max_depth: Option<usize>,
    /// Bytes of one calldata or output [default: 65536]
    #[arg(long, value_name = "BYTES", value_parser = parse_number::<usize>)]
    max_data: Option<usize>,
    /// Bytes of all calldata and output [default: 67108864]
    #[arg(long, value_name = "BYTES", value_parser = parse_number::<usize>)]
    max_all_data: Option<usize>,
    /// Slots [default: 100000]
    #[arg(
        long,
        value_name = "N",
        value_parser = parse_number::<usize>,
        help_heading = OF_STATE
    )]
    max_slots: Option<usize>,
    /// Accounts [default: 10000]
    #[arg(
        long,
        value_name = "N",
        value_parser = parse_number::<usize>,
        help_heading = OF_STATE
    )]
    max_accounts: Option<usize>,
    /// Opcodes [default: 1000000]
    #[arg(
        long,
        value_name = "N",
        value_parser = parse_number::<usize>,
        help_heading = "Limits of --tracer evm; what is left out is counted"
    )]
    max_opcodes: Option<usize>,
}

/// Opcodes that are kept by default.
const MAX_OPCODES: usize = 1_000_000;

impl Limits {
    /// Refuses limits of other tracers.
    pub(super) fn check(&self, tracer: Tracer) -> Result<(), CliError> {
        const CALL: &str = "call";
        const STATE: &str = "prestate or diff";
        const EVM: &str = "evm";
        let of_calls = [
            ("--only-top-call", self.only_top_call),
            ("--max-calls", self.max_calls.is_some()),
            ("--max-depth", self.max_depth.is_some()),
            ("--max-data", self.max_data.is_some()),
            ("--max-all-data", self.max_all_data.is_some()),
        ];
        let of_state = [
            ("--max-slots", self.max_slots.is_some()),
            ("--max-accounts", self.max_accounts.is_some()),
        ];
        let of_evm = [("--max-opcodes", self.max_opcodes.is_some())];
        let of_others: [(&[_], _); 2] = match tracer {
            Tracer::Call => [(&of_state, STATE), (&of_evm, EVM)],
            Tracer::Prestate | Tracer::Diff => [(&of_calls, CALL), (&of_evm, EVM)],
            Tracer::Evm => [(&of_calls, CALL), (&of_state, STATE)],
        };
        for (options, tracers) in of_others {
            if let Some((option, _)) = options.iter().find(|(_, is_given)| *is_given) {
                return Err(CliError::OptionOfTracer { option, tracers });
            }
        }
        Ok(())
    }

    pub(super) fn of_calls(&self) -> CallLimits {
        let default = CallLimits::default();
        let calls = if self.only_top_call { Some(0) } else { self.max_calls };
        CallLimits {
            calls: calls.unwrap_or(default.calls),
            depth: self.max_depth.unwrap_or(default.depth),
            bytes: self.max_data.unwrap_or(default.bytes),
            all_bytes: self.max_all_data.unwrap_or(default.all_bytes),
        }
    }

    pub(super) fn of_evm(&self) -> usize {
        self.max_opcodes.unwrap_or(MAX_OPCODES)
    }

    pub(super) fn of_state(&self) -> StateLimits {
        let default = StateLimits::default();
        StateLimits {
            slots: self.max_slots.unwrap_or(default.slots),
            accounts: self.max_accounts.unwrap_or(default.accounts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        limits: Limits,
    }

    /// The defaults are the tracers', so that the help has to say them itself.
    #[test]
    fn the_help_tells_the_defaults() {
        let help = Command::command().render_long_help().to_string();
        let limits = Command::parse_from(["trace"]).limits;
        let CallLimits { calls, depth, bytes, all_bytes } = limits.of_calls();
        let StateLimits { slots, accounts } = limits.of_state();
        for (what, default) in [
            ("Calls", calls),
            ("Calls in calls, up to 1024", depth),
            ("Bytes of one calldata or output", bytes),
            ("Bytes of all calldata and output", all_bytes),
            ("Slots", slots),
            ("Accounts", accounts),
            ("Opcodes", limits.of_evm()),
        ] {
            assert!(help.contains(&format!("{what} [default: {default}]")), "{what}: {help}");
        }
        assert_eq!(crate::tracers::MAX_CALL_DEPTH, 1024);
    }
}
