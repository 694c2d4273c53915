#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Control connections of FTP announce data connections that never come: the table of expectations is full.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
rules <<'NFT'
table inet ftp {
    ct helper ftp { type "ftp" protocol tcp; }
    chain pre { type filter hook prerouting priority 0; tcp dport 21 ct helper set "ftp"; }
}
NFT
MOST=$(cat /proc/sys/net/netfilter/nf_conntrack_expect_max)
traffic ftp n=$((MOST + 200)) src=100.64.0.0/16 dst=198.18.0.21
examine "$@"
