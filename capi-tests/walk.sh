#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The differential ring: a seeded random walk over the whole C API, run on the original and on the staged
# library in one process, which compares every observable result (capi-tests/walk/).
#
#     capi-tests/walk.sh                          the ring: a test of the walk, the comparison, the walk under valgrind
#     capi-tests/walk.sh --soak [OPTION...]       a million rounds, or another number that the options set
#     capi-tests/walk.sh --valgrind [OPTION...]   300 rounds under valgrind: no error and no leak on our side
#     capi-tests/walk.sh --foreign                3000 rounds and the fuzzer's messages, on another machine's libraries
#     capi-tests/walk.sh --only OPTION...         the walk with these options, for example --round 77
#
# STAGE names another install, SEED another start. The head of capi-tests/walk/walk.c describes the options.
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh

OURS=$(realpath "${STAGE:-stage}")/lib/libnetfilter_conntrack.so.3
SEED=${SEED:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The walk defines its own clock functions, which both libraries must find: -rdynamic.
build() {
    ${CC:-cc} -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -g -rdynamic -o "$work/walk" \
        ${ORIGINAL_INCLUDE:+-idirafter "$ORIGINAL_INCLUDE"} capi-tests/walk/*.c
}

walk() {
    "$work/walk" --seed "$SEED" "$@"
}

under_valgrind() {
    sed "s|@ORIGINAL@|$(realpath "$ORIGINAL")|" capi-tests/walk.supp >"$work/suppressions"
    valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99 --track-fds=yes \
        --child-silent-after-fork=yes --suppressions="$work/suppressions" --log-file="$work/memory" \
        "$work/walk" --seed "$SEED" --rounds 300 "$@" "$ORIGINAL" "$OURS" &&
        ! grep -A 12 -e 'Open pf-16' "$work/memory"
}

# step NAME COMMAND...: prints the lines that $tell names, and the result; a part that the walk left out is a skip.
step() {
    name=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        grep -E "^($tell) " "$work/out" || true
        pass "walk: $name"
    else
        tail -n 200 "$work/out"
        if [ -s "$work/memory" ]; then head -n 60 "$work/memory"; fi
        fail "walk: $name"
    fi
    if reason=$(grep -m 1 '^SKIP ' "$work/out"); then skip "walk: $name: ${reason#SKIP }"; fi
}

if ! ORIGINAL=$(scripts/original.sh library); then
    skip 'walk: no original library here to compare with'
    tally walk
    exit
fi
build

case ${1:-} in
    --soak)
        shift
        walk --rounds 1000000 "$@" "$ORIGINAL" "$OURS"
        exit
        ;;
    --valgrind)
        shift
        under_valgrind "$@" || { cat "$work/memory" && exit 1; }
        exit
        ;;
    --foreign)
        tell='rounds|known'
        step 'ours does the same as the original' walk --rounds 3000 "$ORIGINAL" "$OURS"
        step 'ours does the same on the messages that the fuzzer found worth keeping' \
            walk --given fuzz/corpus/versus.txt "$ORIGINAL" "$OURS"
        tally walk
        exit
        ;;
    --only)
        shift
        walk "$@" "$ORIGINAL" "$OURS"
        exit
        ;;
esac

# For the loader a copy of the original is another library. The walk must find no difference between the two, and must
# find each difference that it makes on purpose.
cp "$ORIGINAL" "$work/copy.so"
tell='rounds|disturbances'
step 'a copy of the original is the same, and whatever it did differently would be noticed' \
    walk --rounds 3000 --bend "$ORIGINAL" "$work/copy.so"
tell='rounds|known'
step 'ours does the same as the original' walk --rounds 10000 "$ORIGINAL" "$OURS"
step 'ours does the same on the messages that the fuzzer found worth keeping' \
    walk --given fuzz/corpus/versus.txt "$ORIGINAL" "$OURS"
tell=rounds
# The fuzzer's exit handler gives an exiting program the status 77, which is also the status of a child that returned.
cat >"$work/handler.c" <<'END'
#include <stdlib.h>
#include <unistd.h>
static void at_exit(int status, void *nothing)
{
    (void)nothing;
    if (status != 0) _exit(77);
}
__attribute__((constructor)) static void start(void) { on_exit(at_exit, NULL); }
END
${CC:-cc} -D_GNU_SOURCE -shared -fPIC -o "$work/handler.so" "$work/handler.c"
step 'a message that ends the original counts as one, in the fuzzer too' \
    env LD_PRELOAD="$work/handler.so" "$work/walk" --given fuzz/corpus/versus.txt "$ORIGINAL" "$OURS"
if command -v valgrind >/dev/null; then
    step 'clean under valgrind' under_valgrind
else
    skip 'walk: under valgrind: it is not installed'
fi
tally walk
