#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make test-cross: tests library and tool for other machines, by emulation of their programs (qemu-user):
#
#     scripts/test-cross.sh [TRIPLE...]       default: every target of make cross
#
# The rings of a target: `rust`, unit and golden tests; `headers`, every name, number, size and offset of the headers
# next to the original's package for that machine; `objects`, random calls of the whole C API on the original and on
# our library in one process, every result compared. A target for musl has the ring `static` in place of the last two:
# programs that are one file. RINGS='headers objects' selects some; BUILD=no
# tests what is built already.
#
# qemu-user has no netlink of netfilter. The control runs this machine's own tests by emulation: a test that fails there
# and on the target is counted as one that the emulator cannot run.
#
# docs/platforms.md gets the counts, next to those of earlier runs on other targets.
set -eu
cd "$(dirname "$0")/.."

CONTROL=x86_64-unknown-linux-gnu
TESTS='--lib --bins --test golden_netlink --test golden_output --test fuzz_replay --test immunity --test threads'
no_run='' runner=''
RINGS=${RINGS:-rust headers objects static}
work=$(realpath -m "${CARGO_TARGET_DIR:-target}")/platforms
mkdir -p "$work"
unset CI # a part that an emulator cannot run is counted, and is no failure here
failed=0

# cargo_test TRIPLE COMMAND...: Cargo's tests of a target, under a command. Debugging information would take gigabytes.
cargo_test() {
    triple=$1
    shift
    # shellcheck disable=SC2086  # lists of words
    env ${runner:+"CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER=$runner"} "CARGO_TARGET_$(echo "$triple" | tr a-z- A-Z_)_LINKER=$(scripts/target.sh compiler "$triple")" \
        CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_OPT_LEVEL=1 RUST_BACKTRACE=0 \
        "$@" cargo test --locked --features capi --target "$triple" --no-fail-fast $TESTS $no_run
}

# The Rust tests: compiled where there is a network, and run where there is the emulator.
run_rust() {
    no_run=--no-run
    cargo_test "$1" env
    no_run=''
    cargo_test "$1" scripts/foreign.sh "$1" env CARGO_NET_OFFLINE=true 2>&1
}

# The names of the tests that failed, from cargo's output.
failures() { sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$1" | LC_ALL=C sort -u; }

control() {
    [ -e "$work/control" ] && [ -z "$(find src tool/src tests testing -newer "$work/control" -name '*.rs')" ] && return
    no_run=--no-run
    cargo_test "$CONTROL" env
    no_run='' runner=qemu-x86_64-static
    cargo_test "$CONTROL" scripts/foreign.sh "$CONTROL" env CARGO_NET_OFFLINE=true >"$work/control.log" 2>&1 || true
    runner=''
    failures "$work/control.log" >"$work/control"
    echo "control: $(wc -l <"$work/control") tests fail on this machine's own programs by emulation"
}

# count TRIPLE RING PASSED FAILED EMULATOR REMARK
count() {
    printf '%s %s: %s passed, %s failed, %s left out %s\n' "$1" "$2" "$3" "$4" "$5" "$6"
    printf '| %s | %s | %s | %s | %s | %s |\n' "$@" >>"$work/rows"
    [ "$4" = 0 ] || failed=1
}

# Each ring of the C interface prints `ok`, `FAIL` and `SKIP` lines.
count_lines() {
    number() { grep -c "^$1 " "$work/log" || true; }
    count "$1" "$2" "$(number ok)" "$(number FAIL)" "$(number SKIP)" "$3"
    grep '^FAIL' "$work/log" || true
}

rust() {
    control
    run_rust "$1" >"$work/log" || true
    cp "$work/log" "$work/$1.rust.log"
    failures "$work/log" >"$work/failures"
    LC_ALL=C comm -23 "$work/failures" "$work/control" >"$work/own"
    passed=$(sed -n 's/^test result: [^ ]* \([0-9]*\) passed.*/\1/p' "$work/log" |
        awk '{ sum += $1 } END { print sum + 0 }')
    count "$1" rust "$passed" "$(wc -l <"$work/own")" "$(LC_ALL=C comm -12 "$work/failures" "$work/control" | wc -l)" ''
    sed 's/^/FAIL /' "$work/own"
    grep -q '^test result: ' "$work/log" || { tail -n 5 "$work/log" && failed=1; }
}

# The version of the original that was there, or that none was.
original() {
    # shellcheck disable=SC2016  # the inner shell expands
    scripts/foreign.sh "$1" sh -c '[ -n "$CT_ORIGINAL_SO" ] && sed -n "s/^Version: /original /p" "$ORIGINAL_INCLUDE"/../lib/*/pkgconfig/libnetfilter_conntrack.pc' \
        2>/dev/null || echo 'no original: Debian has it in its ports only, and they cannot be reached'
}

headers() {
    scripts/foreign.sh "$1" capi-tests/abi.sh >"$work/log" 2>&1 || true
    count_lines "$1" headers "$(original "$1")"
}

objects() {
    scripts/foreign.sh "$1" capi-tests/walk.sh --foreign >"$work/log" 2>&1 || true
    count_lines "$1" objects "$(original "$1")"
}

static() {
    scripts/foreign.sh "$1" capi-tests/static.sh >"$work/log" 2>&1 || true
    count_lines "$1" static ''
}

test_target() {
    make --no-print-directory --silent --assume-old=all stage TARGET="$1"
    for ring in $RINGS; do
        case $ring:$1 in
            rust:*) rust "$1" ;;
            headers:*-gnu*) headers "$1" ;;
            objects:*-gnu*) objects "$1" ;;
            static:*-musl) static "$1" ;;
        esac
    done
}

scripts/install-deps.sh test-cross
# shellcheck disable=SC2046  # the list is words
[ $# -gt 0 ] || set -- $(scripts/target.sh all)
[ "${BUILD:-yes}" = no ] || scripts/cross.sh "$@"
: >"$work/rows"
for target; do test_target "$target"; done
scripts/platforms.sh cross "$work/rows"
exit "$failed"
