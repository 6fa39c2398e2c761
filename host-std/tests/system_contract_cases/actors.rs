//! Contracts of users, for system contracts to call or to deploy.

use eravm_core::asm::assemble;
use eravm_core::{Address, VersionedHash, Word};

/// Does what the first word of its calldata says, with the rest of it: see [`Mode`].
pub(crate) const MIRROR: Address = Address::repeat_byte(0x61);
/// Calls the address in the first word of its calldata with the rest, and ends as the callee does.
pub(crate) const CALLER: Address = Address::repeat_byte(0x62);
/// The same, but it reverts in any case.
pub(crate) const UNDOER: Address = Address::repeat_byte(0x6b);
/// The same as the caller with a delegate call.
pub(crate) const DELEGATOR: Address = Address::repeat_byte(0x63);
/// An account that is code of the EVM.
pub(crate) const EVM_ACCOUNT: Address = Address::repeat_byte(0x64);
/// The same while its constructor runs.
pub(crate) const EVM_CONSTRUCTING: Address = Address::repeat_byte(0x65);
/// An account of EraVM whose constructor runs.
pub(crate) const CONSTRUCTING: Address = Address::repeat_byte(0x66);
/// An account without code.
pub(crate) const NOBODY: Address = Address::repeat_byte(0x67);
/// A token of a kind: see [`TOKEN_SOURCE`].
pub(crate) const TOKEN: Address = Address::repeat_byte(0x68);
/// An account whose EVM code is there: see [`EVM_CODE`].
pub(crate) const EVM_CONTRACT: Address = Address::repeat_byte(0x69);
/// Part of a bridge: see [`BRIDGE_SOURCE`].
pub(crate) const BRIDGE: Address = Address::repeat_byte(0x6a);

/// What the mirror does with the rest of its calldata.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    Returns = 0,
    Reverts = 1,
    Panics = 2,
    /// Stores who called it, and how, and returns.
    Records = 3,
}

/// Calldata of the mirror, or of its constructor.
pub(crate) fn mirrored(mode: Mode, data: &[u8]) -> Vec<u8> {
    [&Word::from_u64(mode as u64).to_be_bytes(), data].concat()
}

/// Calldata of those that call.
pub(crate) fn relayed(to: Address, data: &[u8]) -> Vec<u8> {
    [&Word::from_address(&to).to_be_bytes(), data].concat()
}

const MIRROR_SOURCE: &str = "\
        .text
entry:
        shr.s   96, r1, r4
        and     @mask[0], r4, r4
        ld.inc  r1, r3, r1
        sub.s!  32, r4, r4
        jump.lt @nothing
        add     r0, r0, r6
copy:
        sub!    r6, r4, r7
        jump.ge @copied
        ld.inc  r1, r7, r1
        st.1.inc r6, r7, r6
        jump    @copy
nothing:
        add     r0, r0, r4
copied:
        shl.s   96, r4, r8
        sub.s!  1, r3, r7
        jump.eq @reverts
        sub.s!  2, r3, r7
        jump.eq @panics
        sub.s!  3, r3, r7
        jump.ne @returns
        context.caller r7
        sstore  r0, r7
        context.get_context_u128 r7
        add     1, r0, r9
        sstore  r9, r7
        add     2, r0, r9
        sstore  r9, r2
        context.code_source r7
        add     3, r0, r9
        sstore  r9, r7
        add     4, r0, r9
        sstore  r9, r4
        ld.1    0, r7
        add     5, r0, r9
        sstore  r9, r7
returns:
        ret.ok  r8
reverts:
        ret.revert r8
panics:
        ret.panic
        .rodata
mask:
        .cell   4294967295
";

/// `KIND` is the kind of call.
const CALLER_SOURCE: &str = "\
        .text
entry:
        ld      r1, r2
        add     32, r0, r3
        ptr.add r1, r3, r1
        add     @abi[0], r0, r3
        ptr.pack r1, r3, r1
        KIND    r1, r2, @failed
        add     @forward[0], r0, r3
        ptr.pack r1, r3, r1
        ret     r1
failed:
        add     @forward[0], r0, r3
        ptr.pack r1, r3, r1
        ret.revert r1
        .rodata
abi:
        .cell 53919893328024177853947349410203471924066622428978789517743185985536
forward:
        .cell 26959946667150639794667015087019630673637144422540572481103610249216
";

/// `allowance` returns the word at slot 0. `approve` counts at slot 100, stores the amount behind it, and if slot 4 says so at slot
/// 0; it returns as many bytes as slot 1 says, the word at slot 2 first, or reverts with them if slot 3 says so.
const TOKEN_SOURCE: &str = "\
        .text
entry:
        ld      r1, r2
        shr.s   224, r2, r2
        add     @allowance[0], r0, r3
        sub!    r2, r3, r4
        jump.ne @approve
        sload   r0, r5
        st.1    0, r5
        add     32, r0, r6
        shl.s   96, r6, r6
        ret.ok  r6
approve:
        add     36, r0, r3
        ptr.add r1, r3, r1
        ld      r1, r2
        add     100, r0, r3
        sload   r3, r4
        add     1, r4, r4
        sstore  r3, r4
        add     r3, r4, r3
        sstore  r3, r2
        add     4, r0, r3
        sload   r3, r4
        sub!    r4, r0, r5
        jump.eq @answer
        sstore  r0, r2
answer:
        add     2, r0, r3
        sload   r3, r4
        st.1    0, r4
        add     1, r0, r3
        sload   r3, r4
        shl.s   96, r4, r6
        add     3, r0, r3
        sload   r3, r4
        sub!    r4, r0, r5
        jump.ne @reverts
        ret.ok  r6
reverts:
        ret.revert r6
        .rodata
allowance:
        .cell   3714247998
";

/// As a constructor it stores ten words of its input from slot 10 on, and has no immutables. Otherwise it returns the word at slot 0,
/// and stores its caller and four arguments from slot 1 on if it has any.
const BRIDGE_SOURCE: &str = "\
        .text
entry:
        and!    1, r2, r3
        jump.ne @constructor
        shr.s   96, r1, r4
        and     @mask[0], r4, r4
        sub.s!  5, r4, r5
        jump.lt @answer
        context.caller r7
        add     1, r0, r9
        sstore  r9, r7
        add     4, r0, r3
        ptr.add r1, r3, r1
        add     2, r0, r9
        add     6, r0, r10
        call    @store
answer:
        sload   r0, r7
        st.1    0, r7
        add     @word[0], r0, r1
        ret.ok  r1
constructor:
        add     10, r0, r9
        add     20, r0, r10
        call    @store
        context.caller r7
        sstore  r9, r7
        add     32, r0, r7
        st.1    0, r7
        add     @words[0], r0, r1
        ret.ok  r1
store:
        ld.inc  r1, r7, r1
        sstore  r9, r7
        add     1, r9, r9
        sub!    r9, r10, r7
        jump.lt @store
        ret
        .rodata
mask:
        .cell   4294967295
word:
        .cell   2535301200456458802993406410752
words:
        .cell   5070602400912917605986812821504
";

fn assembled(source: &str) -> Vec<u8> {
    assemble(source).unwrap_or_else(|error| panic!("{error}")).bytecode
}

/// The mirror's code, to be deployed elsewhere too.
pub(crate) fn mirror_code() -> Vec<u8> {
    assembled(MIRROR_SOURCE)
}

/// The hash of the mirror's code.
pub(crate) fn mirror_hash() -> Word {
    hash(&mirror_code()).to_word()
}

fn hash(code: &[u8]) -> VersionedHash {
    VersionedHash::of_code(code).expect("it is code")
}

/// The hash of the code of a part of a bridge.
pub(crate) fn bridge_hash() -> Word {
    hash(&assembled(BRIDGE_SOURCE)).to_word()
}

/// The hash that the proxy before wrapped base tokens has in protocol 29. The code is that of a part of a bridge.
pub(crate) const PROXY_HASH: Word = Word([
    0xde41_9ceb_3047_8131,
    0x9607_54d2_a646_825d,
    0x0fa5_cf42_7e77_e16b,
    0x0100_0149_0c14_7651,
]);

/// All code, with its hash.
pub(crate) fn codes() -> Vec<(VersionedHash, Vec<u8>)> {
    let caller = |kind| assembled(&CALLER_SOURCE.replace("KIND", kind));
    let token = assembled(TOKEN_SOURCE);
    let bridge = assembled(BRIDGE_SOURCE);
    let undoer =
        assembled(&CALLER_SOURCE.replace("KIND", "far_call").replace("ret  ", "ret.revert  "));
    let codes =
        [mirror_code(), caller("far_call"), caller("far_call.delegate"), token, bridge, undoer];
    let mut codes: Vec<_> = codes.into_iter().map(|code| (hash(&code), code)).collect();
    codes.push((evm_code_hash(), padded_evm_code()));
    codes.push((VersionedHash(PROXY_HASH.to_be_bytes()), assembled(BRIDGE_SOURCE)));
    codes
}

/// EVM code that returns nothing.
pub(crate) const EVM_CODE: [u8; 5] = [0x60, 0x00, 0x60, 0x00, 0xf3];

/// As it is published.
pub(crate) fn padded_evm_code() -> Vec<u8> {
    let mut code = EVM_CODE.to_vec();
    code.resize(32, 0);
    code
}

/// The hash that EVM code has when it is published.
pub(crate) fn evm_code_hash() -> VersionedHash {
    VersionedHash::of_blob(EVM_CODE.len() as u16, &padded_evm_code())
}

/// The same hash for code whose constructor runs.
fn constructing(hash: Word) -> Word {
    Word([hash.0[0], hash.0[1], hash.0[2], hash.0[3] | 1 << 48])
}

/// The hash of three bytes of EVM code that is not there.
pub(crate) const EVM_HASH: Word = Word([0x1234, 0, 0, 0x0200_0003 << 32]);

/// Where which code is.
pub(crate) fn places() -> Vec<(Address, Word)> {
    let hashes: Vec<_> = codes().into_iter().map(|(hash, _)| hash.to_word()).collect();
    vec![
        (MIRROR, hashes[0]),
        (CALLER, hashes[1]),
        (DELEGATOR, hashes[2]),
        (TOKEN, hashes[3]),
        (BRIDGE, hashes[4]),
        (UNDOER, hashes[5]),
        (EVM_CONTRACT, hashes[6]),
        (EVM_ACCOUNT, EVM_HASH),
        (EVM_CONSTRUCTING, constructing(EVM_HASH)),
        (CONSTRUCTING, constructing(hashes[0])),
    ]
}
