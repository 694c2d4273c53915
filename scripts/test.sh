#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs every ring of tests on a staged install (make test does both), and prints at the end the counts of each:
# Rust tests (unit, golden, kernel, documentation), the headers, the binary interface, the installed files, the
# manual for C programmers, the offline build, the random walk, the fuzzers where they are installed, the soak, the full
# table, a processor that is offline, the monitoring, the exhausted tables of tests/scenarios, the reader of consoles of
# make test-kernels, the C programs, the packages for other languages, Debian's programs.
#
# The Rust tests run inside one temporary namespace; tests that need a table create another namespace. So
# even a broken test cannot reach the machine's own table.
set -eu
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log" "$log.soak"' EXIT
failed=0

# Runs one ring, shows its output and keeps the output for the counts.
ring() {
    { "$@" 2>&1 || echo "ring failed: $*"; } | tee "$log.ring"
    if tail -n 1 "$log.ring" | grep -q '^ring failed: '; then failed=1; fi
    cat "$log.ring" >>"$log"
    rm -f "$log.ring"
}

# Runs one ring while nothing else changes the machine's limit of entries or its number of hash buckets: with a smaller
# number of buckets the kernel refuses entries of other programs (ENOSPC), and a list that it answers meanwhile lacks some.
# Those of our tests that change them (capi-tests/table-full.sh, tests/scenarios) hold this lock alone.
LIMIT=/proc/sys/net/netfilter/nf_conntrack_max
# shellcheck disable=SC2317  # called through ring
unchanged_limits() {
    if [ -e "$LIMIT" ]; then flock --shared --close "$LIMIT" "$@"; else "$@"; fi
}

# shellcheck disable=SC2317  # called through ring
soak_result() {
    cat "$log.soak"
    return "$soaked"
}

# Two minutes of mixed work, in the background, next to the rings that do not depend on the machine's load.
scripts/soak.sh 120 >"$log.soak" 2>&1 &
soak=$!

cargo test --locked --features capi --no-run # here, because there is no network inside
cargo test --locked --features header --no-run --package netfilter-conntrack --test header
ring unchanged_limits scripts/in-namespace.sh cargo test --locked --offline --features capi --no-fail-fast
ring cargo test --locked --offline --features header --package netfilter-conntrack --test header
ring capi-tests/abi.sh
ring capi-tests/install.sh
ring capi-tests/manual.sh
ring capi-tests/offline.sh
ring capi-tests/walk.sh
soaked=0
wait "$soak" || soaked=$?
ring soak_result
ring capi-tests/table-full.sh
ring capi-tests/offline-cpu.sh
ring tests/monitoring/run.sh
ring tests/scenarios/run.sh
ring tests/kernels/check-console.sh
ring unchanged_limits capi-tests/run.sh
ring unchanged_limits capi-tests/hard.sh
for part in scripts/bindings-*.sh; do ring unchanged_limits "$part" test; done
ring capi-tests/sanitize.sh
ring scripts/fuzz.sh smoke
ring scripts/consumers-matrix.sh --check
ring unchanged_limits capi-tests/consumers/run.sh
ring unchanged_limits capi-tests/consumers/run.sh --against liar events iptstate iptables oidentd

# Cargo prints the name of a program, then the number of passed tests. A test that skips itself counts as passed there; a
# test that runs its own program again, for one test, prints another count. The summary names a ring that fails before it
# prints a count, and the parts that were left out without a skip.
echo
awk '
    /^ +Running / { name = $2 == "unittests" ? $3 : $2 }
    /^ +Doc-tests / { name = "documentation" }
    /^test result: .* 0 filtered out/ { count(name, $4, $6, $8) }
    /^[a-z]+: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { count(substr($1, 1, length($1) - 1), $2, $4, $6) }
    /^SKIP / && name != "" { skips[name]++ }
    /^(NOTE|ring failed:) / { notes = notes $0 "\n" }
    function count(ring, passed, failed, skipped) {
        skipped += skips[ring]
        passed -= skips[ring]
        if (passed + failed + skipped > 0)
            printf "%-28s %5d passed %5d failed %5d skipped\n", ring, passed, failed, skipped
        p += passed; f += failed; s += skipped
        name = ""
    }
    END { printf "%s", notes; printf "tests: %d passed, %d failed, %d skipped\n", p, f, s }
' "$log"
exit "$failed"
