//! Hands the memory layout to the linker.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=link.x");
    println!("cargo::rerun-if-changed=build.rs");
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo::rustc-link-arg=-T{root}/link.x");
}
