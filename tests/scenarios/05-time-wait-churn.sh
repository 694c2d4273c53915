#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Short connections without reuse to one server: 60 % of the table is TIME_WAIT.
. "$(dirname "$0")/lib/lab.sh"
lab
traffic tcp n="$(part 60)" src=100.64.0.0/16 dst=198.18.0.20 dport=80 to=time_wait
examine "$@"
