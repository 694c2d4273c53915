#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs of the host talk to each other: 60 % of the limit is loopback traffic that a rule makes the kernel track.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
sys udp_timeout 120
traffic loopback n="$(part 60)" dport=9000
traffic tcp n=2000 src=100.64.0.0/16 dst=198.18.0.0/15 dport=443
examine "$@"
