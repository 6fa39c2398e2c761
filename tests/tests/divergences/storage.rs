//! Storage, events and their logs.

use super::*;

#[test]
fn a_first_write_of_zero_is_a_write() {
    let vm = end(
        ";; entry 0x10064\n.text\nentry: add 1, r0, r2\nlog.swrite r2, r0, r0\nlog.swrite r2, r2, r0\nlog.swrite r2, r0, r0\nret r0",
    );
    assert_eq!(vm.pubdata_costs(), [0, 34, -34]);
    assert_eq!(vm.storage_refunds(), [0, 5440, 5440]);
    assert!(vm.storage_log().iter().all(|access| access.is_initial && access.is_write));
    assert!(vm.storage_changes().is_empty());
    assert_eq!(vm.written_slots().len(), 1);
}

#[test]
fn a_slot_is_warm_after_any_access() {
    let vm = end(";; entry 0x10064\n.text\nentry: add 1, r0, r2\nadd 2, r0, r3
        log.sread r2, r0, r4\nlog.sread r2, r0, r4\nlog.swrite r2, r2, r0\nlog.swrite r2, r2, r0\nlog.swrite r3, r2, r0\nlog.sread r3, r0, r4\nret r0");
    assert_eq!(vm.storage_refunds(), [0, 1970, 2000, 5440, 0, 1970]);
}

#[test]
fn accesses_carry_the_number_of_their_transaction() {
    let vm = end(
        ";; entry 0x8001\n.text\nentry: log.swrite r0, r0, r0\ncontext.inc_tx_num\nlog.swrite r0, r0, r0\nlog.event r0, r0, r0\nlog.to_l1.first r0, r0, r0\nret r0",
    );
    let numbers: Vec<u16> = vm.storage_log().iter().map(|access| access.tx_number).collect();
    assert_eq!(numbers, [0, 1]);
    assert_eq!((vm.events()[0].tx_number, vm.l1_messages()[0].tx_number), (1, 1));
    assert!(vm.l1_messages()[0].is_service && !vm.events()[0].is_first);
}

#[test]
fn events_of_all_system_contracts_are_recorded() {
    let vm =
        end(";; entry 0x8005\n.text\nentry: add 3, r0, r2\nlog.event.first r2, r0, r0\nret r0");
    assert_eq!(vm.events().len(), 1);
    assert_eq!(vm.events()[0].address, eravm_core::system_address(0x8005));
}

#[test]
fn system_context_and_the_operators_balance_are_free() {
    let vm = end(
        ";; entry 0x800b\n.text\nentry: add 9, r0, r2\nlog.swrite r2, r2, r0\nlog.sread r0, r0, r3\nret r0",
    );
    assert_eq!((vm.pubdata_costs(), vm.storage_refunds()), (&[0, 0][..], &[5440, 1970][..]));
    let key = "0x31b66141c575a054316a84da9cf4aa6fe0abd373cab1bf4ac029ffc061aae0da";
    let vm = end(&format!(
        ";; entry 0x800a\n.text\nentry: add @key[0], r0, r2\nlog.swrite r2, r2, r0\nlog.swrite r0, r2, r0\nret r0\n.rodata\nkey: .cell {key}"
    ));
    assert_eq!((vm.pubdata_costs(), vm.storage_refunds()), (&[0, 65][..], &[5440, 0][..]));
}

#[test]
fn transient_values_last_for_a_transaction() {
    let vm = end(
        ";; entry 0x8001\n.text\nentry: add 3, r0, r2\nlog.twrite r2, r2, r0\nlog.tread r2, r0, r3\ncontext.inc_tx_num\nlog.tread r2, r0, r4\nret r0",
    );
    assert_eq!([number(&vm, 3), number(&vm, 4)], [3, 0]);
    assert_eq!(vm.tx_number(), 1);
}
