#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make check: format, lints, unit and golden tests. It needs cargo only: it asks for no package, no network, no network
# namespace and no privilege, so a packager's build can call it.
#
# Where cargo has no rustfmt or no clippy, a line says so, and the rest is checked. Tests that open a netlink socket have
# `on_a_socket` in their path, and tests that run programs of others `with_a_program`: make test runs them. LINTS=no runs
# the tests alone: a packager's compiler may be newer than the lints that this tree passes.
set -eu
cd "$(dirname "$0")/.."
CARGO=${CARGO:-cargo}

# has COMPONENT: whether cargo has it; if not, says so.
has() {
    "$CARGO" "$1" --version >/dev/null 2>&1 || { echo "check: cargo has no $1 here: left out"; return 1; }
}

if [ "${LINTS:-yes}" = yes ] && has fmt; then "$CARGO" fmt --check; fi
if [ "${LINTS:-yes}" = yes ] && has clippy; then "$CARGO" clippy --locked --all-targets --features capi --quiet -- -D warnings; fi
"$CARGO" test --locked --features capi --quiet --lib --bins --test golden_netlink --test golden_output \
    --test documents --test manual --test dependencies --test fuzz_replay -- --skip on_a_socket --skip with_a_program
