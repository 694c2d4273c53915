# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the shell test runners: one line for each result, and the closing line with the counts.
# With CI=true a skip counts as a failure: what is not tested there is tested nowhere.
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

# note WHAT: something that is done in part only, and is no skip; the closing lines of make test repeat it.
note() {
    echo "NOTE $*"
}

# check WHAT COMMAND...: one result; the command's output is shown when it fails.
check() {
    what=$1
    shift
    if output=$("$@" 2>&1); then pass "$what"; else fail "$what"; echo "$output"; fi
}

# The closing line under a ring's name; fails when anything failed or nothing ran.
tally() {
    echo "$1: $passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ] && [ $((passed + skipped)) -gt 0 ]
}
