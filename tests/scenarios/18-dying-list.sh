#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A program asks for events with guaranteed delivery and does not read them: flows that end stay in the dying list.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
ip netns exec "$DUT" "$PYTHON" "$LIB/listener.py" 9<&- &
PIDS+=($!)
await dut grep -q '^[0-9a-f]* *12 .* 00000004 ' /proc/net/netlink
traffic tcp n=8000 src=100.64.0.0/16 dst=198.18.0.0/15 dport=443
dut "$ORIGINAL" -F 2>/dev/null
examine "$@"
