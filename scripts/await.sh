# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the scripts that run two programs at the same time: functions that wait for a condition, never for a time.

# Repeats a command until it succeeds. Fails after two minutes, which is a hang on any machine.
await() {
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 2400 ] || return 1
        sleep 0.05
    done
}

# A program of this namespace listens to netfilter events: protocol 12, at least one group joined.
listening() {
    awk '$2 == 12 && $4 !~ /^0+$/ { found = 1 } END { exit !found }' /proc/net/netlink
}

# File $1 has at least $2 lines.
has_lines() {
    [ "$(wc -l <"$1")" -ge "$2" ]
}

# Stops a program that was started in the background, and ignores its exit status.
end() {
    { kill "$1" && wait "$1"; } 2>/dev/null || true
}
