# shellcheck shell=bash disable=SC2034,SC2086,SC2154  # a part of scene.sh; words are meant to split
# SPDX-License-Identifier: GPL-2.0-or-later
#
# iptables with the connlabel match, whose extension reads the label map through the library: names to bits when a
# rule is made, bits to names when it is listed; by the nft and the legacy variant, for IPv4 and IPv6.

own_etc
cat >/etc/xtables/connlabel.conf <<'LABELS'
# a comment
0	zero
1	one
7	with blank
64	far-away
127	last
LABELS
need conntrack
# An unpacked iptables looks for its matches where an installed one has them.
[ ! -d "$TREE/usr/lib/$MULTIARCH/xtables" ] || export XTABLES_LIBDIR="$TREE/usr/lib/$MULTIARCH/xtables"
quiet nft add table inet labels
quiet nft add chain inet labels unused
quiet nft add rule inet labels unused ct label set 1

# ours NAME COMMAND...: a step if the kernel and this iptables can do it at all.
for tool in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy; do
    command -v $tool >/dev/null || skip "no program $tool"
    witness $tool -A INPUT -m connlabel --label 5 || skip "$tool: no connlabel match in this kernel (CONFIG_NETFILTER_XT_MATCH_CONNLABEL)"
    witness $tool -F INPUT
    step add $tool -A INPUT -m connlabel --label one
    step add-number $tool -A INPUT -m connlabel --label 64
    step add-blank $tool -A INPUT -m connlabel --label "with blank"
    step add-not $tool -A INPUT -m connlabel ! --label last
    step set $tool -A INPUT -p udp --dport 53 -m connlabel --label zero --set -j ACCEPT
    step set-far $tool -A INPUT -p tcp --dport 80 -m connlabel --label far-away --set -j ACCEPT
    step add-unnamed $tool -A INPUT -m connlabel --label 5
    step unknown $tool -A INPUT -m connlabel --label nonsense
    step too-big $tool -A INPUT -m connlabel --label 128
    step rules $tool -S INPUT
    step list $tool -n -L INPUT
    step check $tool -C INPUT -m connlabel --label 1
    step delete $tool -D INPUT -m connlabel --label one
    step help $tool -m connlabel --help
    step saved ${tool%-*}-${tool##*-}-save -t filter
done

# The rules work: a datagram to port 53 sets the label that the tool then shows.
serve /usr/bin/python3 "$HERE/traffic.py" serve 127.0.0.2 udp:53
traffic udp 127.0.0.1:4001 127.0.0.2:53 hello
step labelled conntrack -L -o labels -p udp
step by-label conntrack -L -l zero

# Without a label file only numbers are understood.
rm /etc/xtables/connlabel.conf
step no-file-number iptables-nft -A INPUT -m connlabel --label 3
step no-file-name iptables-nft -A INPUT -m connlabel --label one
step no-file-rules iptables-nft -S INPUT
