//! What is to be seen of a run of `zk_evm` from within.

use super::zk_evm::FIRST_BASE_PAGE;
use std::fmt;
use zk_evm::reference_impls::memory::SimpleMemory;
use zk_evm::tracing::{
    AfterDecodingData, AfterExecutionData, BeforeExecutionData, Tracer, VmLocalStateData,
};
use zk_evm::vm_state::PrimitiveValue;
use zk_evm::zkevm_opcode_defs::{Opcode, UMAOpcode};

/// Finds the writes that suspend the machine, and keeps the registers before the first frame's last instruction.
pub(super) struct Watcher {
    /// The byte address whose write suspends.
    pub(super) hook_address: Option<u32>,
    /// What was written to it.
    pub(super) hook: Option<u32>,
    /// The registers.
    pub(super) registers: [PrimitiveValue; 15],
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").field("hook", &self.hook).finish_non_exhaustive()
    }
}

impl Tracer for Watcher {
    const CALL_BEFORE_EXECUTION: bool = true;
    type SupportedMemory = SimpleMemory;

    fn before_decoding(&mut self, _: VmLocalStateData<'_>, _: &SimpleMemory) {}

    fn after_decoding(&mut self, _: VmLocalStateData<'_>, _: AfterDecodingData, _: &SimpleMemory) {}

    fn before_execution(
        &mut self,
        state: VmLocalStateData<'_>,
        data: BeforeExecutionData,
        _: &SimpleMemory,
    ) {
        let state = state.vm_local_state;
        match data.opcode.variant.opcode {
            Opcode::UMA(UMAOpcode::HeapWrite) => {
                let address = data.src0_value.value.low_u64();
                if state.callstack.current.base_memory_page.0 == FIRST_BASE_PAGE
                    && self.hook_address.is_some_and(|hook| u64::from(hook) == address)
                {
                    self.hook = Some(data.src1_value.value.low_u32());
                }
            }
            Opcode::Ret(_) if state.callstack.depth() == 1 => self.registers = state.registers,
            _ => {}
        }
    }

    fn after_execution(
        &mut self,
        _: VmLocalStateData<'_>,
        _: AfterExecutionData,
        _: &SimpleMemory,
    ) {
    }
}
