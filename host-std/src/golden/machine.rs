//! Making the machine that a golden describes.

use super::compare::values;
use super::failure::{Difference, FailureKind};
use super::format::{Batch, InitialState};
use super::load::Code;
use super::numbering::Numbering;
use eravm_core::{Entry, Settings, Vm, Word};

/// First version of the reference with the rules of the circuits.
const CIRCUIT_RULES_SINCE: [u32; 3] = [0, 153, 12];
/// Words of the bootloader's heap.
pub(super) const HEAP_WORDS: u32 = 63_800_000 / 32;
/// The page of the bootloader's heap.
pub(super) const HEAP_PAGE: u32 = 10;

/// Whether the golden was made with the rules of the circuits.
pub(super) fn has_circuit_rules(batch: &Batch) -> Result<bool, FailureKind> {
    let wrong = || FailureKind::ReferenceVersion(batch.zk_evm.clone());
    let parts: Result<Vec<u32>, _> = batch.zk_evm.split('.').map(str::parse).collect();
    let parts = parts.map_err(|_| wrong())?;
    let version: [u32; 3] = parts.try_into().map_err(|_| wrong())?;
    Ok(version >= CIRCUIT_RULES_SINCE)
}

/// How the golden numbers pages.
pub(super) fn numbering(batch: &Batch) -> Result<Numbering, FailureKind> {
    Ok(if has_circuit_rules(batch)? { Numbering::Reference } else { Numbering::Sequence })
}

/// A machine at the first instruction.
pub(super) fn machine(batch: &Batch, code: &Code) -> Result<Vm, FailureKind> {
    let semantics = batch.semantics()?;
    let hash = batch.bootloader.hash.0;
    let program = code.get(&hash).ok_or(FailureKind::MissingCode(hash))?.clone();
    compare_known(batch, code)?;
    let initial = &batch.initial_vm_state;
    let mut settings = Settings::new(semantics, batch.default_aa_hash.0, batch.evm_emulator_hash.0);
    settings.hook_address = Some(initial.hook_address_bytes);
    settings.record_storage_log = true;
    settings.record_refunds = true;
    let entry = Entry { ergs: initial.gas, ..Entry::bootloader(program) };
    let mut vm = Vm::new(settings, entry).map_err(FailureKind::Setup)?;
    code.engine().attach(&mut vm);
    Ok(vm)
}

/// Whether all code that the golden names is there, used or not: goldens are complete.
fn compare_known(batch: &Batch, code: &Code) -> Result<(), FailureKind> {
    let base = [batch.default_aa_hash, batch.evm_emulator_hash];
    let brought = batch.transactions.iter().flat_map(|it| &it.tx.execute.factory_deps);
    let mut named = base.iter().chain(&batch.initial_factory_deps).chain(brought);
    match named.find(|hash| code.get(&hash.0).is_none()) {
        Some(hash) => Err(FailureKind::MissingCode(hash.0)),
        None => Ok(()),
    }
}

/// Compares the machine before the first instruction.
pub(super) fn compare_initial(batch: &Batch, vm: &Vm) -> Result<(), FailureKind> {
    let pages = numbering(batch)?;
    let initial = &batch.initial_vm_state;
    let frame = vm.current_frame();
    let what = |name: &'static str| move || format!("initial_vm_state.{name}");
    let same = |name, expected: u32, actual: u32| values(what(name), &expected, &actual);
    let gas = batch.bootloader_gas_limit;
    values(|| "bootloader_gas_limit".to_owned(), &gas, &vm.ergs())?;
    same("gas", initial.gas, vm.ergs())?;
    same("pc", initial.pc.into(), vm.pc().into())?;
    same("sp", initial.sp.into(), vm.sp().into())?;
    same("heap_bound", initial.heap_bound, frame.heap_bounds[0])?;
    same("aux_heap_bound", initial.aux_heap_bound, frame.heap_bounds[1])?;
    same("heap_page", initial.heap_page, pages.of(frame.base_page + 2))?;
    same("aux_heap_page", initial.aux_heap_page, pages.of(frame.base_page + 3))?;
    same("exception_handler", initial.exception_handler.into(), frame.exception_handler.into())?;
    values(what("this_address"), &initial.this_address.0, frame.this_address)?;
    values(what("msg_sender"), &initial.msg_sender.0, frame.caller)?;
    Ok(compare_registers(initial, vm, pages)?)
}

fn compare_registers(initial: &InitialState, vm: &Vm, pages: Numbering) -> Result<(), Difference> {
    for (register, (value, is_pointer)) in (1u8..).zip(&initial.registers_r1_to_r15) {
        let (word, tag) = vm.register(register);
        let word = if tag { pages.of_pointer(word) } else { word };
        let what = || format!("initial_vm_state.registers_r1_to_r15[{}]", register - 1);
        values(what, &(value.0, *is_pointer), &(word, tag))?;
    }
    let (Word([low, high, ..]), _) = vm.register(1);
    let (page, length) = (pages.of((low >> 32) as u32), (high >> 32) as u32);
    values(|| "initial_vm_state.calldata_page".to_owned(), &initial.calldata_page, &page)?;
    values(|| "initial_vm_state.calldata_len".to_owned(), &initial.calldata_len, &length)
}
