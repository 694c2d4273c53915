# shellcheck shell=bash disable=SC2034,SC2086,SC2154  # a part of scene.sh; words are meant to split
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oidentd on a router answers for the translated connections of its clients. It looks them up in the library's text
# output, so every blank of a line counts. It would rather read /proc/net/nf_conntrack, which many kernels lack; here
# /proc is hidden from it.

need oidentd
need_users
own_etc
cat >/etc/oidentd_masq.conf <<'MASQ'
10.8.1.2	alice	UNIX
10.8.1.0/24	guest	OTHER
MASQ
router
IN=client quiet ip address add 10.8.1.3/24 dev eth
IN=server serve /usr/bin/python3 "$HERE/traffic.py" serve 10.8.2.2 tcp:80
IN=client serve /usr/bin/python3 "$HERE/traffic.py" hold 10.8.1.2:4001 10.8.2.2:80 hello
IN=client serve /usr/bin/python3 "$HERE/traffic.py" hold 10.8.1.3:4002 10.8.2.2:80 hello

start daemon unshare --mount sh -c 'mount -t tmpfs tmpfs /proc && exec "$@"' - oidentd --foreground --masquerade --nosyslog \
    --user=root --group=root --port=113
daemon=$started
expect bound tcp 113
# What the server asks: the port that it sees on the router, then its own.
IN=server note first-client /usr/bin/python3 "$HERE/traffic.py" ask 10.8.2.2:6001 10.8.2.9:113 '4001 , 80'
IN=server note second-client /usr/bin/python3 "$HERE/traffic.py" ask 10.8.2.2:6002 10.8.2.9:113 '4002 , 80'
IN=server note no-such-port /usr/bin/python3 "$HERE/traffic.py" ask 10.8.2.2:6003 10.8.2.9:113 '4003 , 80'
IN=server note not-its-own /usr/bin/python3 "$HERE/traffic.py" ask 10.8.2.2:6004 10.8.2.9:113 '4001 , 81'
finish "$daemon" TERM
