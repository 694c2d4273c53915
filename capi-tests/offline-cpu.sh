#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests the diagnosis on a machine with a processor that is offline: the kernel keeps one set of counters for each possible
# processor, and those of a processor that goes or comes must not be lost, nor taken for new. Run after `make stage`.
#
# The script puts the last processor offline for about a second, and online again in any case: a second process, the keeper,
# does that as soon as no process holds the pipe to it, whether this script has ended or was killed.
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh
. scripts/await.sh

STAGE=$(realpath "${STAGE:-stage}")
TOOL=$STAGE/sbin/conntrack
CPUS=/sys/devices/system/cpu

# Switches the processor of the file to each state that it reads, and at the end of the input online.
keeper() {
    trap '' HUP INT TERM
    while read -r state; do echo "$state" >"$1" || true; done
    echo 1 >"$1"
}

is() {
    [ "$(cat "$1")" = "$2" ]
}

# switch STATE: asks the keeper, and waits until the processor has that state.
switch() {
    echo "$1" >&3
    await is "$FILE" "$1"
}

# Makes entries from the processor that is switched: its counter counts them.
create() {
    for port in "$@"; do
        taskset -c "$CPU" "$TOOL" -I -s 192.0.2.1 -d 192.0.2.2 -p udp --sport "$port" --dport 1 -t 1000 >"$work/created" 2>&1 ||
            { cat "$work/created"; return 1; }
    done
}

# The rows of -S, without blanks that only align them.
rows() {
    timeout 120 "$TOOL" -S | tr -s ' \t' ' '
}

# inserted COUNT: the processor has a row, and its counter stands at COUNT.
inserted() {
    rows | grep "^cpu=$CPU .* insert=$1 "
}

# counts COUNT: the metrics and the report have COUNT entries, all of them created by requests, and nothing is lost.
counts() {
    timeout 120 "$TOOL" --metrics >"$work/metrics"
    for sample in "conntrack_entries{netns=\"\"} $1" "conntrack_stat_insert_total{netns=\"\"} $1" \
        'conntrack_lost_packets_total{netns="",reason="table_full"} 0' 'conntrack_scrape_success 1'; do
        grep -qxF "$sample" "$work/metrics" || { echo "no $sample"; cat "$work/metrics"; return 1; }
    done
    timeout 120 "$TOOL" --diagnose --interval 0.1 -o json >"$work/report"
    for part in "\"entries\":$1," "\"entries_listed\":$1," "\"insert\":{\"total\":$1,\"delta\":0}" \
        '"table_full":{"total":0,"delta":0,"per_sec":0'; do
        grep -qF "$part" "$work/report" || { echo "no $part"; cat "$work/report"; return 1; }
    done
    timeout 120 "$TOOL" --check --interval 0.1 | grep '^CONNTRACK OK .* nothing lost in '
}

# meanwhile STATE: an interval of --check in which the processor gets this state has lost nothing.
meanwhile() {
    timeout 120 "$TOOL" --check --interval 0.5 --watch 0.5 >"$work/checks" &
    checks=$!
    await has_lines "$work/checks" 1
    switch "$1"
    await has_lines "$work/checks" 3
    end "$checks"
    ! grep -v '^CONNTRACK OK .* nothing lost in ' "$work/checks"
}

# shellcheck disable=SC2317  # called through check
kept() {
    rows >"$work/rows.now"
    cmp "$work/rows" "$work/rows.now"
}

inside() {
    FILE=$1 CPU=$2 work=$3
    check 'the processor creates entries' create 1 2 3
    check 'its counter counts them' inserted 3
    check 'all have them' counts 3
    rows >"$work/rows"
    check 'it goes offline during an interval' meanwhile 0
    check 'offline, its row is the same' kept
    check 'offline, its counter counts' counts 3
    check 'it comes back during an interval' meanwhile 1
    check 'its row is what it was' kept
    check 'it counts on' create 4 5
    check 'with what it had counted' inserted 5
    check 'all have that, too' counts 5
    echo "$passed $failed $skipped" >"$work/tally"
}

if [ "${1:-}" = --inside ]; then
    shift
    inside "$@"
    exit
fi

# When a script is killed while the processor is offline, the keeper puts it online.
# shellcheck disable=SC2317  # called through check
killed() {
    mkfifo "$work/of-killed"
    keeper "$FILE" <"$work/of-killed" &
    keeper=$!
    bash -c "exec 3>'$work/of-killed'
        echo 0 >&3
        until [ \"\$(cat $FILE)\" = 0 ]; do :; done
        echo offline >'$work/was-offline'
        kill -9 \$\$" || true
    wait "$keeper"
    [ -s "$work/was-offline" ] && is "$FILE" 1
}

CPU=$(sed 's/.*[,-]//' "$CPUS/online")
FILE=$CPUS/cpu$CPU/online
if [ "$CPU" = 0 ] || ! { is "$FILE" 1 && echo 1 >"$FILE" && taskset -c "$CPU" true; } 2>/dev/null; then
    # A property of the machine: few machines let a program do this.
    note 'offline cpu: this process may not put a processor offline here, or there is only one'
    exit
fi
# Only one script at a time: the file of the processor is the lock.
exec 9<"$FILE"
flock 9

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkfifo "$work/wanted"
keeper "$FILE" <"$work/wanted" 9<&- &
keeper=$!
exec 3>"$work/wanted"
scripts/in-namespace.sh "$0" --inside "$FILE" "$CPU" "$work" 9<&- || fail 'offline cpu: the part inside the namespace'
exec 3>&-
wait "$keeper"
if [ -e "$work/tally" ]; then
    read -r more_passed more_failed more_skipped <"$work/tally"
    passed=$((passed + more_passed)) failed=$((failed + more_failed)) skipped=$((skipped + more_skipped))
fi
check 'the processor is online' is "$FILE" 1
check 'it is put online when the script is killed' killed
tally processors
