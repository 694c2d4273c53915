#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One host scans a /15 with SYNs nobody answers; the table is full of its entries and the scan goes on.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
traffic tcp n=500 src=100.100.0.0/16 dst=198.19.0.0/16 dport=443
N=$(part 104)
traffic syn n="$N" src=100.64.0.1 dst=198.18.0.0/15 dport=1-1024 spread=997
background syn n=2000000 first="$N" rate=2000 src=100.64.0.1 dst=198.18.0.0/15 dport=1-1024 spread=997
counted early_drop $((N + 500 - $(max) + 1000))
examine "$@"
