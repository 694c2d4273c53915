#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints a fact about a target of rustc that the Makefile knows:
#
#     scripts/target.sh compiler|artefacts|stage|gnu TRIPLE
#     scripts/target.sh all           every target of make cross
set -eu
cd "$(dirname "$0")/.."
exec make --no-print-directory --silent TARGET="${2:-}" "say-$1"
