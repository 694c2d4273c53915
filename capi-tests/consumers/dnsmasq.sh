# shellcheck shell=bash disable=SC2034,SC2086,SC2154  # a part of scene.sh; words are meant to split
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dnsmasq reads the conntrack mark of each question: it answers by allow lists that hang on the mark, and gives its own
# question to the next server the same mark. The kernel's counters show the marks that it set.

need dnsmasq
need_users
join to-client 10.9.0.1/24 client 10.9.0.2/24
IN=client quiet ip address add 10.9.0.3/24 dev eth
IN=client quiet ip address add 10.9.0.4/24 dev eth
join to-server 10.9.1.1/24 server 10.9.1.2/24
track
quiet nft insert rule inet track every ip saddr 10.9.0.2 ct mark set 7
quiet nft insert rule inet track every ip saddr 10.9.0.3 ct mark set 0x108
quiet nft 'add chain inet track sent { type filter hook output priority 0; }'
for mark in 7 0x108 0; do quiet nft add rule inet track sent ip daddr 10.9.1.2 udp dport 5300 meta mark $mark counter; done
IN=server serve /usr/bin/python3 "$HERE/traffic.py" zone 10.9.1.2:5300 192.0.2.77

ask() { IN=client note "$1" /usr/bin/python3 "$HERE/traffic.py" dns "$2" 10.9.0.1:53 "$3"; }
DAEMON=(dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file= --cache-size=0
    --listen-address=10.9.0.1 --server=10.9.1.2#5300)

start marks "${DAEMON[@]}" --conntrack
marks=$started
expect bound udp 53
ask marked 10.9.0.2:4001 a.example.com
ask other-mark 10.9.0.3:4002 b.example.com
ask unmarked 10.9.0.4:4003 c.example.com
finish "$marks" TERM
note counters sh -c 'nft list chain inet track sent | grep counter'

start lists "${DAEMON[@]}" --connmark-allowlist-enable=255 '--connmark-allowlist=7,*.example.com' \
    '--connmark-allowlist=8,*.b.org'
lists=$started
expect bound udp 53
ask allowed 10.9.0.2:4011 a.example.com
ask refused 10.9.0.2:4012 a.b.org
ask other-list 10.9.0.3:4013 a.b.org
ask other-refused 10.9.0.3:4014 a.example.com
ask no-mark 10.9.0.4:4015 a.b.net
finish "$lists" TERM
