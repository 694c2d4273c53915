# shellcheck shell=bash disable=SC2034,SC2086,SC2154  # a part of scene.sh; words are meant to split
# SPDX-License-Identifier: GPL-2.0-or-later
#
# conntrack -E: listeners with every output form and filter watch the same changes; SIGINT ends them.

need conntrack
own_etc
printf '1 one\n64 far-away\n' >/etc/xtables/connlabel.conf
quiet nft add table inet labels
quiet nft add chain inet labels unused
quiet nft add rule inet labels unused ct label set 1
kernel nf_conntrack_acct=1 nf_conntrack_timestamp=1

step refused conntrack -E -u ASSURED

# One listener a line: a name and its arguments.
listeners=()
while read -r name words; do
    eval "start $name conntrack -E $words"
    listeners+=("$started")
    expect subscribed "$started"
done <<'TABLE'
plain
extended   -o extended
id         -o id
timestamp  -o timestamp,extended
ktimestamp -o ktimestamp
xml        -o xml
xml-more   -o xml,timestamp,ktimestamp,labels
save       -o save
labels     -o labels
userspace  -o userspace
new        -e NEW
updates    -e UPDATES
destroy    -e DESTROY
two-kinds  -e NEW,DESTROY -o extended
tcp        -p tcp
ports      -p udp --sport 1003
icmp       -p icmpv6
source     -s 10.1.0.1
net        -s 10.1.0.0/24
net6       -d 2001:db8::/32
mark       -m 16
mark-mask  -m 0x10/0x30
snat       -n
dnat       -g 10.2.0.8
zone       -w 5
label      -l one
ipv6       -f ipv6
buffer     -b 400000 -p gre
TABLE

V4='-s 10.1.0.1 -d 10.1.0.2'
V6='-s 2001:db8::1 -d 2001:db8::2'
change -I -p tcp $V4 --sport 1001 --dport 80 --state SYN_SENT -t 34500
change -U -p tcp $V4 --sport 1001 --dport 80 --state ESTABLISHED -t 35500 -u SEEN_REPLY,ASSURED
change -I -p udp $V4 --sport 1003 --dport 53 -t 34500 -m 16 --label-add one,far-away
change -U -p udp $V4 --sport 1003 --dport 53 -m 48
change -U -p udp $V4 --sport 1003 --dport 53 --label-del one
change -I -p icmpv6 $V6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 78 -t 34500
change -I -p udp $V4 --sport 1004 --dport 53 -t 34500 -w 5
change -I -p gre $V4 --srckey 1 --dstkey 2 -t 34500
change -I -p sctp $V6 --sport 1 --dport 2 --state CLOSED --orig-vtag 1 --reply-vtag 2 -t 34500
change -I -p tcp -s 10.2.0.1 -d 10.2.0.2 --sport 1 --dport 2 --state ESTABLISHED -t 34500 -n 10.2.0.9:4000
change -I -p udp -s 10.2.0.1 -d 10.2.0.3 --sport 1 --dport 2 -t 34500 -g 10.2.0.8
change -D -p tcp $V4
change -D -p icmpv6
change -D -w 5
change -D -s 10.2.0.1 -d 10.2.0.2
change -D -p sctp
change -I -p 200 -s 10.255.0.1 -d 10.255.0.2 -t 34500

expect drained
for listener in "${listeners[@]}"; do finish "$listener" INT; done
