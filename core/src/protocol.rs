//! Protocol versions as data: what changed between them in the rules of the machine.

/// Highest protocol version whose rules are known.
pub const NEWEST_KNOWN_PROTOCOL: u16 = 31;
/// Lowest protocol version whose rules are known.
pub const OLDEST_KNOWN_PROTOCOL: u16 = 25;

/// The rules of the machine that differ between protocol versions.
///
/// Every field is a switch of its own, so a host may also combine them: a batch of protocol 29 as today's
/// circuits prove it has [`circuit_rules`](Self::with_circuit_rules).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Semantics {
    /// The protocol version these rules were asked for.
    pub protocol: u16,
    /// Since 27: a heap whose growth cannot be paid keeps its bound. Before, the bound moved all the same.
    pub unpaid_growth_keeps_bound: bool,
    /// Since 28: modexp, ecadd, ecmul and ecpairing are precompiles. Before, calling them does nothing.
    pub ec_precompiles: bool,
    /// Since 31 (in circuits from `zk_evm` 0.153.12): `dst1` becomes zero after every executed instruction
    /// without a second result.
    pub clear_dst1: bool,
    /// Since 31 (in circuits from `zk_evm` 0.153.12): `ret.panic` of a far frame pays the heap growth that
    /// its ABI word asks for.
    pub panic_pays_growth: bool,
}

/// How well a protocol number is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// Its rules are known.
    Exactly,
    /// Newer than [`NEWEST_KNOWN_PROTOCOL`], whose rules it gets. Hosts should warn.
    AsNewest,
}

/// A protocol version before [`OLDEST_KNOWN_PROTOCOL`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProtocolTooOld(pub u16);

impl core::fmt::Display for ProtocolTooOld {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "protocol version {} is older than {OLDEST_KNOWN_PROTOCOL}, the oldest one supported",
            self.0
        )
    }
}

impl core::error::Error for ProtocolTooOld {}

impl Semantics {
    /// The rules of a protocol version, and whether they are known or taken from the newest known one.
    ///
    /// # Errors
    /// For versions before 25.
    pub const fn of_protocol(protocol: u16) -> Result<(Self, Known), ProtocolTooOld> {
        if protocol < OLDEST_KNOWN_PROTOCOL {
            return Err(ProtocolTooOld(protocol));
        }
        let rules = Self {
            protocol,
            unpaid_growth_keeps_bound: protocol >= 27,
            ec_precompiles: protocol >= 28,
            clear_dst1: protocol >= 31,
            panic_pays_growth: protocol >= 31,
        };
        let known = if protocol > NEWEST_KNOWN_PROTOCOL { Known::AsNewest } else { Known::Exactly };
        Ok((rules, known))
    }

    /// The rules of the newest known protocol version.
    pub const fn newest() -> Self {
        match Self::of_protocol(NEWEST_KNOWN_PROTOCOL) {
            Ok((rules, _)) => rules,
            Err(_) => unreachable!(),
        }
    }

    /// These rules with the two that circuits always had and executors took over in version 31 switched on or off.
    #[must_use]
    pub const fn with_circuit_rules(mut self, on: bool) -> Self {
        self.clear_dst1 = on;
        self.panic_pays_growth = on;
        self
    }
}
