//! What all code that is emitted has at hand.

use super::limbs::Limb;
use cranelift_codegen::ir::AbiParam;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, SigRef, Signature, Type, Value};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::FunctionBuilder;
use eravm_core::compiled::{Runtime, View};
use std::mem::offset_of;

/// Emits instructions.
pub(crate) struct Emit<'f> {
    pub(crate) b: FunctionBuilder<'f>,
    /// Address of the [`View`].
    pub(crate) view: Value,
    call_conv: CallConv,
    signatures: Vec<(usize, bool, SigRef)>,
}

/// Bytes of a limb and of a word.
pub(crate) const LIMB: i32 = 8;
pub(crate) const WORD: i32 = 32;

/// Offset of the result of runtime functions number `index` in the view.
pub(crate) const fn scratch(index: usize) -> i32 {
    offset_of!(View, scratch) as i32 + index as i32 * WORD
}

impl<'f> Emit<'f> {
    pub(crate) fn new(b: FunctionBuilder<'f>, view: Value, call_conv: CallConv) -> Self {
        Self { b, view, call_conv, signatures: Vec::new() }
    }

    /// Memory of the machine: always there.
    pub(crate) const fn trusted() -> MemFlagsData {
        MemFlagsData::trusted()
    }

    /// Memory at any byte address.
    pub(crate) fn unaligned() -> MemFlagsData {
        MemFlagsData::new().with_notrap()
    }

    /// A field of the view.
    pub(crate) fn field(&mut self, ty: Type, offset: usize) -> Value {
        self.b.ins().load(ty, Self::trusted(), self.view, offset as i32)
    }

    /// A field of 32 bits, as a number of 64.
    pub(crate) fn field_32(&mut self, offset: usize) -> Value {
        self.b.ins().uload32(Self::trusted(), self.view, offset as i32)
    }

    pub(crate) fn set_field(&mut self, value: Value, offset: usize) {
        self.b.ins().store(Self::trusted(), value, self.view, offset as i32);
    }

    /// The status word.
    pub(crate) fn status(&mut self) -> Value {
        self.field(I32, offset_of!(View, status))
    }

    /// Adds to a 64-bit field; returns the sum.
    pub(crate) fn add_to_field(&mut self, offset: usize, by: i64) -> Value {
        let before = self.field(I64, offset);
        let after = self.b.ins().iadd_imm_s(before, by);
        self.set_field(after, offset);
        after
    }

    /// A limb in memory.
    pub(crate) fn load(&mut self, base: Value, offset: i32) -> Limb {
        Limb::Value(self.b.ins().load(I64, Self::trusted(), base, offset))
    }

    pub(crate) fn store(&mut self, limb: Limb, base: Value, offset: i32) {
        let value = self.value(limb);
        self.b.ins().store(Self::trusted(), value, base, offset);
    }

    /// A place in the view.
    pub(crate) fn scratch_address(&mut self, index: usize) -> Value {
        self.b.ins().iadd_imm_s(self.view, i64::from(scratch(index)))
    }

    /// Calls a function of the [`Runtime`] at this offset in it, with 64-bit arguments; returns what it returns, 32 bits.
    pub(crate) fn call(
        &mut self,
        offset: usize,
        arguments: &[Value],
        returns: bool,
    ) -> Option<Value> {
        let signature = self.signature(arguments.len(), returns);
        let runtime = self.field(I64, offset_of!(View, runtime));
        let function = self.b.ins().load(I64, Self::trusted(), runtime, offset as i32);
        let call = self.b.ins().call_indirect(signature, function, arguments);
        returns.then(|| self.b.inst_results(call)[0])
    }

    /// Calls [`View::step`] for a program counter.
    pub(crate) fn call_step(&mut self, pc: Value) -> Value {
        let signature = self.signature(2, true);
        let function = self.field(I64, offset_of!(View, step));
        let call = self.b.ins().call_indirect(signature, function, &[self.view, pc]);
        self.b.inst_results(call)[0]
    }

    fn signature(&mut self, arguments: usize, returns: bool) -> SigRef {
        let found =
            self.signatures.iter().find(|(count, with, _)| (*count, *with) == (arguments, returns));
        if let Some((_, _, signature)) = found {
            return *signature;
        }
        let mut signature = Signature::new(self.call_conv);
        signature.params.extend((0..arguments).map(|_| AbiParam::new(I64)));
        signature.returns.extend(returns.then(|| AbiParam::new(I32)));
        let imported = self.b.import_signature(signature);
        self.signatures.push((arguments, returns, imported));
        imported
    }
}

/// Offset of a runtime function.
macro_rules! runtime {
    ($name:ident) => {
        std::mem::offset_of!(eravm_core::compiled::Runtime, $name)
    };
}

pub(crate) use runtime;

const _: () = assert!(size_of::<Runtime>() == 9 * 8, "runtime functions are found by offset");
