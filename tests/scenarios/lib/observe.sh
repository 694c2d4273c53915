#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The default command of a scenario: how the original tool sees the table of this namespace.
ORIGINAL=${ORIGINAL:-/usr/sbin/conntrack}
echo "-- conntrack -C"
"$ORIGINAL" -C
echo "-- conntrack -S (summed, non-zero)"
"$ORIGINAL" -S | tr -s '[:blank:]' '\n' |
    awk -F= '/=/ && $1 != "cpu" { s[$1] += $2 } END { for (k in s) if (s[k]) printf "%s=%d ", k, s[k]; print "" }'
echo "-- conntrack -L (first 2 lines, then by protocol, state and flags)"
"$ORIGINAL" -L 2>/dev/null | awk 'NR <= 2 { print }
    { state = $1 == "tcp" ? $4 : "-"; flag = /ASSURED/ ? "ASSURED" : /UNREPLIED/ ? "UNREPLIED" : "-"; n[$1 " " state " " flag]++ }
    END { for (k in n) print n[k], k }' | head -n 10
echo "-- conntrack -L dying; conntrack -L expect"
"$ORIGINAL" -L dying 2>/dev/null | wc -l
"$ORIGINAL" -L expect 2>/dev/null | wc -l
