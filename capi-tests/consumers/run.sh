#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The consumers ring: plays each scenario of this folder with Debian's unmodified programs twice, on the original
# library and on ours, each in namespaces of its own, and compares step by step.
#
#     capi-tests/consumers/run.sh [--against ours|original|liar] [--keep FOLDER] [SCENARIO...]
#
# STAGE names another install of ours. `--against original` plays the original twice: everything must be equal.
# `--against liar` plays the original behind a shim that falsifies results (liar.c), and every scenario must notice:
# this is how we know that the comparison sees anything at all. `--keep` leaves the records for a look.
# A step counts when both plays loaded the library meant for them, which the loader's own trace tells, and when their
# records are equal. Closing line: steps passed, steps failed, scenarios skipped (with the liar: scenarios).
set -u
cd "$(dirname "$0")/../.." || exit
HERE=$PWD/capi-tests/consumers
. capi-tests/tally.sh

SONAME=libnetfilter_conntrack.so.3
OURS=${STAGE:-$PWD/stage}/lib/$SONAME
AGAINST=ours
KEEP=
while [ $# -gt 0 ]; do
    case $1 in
        --against) AGAINST=$2 && shift 2 ;;
        --keep) KEEP=$2 && shift 2 ;;
        -*) sed -n '3,14s/^# \{0,1\}//p' "$HERE/run.sh" && exit 2 ;;
        *) break ;;
    esac
done
SCENARIOS=${*:-conntrack events expect traffic conntrackd ulogd iptstate iptables dnsmasq oidentd squid flowtop python}
# Namespaces for the network and mounts, then one for processes: what a scene starts ends with it.
SCENE="scripts/in-namespace.sh unshare --pid --fork --kill-child --mount-proc"

WORK=$(realpath -m "${KEEP:-$(mktemp -d)}")
[ -n "$KEEP" ] || trap 'rm -rf "$WORK"' EXIT

# lay SIDE FILE: the library of one side, in a folder that holds nothing else.
lay() {
    mkdir -p "$WORK/lib/$1"
    ln -sf "$(readlink -f "$2")" "$WORK/lib/$1/$SONAME"
}

# lay_sides: false when there is nothing to play on.
lay_sides() {
    local original
    if ! original=$(scripts/original.sh library); then
        skip "every scenario: the original library is not installed"
        return 1
    fi
    lay original "$original"
    case $AGAINST in
        ours) lay ours "$OURS" ;;
        liar) lay liar "$original" && "${CC:-cc}" -shared -fPIC -O1 -o "$WORK/lib/liar/liar.so" "$HERE/liar.c" -ldl ;;
        original) ;;
        *) fail "no such library: $AGAINST" && return 1 ;;
    esac
    if [ ! -e "$WORK/lib/$AGAINST/$SONAME" ] || { [ "$AGAINST" = ours ] && cmp -s "$OURS" "$original"; }; then
        fail "every scenario: $OURS is not there, or is the original"
        return 1
    fi
    # shellcheck disable=SC2086  # a command's words
    if ! $SCENE true 2>/dev/null; then
        skip "every scenario: no namespaces here (unshare)"
        return 1
    fi
}

# play SCENARIO PLACE SIDE: one play on that side's library; leaves records in PLACE/out, loader traces in PLACE/trace.
play() {
    rm -rf "$2" && mkdir -p "$2/out" "$2/trace"
    # shellcheck disable=SC2086  # a command's words
    OUT=$2/out TRACE=$2/trace LIBRARY=$WORK/lib/$3 WITNESS=$WORK/lib/original TREE=$TREE \
        timeout -k 5 300 $SCENE bash "$HERE/scene.sh" "$1" >"$2/log" 2>&1 </dev/null ||
        echo "ended early: $(tail -n 3 "$2/log")" >>"$2/out/failed"
}

# loaded PLACE STEP SIDE: in that step the loader initialised that side's library and no other of its name.
loaded() {
    [ -e "$1/trace/$2.none" ] && return
    local seen
    seen=$(cat "$1/trace/$2".* 2>/dev/null | sed -n "s|.*calling init: \(.*/$SONAME.*\)|\1|p" | sort -u)
    [ "$seen" = "$WORK/lib/$3/$SONAME" ]
}

# records PLACE...: the names of the steps recorded.
records() { find "${@/%//out}" -maxdepth 1 -type f -name '[0-9]*' -printf '%f\n' | sort -u; }

# as_listed SCENARIO/STEP: the original's record, changed as docs/differences.md says that ours differs in this step.
as_listed() {
    case $1 in
        # A ping has no ports: one whose source is translated is none whose destination is.
        traffic/*-list-dnat) sed -e '/^icmp /d' -e 's/: 2 flow entries/: 1 flow entries/' ;;
        *) cat ;;
    esac
}

# judge SCENARIO A B: the two plays, step by step.
judge() {
    local place step difference before=$passed
    for place in "$2" "$3"; do
        [ ! -e "$place/out/failed" ] || fail "$1, ${place##*/}: $(cat "$place/out/failed")"
    done
    for step in $(records "$2" "$3"); do
        if [ ! -e "$2/out/$step" ] || [ ! -e "$3/out/$step" ]; then
            fail "$1/$step: played on one library only"
        elif ! loaded "$2" "$step" original || ! loaded "$3" "$step" "$AGAINST"; then
            fail "$1/$step: did not load the library meant for it"
        elif ! difference=$(as_listed "$1/$step" <"$2/out/$step" |
            diff -u --label original --label "$AGAINST" - "$3/out/$step"); then
            fail "$1/$step: differs"
            printf '%s\n' "$difference" | head -n 40
        else
            passed=$((passed + 1))
        fi
    done
    if [ -e "$2/out/skipped" ]; then
        skip "$1: $(cat "$2/out/skipped")"
    elif [ "$passed" = "$before" ]; then
        fail "$1: not one step"
    fi
    echo "$1: $((passed - before)) steps are the same"
}

# caught SCENARIO A B: the comparison has noticed the liar.
caught() {
    local differing
    differing=$(diff -rq --exclude=raw "$2/out" "$3/out" | wc -l)
    if [ -e "$2/out/skipped" ]; then
        skip "$1: $(cat "$2/out/skipped")"
    elif [ "$differing" -gt 0 ]; then
        pass "$1: the liar was caught in $differing steps"
    else
        fail "$1: the liar was not noticed"
    fi
}

if lay_sides; then
    TREE=$(scripts/consumers-fetch.sh)
    for scenario in $SCENARIOS; do
        a=$WORK/$scenario/original b=$WORK/$scenario/other
        play "$scenario" "$a" original &
        play "$scenario" "$b" "$AGAINST"
        wait
        if [ "$AGAINST" != liar ]; then
            judge "$scenario" "$a" "$b"
        elif [ "$scenario" != python ]; then # it asks the library by name, past the shim
            caught "$scenario" "$a" "$b"
        fi
    done
fi
if [ "$AGAINST" = liar ]; then tally liar; else tally consumers; fi
