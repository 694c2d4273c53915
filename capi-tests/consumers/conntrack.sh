# shellcheck shell=bash disable=SC2034,SC2086,SC2154  # a part of scene.sh; words are meant to split
# SPDX-License-Identifier: GPL-2.0-or-later
#
# conntrack(8): every command and output form on entries it makes itself. One line of the table is one run of the tool:
# a name, then its arguments. Lists come in the kernel's hash order, so standard output is sorted; lines that begin
# with `=` print one entry or a document whose order matters and are kept as they come.

need conntrack
taskset -pc 0 $$ >/dev/null # statistics are kept for each processor
own_etc
cat >/etc/xtables/connlabel.conf <<'LABELS'
0	zero
1	one
3	with blank
64	far-away
127	last
LABELS
# The kernel keeps labels only where some rule sets them; no packet passes this one.
quiet nft add table inet labels
quiet nft add chain inet labels unused
quiet nft add rule inet labels unused ct label set 1
kernel nf_conntrack_acct=1 nf_conntrack_timestamp=1

SORTED=1
play() {
    local name words
    while read -r name words; do
        case $name in
        '' | '#'*) ;;
        =*) SORTED='' eval "step ${name#=} conntrack $words" ;;
        *) eval "step $name conntrack $words" ;;
        esac
    done
}

V4='-s 10.1.0.1 -d 10.1.0.2'
V6='-s 2001:db8::1 -d 2001:db8::2'
play <<'TABLE'
version         -V
count-empty     -C
list-empty      -L
create-tcp      -I -p tcp $V4 --sport 1001 --dport 80 --state ESTABLISHED -t 34500 -u SEEN_REPLY,ASSURED -m 7
create-again    -I -p tcp $V4 --sport 1001 --dport 80 --state ESTABLISHED -t 34500
create-syn      -I -p tcp $V4 --sport 1002 --dport 80 --state SYN_SENT -t 34500
create-tcp6     -I -p tcp $V6 --sport 1001 --dport 80 --state TIME_WAIT -t 34500 -u SEEN_REPLY
create-udp      -I -p udp $V4 --sport 1003 --dport 53 -t 34500 -m 0x10
create-udp6     -I -p udp $V6 --sport 1003 --dport 53 -t 34500
create-udplite  -I -p udplite $V4 --sport 1004 --dport 53 -t 34500
create-sctp     -I -p sctp $V4 --sport 1005 --dport 5000 --state ESTABLISHED --orig-vtag 1 --reply-vtag 2 -t 34500
create-dccp     -I -p dccp $V4 --sport 1006 --dport 5001 --state OPEN --role client -t 34500
create-gre      -I -p gre $V4 --srckey 0x11 --dstkey 0x22 -t 34500
create-icmp     -I -p icmp $V4 --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 34500
create-icmp6    -I -p icmpv6 $V6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 78 -t 34500
create-esp      -I -p 50 $V4 -t 34500
create-fixed    -I -p udp -s 10.1.0.3 -d 10.1.0.4 --sport 1 --dport 2 -t 34500 -u FIXED_TIMEOUT
create-snat     -I -p tcp -s 10.2.0.1 -d 10.2.0.2 --sport 1001 --dport 80 --state ESTABLISHED -t 34500 -n 10.2.0.9:4000
create-dnat     -I -p udp -s 10.2.0.1 -d 10.2.0.3 --sport 1002 --dport 53 -t 34500 -g 10.2.0.8:5353
create-snat6    -I -p tcp $V6 --sport 2001 --dport 80 --state ESTABLISHED -t 34500 -n [2001:db8::9]:4001
create-reply    -I -p udp -s 10.3.0.1 -d 10.3.0.2 --sport 1 --dport 2 -r 10.3.0.3 -q 10.3.0.4 --reply-port-src 3 --reply-port-dst 4 -t 34500
create-zone     -I -p tcp $V4 --sport 1001 --dport 80 --state ESTABLISHED -t 34500 -w 5
create-zone-o   -I -p udp $V4 --sport 1010 --dport 53 -t 34500 --orig-zone 6
create-zone-r   -I -p udp $V4 --sport 1011 --dport 53 -t 34500 --reply-zone 7
create-label    -I -p udp $V4 --sport 1012 --dport 53 -t 34500 --label-add one,far-away
create-bad      -I -p tcp $V4 --sport 1001 --dport 80 -t 34500
create-bad-zone -I -p udp $V4 --sport 1010 --dport 53 -t 34500 -w 5 --orig-zone 6
create-expected -I -p udp $V4 --sport 1099 --dport 53 -t 34500 -u EXPECTED
add             -A -p udp -s 10.1.0.5 -d 10.1.0.6 --sport 1 --dport 2 -t 34500
add-again       -A -p udp -s 10.1.0.5 -d 10.1.0.6 --sport 1 --dport 2 -t 32500 -m 3

count           -C
list            -L
list-v4         -L -f ipv4
list-v6         -L -f ipv6
list-extended   -L -o extended
list-ktime      -L -o ktimestamp
list-labels     -L -o labels
list-save       -L -o save
list-xml        -L -o xml
list-all-forms  -L -o extended,id,ktimestamp,labels
=one-id         -L -o id -s 10.1.0.3
=one-xml-tcp    -L -o xml -s 10.2.0.1 -p tcp
=one-xml-more   -L -o xml,ktimestamp,timestamp,labels,id -p udp --sport 1012
=one-xml-zone   -L -o xml -w 5
=one-xml-icmp6  -L -o xml -p icmpv6
=one-xml-sctp   -L -o xml -p sctp
=one-xml-gre    -L -o xml -p gre
list-tcp        -L -p tcp
list-tcp-state  -L -p tcp --state ESTABLISHED
list-src        -L -s 10.1.0.1
list-net        -L -s 10.1.0.0/24
list-net6       -L -s 2001:db8::/32
list-mask       -L -d 10.0.0.2 --mask-dst 255.0.0.255
list-reply      -L -r 10.3.0.3
list-reply-net  -L -q 10.2.0.9
list-mark       -L -m 7
list-mark-mask  -L -m 0x10/0xf0
list-status     -L -u ASSURED
list-unreplied  -L -u UNREPLIED
list-snat       -L -n
list-snat-addr  -L -n 10.2.0.9
list-snat-port  -L -n 10.2.0.9:4000
list-dnat       -L -g
list-any-nat    -L -j
list-zone       -L -w 5
list-zone-orig  -L --orig-zone 6
list-zone-reply -L --reply-zone 7
list-label      -L -l one
list-labels-all -L -l one,far-away
list-label-none -L -l "with blank"
list-label-bad  -L -l nonsense
list-icmp       -L -p icmp --icmp-type 8
list-zero       -L -z
list-dying      -L dying
list-unconf     -L unconfirmed

=get-tcp        -G -p tcp $V4 --sport 1001 --dport 80
=get-tcp-id     -G -p tcp $V4 --sport 1001 --dport 80 -o id,extended
=get-tcp-xml    -G -p tcp $V4 --sport 1001 --dport 80 -o xml
=get-tcp-save   -G -p tcp $V4 --sport 1001 --dport 80 -o save
=get-udp6       -G -p udp $V6 --sport 1003 --dport 53
=get-icmp       -G -p icmp $V4 --icmp-type 8 --icmp-code 0 --icmp-id 77
=get-gre        -G -p gre $V4 --srckey 0x11 --dstkey 0x22
=get-labels     -G -p udp $V4 --sport 1012 --dport 53 -o labels
=get-state-no   -G -p tcp $V4 --sport 1001 --dport 80 --state CLOSE
=get-none       -G -p tcp $V4 --sport 9 --dport 9

=update-mark    -U -p udp $V4 --sport 1003 --dport 53 -m 0x20/0xf0
=update-timeout -U -p udp $V4 --sport 1003 --dport 53 -t 36500
=update-status  -U -p udp $V4 --sport 1003 --dport 53 -u ASSURED,SEEN_REPLY
=update-state   -U -p tcp $V4 --sport 1001 --dport 80 --state FIN_WAIT
=update-label   -U -p udp $V4 --sport 1012 --dport 53 --label-add "with blank"
=update-unlabel -U -p udp $V4 --sport 1012 --dport 53 --label-del one
=update-clear   -U -p udp $V4 --sport 1012 --dport 53 --label-del
=update-same    -U -p udp $V4 --sport 1003 --dport 53 -m 0x20
=update-sctp    -U -p sctp $V4 --sport 1005 --dport 5000 --state SHUTDOWN_SENT
=update-xml     -U -p udp $V6 --sport 1003 --dport 53 -m 9 -o xml
=update-save    -U -p udp $V6 --sport 1003 --dport 53 -m 10 -o save
update-none     -U -p udp -s 10.9.9.9 -m 1
update-refused  -U -p udp $V4 --sport 1003 --dport 53 -n 1.2.3.4 -m 5
list-updated    -L -o extended,labels

=delete-one     -D -p tcp $V4 --sport 1002 --dport 80
=delete-xml     -D -p udplite $V4 --sport 1004 --dport 53 -o xml
=delete-save    -D -p dccp $V4 --sport 1006 --dport 5001 -o save
=delete-id      -D -p gre -o id,extended
delete-mark     -D -m 0x20
delete-nat      -D -n
delete-zone     -D -w 5
delete-label    -D -l far-away
delete-family   -D -f ipv6
delete-net      -D -s 10.1.0.0/24 -p udp
delete-none     -D -s 10.9.9.9
list-left       -L -o extended
flush           -F
list-flushed    -L
stats           -S
stats-expect    -S expect
count-expect    -C expect
list-expect     -L expect
flush-expect    -F expect
no-such-option  -L --nonsense
no-table        -L nonsense
TABLE

# Save and load: what -o save printed of a full table makes the same table again.
play <<'TABLE'
save-tcp    -I -p tcp $V4 --sport 1001 --dport 80 --state ESTABLISHED -t 34500 -u SEEN_REPLY,ASSURED
save-udp6   -I -p udp $V6 --sport 1003 --dport 53 -t 34500
save-icmp   -I -p icmp $V4 --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 34500
save-gre    -I -p gre $V4 --srckey 0x11 --dstkey 0x22 -t 34500
save-zone   -I -p udp $V4 --sport 1010 --dport 53 -t 34500 -w 3
save-dnat   -I -p udp -s 10.2.0.1 -d 10.2.0.3 --sport 1002 --dport 53 -t 34500 -g 10.2.0.8
saved       -L -o save
TABLE
sed -n 's/^-A /-I /p' "$record" >"$TMP/saved"
cat >"$TMP/mixed" <<'MIXED'
# a comment, an empty line, every command that a load file takes

-I -p udp -s 10.4.0.1 -d 10.4.0.2 --sport 1 --dport 2 -t 34500
-I -p udp -s 10.4.0.1 -d 10.4.0.2 --sport 3 --dport 4 -t 34500
-U -p udp -s 10.4.0.1 -d 10.4.0.2 --sport 1 --dport 2 -m 5
-D -p udp -s 10.4.0.1 -d 10.4.0.2 --sport 3 --dport 4
MIXED
echo '-L' >"$TMP/refused"
play <<'TABLE'
flush-saved -F
load        -R "$TMP/saved"
loaded      -L -o extended
load-again  -R "$TMP/saved"
load-mixed  -R "$TMP/mixed"
load-bad    -R "$TMP/refused"
load-none   -R /nonexistent
loaded-all  -L -o extended
TABLE
