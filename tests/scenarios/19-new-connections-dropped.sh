#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Full of active established flows: the kernel can evict nothing and drops the first packet of every new flow.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
insert n="$(max)" src=100.64.0.0/10 dst=198.18.0.0/15 dport=1-60000 timeout=431400-432000
background syn n=2000000 rate=1000 src=100.126.0.0/16 dst=198.18.0.0/15 dport=443
counted drop 100
examine "$@"
