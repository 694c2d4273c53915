#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the fuzzer: cargo-fuzz on a nightly toolchain (`cargo install cargo-fuzz`), with the targets in fuzz/.
#
#     scripts/fuzz.sh smoke                    runs every target for 20 seconds, two at a time: a ring of make test
#     scripts/fuzz.sh run TARGET [OPTION...]   runs one target, until it is stopped or has a finding
#     scripts/fuzz.sh keep TARGET              minimises the inputs that the runs of a target have found, and keeps them
#
# A smoke run begins with the kept inputs and one seed, so that the same code meets the same inputs in each run, as many as it
# has time for: a finding comes from a change. SMOKE_SECONDS changes the 20 seconds, SEED the seed (1). `run` has another
# seed each time, and continues with what earlier runs have found. Options are libFuzzer's (-max_total_time=300). Without
# cargo-fuzz, `smoke` reports it and runs no target; every test run replays the kept inputs anyway. The kept inputs are in
# fuzz/corpus/TARGET.txt, one input in a line, in hexadecimal; runs work on files below fuzz/target/corpus and write
# findings to fuzz/target/found. `versus` compares with the original library and needs it (scripts/original.sh).
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh

corpus=fuzz/target/corpus
found=fuzz/target/found

targets() {
    sed -n 's/^path = "fuzz_targets\/\(.*\)\.rs"$/\1/p' fuzz/Cargo.toml
}

# Writes the kept inputs of a target as files.
unpack() {
    mkdir -p "$corpus/$1" "$found"
    DIR=$corpus/$1 perl -ne 'next if /^#/; chomp; open my $to, ">:raw", "$ENV{DIR}/kept-$."; print $to pack "H*", $_' \
        "fuzz/corpus/$1.txt"
}

# Reads the files back, sorted, so that a diff shows the new inputs.
pack() {
    for file in "$corpus/$1"/*; do
        perl -0777 -ne 'print unpack("H*", $_), "\n"' "$file"
    done | LC_ALL=C sort -u >"fuzz/corpus/$1.txt"
}

# The options of every run of libFuzzer. The original in `versus` leaks memory itself.
options() {
    echo "-timeout=20 -rss_limit_mb=4096 -max_len=4096 -artifact_prefix=$found/$1-"
    if [ "$1" = versus ]; then echo -detect_leaks=0; fi
}

# run TARGET OPTION...
run() {
    target=$1
    shift
    # shellcheck disable=SC2046  # the options are words
    cargo +nightly fuzz run "$target" "$corpus/$target" -- $(options "$target") "$@"
}

smoke_one() {
    if [ "$1" = versus ] && [ -z "${ORIGINAL:-}" ]; then
        skip "fuzz: $1: no original library here to compare with"
    elif unpack "$1" && run "$1" "-seed=${SEED:-1}" "-max_total_time=${SMOKE_SECONDS:-20}" -print_final_stats=1 \
        >"$found/$1.log" 2>&1; then
        pass "fuzz: $1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$found/$1.log") runs, no finding"
    else
        fail "fuzz: $1"
        tail -n 60 "$found/$1.log"
    fi
}

smoke() {
    if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
        note 'fuzz: no cargo-fuzz on a nightly toolchain here: the fuzzers do not run, their kept inputs are replayed'
        exit
    fi
    corpus=fuzz/target/smoke
    rm -rf "$corpus"
    mkdir -p "$found"
    cargo +nightly fuzz build >"$found/build.log" 2>&1 || { cat "$found/build.log" && exit 1; }
    begun=0
    for target in $(targets); do
        smoke_one "$target" >"$found/$target.result" &
        begun=$((begun + 1))
        [ $((begun % 2)) = 1 ] || wait
    done
    wait
    for target in $(targets); do
        cat "$found/$target.result"
        case $(head -n 1 "$found/$target.result") in
            ok*) passed=$((passed + 1)) ;;
            SKIP*) skipped=$((skipped + 1)) ;;
            *) failed=$((failed + 1)) ;;
        esac
    done
    tally fuzz
}

ORIGINAL=$(scripts/original.sh library || true)
export ORIGINAL
case ${1:-} in
    smoke) smoke ;;
    run)
        shift
        unpack "$1"
        run "$@"
        ;;
    keep)
        # shellcheck disable=SC2046  # the options are words
        cargo +nightly fuzz cmin "$2" "$corpus/$2" -- $(options "$2") -use_counters=0
        pack "$2"
        ;;
    *)
        sed -n '5,7s/^# *//p' "$0" >&2
        exit 2
        ;;
esac
