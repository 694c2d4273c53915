#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A table full of established connections; 95 % of them saw no packet for one to four days. Packets of new flows are dropped.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
FRESH=$(part 5)
insert n="$FRESH" src=100.112.0.0/13 dst=198.20.0.0/15 dport=1-60000 timeout=400000-432000
insert n=$(($(max) - FRESH)) src=100.64.0.0/12 dst=198.18.0.0/15 dport=1-60000 timeout=86400-345600
background syn n=2000000 rate=500 src=100.126.0.0/16 dst=198.18.0.0/15 dport=443
counted drop 100
examine "$@"
