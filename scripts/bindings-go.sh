#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The Go module of bindings/go, on the staged install and on the original:
#
#     scripts/bindings-go.sh build            compiles the package and its programs on our library
#     scripts/bindings-go.sh test             its tests on both libraries, on ours with the race detector too
#     scripts/bindings-go.sh static           builds our archive for musl, links the tests and the tour with it into
#                                             static programs, as bindings/go/README.md describes, and runs them
#     scripts/bindings-go.sh newer            the tests with a newer Go than this machine's: that of Debian 13, unpacked
#                                             below target, as make test-platforms does
#     scripts/bindings-go.sh fields PROGRAM   compiles the program that make bench measures (benches/languages/go)
#
# STAGE names another install. Nothing is fetched: the module needs Go's standard library only. The tests make the
# network namespaces in which they run.
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh

STAGE=$(realpath -m "${STAGE:-stage}")
CACHE=$(realpath -m "${CARGO_TARGET_DIR:-target}")/bindings/go
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOCACHE="$CACHE" GOPATH="$CACHE/path" GOFLAGS=-mod=mod GOPROXY=off GOSUMDB=off GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=1

# on LIBRARY PKG-CONFIG-FOLDERS COMMAND...: with the headers of one library, which the programs load too.
on() {
    library=$1 folders=$2
    shift 2
    (cd bindings/go && PKG_CONFIG_LIBDIR=$folders LD_LIBRARY_PATH=$(dirname "$library") EXPECT_LIBRARY=$(realpath "$library") "$@")
}

system_folders() { PKG_CONFIG_LIBDIR='' pkg-config --variable pc_path pkg-config | tr ':' '\n' | grep -v '^/usr/local/' | paste -sd:; }
ours() { on "$STAGE/lib/libnetfilter_conntrack.so.3" "$STAGE/lib/pkgconfig:$(system_folders)" "$@"; }
original() { on "$ORIGINAL" "$(system_folders)" "$@"; }

# tests WHERE WHICH [FLAG...]: runs the tests, a result for each.
tests() {
    where=$1 which=$2
    shift 2
    "$where" go test -count=1 -timeout 300s -v "$@" ./... >"$work/log" 2>&1 || echo 'go test failed' >>"$work/log"
    count "$which"
}

# A line for each test, and the whole log when one failed; a log without tests is a failure too.
count() {
    before=$((passed + skipped)) failed_before=$failed
    sed -n 's/^--- \([A-Z]*\): \([A-Za-z0-9_]*\).*/\1 \2/p' "$work/log" >"$work/results"
    while read -r result name; do
        case $result in
            PASS) pass "go, $1: $name" ;;
            SKIP) skip "go, $1: $name" ;;
            *) fail "go, $1: $name" ;;
        esac
    done <"$work/results"
    if grep -q '^go test failed' "$work/log" && [ "$failed" = "$failed_before" ]; then fail "go, $1: go test"; fi
    [ $((passed + skipped)) -gt "$before" ] || fail "go, $1: no test ran"
    [ "$failed" = "$failed_before" ] || grep -v -e '^=== RUN' -e '^--- PASS' "$work/log"
}

# compile_c SOURCE PROGRAM: in the folder of the module.
compile_c() {
    # shellcheck disable=SC2046  # pkg-config prints words
    cc -O2 -o "$2" "../../$1" $(pkg-config --cflags --libs libnetfilter_conntrack)
}

# The program of docs/bindings.md prints the same as in the other languages.
tour() {
    "$1" go build -o "$work/tour" ./examples/tour &&
        "$1" ../../scripts/in-namespace.sh "$work/tour" >"$work/said" && diff -u bindings/tour.txt "$work/said"
}

# The same program in C.
tour_in_c() {
    "$1" compile_c examples/tour.c "$work/tour_c" &&
        "$1" ../../scripts/in-namespace.sh "$work/tour_c" >"$work/said" && diff -u bindings/tour.txt "$work/said"
}

is_formatted() { test -z "$(gofmt -l bindings/go | tee /dev/stderr)"; }

run_tests() {
    check 'go, gofmt' is_formatted
    check 'go, vet' ours go vet ./...
    tests ours 'our library'
    check 'go, our library: tour' tour ours
    check 'go, our library: tour in C' tour_in_c ours
    tests ours 'race detector' -race
    if ORIGINAL=$(scripts/original.sh library); then
        tests original 'the original'
        check 'go, the original: tour' tour original
        check 'go, the original: tour in C' tour_in_c original
    else
        skip 'go, the original: not on this machine'
    fi
    tally go
}

MUSL=$(uname -m)-unknown-linux-musl

# The recipe of bindings/go/README.md. Go must be allowed the option of our .pc file for the linker.
statically() {
    multiarch=$(cc -print-multiarch)
    (cd bindings/go && CC=musl-gcc CGO_LDFLAGS_ALLOW=-Wl,--eh-frame-hdr \
        CGO_CFLAGS="-O2 -idirafter /usr/include -idirafter /usr/include/$multiarch" \
        PKG_CONFIG_LIBDIR="$(realpath "$MUSL_STAGE")/lib/pkgconfig" "$@")
}
LINK_STATICALLY='-linkmode external -extldflags -static'

# In a root with nothing but the program.
static_tour() {
    mkdir "$work/root"
    statically go build -tags netgo,osusergo -ldflags "$LINK_STATICALLY" -o "$work/root/tour" ./examples/tour &&
        scripts/in-namespace.sh chroot "$work/root" /tour >"$work/said" && diff -u bindings/tour.txt "$work/said"
}

run_static() {
    scripts/cross.sh "$MUSL"
    make --no-print-directory --silent --assume-old=all stage TARGET="$MUSL" NFNETLINK=no
    MUSL_STAGE=$(scripts/target.sh stage "$MUSL")
    check 'go, static: tour in an empty root' static_tour
    if statically go test -c -tags netgo,osusergo -ldflags "$LINK_STATICALLY" -o "$work/tests" .; then
        EXPECT_LIBRARY=none "$work/tests" -test.v -test.timeout 300s >"$work/log" 2>&1 || echo 'go test failed' >>"$work/log"
        count static
    else
        fail 'go, static: the tests do not link'
    fi
    tally gostatic
}

# Puts the Go of Debian 13 first in PATH.
use_newer() {
    folder=$(dirname "$CACHE")/newer-go
    GOROOT=$folder/root/usr/lib/go-1.24
    export GOROOT PATH="$GOROOT/bin:$PATH" GOCACHE="$folder/cache"
    if [ -e "$folder/complete" ]; then return; fi
    rm -rf "$folder/root"
    mkdir -p "$folder"
    scripts/debian-apt.sh open trixie "$(dpkg --print-architecture)" "$folder" &&
        (cd "$folder" && apt-get -q -q -c conf download golang-1.24-go golang-1.24-src) &&
        for package in "$folder"/*.deb; do dpkg-deb -x "$package" "$folder/root" || return; done && touch "$folder/complete"
}

run_newer() {
    if use_newer; then
        check "go, newer: $(go version)" ours go vet ./...
        tests ours 'newer Go'
    else
        fail 'go, newer: the Go of Debian 13 could not be fetched'
    fi
    tally gonewer
}

compile_fields() { (cd ../../benches/languages/go && go build -o "$1" .); }

case ${1:-} in
    build | test | static | newer | fields)
        if ! command -v go >/dev/null; then
            skip 'go: no Go toolchain here'
            case $1 in test | static | newer) tally go ;; esac
            exit
        fi
        ;;
    *)
        echo 'usage: scripts/bindings-go.sh build|test|static|newer|fields PROGRAM' >&2
        exit 2
        ;;
esac
case $1 in
    build) ours go build ./... ;;
    test) run_tests ;;
    static) run_static ;;
    newer) run_newer ;;
    fields) ours compile_fields "$(realpath -m "$2")" ;;
esac
