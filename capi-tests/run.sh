#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The ring of C programs. Builds every C program against the staged install, through pkg-config as any user of
# the library does, and runs each row of capi-tests/scenarios in two fresh network namespaces: on our library
# and on the original. Output, exit status and the table afterwards must be the same. A third run of our own
# programs, on our library under valgrind, must be free of memory errors, leaks and open sockets. The last step runs
# static programs.
#
#     capi-tests/run.sh [PROGRAM...]       all rows, or those of these programs; STAGE names another install
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh
. capi-tests/sources.sh

STAGE=$(realpath "${STAGE:-stage}")
OUR_LIBRARY=$STAGE/lib/libnetfilter_conntrack.so.3
DEBIAN_EXAMPLES=/usr/share/doc/libnetfilter-conntrack-dev/examples
VALGRIND='valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --track-fds=yes
    --error-exitcode=99 --log-file='
# Programs in which threads share a handle.
THREADED='threads senders'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/static"
rows=$(grep -v -e '^#' -e '^$' capi-tests/scenarios)

# compile WHERE SOURCE MODULES [FLAGS...]
compile() {
    where=$1 source=$2 modules=$3 name=$(basename "$2")
    shift 3
    # One of the original's examples calls no function of the library, but must load it nevertheless.
    # shellcheck disable=SC2046,SC2086  # pkg-config takes and prints words
    $(compiler "$source") -g -O1 -Wl,--no-as-needed -o "$where/${name%.c*}" "$source" "$@" \
        $(PKG_CONFIG_PATH="$STAGE/lib/pkgconfig" pkg-config ${static:+--static} --cflags --libs $modules)
}

# Builds the program of a row once: our programs with warnings as errors, the others as they are.
build() {
    case $1 in
        DEB:*)
            [ -x "$work/bin/${1#DEB:}" ] ||
                compile "$work/bin" "$DEBIAN_EXAMPLES/${1#DEB:}.c" 'libnetfilter_conntrack libmnl' -w ;;
        *)
            [ -x "$work/bin/$1" ] ||
                compile "$work/bin" "$(source_of "$1")" "$(modules_of "$1")" -Wall -Wextra -Werror ;;
    esac
}


# Our headers, and the other headers that the source includes.
modules_of() {
    echo libconntrack "$(grep -q '<libnfnetlink/' "$(source_of "$1")" && echo libnfnetlink)"
}

# on LIBRARY RESULT-NAME UNDER ROW...: one run in a separate namespace; writes the outcome to $work/RESULT-NAME.
on() {
    library=$1 result=$work/$2 under=$3
    shift 3
    rm -rf "$result"
    mkdir "$result"
    if ! LIBRARY_DIR=$(dirname "$library") EXPECT_LIBRARY=$library RESULT=$result UNDER=$under \
        TOOL=$TOOL FIXTURE=$work/bin/expectation ORIGINAL_DIR=$(dirname "$ORIGINAL") \
        scripts/in-namespace.sh capi-tests/scenario.sh "$@" 2>"$result/complaints"; then
        echo 'the scenario failed' >>"$result/complaints"
    fi
    [ ! -s "$result/complaints" ]
}

# Runs the row on both libraries.
compare() {
    name=$1
    shift
    if ! on "$ORIGINAL" original '' "$@"; then
        fail "$name: on the original"
        cat "$work/original/complaints"
    elif ! on "$OUR_LIBRARY" ours '' "$@"; then
        fail "$name: on ours"
        cat "$work/ours/complaints"
    elif ! diff -u --label original --label ours "$work/original/outcome" "$work/ours/outcome" >"$work/diff"; then
        fail "$name: differs"
        head -n 40 "$work/diff"
    else
        pass "$name: the same on both libraries"
    fi
}

# Runs the row on our library under valgrind: no memory error, no leak, no netlink socket left open.
check_memory() {
    name=$1
    shift
    if on "$OUR_LIBRARY" checked "$VALGRIND$work/memory" "$@" &&
        ! grep -q 'status: 99' "$work/checked/outcome" && ! grep -q 'Open pf-16' "$work/memory"; then
        pass "$name: clean under valgrind"
    else
        fail "$name: under valgrind"
        cat "$work/checked/complaints" "$work/memory" | head -n 40
    fi
}

# Runs a program with threads on our library under helgrind: there is no data race.
check_threads() {
    name=$1
    shift
    if on "$OUR_LIBRARY" checked 'valgrind --quiet --tool=helgrind --error-exitcode=99 --log-file='"$work/races" "$@" &&
        ! grep -q 'status: 99' "$work/checked/outcome"; then
        pass "$name: no data race under helgrind"
    else
        fail "$name: under helgrind"
        cat "$work/checked/complaints" "$work/races" | head -n 60
    fi
}

# A fully static program has the same outcome as the dynamic program on the original.
static_program() {
    name="$1, static"
    # The linker warns of functions that the C library cannot provide in static programs; no program uses them.
    if ! (static=yes compile "$work/static" "examples/$1.c" libconntrack -static) 2>"$work/linker"; then
        fail "$name: does not link"
        cat "$work/linker"
    elif readelf -l "$work/static/$1" | grep -q INTERP; then
        fail "$name: is not static"
    else
        scripts/in-namespace.sh "$work/static/$1" >"$work/static-out" 2>&1 || true
        LD_LIBRARY_PATH=$(dirname "$ORIGINAL") scripts/in-namespace.sh "$work/bin/$1" >"$work/dynamic-out" 2>&1 || true
        if diff -u "$work/dynamic-out" "$work/static-out"; then
            pass "$name: the same as on the original"
        else
            fail "$name: differs"
        fi
    fi
}

if ! ORIGINAL=$(scripts/original.sh library) || ! TOOL=$(scripts/original.sh tool); then
    skip 'C programs: no original library and tool here to compare with'
    tally programs
    exit
fi

wanted=$*
build expectation || true # the rows that need it will fail
while read -r program arguments before during output; do
    case " $wanted " in '  ' | *" ${program#DEB:} "*) ;; *) continue ;; esac
    name="${program#DEB:} $(echo "$arguments" | tr ',' ' ') on $before"
    if [ "$program" != "${program#DEB:}" ] && [ ! -f "$DEBIAN_EXAMPLES/${program#DEB:}.c" ]; then
        skip "$name: $DEBIAN_EXAMPLES/${program#DEB:}.c is not installed"
    elif ! build "$program"; then
        fail "$name: does not build"
    else
        set -- "$work/bin/${program#DEB:}" "$arguments" "$before" "$during" "$output"
        compare "$name" "$@"
        # The original's examples leak memory themselves.
        [ "$program" != "${program#DEB:}" ] || check_memory "$name" "$@"
        case " $THREADED " in *" $program "*) check_threads "$name" "$@" ;; esac
    fi
done <<END
$rows
END
if [ -z "$wanted" ]; then
    # Every source has a row, except the sources of the abi ring.
    for source in capi-tests/*.c capi-tests/*.cc examples/*.c "$DEBIAN_EXAMPLES"/*.c; do
        case $source in capi-tests/abi_*) continue ;; esac
        name=$(basename "$source")
        echo "$rows" | grep -q -E "^(DEB:)?${name%.c*} " || fail "$source: not in capi-tests/scenarios"
    done
    for program in list create; do
        static_program "$program"
    done
fi
tally programs
