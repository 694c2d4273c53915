# shellcheck shell=bash disable=SC2034,SC2086,SC2154  # a part of scene.sh; words are meant to split
# SPDX-License-Identifier: GPL-2.0-or-later
#
# flowtop (netsniff-ng): the flows that are there when it starts (a dump) and one that comes and goes while it runs
# (events) on its screen. The screen is redrawn in pieces, so the set of words that it ever showed is compared.

need flowtop
track
V4='-s 10.1.0.1 -d 10.1.0.2'
V6='-s 2001:db8::1 -d 2001:db8::2'
change -I -p tcp $V4 --sport 1001 --dport 80 --state ESTABLISHED -t 34500 -u SEEN_REPLY,ASSURED
change -I -p tcp $V6 --sport 1002 --dport 443 --state ESTABLISHED -t 34500 -u SEEN_REPLY,ASSURED
change -I -p udp -s 10.1.0.3 -d 10.1.0.4 --sport 1003 --dport 53 -t 34500 -u SEEN_REPLY
change -I -p sctp -s 10.1.0.5 -d 10.1.0.6 --sport 1004 --dport 5000 --state ESTABLISHED --orig-vtag 1 --reply-vtag 2 -t 34500
change -I -p tcp -s 127.0.0.1 -d 127.0.0.2 --sport 1005 --dport 99 --state ESTABLISHED -t 34500

mkfifo "$TMP/keys"
SCREEN=$TMP/screen
KEYS=$TMP/keys start run sh -c "TERM=vt100 exec script -qefc 'stty cols 180 rows 50; flowtop -G -n -s -t 1 -T -U -S -4 -6' $SCREEN >/dev/null"
flowtop=$started
exec 9>"$TMP/keys"
expect holds "$SCREEN" 10.1.0.2
expect listening
change -I -p tcp -s 10.1.0.8 -d 10.1.0.9 --sport 1006 --dport 22 --state SYN_SENT -t 34500
expect holds "$SCREEN" 10.1.0.9
drawn=$(stat -c %s "$SCREEN")
change -D -s 10.1.0.8
expect longer "$SCREEN" "$drawn" # it has redrawn the screen
echo q >&9
wait "$flowtop"
complete "$flowtop" $?
SORTED=1 note shown sh -c "grep -aoE '(10\.1|127\.0)\.[0-9]+\.[0-9]+|2001:[0-9a-f:]+|ESTABLISHED|SYN_SENT|\b(tcp|udp|sctp)\b|\b(1001|1002|1003|1004|1005|1006|80|443|53|5000|22|99)\b' $SCREEN | sort -u"
