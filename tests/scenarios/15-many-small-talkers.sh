#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A table 90 % full of fresh, established flows between many clients and many servers: nobody to blame.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
insert n="$(part 90)" src=100.64.0.0/10 dst=198.18.0.0/15 dport=1-60000 timeout=431400-432000
examine "$@"
