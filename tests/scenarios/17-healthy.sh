#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An ordinary, small table: nothing to report.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
traffic tcp n=600 src=100.64.0.0/16 dst=198.18.0.0/15 dport=443
traffic tcp n=200 src=100.64.0.0/16 dst=198.18.0.0/15 dport=80 to=time_wait first=1000
traffic udp n=200 src=100.64.0.0/16 dst=198.18.0.53 dport=53 answered=1
traffic syn n=20 src=100.64.0.9 dst=198.18.0.0/15
examine "$@"
