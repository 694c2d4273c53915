# shellcheck shell=bash disable=SC2034,SC2086,SC2154  # a part of scene.sh; words are meant to split
# SPDX-License-Identifier: GPL-2.0-or-later
#
# conntrackd: two nodes joined by a veth pair. Three plays:
#   1. FTFW over UDP, filter in user space: flows of node a appear in b's external cache, expectations too; b commits
#      them to its kernel; every control command is asked.
#   2. NOTRACK over multicast, filter in the kernel, no external cache: a's flows go straight into b's kernel.
#   3. Statistics mode on node a alone.

need conntrackd
need conntrack
for node in a b; do namespace $node; done
quiet ip link add sync-a netns a type veth peer name sync-b netns b
IN=a quiet ip address add 10.7.0.1/24 dev sync-a
IN=b quiet ip address add 10.7.0.2/24 dev sync-b
for IN in a b; do
    quiet ip link set sync-$IN up
    track
    quiet nft 'add chain inet track raw-in { type filter hook prerouting priority -300; }'
    quiet nft add rule inet track raw-in iifname sync-$IN notrack
    quiet nft 'add chain inet track raw-out { type filter hook output priority -300; }'
    quiet nft add rule inet track raw-out oifname sync-$IN notrack
    quiet nft 'add ct helper inet track ftp { type "ftp" protocol tcp; }'
    quiet nft 'add chain inet track helped { type filter hook output priority -150; }'
    quiet nft 'add rule inet track helped tcp dport 21 ct helper set "ftp"'
    kernel nf_conntrack_timestamp=1
done
for IN in a b; do expect carrier sync-$IN; done
IN=

# configure NODE MODE FILTER: writes the node's file.
configure() {
    cat >"$TMP/$1.conf" <<CONFIG
$2
General {
    HashSize 1024
    HashLimit 4096
    LogFile $TMP/$1.log
    Syslog no
    LockFile $TMP/$1.lock
    UNIX { Path $TMP/$1.ctl }
    NetlinkBufferSize 262144
    NetlinkBufferSizeMaxGrowth 1048576
    $3
}
CONFIG
}
declare -A daemon
up() {
    local node
    for node in "$@"; do
        IN=$node start "$node-daemon" conntrackd -C "$TMP/$node.conf"
        daemon[$node]=$started
        expect exists "$TMP/$node.ctl"
        expect subscribed "$started"
    done
}
down() {
    local node
    for node in "$@"; do
        control "$node" stop -k
        wait "${daemon[$node]}"
        IN=$node complete "${daemon[$node]}" $?
        rm -f "$TMP/$node.log"
    done
}
# control NODE NAME OPTION...: a question or an order to the node's daemon.
control() {
    local node=$1 name=$2
    shift 2
    IN=$node step "$node-$name" conntrackd -C "$TMP/$node.conf" "$@"
}
# shown PATTERN NODE OPTION...: the daemon's answer has such a line.
ask() { IN=$1 within env LD_LIBRARY_PATH="$WITNESS:$UNPACKED" conntrackd -C "$TMP/$1.conf" "${@:2}"; }
shown() { (ask "${@:2}") | grep -q -- "$1"; }
gone() { ! shown "$@"; }
# resting NODE: no cache of the node keeps an entry whose end the other node has still to acknowledge.
resting() {
    (ask "$1" -s cache) | tr -d ' \t' |
        awk -F '[:/]' '/^active\/total/ { seen = 1; busy += $3 != $4 } END { exit !seen || busy }'
}
logged() { [ "$(grep -c -- "$2" "$TMP/$1.log")" -ge "$3" ]; }
caches() {
    local node
    for node in a b; do
        SORTED=1 control $node internal -i
        SORTED=1 control $node internal-xml -i -x
        SORTED=1 control $node external -e
        SORTED=1 control $node external-xml -e -x
        SORTED=1 control $node expect-internal -i exp
        SORTED=1 control $node expect-external -e exp
    done
}
table() { SORTED=1 IN=$1 step "$1-kernel" conntrack -L -o extended; }
V4='-s 10.1.0.1 -d 10.1.0.2'
V6='-s 2001:db8::1 -d 2001:db8::2'

# 1. Reliable synchronisation over UDP.
udp() {
    echo "Sync {
        Mode FTFW { StartupResync yes }
        UDP { IPv4_address $1  IPv4_Destination_Address $2  Port 3780  Interface $3  Checksum on }
        Options { TCPWindowTracking On  ExpectationSync On }
    }"
}
configure a "$(udp 10.7.0.1 10.7.0.2 sync-a)" 'Filter From Userspace {
        Protocol Accept { TCP SCTP UDP ICMP IPv6-ICMP }
        Address Ignore { IPv4_address 10.7.0.0/24 IPv4_address 10.66.0.1 IPv6_address 2001:db8:66::/64 }
    }'
configure b "$(udp 10.7.0.2 10.7.0.1 sync-b)" 'Filter From Userspace { Address Ignore { IPv4_address 10.7.0.0/24 } }'
# Two flows before the daemons start are found by their first dump.
IN=a change -I -p tcp $V4 --sport 1001 --dport 80 --state ESTABLISHED -t 34500 -u SEEN_REPLY,ASSURED -m 7
IN=a change -I -p udp $V6 --sport 1003 --dport 53 -t 34500 -u SEEN_REPLY
up a b
# Flows of every kind that come later arrive as events.
IN=a change -I -p tcp $V4 --sport 1002 --dport 80 --state SYN_SENT -t 34500
IN=a change -U -p tcp $V4 --sport 1002 --dport 80 --state ESTABLISHED -t 35500 -u SEEN_REPLY,ASSURED
IN=a change -I -p tcp $V6 --sport 1001 --dport 80 --state ESTABLISHED -t 34500 -u SEEN_REPLY,ASSURED
IN=a change -I -p udp $V4 --sport 1003 --dport 53 -t 34500 -u SEEN_REPLY -m 0x10
IN=a change -I -p sctp $V4 --sport 5 --dport 6 --state ESTABLISHED --orig-vtag 1 --reply-vtag 2 -t 34500 -u SEEN_REPLY
IN=a change -I -p icmp $V4 --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 34500 -u SEEN_REPLY
IN=a change -I -p icmpv6 $V6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 78 -t 34500 -u SEEN_REPLY
IN=a change -I -p gre $V4 --srckey 1 --dstkey 2 -t 34500 -u SEEN_REPLY
IN=a change -I -p udp -s 10.66.0.1 -d 10.1.0.2 --sport 1 --dport 2 -t 34500 -u SEEN_REPLY
IN=a change -I -p udp -s 2001:db8:66::1 -d 2001:db8::2 --sport 1 --dport 2 -t 34500 -u SEEN_REPLY
IN=a change -I -p tcp -s 10.2.0.1 -d 10.2.0.2 --sport 1 --dport 2 --state ESTABLISHED -t 34500 -u SEEN_REPLY,ASSURED -n 10.2.0.9:4000
IN=a change -I -p udp -s 10.2.0.1 -d 10.2.0.3 --sport 1 --dport 2 -t 34500 -u SEEN_REPLY -g 10.2.0.8
IN=a change -I -p udp $V4 --sport 1004 --dport 53 -t 34500 -u SEEN_REPLY -w 5
IN=a change -I -p udp $V4 --sport 1005 --dport 53 -t 34500 -u SEEN_REPLY
IN=a change -D -p udp $V4 --sport 1005 --dport 53
# A real FTP session within node a, whose helper expects a connection.
IN=a serve /usr/bin/python3 "$HERE/traffic.py" serve 127.0.0.2 tcp:21
IN=a serve /usr/bin/python3 "$HERE/traffic.py" hold 127.0.0.1:4001 127.0.0.2:21 'USER x' 'PORT 127,0,0,1,19,137'
expect shown 'sport=1004' b -e
expect shown 'dport=5001' b -e exp
expect gone 'sport=1005' b -e
caches
expect resting a
expect resting b
for node in a b; do
    control $node stats -s
    control $node stats-cache -s cache
    control $node stats-runtime -s runtime
    control $node stats-network -s network
    control $node stats-link -s link
    control $node stats-expect -s expect
    control $node stats-queue -s queue
done
table b
control b commit -c
expect logged b 'commit has taken' 1
table b
control b commit-expect -c exp
expect logged b 'commit has taken' 2
SORTED=1 IN=b step b-kernel-expect conntrack -L expect
expect shown 'sport=1001' b -i
caches
control a flush-internal -f internal
SORTED=1 control a internal -i
control a resync -R
expect shown 'sport=1001' a -i
SORTED=1 control a internal -i
control b flush-external -f external
control b request-resync -n
expect shown 'sport=1004' b -e
SORTED=1 control b external -e
IN=a change -U -p tcp $V4 --sport 1001 --dport 80 -m 77
expect shown 'mark=77' a -i
expect shown 'mark=77' b -e
IN=a change -D -p tcp $V4 --sport 1001 --dport 80
expect gone 'mark=77' b -e
SORTED=1 control b external -e
control a bulk -B
control b kernel-flush -F
expect gone 'sport=1004' b -i
table b
caches
down a b

# 2. Straight into the other kernel, over multicast.
multicast() {
    echo "Sync {
        Mode NOTRACK { DisableExternalCache On }
        Multicast { IPv4_address 225.0.0.50  Group 3780  IPv4_interface $1  Interface $2  Checksum on }
    }"
}
FILTER='Filter From Kernelspace {
        Protocol Accept { TCP UDP }
        Address Ignore { IPv4_address 10.7.0.0/24 IPv4_address 10.66.0.1 IPv4_address 127.0.0.0/8 IPv6_address 2001:db8:66::1 }
        State Accept { ESTABLISHED CLOSED TIME_WAIT CLOSE_WAIT for TCP }
    }'
for IN in a b; do witness conntrack -F; done
IN=
configure a "$(multicast 10.7.0.1 sync-a)" "$FILTER"
configure b "$(multicast 10.7.0.2 sync-b)" "$FILTER"
up b a
IN=a change -I -p udp -s 10.66.0.1 -d 10.1.0.2 --sport 1 --dport 2 -t 34500 -u SEEN_REPLY
IN=a change -I -p udp -s 2001:db8:66::1 -d 2001:db8::2 --sport 1 --dport 2 -t 34500 -u SEEN_REPLY
IN=a change -I -p icmp $V4 --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 34500 -u SEEN_REPLY
IN=a change -I -p tcp $V4 --sport 1 --dport 2 --state SYN_SENT -t 34500
IN=a change -I -p tcp $V4 --sport 2001 --dport 80 --state ESTABLISHED -t 34500 -u SEEN_REPLY,ASSURED
IN=a change -I -p udp $V6 --sport 2002 --dport 53 -t 34500 -u SEEN_REPLY -m 5
IN=a change -I -p udp $V4 --sport 2003 --dport 53 -t 34500 -u SEEN_REPLY
IN=a change -D -p udp $V4 --sport 2003 --dport 53
IN=a change -I -p udp $V4 --sport 2004 --dport 53 -t 34500 -u SEEN_REPLY
IN=b expect in_table sport=2004
table b
expect resting a
expect resting b
for node in a b; do
    SORTED=1 control $node internal -i
    SORTED=1 control $node external -e
    control $node stats -s
done
down a b

# 3. Statistics of one node.
configure a 'Stats { LogFile '"$TMP"'/flows.log }' 'Filter From Kernelspace { Protocol Accept { TCP UDP } }'
up a
IN=a change -I -p udp $V4 --sport 3001 --dport 53 -t 34500 -u SEEN_REPLY
IN=a change -D -p udp $V4 --sport 3001 --dport 53
IN=a change -I -p tcp $V4 --sport 3002 --dport 80 --state ESTABLISHED -t 34500 -u SEEN_REPLY,ASSURED
expect shown 'sport=3002' a -i
SORTED=1 control a internal -i
SORTED=1 control a internal-xml -i -x
expect resting a
control a stats -s
control a stats-cache -s cache
IN=a change -D -p tcp $V4 --sport 3002
expect gone 'sport=3002' a -i
expect holds "$TMP/flows.log" 'sport=3002'
note flows-log cat "$TMP/flows.log"
down a
