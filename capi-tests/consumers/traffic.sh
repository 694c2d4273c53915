# shellcheck shell=bash disable=SC2034,SC2086,SC2154  # a part of scene.sh; words are meant to split
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A router between two namespaces translates real TCP, UDP and ICMP traffic; conntrack(8) watches and lists it.

need conntrack
router
quiet nft insert rule inet track every tcp dport 80 ct mark set 0x51
IN=server serve /usr/bin/python3 "$HERE/traffic.py" serve 10.8.2.2 tcp:80 udp:53 udp:7

start events conntrack -E -e NEW,DESTROY -o extended
events=$started
expect subscribed "$events"
start states conntrack -E -e UPDATES -p tcp
states=$started
expect subscribed "$states"

IN=client traffic tcp 10.8.1.2:4001 10.8.2.2:80 hello again
expect in_table TIME_WAIT
IN=client traffic udp 10.8.1.2:4002 10.8.2.2:7 one two three
IN=client traffic udp 10.8.1.2:4003 10.8.1.1:5353 question
IN=client traffic ping 10.8.1.2 10.8.2.2 77

SORTED=1
step list conntrack -L -o extended
step list-snat conntrack -L -n 10.8.2.9
step list-dnat conntrack -L -g
step list-xml conntrack -L -o xml -p udp
step list-save conntrack -L -o save
step list-mark conntrack -L -m 0x51
step zero conntrack -L -z -p udp
step zeroed conntrack -L -p udp
step delete-snat conntrack -D -p udp --dport 7
step delete-dnat conntrack -D -p udp -g
step delete-icmp conntrack -D -p icmp
step delete-mark conntrack -D -m 0x51
step flush conntrack -F
expect drained
SORTED=
finish "$events" INT
finish "$states" INT
