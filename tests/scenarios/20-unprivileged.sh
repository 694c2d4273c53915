#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The situation of 19, and the user who asks has no privilege: the command runs as an ordinary user.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
insert n="$(max)" src=100.64.0.0/10 dst=198.18.0.0/15 dport=1-60000 timeout=431400-432000
background syn n=2000000 rate=1000 src=100.126.0.0/16 dst=198.18.0.0/15 dport=443
counted drop 100
ORDINARY=(setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all)
export AS="${ORDINARY[*]}"
[ "${OUTSIDE:-}" = yes ] || set -- "${ORDINARY[@]}" "${@:-$LIB/observe.sh}"
examine "$@"
