//! Events of contracts.

use super::*;
use crate::case::{Call, Case};
use crate::suite::Suite;

#[test]
fn event_writer_is_as_compiled() {
    suite().check();
}

pub(super) fn suite() -> Suite {
    let at = system_address(0x800d);
    let mut cases = Vec::new();
    let topics = |count: Word| [count, number(11), number(22), number(33), number(44)];
    for count in 0..=5 {
        for length in [0, 1, 31, 32, 33, 63, 64, 65, 95, 96, 97, 128, 200] {
            let data: Vec<_> = (1..=length).collect();
            let call = Call::raw(at, data).extra(&topics(number(count)));
            cases.push(Case::new(format!("{count} topics, {length} bytes"), call));
        }
    }
    for count in [bit(64), bit(255), Word::MAX] {
        cases.push(Case::new("many topics", Call::raw(at, [1]).extra(&topics(count))));
    }
    let call = Call::raw(at, [1, 2, 3]).extra(&topics(number(2)));
    cases.push(Case::new("two events", call.clone()).then(call.clone()));
    cases.push(Case::new("value", call.clone().value(5)));
    cases.push(Case::new("static", call.clone().statically()));
    cases.push(Case::new("constructor", call.clone().with_constructor_flag()));
    cases.push(Case::new("without the flag", Call { is_system: false, ..call.clone() }));
    cases.push(Case::new(
        "without the flag from the kernel",
        Call { is_system: false, ..call }.from(DEPLOYER),
    ));
    cases.push(Case::new("long", Call::raw(at, vec![7; 5000]).extra(&topics(number(3)))));
    let mut suite = Suite::new("EventWriter", at, cases);
    suite.vary.callers.truncate(3);
    suite
}
