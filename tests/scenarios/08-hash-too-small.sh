#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# More entries than the hash was made for: chains of about 35, and some packets refused because a chain is too long.
# The buckets are the machine's, not the namespace's: this scenario changes them, and puts the old number back.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
alone
insert n=50000 src=100.64.0.0/12 dst=198.18.0.0/15 dport=1-60000 timeout=431000-432000
# The entries of all namespaces decide the length of the chains, so that the others' packets are not refused more often.
# Those of a namespace that has just ended are still counted, and go meanwhile: each round counts again.
crowded() {
    all=$(awk '$1 == "nf_conntrack" { print $2 }' /proc/slabinfo)
    buckets $(((all + 22000) * 2 / 36 / 512 * 512))
}
counted_losses() { [ "$(counter chaintoolong)" -ge 1 ]; }
i=0
until counted_losses; do
    [ $i -lt 10 ] || { echo "no chain got too long" >&2; exit 1; }
    crowded
    traffic udp n=22000 first=$((i * 22000)) src=100.120.0.0/16 dst=198.18.0.0/15 dport=1000-60000
    i=$((i + 1))
done
examine "$@"
