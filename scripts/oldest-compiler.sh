#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Checks that the oldest supported compiler (rust-version in Cargo.toml) can read the sources. clippy reports library
# functions that are too new, but not chains of `let` (1.88). These chains exist in edition 2024 only, so a check of the
# same sources as edition 2021 finds them.
set -eu
cd "$(dirname "$0")/.."

grep -q '^rust-version = "1.85"$' Cargo.toml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for entry in Cargo.lock src tests examples benches build build.rs README.md tool testing; do
    if [ -e "$entry" ]; then ln -s "$PWD/$entry" "$work/"; fi
done
sed -e 's/^edition = "2024"$/edition = "2021"/' Cargo.toml >"$work/Cargo.toml"
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/oldest cargo check --locked --quiet --lib --bins --features capi \
    --manifest-path "$work/Cargo.toml"
