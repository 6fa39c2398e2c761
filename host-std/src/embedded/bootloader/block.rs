//! Blocks: beginning them, and the interop roots that become known with them.

use super::{Bootloader, Interrupt};
use crate::batch::{BlockEnvironment, ErrorCode, InteropRoot};
use crate::embedded::contracts::{interop_root_storage, system_context};
use eravm_core::Word;

/// A block as the operator describes it for a transaction.
#[derive(Clone, Debug)]
pub(crate) struct BlockDescription {
    pub(crate) number: u32,
    pub(crate) timestamp: u64,
    pub(crate) previous_hash: Word,
    /// For its first transaction.
    pub(crate) virtual_blocks: u32,
    /// For its first transaction.
    pub(crate) interop_roots: Vec<InteropRoot>,
}

impl BlockDescription {
    /// For the first transaction of a block, or another one.
    pub(crate) fn new(block: &BlockEnvironment, is_first: bool) -> Self {
        let BlockEnvironment { number, timestamp, previous_hash, .. } = *block;
        let virtual_blocks = if is_first { block.max_virtual_blocks } else { 0 };
        let interop_roots = if is_first { block.interop_roots.clone() } else { Vec::new() };
        Self { number, timestamp, previous_hash, virtual_blocks, interop_roots }
    }
}

impl Bootloader<'_> {
    /// Begins a block, or goes on with it.
    pub(super) fn set_block(&mut self, block: &BlockDescription) -> Result<(), Interrupt> {
        let info = system_context::NewBlock {
            number: block.number.into(),
            timestamp: block.timestamp.into(),
            previous_hash: block.previous_hash,
            is_first_in_batch: self.progress.transactions == 0,
            virtual_blocks: block.virtual_blocks.into(),
        };
        system_context::set_l2_block(&mut self.context(), &info)
            .map_err(Interrupt::of_system_call(ErrorCode::FailedToSetL2Block))
    }

    /// Sets the interop roots of a block that was not seen before.
    pub(super) fn set_interop_roots(&mut self, block: &BlockDescription) -> Result<(), Interrupt> {
        if u64::from(block.number) <= self.progress.last_block {
            return Ok(());
        }
        for root in &block.interop_roots {
            if root.sides.is_empty() {
                return Err(Interrupt::halt(ErrorCode::EmptySidesLength));
            }
            let (chain, number) =
                (Word::from_u64(root.chain_id), Word::from_u64(root.block_number));
            interop_root_storage::add_root(&mut self.context(), &chain, &number, &root.sides)
                .map_err(Interrupt::of_system_call(ErrorCode::FailedToSetInteropRoot))?;
            let words = [self.progress.roots_hash, chain, number];
            let words = words.iter().chain(&root.sides).flat_map(Word::to_be_bytes);
            let bytes: Vec<u8> = words.collect();
            let hash = self.context().keccak(&[&bytes]).map_err(Interrupt::of_own)?;
            self.progress.roots_hash = hash;
        }
        self.progress.last_block = block.number.into();
        Ok(())
    }
}
