# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by every scenario. A router under test ("dut") between a client and a server namespace:
#
#   <L>cl  10.1.0.1/16 fd01::1/64 --- c0 | <L>dut | s0 --- 10.2.0.1/16 fd02::1/64  <L>sv
#
# The dut tracks everything that it forwards, receives and sends. Nothing leaves these namespaces. Each name contains the
# shell's process id; the EXIT trap removes all of them.
#
# Usage of a scenario: NN-name.sh [COMMAND...]. COMMAND runs inside the dut's namespace while the situation lasts
# (default: lib/observe.sh). With OUTSIDE=yes it runs in the namespace of the caller. In both cases the environment has
# LAB (the prefix of the names), DUT (the name of the dut's namespace), and TRAFFIC (the processes that still send).
# The exit status of COMMAND is the scenario's.
#
# The machine has one limit of entries, and a namespace is full when its own count reaches it: no scenario changes the
# limit. The file of the limit is a lock. A scenario holds it shared, so that no program that takes the lock for itself
# lowers the limit meanwhile; a scenario that changes a setting of the machine takes it for itself ("alone").
set -eu
LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
L="d$$"
export LIB LAB=$L DUT=${L}dut PYTHONDONTWRITEBYTECODE=1
PYTHON=${PYTHON:-/usr/bin/python3}
# The original tool, which shows that a situation is what the scenario says.
ORIGINAL=${ORIGINAL:-/usr/sbin/conntrack}
LIMIT_FILE=/proc/sys/net/netfilter/nf_conntrack_max
PIDS=() UNDO=() NAMESPACES=()

cleanup() {
    set +e
    trap - EXIT INT TERM
    local pid undo name
    for pid in "${PIDS[@]:-}"; do [ -n "$pid" ] && kill "$pid" && kill -CONT "$pid" && wait "$pid"; done 2>/dev/null
    for undo in "${UNDO[@]:-}"; do [ -n "$undo" ] && eval "$undo"; done
    for name in "${NAMESPACES[@]:-}"; do [ -n "$name" ] && ip netns del "$name"; done
    return 0
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The lock is on the file outside of run.sh's namespaces, where other programs of the machine hold it.
if [ -n "${KEEPER:-}" ]; then exec 9</proc/self/fd/7 7<&-; else exec 9<"$LIMIT_FILE"; fi
alone() { flock 9; }
max() { cat "$LIMIT_FILE"; }
# The number of flows, of $1, that are made by packets (five for each flow); requests make the others. With
# PACKETS_ONLY=yes packets make all of them.
by_packets() { if [ "${PACKETS_ONLY:-}" = yes ] || [ "$1" -lt 20000 ]; then echo "$1"; else echo 20000; fi; }
# A part of the limit, in per cent.
part() { echo $(($(max) * $1 / 100)); }

# Reports a setting of the machine to the keeper of run.sh before it is changed, and after it was put back. The keeper
# puts back what a killed scenario has left.
keep() { [ -z "${KEEPER:-}" ] || echo "$@" >&8; }

# Sets the number of hash buckets of the machine; the number before the first call comes back on any exit.
buckets() {
    local file=/sys/module/nf_conntrack/parameters/hashsize
    if [ -z "${BUCKETS:-}" ]; then
        BUCKETS=$(cat $file)
        keep "$file" "$BUCKETS"
        UNDO+=("echo $BUCKETS >$file; keep $file")
    fi
    echo "$1" >$file
}

dut() { ip netns exec "$DUT" "$@" 9<&-; }
# A setting of the dut: sys NAME VALUE.
sys() { dut sh -c "echo $2 >/proc/sys/net/netfilter/nf_conntrack_$1"; }
rules() { dut nft -f -; }
# A counter of the dut, summed over the CPUs, as the original tool prints it.
counter() {
    dut "$ORIGINAL" -S | tr -s '[:blank:]' '\n' | awk -F= -v name="$1" '$1 == name { sum += $2 } END { print sum + 0 }'
}
count() { dut "$ORIGINAL" -C; }

# Waits until a command succeeds: two minutes at most.
await() {
    local tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 2400 ] || { echo "$0: no longer waiting for: $*" >&2; return 1; }
        sleep 0.05
    done
}
# Waits until a counter, or the number of entries, is at least so large.
counted() { await eval "[ \"\$(counter $1)\" -ge $2 ]"; }
filled() { await eval "[ \"\$(count)\" -ge $1 ]"; }

# Makes a namespace, which ends with the scenario.
namespace() {
    ip netns add "$1"
    NAMESPACES+=("$1")
}

lab() {
    flock --shared 9
    if [ "$(max)" -eq 0 ] || [ "$(max)" -gt 400000 ]; then
        echo "the limit of entries is $(max): a table of that size is not filled here" >&2
        exit 77
    fi
    local n
    for n in cl dut sv; do
        namespace "$L$n"
        ip -n "$L$n" link set lo up
        ip netns exec "$L$n" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
            net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
    done
    link c0 cl 1
    link s0 sv 2
    dut sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    # Flows run between addresses that belong to no machine, so that none answers by itself: clients are in
    # 100.64.0.0/10 and fd0c::/16, servers are all others. Both ends drop packets silently.
    ip -n "$DUT" route add 100.64.0.0/10 via 10.1.0.1
    ip -n "$DUT" -6 route add fd0c::/16 via fd01::1
    ip -n "$DUT" route add default via 10.2.0.1
    ip -n "$DUT" -6 route add default via fd02::1
    rules <<'NFT'
table inet lab {
    chain forward { type filter hook forward priority 0; ct state invalid counter; }
    chain input { type filter hook input priority 0; ct state invalid counter; }
    chain output { type filter hook output priority 0; ct state invalid counter; }
}
NFT
}

# A link between the dut and another namespace: link DEVICE NAME NUMBER. The addresses of the hardware are fixed,
# because traffic.py writes whole frames.
link() {
    ip link add "$1" netns "$DUT" address "02:00:00:00:00:0$3" type veth \
        peer name e0 netns "$L$2" address "02:00:00:00:00:$3$3"
    ip -n "$DUT" addr add "10.$3.0.254/16" dev "$1"
    ip -n "$DUT" addr add "fd0$3::fe/64" dev "$1" nodad
    ip -n "$L$2" addr add "10.$3.0.1/16" dev e0
    ip -n "$L$2" addr add "fd0$3::1/64" dev e0 nodad
    ip -n "$DUT" link set "$1" up
    ip -n "$L$2" link set e0 up
    dut sysctl -qw "net.ipv4.conf.$1.rp_filter=0"
    ip netns exec "$L$2" sysctl -qw net.ipv4.conf.e0.rp_filter=0
    ip -n "$DUT" neigh replace "10.$3.0.1" lladdr "02:00:00:00:00:$3$3" dev "$1"
    ip -n "$DUT" neigh replace "fd0$3::1" lladdr "02:00:00:00:00:$3$3" dev "$1"
    ip -n "$L$2" route add default via "10.$3.0.254"
    ip -n "$L$2" -6 route add default via "fd0$3::fe"
}

traffic() { "$PYTHON" "$LIB/traffic.py" "$L" "$@" 9<&-; }
# Traffic that goes on until the scenario ends.
background() {
    "$PYTHON" "$LIB/traffic.py" "$L" "$@" 9<&- &
    PIDS+=($!)
}
insert() { dut "$PYTHON" "$LIB/insert.py" "$@"; }

# Runs the command under examination.
examine() {
    local rc=0
    export TRAFFIC="${PIDS[*]:-}"
    [ $# -gt 0 ] || set -- "$LIB/observe.sh"
    if [ "${OUTSIDE:-}" = yes ]; then "$@" || rc=$?; else ip netns exec "$DUT" "$@" || rc=$?; fi
    exit $rc
}
