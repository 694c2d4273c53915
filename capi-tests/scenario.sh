#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs one row of capi-tests/scenarios, inside a network namespace created for it:
#
#     capi-tests/scenario.sh PROGRAM ARGUMENTS BEFORE DURING OUTPUT
#
# The environment names the library: LIBRARY_DIR contains the library for the run, EXPECT_LIBRARY is the file that must
# be loaded, or - when the program itself contains the library. RESULT is the folder for the outcome (stdout,
# stderr, loaded), UNDER is a command to run the program under (valgrind) or empty. TOOL and FIXTURE are the
# original's: its conntrack, and capi-tests' expectation program with ORIGINAL_DIR on the loader's path. They create
# the table and read it afterwards.
set -eu
cd "$(dirname "$0")/.."
. scripts/await.sh

tool() {
    "$TOOL" "$@" >/dev/null 2>&1 || { echo "scenario: $TOOL $* failed" >&2; exit 1; }
}

expectation() {
    LD_LIBRARY_PATH=$ORIGINAL_DIR "$FIXTURE" keep >/dev/null || { echo "scenario: no expectation" >&2; exit 1; }
}

before_empty() {
    :
}

# The flow that the original's examples create, get and delete.
before_flow() {
    tool -I -p tcp -s 1.1.1.1 -d 2.2.2.2 --sport 20 --dport 10 --state SYN_SENT -t 1000
    tool -I -p udp -s 192.0.2.1 -d 198.51.100.2 --sport 40000 --dport 53 -t 1000
}

before_flows() {
    before_flow
    tool -I -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 443 --state ESTABLISHED -t 1000 -u ASSURED,SEEN_REPLY -m 7
    tool -I -p tcp -s 10.0.0.1 -d 10.0.0.9 --sport 1001 --dport 80 --state TIME_WAIT -t 1000 --dst-nat 10.1.0.1:8080
    tool -I -p udp -s fd00::1 -d fd00::2 --sport 1002 --dport 53 -t 1000 -w 5
    tool -I -p icmp -s 10.0.0.1 -d 10.0.0.2 --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 1000
    tool -I -p icmpv6 -s fd00::1 -d fd00::2 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 78 -t 1000
    tool -I -p sctp -s 10.0.0.1 -d 10.0.0.2 --sport 1003 --dport 1004 --state ESTABLISHED -t 1000 \
        --orig-vtag 1 --reply-vtag 2
    tool -I -p gre -s 10.0.0.1 -d 10.0.0.2 --srckey 0x11 --dstkey 0x12 -t 1000
    tool -I -p 253 -s 10.0.0.1 -d 10.0.0.2 -t 1000
}

# A flow with a label: label names in /etc of this mount namespace only, and a rule, so that flows get labels.
before_labelled() {
    mkdir -p "$RESULT/labels/xtables"
    printf '0 zero\n1 one\n64 far\n' >"$RESULT/labels/connlabel.conf"
    cp "$RESULT/labels/connlabel.conf" "$RESULT/labels/xtables"
    mount -t overlay labels -o "lowerdir=$RESULT/labels:/etc" /etc
    nft 'add table ip labels; add chain ip labels rules; add rule ip labels rules ct label set one'
    tool -I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 53 -t 1000 --label-add one
}

before_expectation() {
    expectation
}

# Each function prints the number of lines that the program prints about the change. Every flow causes events
# (scripts/in-namespace.sh).
during_changes() {
    tool -I -p udp -s 10.9.0.1 -d 10.9.0.2 --sport 5 --dport 6 -t 1000
    tool -U -p udp -s 10.9.0.1 -d 10.9.0.2 -m 9
    tool -D -p udp -s 10.9.0.1 -d 10.9.0.2
    tool -I -p tcp -s fd00::7 -d fd00::8 --sport 5 --dport 6 --state SYN_RECV -t 1000
    tool -D -p tcp -f ipv6 -s fd00::7
    echo 5
}

# The same changes, of which a filter accepts those of the first flow.
during_filtered() {
    during_changes >/dev/null
    echo 3
}

during_expectations() {
    expectation
    tool -F expect
    echo 2
}

# Runs the program on the requested library. The loader's report names the file that was loaded.
start() {
    # shellcheck disable=SC2086  # UNDER is a command's words
    exec timeout 300 stdbuf -oL env LD_LIBRARY_PATH="$LIBRARY_DIR" LD_DEBUG=libs \
        LD_DEBUG_OUTPUT="$RESULT/loader" $UNDER "$@" >"$RESULT/stdout" 2>"$RESULT/stderr"
}

program=$1 arguments=$2 before=$3 during=$4 output=$5
set --
if [ "$arguments" != - ]; then
    IFS=,
    # shellcheck disable=SC2086  # the commas part the words
    set -- $arguments
    unset IFS
fi

"before_$before"
if [ "$during" = - ]; then
    status=0
    (start "$program" "$@") || status=$?
else
    (start "$program" "$@") &
    await listening || echo 'scenario: it does not listen' >&2
    lines=$("during_$during")
    await has_lines "$RESULT/stdout" "$lines" || echo "scenario: fewer than $lines lines" >&2
    status=0
    case $output in
        endless) end $! ;;
        stopped)
            # Not through timeout, which also sends SIGCONT: SIGCONT cancels the SIGSTOP by which the leak checker
            # stops the program at its end, and both then wait forever.
            pkill -TERM -P $!
            wait $! || status=$?
            ;;
        *) wait $! || status=$? ;;
    esac
fi

loaded=$(sed -n 's|.*calling init: \(/.*/libnetfilter_conntrack\.so\.3.*\)|\1|p' "$RESULT"/loader.* | sort -u)
rm -f "$RESULT"/loader.*
if [ "$(realpath -m -- "${loaded:--}")" != "$(realpath -m -- "$EXPECT_LIBRARY")" ]; then
    echo "scenario: loaded '$loaded' instead of $EXPECT_LIBRARY" >&2
    exit 1
fi

# The comparable outcome: the output, the status, and the table afterwards as the original's tool reads it.
{
    if [ "$output" = sorted ]; then sed -E -f scripts/normalise.sed "$RESULT/stdout" | sort; else cat "$RESULT/stdout"; fi
    sed 's/^/stderr: /' "$RESULT/stderr"
    echo "status: $status"
    # Sorted, without the values that change from second to second.
    "$TOOL" -L -o extended,id 2>/dev/null | sed -E -f scripts/normalise.sed | sort | sed 's/^/table: /'
    "$TOOL" -L expect 2>/dev/null | sed -E -f scripts/normalise.sed | sort | sed 's/^/table: /'
} | sed -E -f scripts/normalise.sed >"$RESULT/outcome"
