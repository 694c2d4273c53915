# SPDX-License-Identifier: GPL-2.0-or-later
#
# iptstate in its single-run mode: sorts, filters, counters, totals over made flows of both families. Without a
# terminal it must be told its layout (-o), else it writes blanks without end. Timers end in 59 seconds: see normalise.sed.

need iptstate
quiet sysctl -qw net.netfilter.nf_conntrack_acct=1
change() { witness conntrack "$@" || echo "change failed: $*" >>"$OUT/failed"; }
V4='-s 10.1.0.1 -d 10.1.0.2'
V6='-s 2001:db8::1 -d 2001:db8::2'
change -I -p tcp $V4 --sport 1001 --dport 80 --state ESTABLISHED -t 3479 -u SEEN_REPLY,ASSURED
change -I -p tcp -s 10.1.0.9 -d 10.1.0.2 --sport 1002 --dport 443 --state SYN_SENT -t 4439
change -I -p udp -s 10.1.0.3 -d 10.1.0.4 --sport 1003 --dport 53 -t 5459
change -I -p icmp -s 10.1.0.5 -d 10.1.0.6 --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 6479
change -I -p tcp $V6 --sport 1004 --dport 80 --state TIME_WAIT -t 7439 -u SEEN_REPLY
change -I -p udp -s 127.0.0.1 -d 127.0.0.2 --sport 1005 --dport 99 -t 8459
change -I -p gre -s 10.1.0.7 -d 10.1.0.8 --srckey 1 --dstkey 2 -t 9479

step plain iptstate -1o
step totals iptstate -1o -t
step counters iptstate -1o -C
step reverse iptstate -1o -r
for column in t; do step "sort-$column" iptstate -1o -b $column; done
for column in S d D p s b P; do SORTED=1 step "sort-$column" iptstate -1o -b $column; done # flows that tie
step source iptstate -1o -s 10.1.0.1
step source-net iptstate -1o -s 10.1.0.0/30
step target iptstate -1o -d 10.1.0.2
step source6 iptstate -1o -s 2001:db8::1
step source-port iptstate -1o -S 1003
step target-port iptstate -1o -D 80
step inverted iptstate -1o -i -D 80
step no-loopback iptstate -1o -f
step no-dns iptstate -1o -L
step terminal script -qec 'stty cols 150 rows 50; iptstate -1' /dev/null
step version iptstate -v
