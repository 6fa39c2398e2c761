//! Pure semantics: no state, no host. Every engine computes with these.

mod alu;
#[cfg(any(test, target_pointer_width = "32"))]
mod halves;
mod pointer;

pub use alu::{
    Add, And, Binary, Div, FlagState, Flags, Mul, MulLow, Or, Rol, Ror, Shl, Shr, Sub, Xor, add,
    div, mul, mul_low, rol, shl, shr, sub,
};
pub use pointer::{
    FarCallAbi, FatPointer, Forwarding, MAX_HEAP_ADDRESS, PointerOp, RetAbi, erase_pointer,
    pointer_op,
};
