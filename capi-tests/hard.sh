#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the programs of capi-tests/hard/, whose calls crash the original. Each is built against the staged shared
# library and against the archive.
#
#     capi-tests/hard.sh [PROGRAM...]      all of them, or these; STAGE names another install
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh

STAGE=$(realpath "${STAGE:-stage}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# compile PROGRAM LIBRARY: compiles it against `shared` or `archive`.
compile() {
    case $2 in
        shared) set -- "$1" -L"$STAGE/lib" -Wl,-rpath,"$STAGE/lib" -lconntrack ;;
        archive) set -- "$1" "$STAGE/lib/libconntrack.a" -lgcc_s -lpthread -ldl -lm ;;
    esac
    program=$1
    shift
    ${CC:-cc} -std=gnu17 -Wall -Wextra -Werror -O1 -g -I"$STAGE/include" -o "$work/$program" \
        "capi-tests/hard/$program.c" "$@"
}

for source in capi-tests/hard/*.c; do
    program=$(basename "$source" .c)
    case " $* " in '  ' | *" $program "*) ;; *) continue ;; esac
    for library in shared archive; do
        if ! compile "$program" "$library"; then
            fail "$program, $library: does not build"
        elif (cd "$work" && "$OLDPWD/scripts/in-namespace.sh" "$work/$program") >"$work/said" 2>&1; then
            pass "$program, $library: $(tail -n 1 "$work/said")"
        else
            fail "$program, $library"
            tail -n 20 "$work/said"
        fi
    done
done
tally hard
