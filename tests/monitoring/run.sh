#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The monitoring ring: `conntrack --metrics` and `--check` as Debian's Prometheus, node_exporter, Python and Perl read them.
#
#     tests/monitoring/run.sh        after `make stage`; STAGE names another install
#
# Prometheus, node_exporter and the table are in namespaces of their own, which end with this script. The network there is
# the loopback interface.
set -u
cd "$(dirname "$0")/../.." || exit
. capi-tests/tally.sh

SCENE="scripts/in-namespace.sh unshare --pid --fork --kill-child --mount-proc"
RULES=packaging/prometheus

if ! TREE=$(scripts/monitoring-fetch.sh); then
    skip "monitoring: Debian's packages are not to be had here"
    tally monitoring
    exit
fi
PROMTOOL=$TREE/usr/bin/promtool
perl=("$TREE"/usr/share/perl5 "$TREE"/usr/lib/*/perl5/*)
export TREE STAGE="${STAGE:-$PWD/stage}"
export PYTHONPATH=$TREE/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
PERL5LIB=$(IFS=: && echo "${perl[*]}")
export PERL5LIB

check 'the rules are valid' "$PROMTOOL" check rules "$RULES/conntrack.rules.yml"
check 'each alert fires where it must, and only there' "$PROMTOOL" test rules "$RULES/conntrack.rules.test.yml"
if command -v systemd-analyze >/dev/null; then
    # The programs of the unit are those of an installed machine.
    verify() {
        ! systemd-analyze verify "$RULES"/conntrack-textfile.service "$RULES"/conntrack-textfile.timer 2>&1 |
            grep -v 'is not executable: No such file' | grep .
    }
    check "systemd reads the unit and the timer" verify
fi

# A ring that lowers the machine's limit has the lock for itself.
if exec 9</proc/sys/net/netfilter/nf_conntrack_max; then flock --shared 9; fi
# shellcheck disable=SC2086  # a command's words
if ! $SCENE true 2>/dev/null; then
    skip 'monitoring: no namespaces here (unshare)'
else
    # Each wait of the scene ends after two minutes; its end is for what hangs all the same.
    # shellcheck disable=SC2086
    results=$(timeout -k 5 900 $SCENE /usr/bin/python3 tests/monitoring/scene.py 2>&1 </dev/null) ||
        fail "the scene ended with status $?"
    printf '%s\n' "$results"
    count() { grep -c "^$1 " <<<"$results"; }
    passed=$((passed + $(count ok))) failed=$((failed + $(count FAIL)))
    [ "$(count ok)" -gt 0 ] || fail 'the scene: not one result'
fi
tally monitoring
