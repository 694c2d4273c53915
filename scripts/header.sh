#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Renders the C headers again from src/capi into include/. The build script renders them into the folder that
# HEADER_DIR names; tests/header.rs compares the committed headers with a fresh rendering.
set -eu
cd "$(dirname "$0")/.."
HEADER_DIR=$PWD/include ${CARGO:-cargo} build --locked --package netfilter-conntrack --lib --features header
UPDATE_MANUAL=1 ${CARGO:-cargo} test --locked --quiet --package netfilter-conntrack --test manual fresh_rendering
git --no-pager diff --stat -- include 2>/dev/null || true
