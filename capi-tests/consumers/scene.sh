#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The frame of one scenario on one library; run.sh starts it in namespaces of its own (network, mount, process).
#
#   scene.sh SCENARIO
#
# In:  LIBRARY  folder with the libnetfilter_conntrack.so.3 under test
#      WITNESS  folder with the original, for commands that prepare or look at a scene
#      TREE     unpacked Debian packages (may be empty: then the installed programs are used)
#      OUT      receives one record for each step: the command, its output, its exit status
#      TRACE    receives the loader's own trace of each consumer
# Everything a scenario makes (namespaces, mounts, processes) ends with this shell.

# shellcheck disable=SC2317  # the functions are for the scenario
set -u
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
MULTIARCH=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")
export LC_ALL=C TZ=UTC
PATH=$TREE/usr/sbin:$TREE/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin
UNPACKED=$TREE/usr/lib/$MULTIARCH:$TREE/lib/$MULTIARCH # the libraries of the unpacked packages
TMP=/run/scene
STEPS=0
IN=     # namespace of the next commands; empty: the scene's first one
SORTED= # set: sort the standard output of steps, for lists in the kernel's hash order

# Starts a step: $record is its file, $raw its output as it came. Numbers keep records in order of play.
begin() {
    STEPS=$((STEPS + 1))
    record=$OUT/$(printf '%03d' "$STEPS")-$1
    raw=$OUT/raw/${record##*/}
}

# within COMMAND...: runs it in the namespace $IN.
within() {
    if [ -n "$IN" ]; then exec nsenter --net="/run/netns/$IN" "$@"; else exec "$@"; fi
}

# consumer COMMAND...: becomes that program, on the library under test, with the loader's trace.
consumer() {
    local liar=$LIBRARY/liar.so
    [ -e "$liar" ] || liar=
    within env LD_LIBRARY_PATH="$LIBRARY:$UNPACKED" LD_DEBUG=libs \
        LD_DEBUG_OUTPUT="$TRACE/${record##*/}" LD_PRELOAD="$liar" "$@"
}

# write_record STATUS COMMAND...: joins what a step left into its record, normalised; the raw output stays beside it.
write_record() {
    local status=$1
    shift
    {
        echo "\$ ${IN:+$IN: }$*"
        normalise <"$raw.out" | if [ -n "$SORTED" ]; then sort; else cat; fi
        normalise <"$raw.err" | sed 's/^/! /'
        echo "exit $status"
    } >"$record"
}
normalise() { sed -E -f "$HERE/normalise.sed" || echo "normalise.sed failed" >>"$OUT/failed"; }

# step NAME COMMAND...: plays a consumer to its end and records it.
step() {
    begin "$1"
    shift
    (consumer timeout -k 1 120 "$@") >"$raw.out" 2>"$raw.err" </dev/null
    write_record $? "$@"
}

# note NAME COMMAND...: records a command that does not use the library under test.
note() {
    begin "$1"
    touch "$TRACE/${record##*/}.none"
    shift
    (within timeout -k 1 120 "$@") >"$raw.out" 2>"$raw.err" </dev/null
    write_record $? "$@"
}

# start NAME COMMAND...: plays a consumer in the background, on $KEYS as its standard input; $started is its process, $record its record.
start() {
    begin "$1"
    shift
    (consumer "$@") >"$raw.out" 2>"$raw.err" <"${KEYS:-/dev/null}" &
    started=$!
    printf '%s\n' "$*" >"$TMP/command.$started"
    printf '%s\n' "$record" >"$TMP/record.$started"
}

# complete PROCESS STATUS: completes the record of what start began and has ended.
complete() {
    local record raw
    record=$(cat "$TMP/record.$1")
    raw=$OUT/raw/${record##*/}
    write_record "$2" "$(cat "$TMP/command.$1")"
}

# finish PROCESS SIGNAL: ends what start began, once it waits, and completes its record. A program that has read an event
# and has not printed it yet would end without it.
finish() {
    expect waiting "$1"
    kill -s "$2" "$1"
    wait "$1"
    complete "$1" $?
}

# expect COMMAND...: waits until it succeeds; when that never happens the scene has failed, and goes on.
expect() { await "$@" || echo "never happened: $*" >>"$OUT/failed"; }

# Conditions for expect.
# The process has a conntrack socket that is in a multicast group. (Columns: socket, protocol, port id, groups, ..., inode.)
subscribed() {
    local inodes
    inodes=$(awk '$2 == 12 && $4 !~ /^0+$/ { print "socket:[" $10 "]" }' "/proc/$1/net/netlink")
    find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' | grep -qFx "$inodes"
}
# Nobody has an event left to read. (Fifth column: bytes queued.)
drained() { awk '$2 == 12 && $4 !~ /^0+$/ && $5 > 0 { exit 1 }' /proc/net/netlink; }
# The process waits: it has done what it has read.
waiting() { [ "$(sed 's/.*) //; s/ .*//' "/proc/$1/stat")" = S ]; }
# `carrier DEVICE`, `bound tcp|udp PORT`, in $IN.
carrier() { (within ip -o link show "$1") | grep -q 'state UP'; }
bound() { (within ss -nl "--$1") | grep -q ":$2 "; }
# The table in $IN has such a line.
in_table() { witness sh -c "conntrack -L | grep -q -- '$1'"; }
holds() { grep -q -- "$2" "$1"; }
# File $1 is longer than $2 bytes.
longer() { [ "$(stat -c %s "$1")" -gt "$2" ]; }
# A process that does something each second, and sleeps only until the next time, has done it since the time $2 (date +%s): it
# sleeps two seconds later, or more.
done_since() { [ "$(date +%s)" -ge $(($2 + 3)) ] && waiting "$1"; }
exists() { [ -e "$1" ]; }

# witness COMMAND...: a command of the scene itself, on the original.
witness() { (within env LD_LIBRARY_PATH="$WITNESS:$UNPACKED" "$@") >/dev/null 2>&1; }

# quiet COMMAND...: a command that prepares the scene; its failure fails the scenario.
quiet() {
    local said
    said=$( (within "$@") 2>&1 ) || echo "$* said: $said" >>"$OUT/failed"
}

# serve COMMAND...: a background process of the scene; returns when it has said `ready`.
serve() {
    local log
    log=$(mktemp "$TMP/serve.XXXXXX")
    (within "$@") >"$log" 2>&1 &
    expect holds "$log" ready
}
traffic() { quiet /usr/bin/python3 "$HERE/traffic.py" "$@"; }

# skip REASON: the rest of the scenario cannot be played here.
skip() {
    echo "$*" >>"$OUT/skipped"
    exit 0
}
# need PROGRAM: it is there, with every library.
need() {
    local file missing
    file=$(command -v "$1") || skip "no program $1"
    missing=$(LD_LIBRARY_PATH=$WITNESS:$UNPACKED ldd "$file" | awk '/not found/ { print $1 }')
    [ -z "$missing" ] || skip "$1 lacks $missing"
}

# need_users: a daemon that changes its user needs more users than an ordinary user's namespace has.
need_users() { grep -q ' 4294967295$' /proc/self/uid_map || skip "needs root: the daemon changes its user"; }

# own_etc: a private copy of /etc, so that a scenario can lay files there.
own_etc() {
    mkdir -p "$TMP/etc"
    cp -a /etc/. "$TMP/etc" 2>/dev/null
    mount --bind "$TMP/etc" /etc || skip "no bind mount"
    mkdir -p /etc/xtables
}

# namespace NAME: one more network namespace; it and its name vanish with the scene.
namespace() {
    quiet ip netns add "$1"
    IN=$1 quiet ip link set lo up
}

# kernel SETTING=VALUE...: of /proc/sys/net/netfilter, in the namespace $IN.
kernel() {
    local setting
    for setting; do quiet sh -c "echo ${setting#*=} >/proc/sys/net/netfilter/${setting%%=*}"; done
}

# change OPTION...: a change of the table by the original's tool; `change` fails the scene when it fails.
change() { witness conntrack "$@" || echo "change failed: $*" >>"$OUT/failed"; }

# track: makes the kernel follow every flow in $IN, with counters, events of every flow, and timers that end in 500 (see
# normalise.sed).
track() {
    quiet nft add table inet track
    quiet nft 'add chain inet track every { type filter hook prerouting priority 0; }'
    quiet nft 'add rule inet track every ct state new,established,related accept'
    local timer settings=(nf_conntrack_acct=1 nf_conntrack_events=1 nf_conntrack_udp_timeout=3500
        nf_conntrack_udp_timeout_stream=3500 nf_conntrack_icmp_timeout=3500 nf_conntrack_tcp_timeout_established=36500)
    for timer in syn_sent syn_recv fin_wait close_wait last_ack time_wait close max_retrans unacknowledged; do
        settings+=("nf_conntrack_tcp_timeout_$timer=4500")
    done
    kernel "${settings[@]}"
}

# join HERE-DEVICE HERE-ADDRESS NAME ADDRESS: a veth pair to a new namespace NAME, whose end is called `eth`.
join() {
    namespace "$3"
    quiet ip link add "$1" type veth peer name eth netns "$3"
    quiet ip address add "$2" dev "$1"
    quiet ip link set "$1" up
    IN=$3 quiet ip address add "$4" dev eth
    IN=$3 quiet ip link set eth up
    expect carrier "$1"
}

# router: this namespace forwards between `client` (10.8.1.2) and `server` (10.8.2.2). It follows every flow, sends the
# client's out with the source 10.8.2.9 and hands UDP to its own port 5353 on to the server's port 53.
router() {
    join to-client 10.8.1.1/24 client 10.8.1.2/24
    join to-server 10.8.2.1/24 server 10.8.2.2/24
    IN=client quiet ip route add default via 10.8.1.1
    IN=server quiet ip route add default via 10.8.2.1
    echo 1 >/proc/sys/net/ipv4/ip_forward
    track
    quiet nft add table ip nat
    quiet nft 'add chain ip nat pre { type nat hook prerouting priority -100; }'
    quiet nft 'add chain ip nat post { type nat hook postrouting priority 100; }'
    quiet nft add rule ip nat pre udp dport 5353 dnat to 10.8.2.2:53
    quiet nft add rule ip nat post ip saddr 10.8.1.0/24 oif to-server snat to 10.8.2.9
    quiet ip address add 10.8.2.9/32 dev to-server
}

ulimit -f 65536 # no program fills the disk: 64 MiB a file
mount --make-rprivate / && mount -t tmpfs tmpfs /run || exit 3
mkdir -p "$TMP" /run/netns "$OUT/raw"
ip link set lo up
# shellcheck source=scripts/await.sh
. "$HERE/../../scripts/await.sh"
# shellcheck source=/dev/null
. "$HERE/$1.sh"
exit 0
