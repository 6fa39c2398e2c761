//! Decides whether instruction handlers may call each other.
//!
//! The fast path relies on the optimiser turning a call in tail position into a jump. It does from `opt-level` 2
//! on, on the architectures below, whose calling conventions pass a handler's arguments in registers. Everywhere else
//! handlers return to a loop, which is slower and otherwise the same. `ERAVM_DISPATCH=loop` asks for that.

use std::env;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(eravm_threaded)");
    println!("cargo::rerun-if-env-changed=ERAVM_DISPATCH");
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, values: &[&str]| {
        env::var(name).is_ok_and(|value| values.contains(&value.as_str()))
    };
    let optimised = is("OPT_LEVEL", &["2", "3", "s", "z"]);
    let known = is("CARGO_CFG_TARGET_ARCH", &["x86_64", "aarch64", "riscv32", "riscv64"]);
    let asked_for_loop = is("ERAVM_DISPATCH", &["loop"]);
    if optimised && known && !asked_for_loop {
        println!("cargo::rustc-cfg=eravm_threaded");
    }
}
