#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Checks files against code that overwrites memory: each is position-independent, has read-only relocations that are
# resolved at the start (RELRO, BIND_NOW), no executable stack, no text relocations, and no search paths for libraries.
# Where Debian's checker is installed (devscripts), it finds nothing else than SECURITY.md explains.
#
#     scripts/hardened.sh PLACE...     each is a file, or a folder with files that the linker made; prints their names, and
#                                      fails with a line for the first sign that is missing
set -eu

die() {
    echo "$*"
    exit 1
}

# elf FILE: reads the file's headers.
elf() {
    signs=$(readelf -hldW "$1")
    for sign in 'Type: *DYN' GNU_RELRO 'FLAGS_1.*NOW' 'GNU_STACK .* RW '; do
        echo "$signs" | grep -q "$sign" || die "$1: no $sign"
    done
    for sign in TEXTREL '(R.*PATH)' '(STACK|LOAD) .* R?WE '; do
        ! echo "$signs" | grep -E "$sign" || die "$1: $sign"
    done
}

# SECURITY.md explains each of these. Control flow integrity is Intel's CET, branch protection the same for ARM.
checker() {
    said=$(hardening-check "$1" || true)
    case $said in *': yes'*) ;; *) die "hardening-check $1: $said" ;; esac
    others=$(echo "$said" | sed 1d | grep -v -e ': yes' -e '^ Stack protected: no' -e '^ Fortify Source functions: no' \
        -e '^ Stack clash protection: unknown' -e '^ Control flow integrity: ' -e '^ Branch protection: ' || true)
    [ -z "$others" ] || die "$1:$others"
}

# linked PLACE: prints the names of the programs and shared libraries there. The debugging information of one is none.
linked() {
    find -H "$1" -type f ! -path '*/lib/debug/*' | while read -r file; do
        [ "$(head -c 4 "$file" | tr -d '\177\0')" != ELF ] || echo "$file"
    done
}

[ $# -gt 0 ] || die 'hardened: no file is named'
for place; do
    files=$(linked "$place")
    [ -n "$files" ] || die "$place: no program and no library"
    for file in $files; do
        elf "$file"
        if command -v hardening-check >/dev/null; then checker "$file"; fi
        echo "$file"
    done
done
