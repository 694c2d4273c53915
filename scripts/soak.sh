#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the soak: mixed work on one table for SECONDS, while it measures memory and descriptors (tool/tests/soak.rs
# describes the work). Builds the soak's C program against the staged install, so run `make stage` first.
#
#     scripts/soak.sh SECONDS [CARGO-OPTION...]      for example: scripts/soak.sh 1200 --release
set -eu
cd "$(dirname "$0")/.."

secs=${1:?usage: scripts/soak.sh SECONDS [CARGO-OPTION...]}
shift
stage=$(realpath "${STAGE:-stage}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck disable=SC2046  # pkg-config prints words
${CC:-cc} -g -O1 -Wall -Wextra -Werror -o "$work/soak" capi-tests/soak/soak.c \
    $(PKG_CONFIG_PATH="$stage/lib/pkgconfig" pkg-config --cflags --libs libconntrack)
library=$(realpath "$stage/lib/libnetfilter_conntrack.so.3")
built=$(cargo test --locked "$@" --no-run --package conntrack --test soak 2>&1) || { echo "$built" >&2; exit 1; }
program=$(echo "$built" | sed -n 's/^ *Executable .*(\(.*\))$/\1/p')

# Starts the program as cargo would start it, because cargo would lock the build folder all the time.
SOAK_SECS=$secs SOAK_PROGRAM=$work/soak SOAK_LIBRARY=$library LD_LIBRARY_PATH=$stage/lib \
    scripts/in-namespace.sh nice -n 19 "$program" --nocapture >"$work/out" 2>&1 </dev/null && status=0 || status=$?
if [ "$status" = 0 ]; then grep -E '^(soaked|C:|SKIP) ' "$work/out"; else cat "$work/out"; fi
if grep -q '^SKIP ' "$work/out"; then
    echo 'soak: 0 passed, 0 failed, 1 skipped'
elif [ "$status" = 0 ]; then
    echo 'soak: 1 passed, 0 failed, 0 skipped'
else
    echo 'soak: 0 passed, 1 failed, 0 skipped'
fi
exit "$status"
