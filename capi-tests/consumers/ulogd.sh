# shellcheck shell=bash disable=SC2034,SC2086,SC2154  # a part of scene.sh; words are meant to split
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ulogd2 with its NFCT input: real and made flows go to files through every output that Debian ships without a
# database; the plugin's own filters, its hash, its event mask and its polling mode.

need ulogd
PLUGINS=/usr/lib/$MULTIARCH/ulogd
[ ! -d "$TREE$PLUGINS" ] || PLUGINS=$TREE$PLUGINS

# configure NAME STACK SETTINGS: one daemon's file; SETTINGS go to its input.
configure() {
    mkdir -p "$TMP/$1"
    {
        printf '[global]\nlogfile="stdout"\nloglevel=3\n'
        for plugin in inpflow_NFCT filter_IP2STR filter_PRINTFLOW filter_MARK output_LOGEMU output_GPRINT output_OPRINT \
            output_XML; do
            printf 'plugin="%s"\n' "$PLUGINS/ulogd_$plugin.so"
        done
        printf 'stack=%s\n[ct]\n%s\n' "$2" "$3"
        printf '[emu]\nfile="%s"\nsync=1\n' "$TMP/$1/out"
        printf '[gp]\nfile="%s"\nsync=1\n' "$TMP/$1/out"
        printf '[op]\nfile="%s"\nsync=1\n' "$TMP/$1/out"
        printf '[xml]\ndirectory="%s"\nsync=1\n' "$TMP/$1"
        printf '[mark]\nmark=0x10\n'
    } >"$TMP/$1/conf"
}
names=()
declare -A daemon
up() {
    configure "$@"
    start "$1" ulogd -v -c "$TMP/$1/conf"
    names+=("$1")
    daemon[$1]=$started
    case $3 in
    *pollinterval*) ;;
    *) expect subscribed "$started" ;;
    esac
}

join to-server 10.9.0.1/24 server 10.9.0.2/24
track
kernel nf_conntrack_timestamp=1
IN=server serve /usr/bin/python3 "$HERE/traffic.py" serve 10.9.0.2 tcp:80 udp:53

ALL='hash_enable=0
event_mask=0x00000007'
up text ct:NFCT,ip2str:IP2STR,print:PRINTFLOW,emu:LOGEMU "$ALL"
up keys ct:NFCT,gp:GPRINT "$ALL"
up long ct:NFCT,op:OPRINT 'hash_enable=0
accept_proto_filter=udp,sctp'
up xml ct:NFCT,xml:XML "$ALL"
up hash ct:NFCT,ip2str:IP2STR,print:PRINTFLOW,emu:LOGEMU 'hash_enable=1'
up new ct:NFCT,ip2str:IP2STR,print:PRINTFLOW,emu:LOGEMU 'hash_enable=0
event_mask=0x00000001'
up mark ct:NFCT,mark:MARK,ip2str:IP2STR,print:PRINTFLOW,emu:LOGEMU "$ALL"
up source ct:NFCT,ip2str:IP2STR,print:PRINTFLOW,emu:LOGEMU "$ALL
accept_src_filter=10.1.0.0/24,2001:db8::/64"
up target ct:NFCT,ip2str:IP2STR,print:PRINTFLOW,emu:LOGEMU "$ALL
accept_dst_filter=10.1.0.2/32"
up protocol ct:NFCT,ip2str:IP2STR,print:PRINTFLOW,emu:LOGEMU "$ALL
accept_proto_filter=udp,sctp"
up reliable ct:NFCT,ip2str:IP2STR,print:PRINTFLOW,emu:LOGEMU "$ALL
reliable=1
netlink_socket_buffer_size=262144
netlink_socket_buffer_maxsize=1048576"
up poll ct:NFCT,ip2str:IP2STR,print:PRINTFLOW,emu:LOGEMU 'pollinterval=1'

V4='-s 10.1.0.1 -d 10.1.0.2'
V6='-s 2001:db8::1 -d 2001:db8::2'
traffic tcp 10.9.0.1:4001 10.9.0.2:80 hello again
traffic udp 10.9.0.1:4002 10.9.0.2:53 one two three
traffic ping 10.9.0.1 10.9.0.2 77
change -I -p tcp $V4 --sport 1001 --dport 80 --state ESTABLISHED -t 34500 -u SEEN_REPLY,ASSURED -m 16
change -I -p udp $V6 --sport 1003 --dport 53 -t 34500 -u SEEN_REPLY
change -I -p udp -s 2001:db8:1::1 -d 2001:db8::2 --sport 1003 --dport 53 -t 34500 -u SEEN_REPLY
change -I -p sctp $V4 --sport 5 --dport 6 --state ESTABLISHED --orig-vtag 1 --reply-vtag 2 -t 34500
change -I -p icmpv6 $V6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 78 -t 34500
change -I -p udp $V4 --sport 1004 --dport 53 -t 34500 -w 5
change -I -p udp -s 10.2.0.1 -d 10.2.0.3 --sport 1 --dport 2 -t 34500 -g 10.2.0.8
change -U -p tcp $V4 --sport 1001 --dport 80 -m 32
expect done_since "${daemon[poll]}" "$(date +%s)" # it has polled since: it has seen every flow
change -D -p udp --dport 53 -s 10.9.0.1
change -D -p icmp
change -D -p tcp $V4
change -D -s 2001:db8::1 -p udp
change -D -s 2001:db8:1::1
change -D -p sctp
change -D -p icmpv6
change -D -w 5
change -D -s 10.2.0.1

expect drained
expect has_lines "$TMP/poll/out" 9 # the poll has missed every flow that is gone
for name in "${names[@]}"; do finish "${daemon[$name]}" TERM; done
for name in "${names[@]}"; do
    [ "$name" != poll ] || SORTED=1
    note "$name-file" sh -c "cat $TMP/$name/out $TMP/$name/*.xml 2>/dev/null"
    SORTED=
done
