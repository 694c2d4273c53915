#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures the tool and the library against the original and against the floor (benches/), in pairs, on one
# table in a temporary namespace, and prints the tables of docs/performance.md:
#
#     scripts/bench.sh [--record] [--raise-limits] [ROW...]    all rows, or the named rows
#                                                              (scripts/bench/rows.py)
#
# FLOWS (200000) is the size of the table, ROUNDS (5) the number of runs for each median, CLOCK is wall or cpu (for a
# machine that is not idle: scripts/bench/measure.py). The exit status is 0 when all rows were measured, whatever the
# figures; otherwise a row could not be measured, or the answers differ.
#
# --record writes the tables into docs/performance.md, in place of those for this number of flows.
#
# --raise-limits, as root, raises nf_conntrack_max and nf_conntrack_buckets, settings of the machine, during the run, where
# the table needs it: the kernel refuses entries when a chain of its hash becomes too long.
set -euo pipefail
cd "$(dirname "$0")/.."

FLOWS=${FLOWS:-200000}

complain() {
    echo "bench: $*" >&2
    exit 1
}

# raise FILE VALUE: raises a limit until the script ends.
raise() {
    local old
    old=$(cat "$1")
    if [ "$old" -lt "$2" ]; then
        echo "$old $1" >>"$work/limits"
        echo "$2" >"$1"
    fi
}

tidy() {
    if [ -f "$work/limits" ]; then
        while read -r old file; do echo "$old" >"$file"; done <"$work/limits"
    fi
    rm -rf "$work"
}

raise_limits() {
    [ -e /proc/sys/net/netfilter ] || modprobe nf_conntrack
    raise /proc/sys/net/netfilter/nf_conntrack_buckets "$FLOWS"
    raise /proc/sys/net/netfilter/nf_conntrack_max $((FLOWS + FLOWS / 20))
}

compile() {
    PKG_CONFIG_PATH=$STAGE/lib/pkgconfig
    export PKG_CONFIG_PATH
    # shellcheck disable=SC2046  # pkg-config prints words
    ${CC:-cc} -O2 -o "$work/capi" benches/capi.c $(pkg-config --cflags --libs libconntrack)
    ${CC:-cc} -O2 -static -o "$work/run" benches/run.c
    CARGO_TARGET_DIR=$TARGET/benches cargo build --quiet --locked --release --manifest-path benches/Cargo.toml \
        --bin floor
}

# The package for Python, for the programs of benches/languages in Python: those of the rows `languages` and `events`.
install_python() {
    scripts/install-deps.sh bench-python
    BENCH_PYTHON=$(scripts/bindings-python.sh install)
    export BENCH_PYTHON
}

# The programs of benches/languages in the other languages.
compile_languages() {
    scripts/install-deps.sh bench-languages
    # shellcheck disable=SC2046  # pkg-config prints words
    ${CC:-cc} -O2 -o "$work/fields" benches/languages/fields.c $(pkg-config --cflags --libs libnetfilter_conntrack)
    CARGO_TARGET_DIR=$TARGET/benches cargo build --quiet --locked --release --manifest-path benches/languages/Cargo.toml
    cp "$TARGET/benches/release/fields" "$work/fields-rust"
    cp "$TARGET/benches/release/fields-conntrack-rs" "$work"
    scripts/bindings-go.sh fields "$work/fields-go"
    GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$TARGET/bindings/go \
        go build -o "$work/fields-vishvananda" benches/languages/peer/main.go
}

work=$(mktemp -d)
trap tidy EXIT
trap 'exit 1' INT TERM HUP
limits=
record=
while case ${1:-} in --*) true ;; *) false ;; esac do
    case $1 in
        --raise-limits) limits=raised ;;
        --record) record=$FLOWS ;;
        *) complain "no option $1" ;;
    esac
    shift
done
TARGET=$(realpath -m "${CARGO_TARGET_DIR:-target}")
STAGE=$(realpath "${STAGE:-stage}")
ORIGINAL_TOOL=$(scripts/original.sh tool) || complain 'no original conntrack here to compare with'
ORIGINAL_LIBRARY=$(scripts/original.sh library) || complain 'no original library here to compare with'
compile
case " ${*:-languages} " in *' languages '*) compile_languages ;; esac
case " ${*:-events} " in *' languages '* | *' events '*) install_python ;; esac
if [ -n "$limits" ]; then raise_limits; fi
export FLOWS ROUNDS=${ROUNDS:-5} CLOCK=${CLOCK:-wall} STAGE ORIGINAL_TOOL ORIGINAL_LIBRARY
export FLOOR=$TARGET/benches/release/floor BENCH_WORK=$work PYTHONDONTWRITEBYTECODE=1
scripts/in-namespace.sh python3 scripts/bench/main.py "$@" | tee "$work/tables"
if [ -n "$record" ]; then python3 scripts/bench/record.py "$work/tables" "$record"; fi
