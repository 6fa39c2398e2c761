//! Comparing what the bootloader says at a hook.

use super::compare::values;
use super::failure::Difference;
use super::format::Op;
use super::numbering::Numbering;
use crate::batch::Hook;
use eravm_core::{Vm, Word};

/// Compares a suspended machine with the hook that the golden has there, but for the count of instructions; returns the words beside it.
pub(super) fn compare_hook(
    index: usize,
    op: &Op,
    vm: &Vm,
    value: &Word,
    hook_address: u32,
    numbering: Numbering,
) -> Result<[Word; 3], Difference> {
    let Op::Hook { id, name, params, params_zk_evm, gas, pubdata, tx_number, .. } = op else {
        return Ok([Word::ZERO; 3]);
    };
    let what = |name: &'static str| move || format!("host_script[{index}].{name}");
    let number = Word::from_u64(*id);
    values(what("id"), &number, value)?;
    if let Some(hook) = Hook::from_word(&number) {
        values(what("name"), &name.as_str(), &hook.name())?;
    }
    values(what("gas"), gas, &vm.ergs())?;
    values(what("pubdata"), pubdata, &vm.pubdata())?;
    values(what("tx_number"), tx_number, &vm.tx_number())?;
    let mut words = [Word::ZERO; 3];
    for (at, (expected, word)) in params.iter().zip(&mut words).enumerate() {
        let address = hook_address.wrapping_sub(96).wrapping_add(32 * at as u32);
        *word = vm.heap_word(address);
        let what = || format!("host_script[{index}].params[{at}]");
        // Where the numbers of pages differ, both are known.
        let reference = params_zk_evm.as_deref().map(|reference| reference[at]);
        match reference.filter(|reference| reference != expected) {
            None => values(what, &expected.0, word)?,
            Some(reference) => {
                let what_reference = || format!("host_script[{index}].params_zk_evm[{at}]");
                values(what_reference, &reference.0, word)?;
                values(what, &expected.0, &numbering.of_pointer(*word))?;
            }
        }
    }
    Ok(words)
}
