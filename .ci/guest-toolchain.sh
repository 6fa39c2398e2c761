#!/usr/bin/env bash
# Installs a compiler for bare rv32im machines unless there is one: rustup's, or Debian's where rustup cannot.
set -euo pipefail
root=$(cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.." && pwd)
# shellcheck source=.ci/guest-env.sh
source "$root/.ci/guest-env.sh"
# rust-toolchain overrides, if any, hold for the repository only.
cd "$root"
if ! guest_compiler; then
    if ! timeout 300 rustup target add "$GUEST_TARGET"; then
        echo "rustup has no $GUEST_TARGET here; trying Debian's compiler" >&2
        apt-get update -q
        apt-get install -yq --no-install-recommends rustc-web rust-web-src
    fi
    guest_compiler
fi
echo "compiler for $GUEST_TARGET: $GUEST_COMPILER"
