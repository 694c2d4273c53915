#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# This namespace holds 100 entries; another one, in which no process runs, holds 97 % of the limit.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
namespace "${L}web"
ip netns exec "${L}web" "$PYTHON" "$LIB/insert.py" n="$(part 97)" src=100.64.0.0/12 dst=198.18.0.0/15 dport=1-60000 \
    timeout=431000-432000 9<&-
traffic tcp n=100 src=100.64.0.0/16 dst=198.18.0.0/15 dport=443
examine "$@"
