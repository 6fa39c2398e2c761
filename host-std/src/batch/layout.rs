//! Where things are in the bootloader's heap, in words.
//!
//! The regions follow each other; newer protocol versions have more of them, and larger ones, so that everything behind moves.
//! From the constants at the beginning of `bootloader.yul` (era-contracts).

use crate::transaction::max_factory_deps;

/// Words of the bootloader's heap.
pub const HEAP_WORDS: u32 = 63_800_000 / 32;
/// Most transactions in a batch.
pub const MAX_TRANSACTIONS: u32 = 10_000;
/// Words of the description of a block: its number, timestamp, the hash of the one before, virtual blocks.
pub const BLOCK_WORDS: u32 = 4;
/// Words of the description of a transaction: its meta word and where its encoding begins.
pub const DESCRIPTION_WORDS: u32 = 2;
/// Words of an interop root: block, chain, block of that chain, number of sides, side.
pub const INTEROP_ROOT_WORDS: u32 = 5;
/// Most interop roots in a batch: one place is a guard.
pub const MAX_INTEROP_ROOTS: u32 = 100;

/// Words before the factory dependencies: parameters (8), scratch (32), paymaster context (33), hashes of the transaction (2).
const BEFORE_FACTORY_DEPS: u32 = 8 + 32 + 33 + 2;
/// Words beside the hashes of factory dependencies: those of the call that marks them.
const FACTORY_DEPS_CALL: u32 = 4;
const COMPRESSED_BYTECODES: u32 = 196_608;
/// Rolling hash and number of priority operations.
const PRIORITY_DATA: u32 = 2;
const PUBDATA: u32 = 1_360_000;
/// Words of postOp calls between descriptions and encodings.
const POST_OP: u32 = 40;
/// Words behind the encodings: the hook's three, the hook, and a result for each transaction.
const HOOK_PARAMETERS: u32 = 3;

/// First protocol version with interop roots and the rolling hash of statuses.
const INTEROP: u16 = 29;
/// First protocol version that knows its settlement layer.
const SETTLEMENT_LAYER: u16 = 31;

/// Words with interop roots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InteropLayout {
    /// One more than the number of roots of each block that the batch knows.
    pub counts: u32,
    /// The roots of all blocks.
    pub roots: u32,
}

/// First words of the regions that the host writes to or reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// The hash by which the bootloader knows the current transaction.
    pub transaction_hash: u32,
    /// The refunds that the host proposes, one a transaction.
    pub refunds: u32,
    /// The overheads that the host proposes, one a transaction.
    pub overheads: u32,
    /// The ergs that the host trusts each transaction with.
    pub trusted_ergs: u32,
    /// Descriptions of blocks, one for each transaction and one for the end.
    pub blocks: u32,
    /// Interop roots, since protocol version 29.
    pub interop: Option<InteropLayout>,
    /// The settlement layer and the interop fee, since protocol version 31.
    pub settlement_layer: Option<u32>,
    /// Compressed code; the first word is the bootloader's own.
    pub compressed_bytecodes: u32,
    /// What the host answers when it is asked for pubdata.
    pub pubdata: u32,
    /// Descriptions of transactions.
    pub descriptions: u32,
    /// Encodings of transactions, one behind the other.
    pub encodings: u32,
    /// The words beside the hook.
    pub hook_parameters: u32,
    /// The word whose write suspends the machine.
    pub hook: u32,
    /// Whether each transaction succeeded.
    pub results: u32,
}

impl Layout {
    /// The layout of a protocol version.
    pub fn of_protocol(protocol: u16) -> Self {
        let factory_deps = u32::try_from(max_factory_deps(protocol)).unwrap_or(0);
        let mut next = BEFORE_FACTORY_DEPS + factory_deps + FACTORY_DEPS_CALL;
        let mut region = |words: u32| {
            let first = next;
            next += words;
            first
        };
        let refunds = region(MAX_TRANSACTIONS);
        let overheads = region(MAX_TRANSACTIONS);
        let trusted_ergs = region(MAX_TRANSACTIONS);
        let blocks = region((MAX_TRANSACTIONS + 1) * BLOCK_WORDS);
        let interop = (protocol >= INTEROP).then(|| {
            // The last processed block, the number of blocks and the current root are the bootloader's.
            region(3);
            let counts = region(MAX_TRANSACTIONS);
            let roots = region((MAX_INTEROP_ROOTS + 1) * INTEROP_ROOT_WORDS);
            // Their rolling hash is, too.
            region(1);
            InteropLayout { counts, roots }
        });
        let settlement_layer = (protocol >= SETTLEMENT_LAYER).then(|| region(2));
        let compressed_bytecodes = region(COMPRESSED_BYTECODES);
        region(PRIORITY_DATA);
        if protocol >= INTEROP {
            // The rolling hash of statuses.
            region(1);
        }
        let pubdata = region(PUBDATA);
        let descriptions = region(MAX_TRANSACTIONS * DESCRIPTION_WORDS);
        region(POST_OP);
        let encodings = region(0);
        let results = HEAP_WORDS - MAX_TRANSACTIONS;
        let hook = results - 1;
        Self {
            transaction_hash: 73,
            refunds,
            overheads,
            trusted_ergs,
            blocks,
            interop,
            settlement_layer,
            compressed_bytecodes,
            pubdata,
            descriptions,
            encodings,
            hook_parameters: hook - HOOK_PARAMETERS,
            hook,
            results,
        }
    }

    /// Words for the encodings of all transactions.
    pub const fn encoding_words(&self) -> u32 {
        self.hook_parameters - self.encodings
    }

    /// Words for the compressed code of all transactions.
    pub const fn compressed_words(&self) -> u32 {
        COMPRESSED_BYTECODES - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pubdata::{compressed_bytecodes, pubdata};

    /// What is known of the regions from the operator's and the bootloader's constants.
    #[test]
    fn the_regions_are_where_the_network_has_them() {
        let known = |protocol| {
            let it = Layout::of_protocol(protocol);
            let interop = it.interop.map(|it| (it.counts, it.roots));
            let before = [it.refunds, it.overheads, it.trusted_ergs, it.blocks];
            let behind = [it.compressed_bytecodes, it.pubdata, it.descriptions, it.encodings];
            (before, interop, it.settlement_layer, behind)
        };
        let usual = [143, 10143, 20143, 30143];
        assert_eq!(
            known(25),
            ([111, 10111, 20111, 30111], None, None, [70115, 266_725, 1_626_725, 1_646_765])
        );
        for protocol in 26..=28 {
            let behind = [70147, 266_757, 1_626_757, 1_646_797];
            assert_eq!(known(protocol), (usual, None, None, behind));
        }
        for protocol in 29..=30 {
            let behind = [80656, 277_267, 1_637_267, 1_657_307];
            assert_eq!(known(protocol), (usual, Some((70150, 80150)), None, behind));
        }
        let behind = [80658, 277_269, 1_637_269, 1_657_309];
        assert_eq!(known(31), (usual, Some((70150, 80150)), Some(80656), behind));
        for protocol in 25..=32 {
            let it = Layout::of_protocol(protocol);
            assert_eq!(
                (it.hook_parameters, it.hook, it.results),
                (1_983_746, 1_983_749, 1_983_750)
            );
            assert_eq!(compressed_bytecodes(protocol).first, it.compressed_bytecodes + 1);
            assert!((1..=2).contains(&(pubdata(protocol).first - it.pubdata)));
        }
    }
}
