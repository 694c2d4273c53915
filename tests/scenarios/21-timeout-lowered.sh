#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The timeout of established connections was lowered to an hour; 85 % of the limit are entries that
# still have days; 300 were made since.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
insert n="$(part 85)" src=100.64.0.0/10 dst=198.18.0.0/15 dport=1-60000 timeout=86400-345600
sys tcp_timeout_established 3600
traffic tcp n=300 src=100.64.0.0/16 dst=198.20.0.0/16 dport=443
examine "$@"
