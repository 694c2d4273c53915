#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One IPv6 host scans, and draws a new source address from its /64 for each packet: 85 % of the limit is unanswered SYNs.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
traffic syn6 n="$(part 85)" src=fd0c:0:0:42::/64 dst=fd99::/64 dport=1-60000
insert n="$(part 5)" src=100.64.0.0/12 dst=198.18.0.0/15 dport=1-60000 timeout=431400-432000
examine "$@"
