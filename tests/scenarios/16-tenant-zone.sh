#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One tenant of several, with a zone, a mark and a label of its own, holds 60 % of the limit; all of them hold 84 %.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
# Entries have room for labels only where a rule uses labels.
rules <<'NFT'
table inet tenants {
    chain pre { type filter hook prerouting priority 0; ct label set 5 counter; }
}
NFT
ALL=(dst=198.18.0.0/15 dport=1-60000 timeout=431400-432000)
insert n="$(part 60)" src=100.64.0.0/12 zone=7 mark=42 label=5 "${ALL[@]}"
insert n="$(part 12)" src=100.80.0.0/12 zone=8 mark=43 label=6 "${ALL[@]}"
insert n="$(part 12)" src=100.96.0.0/12 zone=100-149 mark=100-149 "${ALL[@]}"
examine "$@"
