#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The table was full and dropped packets; now it is nearly empty.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
insert n="$(max)" src=100.64.0.0/12 dst=198.18.0.0/15 dport=1-60000 timeout=431000-432000
traffic syn n=500 src=100.126.0.1 dst=198.18.0.0/15
dut "$ORIGINAL" -F 2>/dev/null
traffic tcp n=200 src=100.64.0.0/16 dst=198.18.0.0/15 dport=443
examine "$@"
