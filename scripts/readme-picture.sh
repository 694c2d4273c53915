#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Draws the README's picture, docs/pictures/diagnosis.svg: a real diagnosis of a real table, filled by a scan (scenario 01).
# Needs root, and a tool built by `make`:
#
#     scripts/readme-picture.sh
set -eu
cd "$(dirname "$0")/.."

tool=$(realpath target/release/conntrack)
report=$(mktemp)
trap 'rm -f "$report"' EXIT
# shellcheck disable=SC2016  # the scenario's shell expands them
REPORT=$report TOOL=$tool tests/scenarios/01-syn-scan-one-host.sh sh -c '"$TOOL" --diagnose >"$REPORT"'
{
    echo '$ conntrack --diagnose'
    cat "$report"
} | scripts/picture.sh >docs/pictures/diagnosis.svg
