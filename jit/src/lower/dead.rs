//! What nobody uses of what was emitted.
//!
//! Operands are loaded before it is known what is taken from them: a shift by a constant needs some of the limbs, and flags are computed
//! from all of them, which the next instruction overwrites. Cranelift leaves out computations whose results are not used, but not loads.

use cranelift_codegen::ir::{Function, Inst};

/// Removes loads whose values nobody uses, and what is computed for nobody from the values of others.
pub(super) fn remove(function: &mut Function) {
    let insts: Vec<Inst> =
        function.layout.blocks().flat_map(|block| function.layout.block_insts(block)).collect();
    let mut uses = vec![0_u32; function.dfg.num_values()];
    for &inst in &insts {
        for value in function.dfg.inst_values(inst) {
            uses[function.dfg.resolve_aliases(value).as_u32() as usize] += 1;
        }
    }
    let mut todo: Vec<Inst> = insts.into_iter().rev().collect();
    while let Some(inst) = todo.pop() {
        let dfg = &function.dfg;
        let results = dfg.inst_results(inst);
        let is_used = results.iter().any(|result| uses[result.as_u32() as usize] != 0);
        let is_there = function.layout.inst_block(inst).is_some();
        if is_used || results.is_empty() || !is_there || has_effects(function, inst) {
            continue;
        }
        for value in dfg.inst_values(inst) {
            let value = dfg.resolve_aliases(value);
            let left = &mut uses[value.as_u32() as usize];
            *left -= 1;
            if *left == 0
                && let Some(from) = dfg.value_def(value).inst()
            {
                todo.push(from);
            }
        }
        function.layout.remove_inst(inst);
    }
}

/// Whether an instruction does more than to compute. Loads do not: what is loaded from is always there.
fn has_effects(function: &Function, inst: Inst) -> bool {
    let opcode = function.dfg.insts[inst].opcode();
    opcode.can_trap() && !opcode.can_load()
        || opcode.is_call()
        || opcode.is_terminator()
        || opcode.can_store()
        || opcode.other_side_effects()
}

#[cfg(test)]
mod tests {
    use super::remove;
    use cranelift_codegen::ir::types::I64;
    use cranelift_codegen::ir::{
        AbiParam, Function, InstBuilder, MemFlagsData, Opcode, Signature, UserFuncName,
    };
    use cranelift_codegen::isa::CallConv;
    use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

    #[test]
    fn loads_go_that_only_the_dead_use() {
        let mut signature = Signature::new(CallConv::SystemV);
        signature.params.push(AbiParam::new(I64));
        signature.returns.push(AbiParam::new(I64));
        let mut function = Function::with_name_signature(UserFuncName::default(), signature);
        let mut context = FunctionBuilderContext::new();
        let mut b = FunctionBuilder::new(&mut function, &mut context);
        let block = b.create_block();
        b.append_block_params_for_function_params(block);
        b.switch_to_block(block);
        let at = b.block_params(block)[0];
        let mut load = |offset| b.ins().load(I64, MemFlagsData::trusted(), at, offset);
        let [used, stored, dead, alone] = [0, 8, 16, 24].map(&mut load);
        b.ins().store(MemFlagsData::trusted(), stored, at, 32);
        let sum = b.ins().iadd(used, dead);
        b.ins().iadd(sum, alone);
        b.ins().return_(&[used]);
        b.seal_all_blocks();
        remove(&mut function);
        let left = function.layout.block_insts(block);
        let left: Vec<_> = left.map(|inst| function.dfg.insts[inst].opcode()).collect();
        assert_eq!(left, [Opcode::Load, Opcode::Load, Opcode::Store, Opcode::Return]);
    }
}
