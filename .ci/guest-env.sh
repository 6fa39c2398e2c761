# How to compile for a bare rv32im machine; to be sourced.
#
# Two compilers will do: the pinned one of rustup with the target's prebuilt `core` and `alloc`, or, where rustup
# cannot download the target, Debian's with its sources. Debian's is another version, so the cycles differ a little.

GUEST_TARGET=riscv32im-unknown-none-elf
DEBIAN_RUSTC=/usr/bin/rustc

# Sets GUEST_COMPILER to `rustup` or `debian`; fails if there is neither.
guest_compiler() {
    local libraries
    libraries=$(rustc --print target-libdir --target "$GUEST_TARGET" 2>/dev/null) || libraries=""
    if compgen -G "$libraries/liballoc-*.rlib" >/dev/null; then
        GUEST_COMPILER=rustup
    elif [ -x "$DEBIAN_RUSTC" ] && [ -d "$("$DEBIAN_RUSTC" --print sysroot)/lib/rustlib/src/rust/library/core" ]; then
        GUEST_COMPILER=debian
    else
        return 1
    fi
}

# cargo for the target. Flags meant for the host's compiler do not reach it.
guest_cargo() {
    local command=$1
    shift
    if [ "$GUEST_COMPILER" = rustup ]; then
        env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u RUSTC_WRAPPER \
            cargo "$command" --target "$GUEST_TARGET" "$@"
        return
    fi
    # `build-std` is unstable, and sources and compiler must be of one version. The linker is rustup's.
    local linker
    linker=$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld
    env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u RUSTC_WRAPPER \
        RUSTC_BOOTSTRAP=1 RUSTC="$DEBIAN_RUSTC" CARGO_TARGET_RISCV32IM_UNKNOWN_NONE_ELF_LINKER="$linker" \
        cargo "$command" -Z build-std=core,alloc -Z build-std-features=compiler-builtins-mem \
        --target "$GUEST_TARGET" "$@"
}
