//! Code by hash beneath the reference.

use super::convert;
use crate::world::World;
use eravm_core::{CodeDigest, Word};
use std::collections::HashMap;
use zk_evm::abstractions::{DecommittmentProcessor, Memory, MemoryType};
use zk_evm::aux_structures::{
    DecommittmentQuery, MemoryIndex, MemoryLocation, MemoryPage, MemoryQuery,
};

/// Known code, and which of it is on which page.
#[derive(Debug)]
pub struct Codes {
    known: HashMap<CodeDigest, Vec<Word>>,
    loaded: HashMap<CodeDigest, u32>,
    /// All code that was asked for, in order.
    pub asked_for: Vec<CodeDigest>,
}

impl Codes {
    /// The code of a world.
    pub fn new(world: &World) -> Self {
        let known = world.codes.iter().map(|code| (code.hash.digest(), code.words.clone()));
        Self { known: known.collect(), loaded: HashMap::new(), asked_for: Vec::new() }
    }
}

impl DecommittmentProcessor for Codes {
    fn prepare_to_decommit(
        &mut self,
        _: u32,
        mut query: DecommittmentQuery,
    ) -> anyhow::Result<DecommittmentQuery> {
        let digest = query.normalized_preimage.0;
        let code = self.known.get(&digest);
        let code = code.ok_or_else(|| anyhow::anyhow!("unknown code {digest:02x?}"))?;
        if !self.asked_for.contains(&digest) {
            self.asked_for.push(digest);
        }
        query.decommitted_length = code.len() as u16;
        query.is_fresh = true;
        if let Some(&page) = self.loaded.get(&digest) {
            query.is_fresh = false;
            query.memory_page = MemoryPage(page);
        }
        Ok(query)
    }

    fn decommit_into_memory<M: Memory>(
        &mut self,
        cycle: u32,
        query: DecommittmentQuery,
        memory: &mut M,
    ) -> anyhow::Result<Option<Vec<zk_evm::ethereum_types::U256>>> {
        let digest = query.normalized_preimage.0;
        self.loaded.insert(digest, query.memory_page.0);
        for (index, word) in (0..).zip(&self.known[&digest]) {
            let location = MemoryLocation {
                memory_type: MemoryType::Code,
                page: query.memory_page,
                index: MemoryIndex(index),
            };
            let write = MemoryQuery {
                timestamp: query.timestamp,
                location,
                value: convert::u256(*word),
                rw_flag: true,
                value_is_pointer: false,
            };
            memory.specialized_code_query(cycle, write);
        }
        Ok(None)
    }
}
