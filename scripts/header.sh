#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Renders the C headers again from src/capi into include/. The build script renders them into the folder that
# HEADER_DIR names; tests/header.rs compares the committed headers with a fresh rendering.
set -eu
cd "$(dirname "$0")/.."
HEADER_DIR=$PWD/include ${CARGO:-cargo} build --locked --package netfilter-conntrack --lib --features header
git --no-pager diff --stat -- include 2>/dev/null || true
