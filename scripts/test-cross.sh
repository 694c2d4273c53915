#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make test-cross: tests library and tool for other machines, by emulation of their programs (qemu-user):
#
#     scripts/test-cross.sh [TRIPLE...]       default: every target of make cross
#
# The rings of a target: `rust`, unit and golden tests; `headers`, every name, number, size and offset of the headers
# next to the original's package for that machine; `objects`, random calls of the whole C API on the original and on
# our library in one process, every result compared. A target for musl has the ring `static` in place of the last two:
# programs that are one file. RINGS='headers objects' selects some; BUILD_FIRST=no tests what is built already.
#
# qemu-user has no netlink of netfilter. The control runs the Rust tests of x86-64 by emulation, too. A test that fails
# there with the same text is left out, and its name printed; any other failure counts, and so does a program that ends
# early, a test that does not run, and a ring without tests.
#
# docs/platforms.md gets the counts, next to those of earlier runs on other targets.
set -eu
cd "$(dirname "$0")/.."

CONTROL=x86_64-unknown-linux-gnu
TESTS='--lib --bins --test golden_netlink --test golden_output --test fuzz_replay --test immunity --test threads'
RINGS=${RINGS:-rust headers objects static}
work=$(realpath -m "${CARGO_TARGET_DIR:-target}")/platforms
mkdir -p "$work"
unset CI # a part that an emulator cannot run is counted, and is no failure here
failed=0

# cargo_test TRIPLE OPTION COMMAND...: Cargo's tests of a target, under a command. Debugging information would take
# gigabytes; without optimisation the tests take twice as long. Two threads print whole lines. The control has no setting
# for its linker: this machine's build scripts would have it too, and each target after it would be compiled again.
cargo_test() {
    triple=$1 option=$2 linker=
    shift 2
    [ "$triple" = $CONTROL ] ||
        linker="CARGO_TARGET_$(echo "$triple" | tr a-z- A-Z_)_LINKER=$(scripts/target.sh compiler "$triple")"
    # shellcheck disable=SC2086  # lists of words
    env ${linker:+"$linker"} \
        CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_INCREMENTAL=0 RUST_BACKTRACE=0 \
        "$@" cargo test --locked --features capi --target "$triple" --no-fail-fast $TESTS $option
}

# verdicts TRIPLE [ASSIGNMENT]: runs the Rust tests, compiled where there is a network, where there is the emulator.
verdicts() {
    cargo_test "$1" --no-run env
    cargo_test "$1" '-- --test-threads=2' scripts/foreign.sh "$1" env CARGO_NET_OFFLINE=true ${2:+"$2"} \
        >"$work/$1.log" 2>&1 || true
    awk -f scripts/verdicts.awk "$work/$1.log" | LC_ALL=C sort >"$work/$1.verdicts"
}

# The control, once in a run.
control() {
    [ "${is_controlled:-}" = yes ] && return
    is_controlled=yes
    verdicts "$CONTROL" CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER=qemu-x86_64-static
    ! grep '	died	' "$work/$CONTROL.verdicts" || { echo 'test-cross: the control has not finished' >&2 && exit 1; }
    echo "control: $(grep -vc '	ok	' "$work/$CONTROL.verdicts") tests do not run on x86-64 by emulation"
}

# judge TRIPLE: compares the verdicts with the control's. The last line has the counts: passed, failed, left out. This
# machine's own programs run without an emulator: nothing is left out.
judge() {
    awk -F '\t' -v emulated="$(case $1 in x86_64-*) echo 0 ;; *) echo 1 ;; esac)" '
        { program = $1; sub(/::.*/, "", program) }
        !is_target { known[$1] = $2 FS $3; programs[program]; next }
        { delete programs[program] }
        $2 == "ok" { passed++; next }
        emulated && $2 != "died" && known[$1] == $2 FS $3 { left++; print "left out: " $1; next }
        { failed++; print "FAIL " substr($0, 1, 400) }
        END {
            for (program in programs) { failed++; print "FAIL " program " did not run" }
            print passed + 0, failed + 0, left + 0
        }' "$work/$CONTROL.verdicts" is_target=1 "$work/$1.verdicts"
}

# count TRIPLE RING PASSED FAILED EMULATOR REMARK
count() {
    printf '%s %s: %s passed, %s failed, %s left out %s\n' "$1" "$2" "$3" "$4" "$5" "$6"
    printf '| %s | %s | %s | %s | %s | %s |\n' "$@" >>"$work/rows"
    [ "$4" = 0 ] || failed=1
}

# count_lines TRIPLE RING REMARK COMMAND...: a ring of the C interface prints `ok`, `FAIL` and `SKIP` lines. Only powerpc64
# may lack the original: elsewhere a part that is left out is a failure, as in CI.
count_lines() {
    target=$1 ring=$2 remark=$3
    shift 3
    case $target in powerpc64-*) must_run=false ;; *) must_run=true ;; esac
    CI=$must_run scripts/foreign.sh "$target" "$@" >"$work/log" 2>&1 ||
        grep -q '^FAIL' "$work/log" || echo "FAIL $ring ended early" >>"$work/log"
    grep -q -e '^ok' -e '^FAIL' -e '^SKIP' "$work/log" || echo "FAIL $ring: no test ran" >>"$work/log"
    cp "$work/log" "$work/$target.$ring.log"
    number() { grep -c "^$1 " "$work/log" || true; }
    count "$target" "$ring" "$(number ok)" "$(number FAIL)" "$(number SKIP)" "$remark"
    grep -e '^FAIL' -e '^SKIP' "$work/log" || true
}

rust() {
    control
    verdicts "$1"
    judge "$1" >"$work/judged"
    sed '$d' "$work/judged"
    # shellcheck disable=SC2046  # three numbers
    count "$1" rust $(tail -n 1 "$work/judged") ''
}

# The version of the original that was there, or that none was.
original() {
    # shellcheck disable=SC2016  # the inner shell expands
    scripts/foreign.sh "$1" sh -c '[ -n "$CT_ORIGINAL_SO" ] && sed -n "s/^Version: /original /p" "$ORIGINAL_INCLUDE"/../lib/*/pkgconfig/libnetfilter_conntrack.pc' \
        2>/dev/null || echo 'no original: Debian has it in its ports only, and they cannot be reached'
}

test_target() {
    [ "$RINGS" = rust ] || make --no-print-directory --silent --assume-old=all stage TARGET="$1"
    for ring in $RINGS; do
        case $ring:$1 in
            rust:*) rust "$1" ;;
            headers:*-gnu*) count_lines "$1" headers "$(original "$1")" capi-tests/abi.sh ;;
            objects:*-gnu*) count_lines "$1" objects "$(original "$1")" capi-tests/walk.sh --foreign ;;
            static:*-musl) count_lines "$1" static '' capi-tests/static.sh ;;
        esac
    done
}

for ring in $RINGS; do
    case $ring in rust | headers | objects | static) ;; *) echo "test-cross: no such ring: $ring" >&2 && exit 2 ;; esac
done
scripts/install-deps.sh test-cross
# shellcheck disable=SC2046  # the list is words
[ $# -gt 0 ] || set -- $(scripts/target.sh all)
[ "${BUILD_FIRST:-yes}" = no ] || scripts/cross.sh "$@"
for target; do
    : >"$work/rows"
    test_target "$target"
    [ -s "$work/rows" ] || { echo "test-cross: $target has none of the rings: $RINGS" && continue; }
    counted=yes
    scripts/platforms.sh cross 2 "$work/rows"
done
[ "${counted:-}" = yes ] || failed=1
exit "$failed"
