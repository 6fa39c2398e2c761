#!/usr/bin/env bash
# Builds the rv32im guest of tests/guest and prints the path of its ELF file.
# usage: build-guest.sh TARGET_FOLDER
# Exit code 77: no compiler for the target; guest-toolchain.sh installs one.
set -euo pipefail
root=$(cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.." && pwd)
target=${1:?usage: build-guest.sh TARGET_FOLDER}
# shellcheck source=.ci/guest-env.sh
source "$root/.ci/guest-env.sh"
if ! guest_compiler; then
    echo "There is no compiler for $GUEST_TARGET. Install one: bash .ci/guest-toolchain.sh" >&2
    exit 77
fi
guest_cargo build --release --locked --manifest-path "$root/tests/guest/Cargo.toml" \
    --target-dir "$target" >&2
echo "$target/$GUEST_TARGET/release/eravm-guest"
