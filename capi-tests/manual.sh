#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests the manual for C programmers with the programs that show it: man and mandoc read the pages of section 3 without a
# complaint and find each by its functions' names, and doxygen makes the HTML without one. tests/manual compares the
# names and texts. Run after `make stage`.
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh

STAGE=$(realpath "${STAGE:-stage}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Prints nothing but complaints.
mandoc_lint() {
    said=$(mandoc -T lint -W style docs/man3/*.3 2>&1) || { echo "$said"; return 1; }
}

man_warnings() {
    for page in docs/man3/*.3; do
        said=$(MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l "$page" 2>&1 >/dev/null || echo "$page: failed")
        if [ -n "$said" ]; then echo "$page: $said"; return 1; fi
    done
}

# man finds a page for every function, and the page says the function's name.
found_by_name() {
    while read -r name; do
        MANWIDTH=80 LC_ALL=C.UTF-8 man -M "$STAGE/share/man" 3 "$name" 2>"$work/said" | col -b >"$work/page" || true
        grep -q "^   $name()" "$work/page" || { echo "man $name:"; cat "$work/said"; return 1; }
    done <capi-tests/exports.txt
}

# The index of man (apropos) has every function: it comes from the section NAME of the installed page.
indexed() {
    lexgrog "$STAGE"/share/man/man3/*.3 >"$work/index" || { cat "$work/index"; return 1; }
    while read -r name; do
        grep -q ": \"$name - " "$work/index" || { echo "apropos does not know $name"; return 1; }
    done <capi-tests/exports.txt
}

# html PLACE: makes the HTML of the tree in this folder; fails with doxygen's complaints.
html() {
    (cd "$1" && mkdir -p "$work/html" && VERSION=0 OUTPUT=$work/html doxygen docs/reference/Doxyfile)
}

# Every function, enumerator and macro is in the HTML.
html_has_every_name() {
    html . || return 1
    cat "$work"/html/html/*.html >"$work/all"
    { cat capi-tests/exports.txt; sed -n -E -e 's/^ +([A-Z_0-9a-z]+) = .*,$/\1/p' \
        -e 's/^#define ([A-Z_0-9a-z]+)(\(| [^ ]).*/\1/p' include/libnetfilter_conntrack/*.h; } >"$work/names"
    while read -r name; do
        grep -q -w -e "$name" "$work/all" || { echo "no $name"; return 1; }
    done <"$work/names"
    [ "$(wc -l <"$work/names")" -gt 500 ]
}

# without NAME COMMENT: a tree whose main header lacks a comment, by a pattern of its first line, makes doxygen fail and
# say the name.
without() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/docs"
    cp -r include examples "$work/tree/"
    cp -r docs/reference "$work/tree/docs/"
    header=libnetfilter_conntrack/libnetfilter_conntrack.h
    awk -v comment="$2" '
        /^\/\*\*$/ { getline text; if (text ~ comment) { while (text != " */") getline text; next } print; $0 = text }
        { print }' "include/$header" >"$work/tree/include/$header"
    said=$(html "$work/tree" 2>&1) && { echo "doxygen does not miss the text of $1"; return 1; }
    echo "$said"
    echo "$said" | grep -q -w -e "$1"
}

needs() {
    for program in "$@"; do
        command -v "$program" >/dev/null || { skip "the manual: no $program here"; return 1; }
    done
}

if needs mandoc; then
    check 'mandoc has no complaint' mandoc_lint
fi
if needs man lexgrog col; then
    check 'man has no warning' man_warnings
    check 'man finds a page by the name of each function' found_by_name
    check 'apropos knows each function' indexed
fi
if needs doxygen; then
    check 'the HTML has every function, enumerator and macro' html_has_every_name
    check 'a function without a text is an error' without nfct_fd '^ \\* Returns the descriptor of a handle'
    check 'a macro without a text is an error' without NFCT_DIR_MAX '^ \\* the number of directions'
fi
tally manual
