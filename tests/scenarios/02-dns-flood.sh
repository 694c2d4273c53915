#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Five hosts of one network send DNS requests that nobody answers: a burst 11 s ago, and 3,000 a second since.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
traffic tcp n=300 src=100.77.0.0/16 dst=198.20.0.0/16 dport=443
FLOOD=(dst=198.18.0.53 dport=53 src=100.64.10.0/29)
# The burst is made by requests, and stays 11 to 30 s old: by itself it would be gone after 19 s, which a busy machine needs
# to examine it.
ip netns exec "$DUT" "$PYTHON" "$LIB/insert.py" again=2 n=$(($(part 64) - 30000)) proto=17 sport=20002-65534 timeout=19 \
    status=0x8 "${FLOOD[@]}" 9<&- &
PIDS+=($!)
filled "$(part 45)"
background udp n=2000000 rate=3000 sport=7025-20001 "${FLOOD[@]}"
filled $(($(part 45) + 1000))
# So is the past of the flood: entries of each age up to 10 s at 3,000 a second.
insert n=30000 proto=17 sport=1024-7024 timeout=21-30 status=0x8 "${FLOOD[@]}"
examine "$@"
