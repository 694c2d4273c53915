#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests a full table: the messages of the tool and the C library, and the requests that still work. The script lowers
# the kernel's limit for the test, and restores it in any case. Run after `make stage`.
#
# The whole machine has one limit, but the kernel compares the entries of each network namespace with it separately. So
# the script first fills a namespace nearly to the limit, and then lowers the limit to exactly that number: namespaces
# with fewer entries are not affected. A second process, the keeper, lowers the limit. It restores the limit as soon as
# no process holds the pipe to the keeper, whether this script has ended or was killed.
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh
. scripts/await.sh

LIMIT=/proc/sys/net/netfilter/nf_conntrack_max
STAGE=$(realpath "${STAGE:-stage}")
TOOL=$STAGE/sbin/conntrack
# At most MOST entries are created; they take about 100 MB of kernel memory.
MOST=230000

# Sets the limit to each number that it reads. At the end of the input it restores the former limit, unless another
# program has changed the limit meanwhile.
keeper() {
    trap '' HUP INT TERM
    before=$(cat "$LIMIT")
    last=$before
    while read -r wanted; do
        echo "$wanted" >"$LIMIT"
        last=$wanted
    done
    ! limit_is "$last" || echo "$before" >"$LIMIT"
}

limit_is() {
    [ "$(cat "$LIMIT")" = "$1" ]
}

# Prints a file for -R with the given number of entries: established and assured, so that the kernel may not evict them.
entries() {
    awk -v count="$1" 'BEGIN {
        for (n = 0; n < count; n++)
            printf "-I -s 10.%d.%d.%d -d 10.255.0.1 -p tcp --sport %d --dport 443 --state ESTABLISHED " \
                "-u SEEN_REPLY,ASSURED -t 100000\n", n / 65536, n / 256 % 256, n % 256, 1024 + n % 60000
    }'
}

# One more entry, with either tool.
ONE_MORE='-I -s 192.0.2.1 -d 192.0.2.2 -p udp --sport 1 --dport 2 -t 1000'
# One of the existing entries.
FIRST='-s 10.0.0.0 -d 10.255.0.1 -p tcp --sport 1024 --dport 443'

# answers STATUS TEXT COMMAND...: the command has this exit status, and its output ends with TEXT.
answers() {
    status=$1 text=$2
    shift 2
    said=$("$@" 2>&1 </dev/null) && got=0 || got=$?
    case $said in *"$text") [ "$got" = "$status" ] && return 0 ;; esac
    printf 'status %s: %s\n' "$got" "$said" | tail -n 5
    return 1
}


# shellcheck disable=SC2086  # the entries' options are words
inside() {
    filled=$1 fill=$2 lowered=$3
    full="Operation failed: not enough memory: the table is full, $fill entries of $fill (net.netfilter.nf_conntrack_max)"
    entries "$fill" | "$TOOL" -R - || { echo "table full: cannot fill the table" >&2; exit 1; }
    echo filled >"$filled"
    await limit_is "$fill" || { echo "table full: the limit was not lowered" >&2; exit 1; }

    check 'a create is refused and told why' answers 1 "$full" "$TOOL" $ONE_MORE
    check 'a create-or-update too' answers 1 "$full" "$TOOL" -A ${ONE_MORE#-I }
    printf '%s\n' "-U $FIRST -m 3" "$ONE_MORE" >"$lowered.lines"
    check 'a line of a file too, with its number' answers 1 "$lowered.lines:2: $full" "$TOOL" -R "$lowered.lines"
    if ORIGINAL_TOOL=$(scripts/original.sh tool); then
        for library in "$STAGE/lib" ''; do
            check "nfct_query: ENOMEM, on ${library:-the original}" answers 1 'Operation failed: not enough memory' \
                env ${library:+LD_LIBRARY_PATH="$library"} "$ORIGINAL_TOOL" $ONE_MORE
        done
    else
        skip 'table full: no original tool here to run on the C library'
    fi
    check 'count' answers 0 "$fill" "$TOOL" -C
    check 'list' answers 0 ": $fill flow entries have been shown." "$TOOL" -L
    check 'look-up' answers 0 ': 1 flow entries have been shown.' "$TOOL" -G $FIRST
    check 'statistics' "$TOOL" -S
    check 'update' answers 0 ': 1 flow entries have been updated.' "$TOOL" -U $FIRST -m 4
    check 'delete' answers 0 ': 1 flow entries have been deleted.' "$TOOL" -D $FIRST
    check 'and there is room for one' answers 0 ': 1 flow entries have been created.' "$TOOL" $ONE_MORE
    check 'and no more' answers 1 "$full" "$TOOL" -I $FIRST --state ESTABLISHED -u ASSURED,SEEN_REPLY -t 1000
    check 'flush' answers 0 ': connection tracking table has been emptied.' "$TOOL" -F
    check 'and the table is of use again' answers 0 ': 1 flow entries have been created.' "$TOOL" -I $FIRST \
        --state ESTABLISHED -t 1000
    tally 'inside' >/dev/null
    echo "$passed $failed $skipped" >"$lowered.tally"
}

# When a script is killed while the limit is lowered, the keeper restores the limit.
killed() {
    mkfifo "$work/of-killed"
    keeper <"$work/of-killed" &
    keeper=$!
    sh -c "exec 3>'$work/of-killed'
        echo $((before - 1)) >&3
        until [ \"\$(cat $LIMIT)\" = $((before - 1)) ]; do :; done
        echo lowered >'$work/was-lowered'
        kill -9 \$\$" || true
    wait "$keeper"
    [ -s "$work/was-lowered" ] && limit_is "$before"
}

if [ "${1:-}" = --inside ]; then
    shift
    inside "$@"
    exit
fi

if ! { before=$(cat "$LIMIT") && echo "$before" >"$LIMIT"; } 2>/dev/null; then
    skip 'table full: this process may not change net.netfilter.nf_conntrack_max'
    tally table
    exit
fi
# Only one script at a time: the file of the setting is the lock.
exec 9<"$LIMIT"
flock 9
before=$(cat "$LIMIT")
fill=$((before - before / 8))
if [ "$before" = 0 ] || [ "$fill" -gt "$MOST" ]; then fill=$MOST; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkfifo "$work/wanted"
keeper <"$work/wanted" &
keeper=$!
exec 3>"$work/wanted"

scripts/in-namespace.sh "$0" --inside "$work/filled" "$fill" "$work/lowered" 3>&- 9<&- &
inside=$!
tries=0
until [ -e "$work/filled" ] || ! kill -0 "$inside" 2>/dev/null || [ "$tries" = 1200 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
if [ -e "$work/filled" ]; then echo "$fill" >&3; fi
wait "$inside" || fail 'table full: the part inside the namespace'
exec 3>&-
wait "$keeper"
if [ -e "$work/lowered.tally" ]; then
    read -r more_passed more_failed more_skipped <"$work/lowered.tally"
    passed=$((passed + more_passed)) failed=$((failed + more_failed)) skipped=$((skipped + more_skipped))
fi
check 'the limit is what it was' limit_is "$before"
check 'it is put back when the script is killed' killed
tally table
