# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the scripts that drive a program beside another one: waiting for a fact, never for a time.

# Repeats a command until it succeeds. After two minutes it gives up: whatever the machine does, that is a hang.
await() {
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 2400 ] || return 1
        sleep 0.05
    done
}

# Some program of this namespace listens to netfilter events: protocol 12, some group joined.
listening() {
    awk '$2 == 12 && $4 !~ /^0+$/ { found = 1 } END { exit !found }' /proc/net/netlink
}

# File $1 holds at least $2 lines.
has_lines() {
    [ "$(wc -l <"$1")" -ge "$2" ]
}

# Stops a program that was started in the background; its exit status says nothing then.
end() {
    { kill "$1" && wait "$1"; } 2>/dev/null || true
}
