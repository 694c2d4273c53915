# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the shell test runners: prints one line for each result, and the closing line with the counts.
# With CI=true a skip counts as a failure, because no other machine runs the skipped test.
passed=0 failed=0 skipped=0

pass() {
    passed=$((passed + 1))
    echo "ok   $*"
}

fail() {
    failed=$((failed + 1))
    echo "FAIL $*"
}

skip() {
    if [ "${CI:-}" = true ]; then
        fail "skipped in CI: $*"
    else
        skipped=$((skipped + 1))
        echo "SKIP $*"
    fi
}

# note WHAT: reports work that was done in part only, and is not a skip; the closing lines of make test repeat it.
note() {
    echo "NOTE $*"
}

# check WHAT COMMAND...: prints one result, and the output of the command when it fails.
check() {
    what=$1
    shift
    if output=$("$@" 2>&1); then pass "$what"; else fail "$what"; echo "$output"; fi
}

# Prints the closing line with a ring's name; fails when a test failed or no test ran.
tally() {
    echo "$1: $passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ] && [ $((passed + skipped)) -gt 0 ]
}
