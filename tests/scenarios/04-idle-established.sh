#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A table full of established connections that saw no packet for one to four days, and packets of new flows being dropped.
. "$(dirname "$0")/lib/lab.sh"
lab
insert n="$(max)" src=100.64.0.0/12 dst=198.18.0.0/15 dport=1-60000 timeout=86400-345600
background syn n=2000000 rate=500 src=100.126.0.0/16 dst=198.18.0.0/15 dport=443
counted drop 100
examine "$@"
