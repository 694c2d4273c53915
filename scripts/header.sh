#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Renders the C headers anew from src/capi into include/. The build script does it, into the folder that
# HEADER_DIR names; tests/header.rs compares what is committed with a fresh rendering.
set -eu
cd "$(dirname "$0")/.."
HEADER_DIR=$PWD/include ${CARGO:-cargo} build --locked --package netfilter-conntrack --lib --features header
git --no-pager diff --stat -- include 2>/dev/null || true
