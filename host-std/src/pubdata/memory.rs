//! Where in the bootloader's heap the words of this module belong, by protocol version.
//!
//! From the constants at the beginning of `bootloader.yul` (era-contracts), which move with every region that is added before.

/// Words of the region for compressed code.
pub const COMPRESSED_BYTECODES_WORDS: u32 = 196_608;
/// Words of the region for pubdata.
pub const PUBDATA_WORDS: u32 = 1_360_000;

/// Words of the bootloader's heap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region {
    /// Index of the first word that is the host's; those before it in the region are the bootloader's own.
    pub first: u32,
    /// How many there are.
    pub words: u32,
}

/// Where compressed code is written, for the first transaction of a batch.
pub const fn compressed_bytecodes(protocol: u16) -> Region {
    let begin = match protocol {
        ..=25 => 70_115,
        26..=28 => 70_147,
        29..=30 => 80_656,
        31.. => 80_658,
    };
    // The bootloader's pointer to what it has to do next.
    Region { first: begin + 1, words: COMPRESSED_BYTECODES_WORDS - 1 }
}

/// Where pubdata is written.
pub const fn pubdata(protocol: u16) -> Region {
    let begin = match protocol {
        ..=25 => 266_725,
        26..=28 => 266_757,
        29..=30 => 277_267,
        31.. => 277_269,
    };
    // The selector of the call, and before the gateway the offset of its argument, too.
    let own = if protocol < super::format::GATEWAY_PROTOCOL { 2 } else { 1 };
    Region { first: begin + own, words: PUBDATA_WORDS - own }
}
