# shellcheck shell=bash disable=SC2034,SC2086,SC2154  # a part of scene.sh; words are meant to split
# SPDX-License-Identifier: GPL-2.0-or-later
#
# squid reads conntrack marks: of the client's connection for its access rule, and of the server's connection to put it
# on what it sends to the client. The kernel's counters show the marks that it set.

need squid
need_users
mount -t tmpfs tmpfs /dev/shm # its shared memory has fixed names
join to-client 10.9.0.1/24 client 10.9.0.2/24
IN=client quiet ip address add 10.9.0.3/24 dev eth
join to-server 10.9.1.1/24 server 10.9.1.2/24
track
quiet nft insert rule inet track every ip saddr 10.9.0.3 ct mark set 9
quiet nft 'add chain inet track sent { type filter hook output priority 0; }'
quiet nft add rule inet track sent ip daddr 10.9.1.2 tcp dport 8080 ct mark set 0x21
quiet nft add rule inet track sent ip daddr 10.9.0.2 tcp sport 3128 meta mark 0x21 counter
IN=server serve /usr/bin/python3 "$HERE/traffic.py" web 10.9.1.2:8080 'a page'

mkdir "$TMP/errors"
echo 'the access rule says no' >"$TMP/errors/ERR_ACCESS_DENIED"
cat >"$TMP/squid.conf" <<CONFIG
http_port 10.9.0.1:3128
acl marked clientside_mark 9
http_access deny marked
http_access allow all
qos_flows mark
cache deny all
access_log none
cache_log $TMP/squid.log
netdb_filename none
pinger_enable off
unlinkd_program $TREE/usr/lib/squid/unlinkd
pid_filename none
cache_effective_user daemon
coredump_dir $TMP
visible_hostname scene
shutdown_lifetime 0 seconds
mime_table $TREE/usr/share/squid/mime.conf
icon_directory $TREE/usr/share/squid/icons
error_directory $TMP/errors
CONFIG
chown -R daemon "$TMP"
start daemon squid -N -f "$TMP/squid.conf"
daemon=$started
expect bound tcp 3128
IN=client note allowed /usr/bin/python3 "$HERE/traffic.py" get 10.9.0.2:4001 10.9.0.1:3128 http://10.9.1.2:8080/
IN=client note denied /usr/bin/python3 "$HERE/traffic.py" get 10.9.0.3:4002 10.9.0.1:3128 http://10.9.1.2:8080/
note marked sh -c 'nft list chain inet track sent | grep -c "counter packets [1-9]"'
finish "$daemon" TERM

