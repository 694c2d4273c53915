#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A server closes, its clients never do: 70 % of the limit is CLOSE_WAIT, which here lives an hour as kube-proxy sets it.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
sys tcp_timeout_close_wait 3600
FLOWS=(src=100.64.0.0/24 dst=198.18.0.10 dport=8080)
PACKETS=$(by_packets "$(part 70)")
traffic tcp n="$PACKETS" to=close_wait "${FLOWS[@]}"
insert n=$(($(part 70) - PACKETS)) first="$PACKETS" state=5 timeout=3500-3599 "${FLOWS[@]}"
insert n="$(part 12)" src=100.65.0.0/16 dst=198.19.0.0/16 dport=1-60000 timeout=431000-432000
traffic tcp n=300 src=100.66.0.0/16 dst=198.18.0.11 dport=8080 to=close_wait
examine "$@"
