#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the scenarios, all of them or those named, and judges in each what the tool's --diagnose says:
#
#     tests/scenarios/run.sh [NN...]
#
# Each is examined by lib/examine.py. Run as root, after `make stage`. The scenarios run in mount and process namespaces of
# their own: network namespaces of other programs are invisible to them, and no process remains.
set -eu
cd "$(dirname "$0")/../.."
. capi-tests/tally.sh

# Reads "FILE VALUE" before a scenario changes a setting of the machine, and "FILE" after it has put it back. At the end of
# the input, when all processes of the scenarios have ended or were killed, it puts back what is left.
keeper() {
    trap '' HUP INT TERM
    declare -A former
    while read -r file value; do
        if [ -n "$value" ]; then former[$file]=$value; else unset "former[$file]"; fi
    done
    for file in "${!former[@]}"; do echo "${former[$file]}" >"$file"; done
}

STAGE=$(realpath "${STAGE:-stage}")
if [ "${1:-}" != --inside ]; then
    if ! reason=$(unshare --mount --pid --fork --mount-proc true 2>&1) || [ "$(id -u)" != 0 ]; then
        skip "scenarios: this process may not make namespaces${reason:+: $reason}"
        tally scenarios
        exit
    fi
    exec 8> >(keeper >/dev/null 2>&1)
    exec 7</proc/sys/net/netfilter/nf_conntrack_max # the scenarios' own /proc has another file of that name
    KEEPER=yes STAGE=$STAGE exec unshare --mount --pid --fork --mount-proc --kill-child "$0" --inside "$@"
fi
shift
trap 'exit 130' INT
trap 'exit 143' TERM

if ! ORIGINAL=$(scripts/original.sh tool); then
    skip 'scenarios: no original tool here, which shows that the situations are real'
    tally scenarios
    exit
fi
export ORIGINAL OUTSIDE=yes
mkdir -p /run/netns
mount -t tmpfs none /run/netns
# The ordinary user of one scenario must find the tool.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cp "$STAGE/sbin/conntrack" "$work/conntrack"

lines() { grep -c "^$1" "$work/out" || true; }

for number in "${@:-[0-9][0-9]}"; do
    # shellcheck disable=SC2231  # without a number it is a pattern
    for script in tests/scenarios/$number-*.sh; do
        name=$(basename "$script" .sh) status=0
        # Long enough to wait for another run's ring that holds the lock of the machine's limits.
        timeout -k 10 1200 "$script" /usr/bin/python3 tests/scenarios/lib/examine.py "${script%.sh}.json" \
            "$work/conntrack" "$ORIGINAL" docs/diagnosis.schema.json >"$work/out" 2>"$work/err" &
        wait $! || status=$? # not the program itself: a signal interrupts the waiting
        cat "$work/out"
        passed=$((passed + $(lines 'ok  '))) failed=$((failed + $(lines FAIL)))
        case $status in
            0) [ "$(lines 'ok  ')" -gt 0 ] || fail "$name: nothing was examined" ;;
            77) skip "$name: $(tail -n 1 "$work/err")" ;;
            *) [ "$(lines FAIL)" -gt 0 ] || { fail "$name: status $status"; tail -n 20 "$work/err"; } ;;
        esac
        grep '^SKIP ' "$work/out" >"$work/skips" || true
        while read -r _ what; do skip "$what"; done <"$work/skips"
    done
done
tally scenarios
