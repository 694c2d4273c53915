# shellcheck shell=bash disable=SC2034,SC2086,SC2154  # a part of scene.sh; words are meant to split
# SPDX-License-Identifier: GPL-2.0-or-later
#
# iptstate in its single-run mode: sorts, filters, counters, totals over made flows of both families. It lays its columns
# out for a terminal, so it gets one. Timers end in 59 minutes and 59 seconds: see
# normalise.sed.

need iptstate
kernel nf_conntrack_acct=1
V4='-s 10.1.0.1 -d 10.1.0.2'
V6='-s 2001:db8::1 -d 2001:db8::2'
change -I -p tcp $V4 --sport 1001 --dport 80 --state ESTABLISHED -t 3599 -u SEEN_REPLY,ASSURED
change -I -p tcp -s 10.1.0.9 -d 10.1.0.2 --sport 1002 --dport 443 --state SYN_SENT -t 7199
change -I -p udp -s 10.1.0.3 -d 10.1.0.4 --sport 1003 --dport 53 -t 10799
change -I -p icmp -s 10.1.0.5 -d 10.1.0.6 --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 14399
change -I -p tcp $V6 --sport 1004 --dport 80 --state TIME_WAIT -t 17999 -u SEEN_REPLY
change -I -p udp -s 127.0.0.1 -d 127.0.0.2 --sport 1005 --dport 99 -t 21599
change -I -p gre -s 10.1.0.7 -d 10.1.0.8 --srckey 1 --dstkey 2 -t 25199

show() { step "$1" script -qec "stty cols 150 rows 50; iptstate -1 ${*:2}" /dev/null; }
show plain
show totals -t
show counters -C
show reverse -r
show sort-t -b t
for column in S d D p s b P; do SORTED=1 show "sort-$column" -b $column; done # flows that tie
show source -s 10.1.0.1
show source-net -s 10.1.0.0/30
show target -d 10.1.0.2
show source6 -s 2001:db8::1
show source-port -S 1003
show target-port -D 80
show inverted -i -D 80
show no-loopback -f
show no-dns -L
show unfixed -o
step version iptstate -v
