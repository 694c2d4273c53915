#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Times our tool and the original in pairs, on one table in a throw-away namespace:
#
#     scripts/bench.sh [FLOWS [ROUNDS]]        100,000 flows and 15 rounds unless said otherwise
#
# Each round runs one after the other, and who goes first alternates. Shown for each: least and median wall
# time, and the median of the processor time, user and kernel apart: the kernel's part of a listing is the same
# for both. First both listings are compared: a fast wrong answer is not timed.
set -euo pipefail
cd "$(dirname "$0")/.."

# Lines for conntrack -R: UDP, every flow another source port or address.
flows() {
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
        printf "-I -p udp -s 10.%d.%d.1 -d 10.255.0.1 --sport %d --dport 53 -t 100000\n",
            i / 5000 / 250, (i / 5000) % 250, 1024 + i % 5000 }'
}

# A listing whose order and running timers are taken out.
settled() {
    "$@" -L 2>/dev/null | sed -E -f scripts/normalise.sed | sort
}

# Wall, user and system milliseconds of one listing.
once() {
    local TIMEFORMAT='%3R %3U %3S'
    { time "$1" -L >/dev/null 2>&1; } 2>&1 | tr -d .,
}

# From lines of three numbers: the least and the median of the first, the medians of the others.
summary() {
    local column
    for column in 1 2 3; do
        awk -v c="$column" '{ print $c + 0 }' "$2" | sort -n |
            awk '{ v[NR] = $1 } END { print v[1], v[int((NR + 1) / 2)] }'
    done | paste -s -d ' ' | awk -v who="$1" \
        '{ printf "%-10s wall %5d ms least, %5d ms median; user %5d ms, system %5d ms\n", who, $1, $2, $4, $6 }'
}

measure() {
    local flows=$1 rounds=$2 round
    echo "loading $flows flows"
    flows "$flows" >"$work/flows"
    "$ORIGINAL" -R "$work/flows" >/dev/null 2>&1
    settled "$OURS" >"$work/ours"
    settled "$ORIGINAL" >"$work/original"
    [ "$(wc -l <"$work/original")" = "$flows" ] || { echo "bench: the table holds other than $flows flows" >&2; exit 1; }
    cmp "$work/ours" "$work/original" || { echo 'bench: the listings differ' >&2; exit 1; }
    for ((round = 0; round < rounds; round++)); do
        if ((round % 2)); then
            once "$OURS" >>"$work/ours-times"
            once "$ORIGINAL" >>"$work/original-times"
        else
            once "$ORIGINAL" >>"$work/original-times"
            once "$OURS" >>"$work/ours-times"
        fi
    done
    echo "conntrack -L, $flows flows, $rounds pairs, output to /dev/null:"
    summary ours "$work/ours-times"
    summary original "$work/original-times"
}

if [ "${1:-}" = --inside ]; then
    measure "$2" "$3"
else
    ORIGINAL=$(scripts/original.sh tool) || { echo 'bench: no original conntrack here to compare with' >&2; exit 1; }
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    export work ORIGINAL OURS=${STAGE:-stage}/sbin/conntrack
    scripts/in-namespace.sh scripts/bench.sh --inside "${1:-100000}" "${2:-15}"
fi
