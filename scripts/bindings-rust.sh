#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The package for async programs, bindings/rust, with both runtimes:
#
#     scripts/bindings-rust.sh build|test
#
# It is a workspace of its own, and is compiled into target/bindings/rust. The tests run in network namespaces; cargo prints their
# counts.
set -eu
cd "$(dirname "$0")/.."

cargo=${CARGO:-cargo}
CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-target}")/bindings/rust
export CARGO_TARGET_DIR
cd bindings/rust
case ${1:-} in
    build) "$cargo" build --locked --all-features --examples ;;
    test)
        for features in '' tokio async-io; do # each alone
            "$cargo" check --locked --quiet --features "$features"
        done
        RUSTDOCFLAGS='-D warnings' "$cargo" doc --locked --quiet --no-deps
        "$cargo" test --locked --all-features --no-run # here, because there is no network inside
        ../../scripts/in-namespace.sh "$cargo" test --locked --offline --all-features --no-fail-fast
        ;;
    *)
        echo 'usage: scripts/bindings-rust.sh build|test' >&2
        exit 2
        ;;
esac
