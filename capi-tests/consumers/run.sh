#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Plays each scenario with Debian's unmodified programs twice, on the original library and on ours, and compares.
#
#   run.sh [--library FOLDER] [--against original|liar] [--keep FOLDER] [SCENARIO...]
#
# FOLDER holds the libnetfilter_conntrack.so.3 under test (default: the staged install). `--against original` plays the
# original twice: everything must be equal. `--against liar` plays the original behind a shim that falsifies results:
# every scenario must notice it; this is how we know that the comparison sees anything at all. (Not `python`: it asks the
# library by name, past the shim.)
# Closing line: steps passed, steps failed, scenarios skipped (with the liar: scenarios). A skip is a failure when CI=true.

set -u
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
SONAME=libnetfilter_conntrack.so.3
LIBRARY=
AGAINST=ours
KEEP=
while [ $# -gt 0 ]; do
    case $1 in
    --library) LIBRARY=$2 && shift 2 ;;
    --against) AGAINST=$2 && shift 2 ;;
    --keep) KEEP=$2 && shift 2 ;;
    -*) sed -n '3,14s/^# \{0,1\}//p' "$0" && exit 2 ;;
    *) break ;;
    esac
done
LIVE="conntrack events expect traffic conntrackd ulogd iptstate iptables dnsmasq oidentd squid flowtop"
[ "$AGAINST" = liar ] || LIVE="$LIVE python"
SCENARIOS=${*:-$LIVE}

WORK=${KEEP:-$(mktemp -d "${TMPDIR:-/tmp}/consumers.XXXXXX")}
mkdir -p "$WORK"
[ -n "$KEEP" ] || trap 'rm -rf "$WORK"' EXIT
passed=0 failed=0 skipped=0

say_skip() {
    echo "SKIP $1: $2"
    skipped=$((skipped + 1))
}
fail() {
    echo "FAIL $1: $2"
    failed=$((failed + 1))
}
close() {
    echo "consumers: $passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ] && { [ "${CI:-}" != true ] || [ "$skipped" -eq 0 ]; }
    exit
}

# The two libraries, each in a folder that holds nothing else.
original() { ldconfig -p | sed -n "s/.*$SONAME (.*x86-64.*) => //p; s/.*$SONAME (.*AArch64.*) => //p" | head -n 1; }
ORIGINAL=$(readlink -f "$(original)")
mkdir -p "$WORK/lib/original" "$WORK/lib/$AGAINST"
if [ ! -e "$ORIGINAL" ]; then
    say_skip "every scenario" "the original $SONAME is not installed"
    close
fi
ln -sf "$ORIGINAL" "$WORK/lib/original/$SONAME"
case $AGAINST in
ours)
    file=$(readlink -f "${LIBRARY:-$ROOT/target/stage/usr/local/lib}/$SONAME")
    [ -e "$file" ] || { fail "every scenario" "no $SONAME in ${LIBRARY:-the staged install}"; close; }
    cmp -s "$file" "$ORIGINAL" && { fail "every scenario" "$file is the original"; close; }
    ln -sf "$file" "$WORK/lib/ours/$SONAME"
    ;;
original) ;;
liar)
    cc -shared -fPIC -O1 -o "$WORK/lib/liar/liar.so" "$HERE/liar.c" -ldl || { fail liar "does not build"; close; }
    ln -sf "$ORIGINAL" "$WORK/lib/liar/$SONAME"
    ;;
esac

# Namespaces of its own: as root directly, else through a user namespace.
SCENE=(unshare --net --mount --pid --fork --kill-child --mount-proc)
[ "$(id -u)" -eq 0 ] || SCENE+=(--map-root-user)
"${SCENE[@]}" true 2>/dev/null || { say_skip "every scenario" "no network namespace here (unshare)"; close; }

TREE=$("$ROOT/scripts/consumers-fetch.sh") || TREE=

# play SCENARIO SIDE LIBRARY: one play; leaves records in out, traces in trace.
play() {
    local place=$WORK/$1/$2
    rm -rf "$place" && mkdir -p "$place/out" "$place/trace"
    OUT=$place/out TRACE=$place/trace LIBRARY=$WORK/lib/$3 WITNESS=$WORK/lib/original TREE=$TREE \
        timeout -k 5 300 "${SCENE[@]}" bash "$HERE/scene.sh" "$1" >"$place/log" 2>&1 </dev/null
    echo $? >"$place/status"
}

# loaded PLACE STEP LIBRARY: the loader's trace shows that library, and no other of that name, initialised in the step.
loaded() {
    [ -e "$1/trace/$2.none" ] && return
    local seen
    seen=$(cat "$1/trace/$2".* 2>/dev/null | sed -n "s|.*calling init: \(.*/$SONAME.*\)|\1|p" | sort -u)
    [ "$seen" = "$WORK/lib/$3/$SONAME" ]
}

# judge SCENARIO: compares the two plays step by step.
judge() {
    local a=$WORK/$1/original b=$WORK/$1/other step side difference steps=0
    for side in original other; do
        [ "$(cat "$WORK/$1/$side/status")" = 0 ] || fail "$1" "the scene on $side ended early: $(tail -n 3 "$WORK/$1/$side/log")"
        [ ! -e "$WORK/$1/$side/out/failed" ] || fail "$1" "the scene on $side: $(cat "$WORK/$1/$side/out/failed")"
    done
    for step in $(find "$a/out" "$b/out" -maxdepth 1 -type f -name '[0-9]*' -printf '%f\n' | sort -u); do
        steps=$((steps + 1))
        if [ ! -e "$a/out/$step" ] || [ ! -e "$b/out/$step" ]; then
            fail "$1/$step" "played on one library only"
        elif ! loaded "$a" "$step" original; then
            fail "$1/$step" "did not load the original"
        elif ! loaded "$b" "$step" "$AGAINST"; then
            fail "$1/$step" "did not load the library under test"
        elif ! difference=$(diff -u "$a/out/$step" "$b/out/$step"); then
            fail "$1/$step" "differs (- original, + $AGAINST)"
            printf '%s\n' "$difference" | tail -n +3 | head -n 40
        else
            passed=$((passed + 1))
        fi
    done
    [ "$steps" -gt 0 ] || [ -e "$a/out/skipped" ] || fail "$1" "played no step"
    echo "$1: $steps steps"
}

# caught SCENARIO: the comparison has noticed the liar.
caught() {
    local differing
    differing=$(diff -rq --exclude=raw "$WORK/$1/original/out" "$WORK/$1/other/out" | wc -l)
    if [ "$differing" -gt 0 ]; then
        passed=$((passed + 1))
        echo "$1: the liar was caught in $differing steps"
    else
        fail "$1" "the liar was not noticed"
    fi
}

for scenario in $SCENARIOS; do
    [ -e "$HERE/$scenario.sh" ] || { fail "$scenario" "no such scenario"; continue; }
    play "$scenario" original original &
    play "$scenario" other "$AGAINST"
    wait
    if [ -e "$WORK/$scenario/original/out/skipped" ]; then
        say_skip "$scenario" "$(cat "$WORK/$scenario/original/out/skipped")"
    fi
    if [ "$AGAINST" = liar ]; then caught "$scenario"; else judge "$scenario"; fi
done
close
