//! What executes bytecode.

use eravm_core::Vm;
use eravm_jit::Jit;

/// What executes bytecode. Results do not depend on it.
#[derive(Clone, Debug, Default)]
pub enum Engine {
    /// The interpreter.
    #[default]
    Interpreter,
    /// The interpreter, and native code for what is hot. One compiler serves any number of machines.
    Jit(Jit),
    /// Both: whatever native code does is done by the interpreter as well. The run stops with
    /// [`Stop::ShadowMismatch`](eravm_core::Stop::ShadowMismatch) at the first difference. Slow; for those who want to be sure.
    Shadow(Jit),
}

impl Engine {
    /// Lets it execute what a machine runs.
    pub fn attach(&self, vm: &mut Vm) {
        let (jit, is_shadowed) = match self {
            Self::Interpreter => return,
            Self::Jit(jit) => (jit, false),
            Self::Shadow(jit) => (jit, true),
        };
        vm.set_watcher(jit.watcher());
        vm.set_shadow(is_shadowed);
    }

    /// The compiler, if there is one.
    pub const fn jit(&self) -> Option<&Jit> {
        match self {
            Self::Interpreter => None,
            Self::Jit(jit) | Self::Shadow(jit) => Some(jit),
        }
    }
}
