//! A batch that shows what a chain can do: what `eravm demo` runs, on a new chain or one that it has run on before.
//!
//! * `code` has the contracts: a token, an account with two signers and a paymaster from assembly, a counter for the EVM;
//! * `cast` the accounts, and where the contracts stand;
//! * `script` the transactions, in order;
//! * `stage` where they are run.

mod cast;
mod code;
mod error;
mod script;
mod stage;

pub use cast::Cast;
pub use error::DemoError;
pub use script::{STEPS, Step};
pub use stage::{Curtain, Played, Stage};
