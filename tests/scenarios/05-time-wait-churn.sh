#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Short connections without reuse to one server: 60 % of the table is TIME_WAIT.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
FLOWS=(src=100.64.0.0/16 dst=198.18.0.20 dport=80)
PACKETS=$(by_packets "$(part 60)")
traffic tcp n="$PACKETS" to=time_wait "${FLOWS[@]}"
insert n=$(($(part 60) - PACKETS)) first="$PACKETS" state=7 timeout=100-119 "${FLOWS[@]}"
examine "$@"
