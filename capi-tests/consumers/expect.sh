# shellcheck shell=bash disable=SC2034,SC2086,SC2154  # a part of scene.sh; words are meant to split
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Expectations: the kernel's FTP helper makes them out of real FTP lines between two namespaces; conntrack(8) lists,
# gets, adds and deletes them and follows their events.

need conntrack
join left 10.9.0.1/24 b 10.9.0.2/24
quiet ip -6 address add 2001:db8:9::1/64 dev left nodad
IN=b quiet ip -6 address add 2001:db8:9::2/64 dev eth nodad
track
quiet nft 'add ct helper inet track ftp { type "ftp" protocol tcp; }'
quiet nft 'add chain inet track helped { type filter hook output priority -150; }'
quiet nft 'add rule inet track helped tcp dport 21 ct helper set "ftp"'
IN=b serve /usr/bin/python3 "$HERE/traffic.py" serve 10.9.0.2 tcp:21
IN=b serve /usr/bin/python3 "$HERE/traffic.py" serve 2001:db8:9::2 tcp:21
serve /usr/bin/python3 "$HERE/traffic.py" serve 10.9.0.1 tcp:5001

start events conntrack -E expect
plain=$started
expect subscribed "$plain"
start events-xml conntrack -E expect -o xml,timestamp
xml=$started
expect subscribed "$xml"

# Two FTP sessions that announce a port each: 5001 and 5002 (19 * 256 + 137, 138), and one over IPv6.
serve /usr/bin/python3 "$HERE/traffic.py" hold 10.9.0.1:4001 10.9.0.2:21 'USER x' 'PORT 10,9,0,1,19,137'
serve /usr/bin/python3 "$HERE/traffic.py" hold 10.9.0.1:4002 10.9.0.2:21 'USER x' 'PORT 10,9,0,1,19,138'
serve /usr/bin/python3 "$HERE/traffic.py" hold '[2001:db8:9::1]:4003' '[2001:db8:9::2]:21' 'USER x' 'EPRT |2|2001:db8:9::1|5003|'

SORTED=1
step list conntrack -L expect
step list-v6 conntrack -L expect -f ipv6
SORTED='' step list-xml-v6 conntrack -L expect -f ipv6 -o xml
step list-timestamp conntrack -L expect -o timestamp
step count conntrack -C expect
step stats-expect-names sh -c "conntrack -S expect | sed 's/=[0-9]*/=N/g' | sort -u"
step masters conntrack -L -p tcp --dport 21
PORTS='--sport 0 --dport 5001 --reply-port-src 5001 --reply-port-dst 0'
step get conntrack -G expect -p tcp -s 10.9.0.2 -d 10.9.0.1 $PORTS
step get-none conntrack -G expect -p tcp -s 10.9.0.2 -d 10.9.0.7 $PORTS
MASTER='-p tcp -s 10.9.0.1 -d 10.9.0.2 --sport 4002 --dport 21'
TUPLE='--tuple-src 10.9.0.2 --tuple-dst 10.9.0.1 --mask-src 255.255.255.255 --mask-dst 255.255.255.255'
step create conntrack -I expect $MASTER $TUPLE --tuple-port-src 0 --tuple-port-dst 5007 --mask-port-src 0 \
    --mask-port-dst 65535 -t 250
step create-no-master conntrack -I expect -p tcp -s 10.9.0.1 -d 10.9.0.2 --sport 9 --dport 9 $TUPLE \
    --tuple-port-src 0 --tuple-port-dst 5008 --mask-port-src 0 --mask-port-dst 65535 -t 250
step list-created conntrack -L expect
IN=b traffic tcp 10.9.0.2:20 10.9.0.1:5001 data # takes the first expectation up
expect in_table 'TIME_WAIT.*dport=5001'
step list-used conntrack -L expect
step expected-flow conntrack -L -p tcp --dport 5001
step delete conntrack -D expect -p tcp -s 10.9.0.2 -d 10.9.0.1 --sport 0 --dport 5002 --reply-port-src 5002 --reply-port-dst 0
witness conntrack -D -p tcp --sport 4003 # takes its expectation along: one is left, so the flush has one order
step flush conntrack -F expect
step list-flushed conntrack -L expect

expect drained
SORTED=
finish "$plain" INT
finish "$xml" INT
