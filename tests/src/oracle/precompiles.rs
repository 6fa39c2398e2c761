//! The reference's own precompiles, with a bound on work: they read memory word by word.

use zk_evm::abstractions::{Memory, PrecompileCyclesWitness, PrecompilesProcessor};
use zk_evm::aux_structures::{LogQuery, MemoryQuery};
use zk_evm::zk_evm_abstractions::precompiles::{
    DefaultPrecompilesProcessor, precompile_abi_in_log,
};

/// Most bytes, rounds or pairs that a call may ask for.
const MOST_WORK: u64 = 1 << 14;

/// Whether a call was refused because it asks for too much.
#[derive(Debug, Default)]
pub struct Bounded {
    /// The run cannot be compared from here on.
    pub refused: bool,
}

impl PrecompilesProcessor for Bounded {
    fn start_frame(&mut self) {}

    fn execute_precompile<M: Memory>(
        &mut self,
        cycle: u32,
        query: LogQuery,
        memory: &mut M,
    ) -> Option<(Vec<MemoryQuery>, Vec<MemoryQuery>, PrecompileCyclesWitness)> {
        let abi = precompile_abi_in_log(query);
        let low = u16::from_be_bytes([query.address.0[18], query.address.0[19]]);
        let work = match low {
            0x8010 => u64::from(abi.input_memory_length),
            2 => abi.precompile_interpreted_data,
            8 => abi.precompile_interpreted_data.saturating_mul(64),
            _ => 0,
        };
        if work > MOST_WORK {
            self.refused = true;
            return None;
        }
        DefaultPrecompilesProcessor::<false>.execute_precompile(cycle, query, memory)
    }

    fn finish_frame(&mut self, _: bool) {}
}
