#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make cross: builds library and tool for other machines, with their compilers and Rust's standard library for them:
#
#     scripts/cross.sh TRIPLE...
#
# Prints the size of each artefact. Fails when a target does not build, or when an artefact is of another machine.
set -eu
cd "$(dirname "$0")/.."

# Only a target that rustc knows goes to the other programs.
known() {
    rustc --print target-list | grep -qxF -e "$1" && return
    echo "make cross: rustc knows no target $1. Those that are tested:" >&2
    scripts/target.sh all | sed 's/^/    /' >&2
    return 1
}

# Rust's standard library for a target, where rustup provides it.
provide_std() {
    if [ -e "$(rustc --print target-libdir --target "$1")" ]; then return; fi
    command -v rustup >/dev/null && rustup target add "$1" && return
    echo "make cross: rustc has no standard library for $1, and there is no rustup to add it" >&2
    return 1
}

# machine FILE: word size, byte order and processor of an ELF file, or of the last member of an archive.
machine() {
    readelf -h "$1" 2>/dev/null | sed -n -e 's/^ *\(Class\|Data\|Machine\): *//p' | tail -n 3
}

# The artefacts of a target are for the machine for which its C compiler compiles.
of_this_machine() {
    echo 'int one;' | "$(scripts/target.sh compiler "$1")" -x c -c -o "$work/one.o" -
    for file in $(scripts/target.sh artefacts "$1"); do
        [ "$(machine "$file")" = "$(machine "$work/one.o")" ] ||
            { echo "make cross: $file is for $(machine "$file" | tr '\n' ' ')" >&2; return 1; }
        printf '%-32s %-28s %9d bytes\n' "$1" "${file##*/}" "$(stat -c %s "$file")"
    done
}

for triple; do known "$triple"; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for triple; do
    scripts/install-deps.sh "$triple"
    provide_std "$triple"
    make --no-print-directory all TARGET="$triple"
done
for triple; do of_this_machine "$triple"; done
