#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Checks that the oldest supported compiler (rust-version in Cargo.toml) can read the sources, those of the tests
# included. clippy reports library functions that are too new, but not chains of `let` (1.88). These chains exist in
# edition 2024 only, so a check of the same sources as edition 2021 finds them.
set -eu
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/oldest
export CARGO_TARGET_DIR

# older FOLDER ENTRY...: the entries of a folder below $work, with a manifest of the older edition.
older() {
    folder=$1
    shift
    mkdir -p "$work/$folder"
    for entry; do
        if [ -e "$folder/$entry" ]; then ln -s "$PWD/$folder/$entry" "$work/$folder/"; fi
    done
    grep -q '^rust-version = "1.85"$' "$folder/Cargo.toml"
    sed -e 's/^edition = "2024"$/edition = "2021"/' "$folder/Cargo.toml" >"$work/$folder/Cargo.toml"
}

older . Cargo.lock src tests examples benches build build.rs README.md tool testing
cargo check --locked --quiet --workspace --all-targets --features netfilter-conntrack/capi --manifest-path "$work/Cargo.toml"
if [ -e bindings/rust ]; then
    older bindings/rust Cargo.lock src tests examples README.md
    cargo check --locked --quiet --all-targets --all-features --manifest-path "$work/bindings/rust/Cargo.toml"
fi
