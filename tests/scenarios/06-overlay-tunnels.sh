#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two VXLAN endpoints with a source port for every inner flow; 60 % of the table is udp/4789, a few entries are GRE.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
sys udp_timeout 120
traffic udp n=28232 src=100.64.0.0/30 dst=198.18.7.1 dport=4789 sport=32768-60999
insert n="$(part 50)" proto=17 src=100.64.0.1 dst=198.18.7.0/24 dport=4789 sport=32768-60999 timeout=120 status=0x8
traffic gre n=200 src=100.64.1.0/24 dst=198.18.0.9
examine "$@"
