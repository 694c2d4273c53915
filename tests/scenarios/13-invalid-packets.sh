#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Five hundred packets a second that tracking calls invalid, through a nearly empty table.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
traffic tcp n=300 src=100.64.0.0/16 dst=198.18.0.0/15 dport=443
background invalid n=1000000 rate=500 src=100.64.9.9 dst=198.18.0.7 dport=80
counted invalid 100
examine "$@"
