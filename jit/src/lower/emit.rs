//! What all code that is emitted has at hand.

use super::limbs::{Limb, Limbs, ZERO};
use cranelift_codegen::ir::AbiParam;
use cranelift_codegen::ir::types::{I32, I64, I64X2};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, SigRef, Signature, Type, Value};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::FunctionBuilder;
use eravm_core::compiled::{Runtime, View};
use std::mem::offset_of;

/// Emits instructions.
pub(crate) struct Emit<'f> {
    pub(crate) b: FunctionBuilder<'f>,
    /// Address of the [`View`], as the current trace knows it.
    pub(crate) view: Value,
    call_conv: CallConv,
    signatures: Vec<(usize, bool, SigRef)>,
}

/// Where the tag of a word on the stack is: in which limb of the tags, and which bit of it.
#[derive(Clone, Copy)]
pub(crate) struct StackTag {
    pub(crate) limb: Limb,
    pub(crate) bit: Limb,
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

    /// Takes the view from the register of the processor that is kept for it, in a block that is not reached from one place only.
    ///
    /// PERF: in large functions the register allocator would keep it on the processor's stack and load it in each block.
    pub(crate) fn find_view(&mut self) {
        self.view = self.b.ins().get_pinned_reg(I64);
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

    /// Where the tag of a word on the stack is.
    pub(crate) fn stack_tag(&mut self, index: Limb) -> StackTag {
        match index {
            Limb::Const(index) => {
                StackTag { limb: Limb::Const(index / 64), bit: Limb::Const(index % 64) }
            }
            Limb::Value(index) => StackTag {
                limb: Limb::Value(self.b.ins().ushr_imm_u(index, 6)),
                bit: Limb::Value(self.b.ins().band_imm_u(index, 63)),
            },
        }
    }

    /// The address of the limb with a tag, which is there: a value and an offset.
    pub(crate) fn stack_tag_address(&mut self, tag: StackTag) -> (Value, i32) {
        let tags = self.field(I64, offset_of!(View, stack_tags));
        match tag.limb {
            // There are 1024 of them at most.
            Limb::Const(limb) => (tags, limb as i32 * LIMB),
            Limb::Value(limb) => {
                let offset = self.b.ins().ishl_imm_u(limb, 3);
                (self.b.ins().iadd(tags, offset), 0)
            }
        }
    }

    /// The low half of a number.
    ///
    /// PERF: a move between registers; with a mask, which is loaded, it is twice as long.
    pub(crate) fn low_half(&mut self, value: Value) -> Value {
        let half = self.b.ins().ireduce(I32, value);
        self.b.ins().uextend(I64, half)
    }

    /// A limb in memory.
    pub(crate) fn load(&mut self, base: Value, offset: i32) -> Limb {
        Limb::Value(self.b.ins().load(I64, Self::trusted(), base, offset))
    }

    pub(crate) fn store(&mut self, limb: Limb, base: Value, offset: i32) {
        let value = self.value(limb);
        self.b.ins().store(Self::trusted(), value, base, offset);
    }

    /// Writes a word to memory.
    ///
    /// PERF: most words are narrow, and two limbs of zeros at once take a third of the code. Those that are known by value only are
    /// stored one by one: to be loaded as they were stored, which processors do without waiting for memory.
    pub(crate) fn store_word(&mut self, word: &Limbs, base: Value, offset: i32) {
        for (half, limbs) in word.chunks_exact(2).enumerate() {
            let offset = offset + half as i32 * 2 * LIMB;
            if *limbs == [ZERO; 2] {
                self.store_zeros(base, offset);
                continue;
            }
            for (k, &limb) in limbs.iter().enumerate() {
                self.store(limb, base, offset + k as i32 * LIMB);
            }
        }
    }

    /// Writes those limbs of a word that are known.
    pub(crate) fn store_known(&mut self, limbs: &[Option<Limb>; 4], base: Value, offset: i32) {
        for (k, limb) in limbs.iter().enumerate() {
            if let Some(limb) = limb {
                self.store(*limb, base, offset + k as i32 * LIMB);
            }
        }
    }

    /// Writes two limbs of zeros.
    pub(crate) fn store_zeros(&mut self, base: Value, offset: i32) {
        let handle = self.b.func.dfg.constants.insert(vec![0; 16].into());
        let zeros = self.b.ins().vconst(I64X2, handle);
        self.b.ins().store(Self::unaligned(), zeros, base, offset);
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
