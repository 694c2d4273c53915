#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Shows the main job, end to end, on the real kernel in a temporary network namespace:
# it creates flows, a C program built with -lconntrack lists them, the tool lists them, and a C program that
# follows events reports that a flow was created and deleted. In the end the table is filled as a scan fills it, and
# diagnosed. Every step is checked; the first failure ends the demo.
#
#     scripts/demo.sh          after `make stage`; STAGE names another install
set -eu
cd "$(dirname "$0")/.."

STAGE=$(realpath "${STAGE:-stage}")
LIBRARY=$(realpath "$STAGE/lib/libnetfilter_conntrack.so.3")

# First part, outside: the C programs are built as any user of the library builds them.
build() {
    for program in create list events; do
        # shellcheck disable=SC2046  # pkg-config prints words
        ${CC:-cc} -O2 -Wall -Wextra -Werror -o "$1/$program" "examples/$program.c" \
            $(PKG_CONFIG_PATH="$STAGE/lib/pkgconfig" pkg-config --cflags --libs libconntrack)
    done
}

say() {
    if [ -t 1 ]; then printf '\n\033[1m%s\033[0m\n' "$*"; else printf '\n%s\n' "$*"; fi
}

fail() {
    echo "demo: FAILED: $*" >&2
    exit 1
}

# Shows a command and its output, and keeps the output in $work/out.
run() {
    echo "\$ $*"
    "$@" >"$work/out" 2>&1 || { cat "$work/out"; fail "$*"; }
    cat "$work/out"
}

# The kept output must have a line with this text.
expect() {
    grep -q -e "$1" "$work/out" || fail "no line with '$1'"
}

# Entries as a scan of one host leaves them: $1 connections without an answer, each to another target.
scan() {
    awk -v count="$1" 'BEGIN {
        for (n = 0; n < count; n++)
            printf "-A -p tcp -s 100.64.0.1 -d 198.18.%d.%d --sport %d --dport 80 --state SYN_SENT -t 120\n", \
                n / 256 % 256, n % 256, 1024 + n / 65536
    }'
}

# A namespace in trouble: the table is full, or, where the machine allows very many entries, holds a scan.
diagnose() {
    limit=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
    [ "$limit" -gt 0 ] && [ "$limit" -le 600000 ] || limit=100000
    say "One host scans: $limit connections without an answer. Who fills the table, and what helps?"
    scan "$limit" | conntrack -R - 2>"$work/out" || { cat "$work/out"; fail 'the entries of the scan'; }
    run conntrack --diagnose
    if [ "$limit" = "$(cat /proc/sys/net/netfilter/nf_conntrack_max)" ]; then
        expect 'CRITICAL: the table is full'
        expect '100.64.0.1 holds '
        expect 'it scans'
        expect '^     conntrack -L -s 100.64.0.1'
    fi
    run conntrack --top --by source --show 3
    expect '^100.64.0.1 .* 100 %'
    echo '$ conntrack --check'
    conntrack --check | tee "$work/out" || true
    expect '^CONNTRACK '
}

# Second part, inside the namespace.
show() {
    . scripts/await.sh
    PATH=$work:$STAGE/sbin:$PATH
    LD_LIBRARY_PATH=$STAGE/lib
    export PATH LD_LIBRARY_PATH

    [ "$(readlink /proc/self/ns/net)" != "$OUTSIDE" ] || fail 'this is still the machine'\''s own network'
    say 'A throw-away network namespace: its table is empty.'
    run conntrack -V
    expect 'libconntrack'
    run conntrack -L
    expect ' 0 flow entries'

    say 'A C program, built with -lconntrack, follows the events; it runs on our library.'
    events 3 >"$work/seen" 2>&1 &
    follower=$!
    trap 'end "$follower"' EXIT
    await listening || fail 'the event program does not listen'
    grep -o -m 1 '/.*libnetfilter_conntrack.*' "/proc/$follower/maps" | tee "$work/out"
    expect "^$LIBRARY\$"

    say 'A second one makes a flow; the tool makes another.'
    run create 192.0.2.1 198.51.100.2 40000 53 60
    expect 'created udp'
    run conntrack -I -p tcp -s 192.0.2.1 -d 198.51.100.3 --sport 40001 --dport 443 \
        --state ESTABLISHED -u ASSURED -t 600
    expect ' 1 flow entries'

    say 'A third one lists them.'
    run list
    expect '^udp .* src=192.0.2.1 dst=198.51.100.2 sport=40000 dport=53 '
    expect '^tcp .* ESTABLISHED src=192.0.2.1 dst=198.51.100.3 sport=40001 dport=443 .*\[ASSURED\]'

    say 'The tool lists the same.'
    run conntrack -L
    expect '^udp .* src=192.0.2.1 dst=198.51.100.2 sport=40000 dport=53 '
    expect '^tcp .* ESTABLISHED src=192.0.2.1 dst=198.51.100.3 sport=40001 dport=443 .*\[ASSURED\]'
    expect ' 2 flow entries'

    say 'The tool deletes the first one. The event program saw it come and go, and ends.'
    run conntrack -D -p udp --sport 40000
    expect ' 1 flow entries'
    await has_lines "$work/seen" 3 || { cat "$work/seen"; fail 'the event program saw too little'; }
    run cat "$work/seen"
    expect '\[NEW\] udp .* sport=40000 '
    expect '\[NEW\] tcp .* sport=40001 '
    expect '\[DESTROY\] udp .* sport=40000 '
    wait "$follower" || fail 'the event program did not end well'
    trap - EXIT

    diagnose

    say "Shown: 2 flows created, listed by a C program on libnetfilter_conntrack.so.3 and by conntrack -L, 1 deleted; 3 events followed; a full table diagnosed."
}

if [ "${1:-}" = --inside ]; then
    show
else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    build "$work"
    export work STAGE
    OUTSIDE=$(readlink /proc/self/ns/net) scripts/in-namespace.sh scripts/demo.sh --inside
fi
