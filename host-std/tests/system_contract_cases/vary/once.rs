//! Variants with one change.

use super::{Vary, put};
use crate::actors::{CALLER, UNDOER, relayed};
use crate::case::{Call, Case};
use eravm_core::Word;

/// A case for each change of one call.
pub(super) fn changed_once(case: &Case, vary: &Vary) -> Vec<Case> {
    let mut variants = Vec::new();
    for (index, call) in case.calls.iter().enumerate() {
        let mut add = |what: String, change: &dyn Fn(&mut Call)| {
            let mut variant = case.clone();
            variant.name = format!("{}, call {index} {what}", case.name);
            change(&mut variant.calls[index]);
            variants.push(variant);
        };
        add("static".into(), &|call| call.is_static = !call.is_static);
        add("system or not".into(), &|call| call.is_system = !call.is_system);
        add("with value or without".into(), &|call| call.value = u128::from(call.value == 0));
        add("inset".into(), &|call| call.inset = 37);
        add("constructor".into(), &|call| call.is_constructor = !call.is_constructor);
        for relay in [CALLER, UNDOER] {
            add(format!("through {relay:?}"), &|call| {
                call.calldata = relayed(call.to, &call.calldata);
                call.to = relay;
            });
        }
        add("and more".into(), &|call| call.calldata.extend_from_slice(&[0x5a; 7]));
        for &caller in &vary.callers {
            add(format!("from {caller:?}"), &|call| call.from = caller);
        }
        let length = call.calldata.len();
        let ends = (4..length).step_by(32).chain([0, 1, 3, length.saturating_sub(1)]);
        for end in ends {
            add(format!("cut to {end}"), &|call| call.calldata.truncate(end));
        }
        for at in (4..length).step_by(32) {
            type Change = (&'static str, fn(u8) -> u8);
            let changes: [Change; 2] = [("high", |byte| byte ^ 0x80), ("gone", |_| 0)];
            for (what, change) in changes {
                add(format!("{what} byte at {at}"), &|call| {
                    let byte = &mut call.calldata[at];
                    *byte = change(*byte);
                });
            }
            for word in [Word::ZERO, Word::ONE, Word::MAX] {
                add(format!("{word:?} at {at}"), &|call| put(&mut call.calldata, at, &word));
            }
        }
        for index in 0..call.extra.len() {
            for word in [Word::ZERO, Word::ONE, Word::MAX] {
                add(format!("extra {index} {word:?}"), &|call| call.extra[index] = word);
            }
        }
    }
    variants
}
