#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SYNs with forged source addresses flood one service; the table is full of them and the flood goes on.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
N=$(part 104)
traffic syn n="$N" src=16.0.0.0/5 dst=198.18.0.80 dport=443
background syn n=2000000 first="$N" rate=3000 src=16.0.0.0/5 dst=198.18.0.80 dport=443
counted early_drop $((N - $(max) + 1000))
examine "$@"
