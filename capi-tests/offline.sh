#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests the packager's commands: unpacks, builds and installs the tarball of `make dist` in a namespace without
# network, with an empty cargo home, so that every source comes from the tarball. The installed files must be those
# that this tree installs. The tarball holds the crates of the product and no other, and its bill of materials lists
# them. Run after `make stage`.
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh

work=$(mktemp -d)
source=$work/libconntrack-$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
trap 'rm -rf "$work"' EXIT
PACKAGE='PREFIX=/usr LIBDIR=/usr/lib/multiarch'
CRATES='bitflags bytes libc log netlink-sys'
SCHEMA=tests/schemas/cyclonedx-1.5.json

# Two archives of one commit are the same file.
tarball() {
    scripts/dist.sh "$work/first" && (umask 077 && TZ=Asia/Tokyo LC_ALL=C scripts/dist.sh "$work/second") &&
        cmp "$work"/first/*.tar.gz "$work"/second/*.tar.gz && cmp "$work"/first/*.json "$work"/second/*.json
}

# A crate more is a decision: it gets its row in docs/dependencies.md and its notice in packaging/debian/copyright.
holds_the_crates() {
    tar -x -z -C "$work" -f "$work"/first/*.tar.gz
    crates=$(find "$source/vendor" -mindepth 1 -maxdepth 1 -printf '%f\n' | LC_ALL=C sort | paste -sd ' ')
    [ "$crates" = "$CRATES" ] || { echo "vendored: $crates" && return 1; }
    sed -n 's/^name = "\(.*\)"/\1/p' "$source/Cargo.lock" >"$work/locked"
    # shellcheck disable=SC2086  # names are words
    printf '%s\n' $CRATES conntrack conntrack-testing netfilter-conntrack | LC_ALL=C sort | diff - "$work/locked"
}

# The bill next to the tarball is the one inside; a bill with another checksum, and a folder with a crate less, are found.
bill_is_right() {
    cmp "$work"/first/*.cdx.json "$source/sbom.cdx.json" && scripts/sbom.py --check "$source" $SCHEMA
}
bill_is_checked() {
    mkdir "$work/wrong" && cp -r "$source/vendor" "$work/wrong" && rm -r "$work/wrong/vendor/log"
    sed 's/"name": "bytes"/"name": "nibbles"/; s/"SHA-256"/"CRC"/' "$source/sbom.cdx.json" >"$work/wrong/sbom.cdx.json"
    ! scripts/sbom.py --check "$work/wrong" $SCHEMA >"$work/found" || return
    for found in '^not in vendor/: log ' '^not in vendor/: nibbles ' '^not in sbom.cdx.json: bytes ' '^schema: '; do
        grep -q "$found" "$work/found" || { echo "not found: $found" && cat "$work/found" && return 1; }
    done
}

# Inside the namespace no interface is up, and cargo has no files.
# shellcheck disable=SC2086  # settings are words
build() {
    cd "$source"
    unset CARGO_TARGET_DIR RUSTFLAGS
    CARGO_HOME=$work/cargo CARGO_NET_OFFLINE=true
    export CARGO_HOME CARGO_NET_OFFLINE
    mkdir "$CARGO_HOME"
    make --no-print-directory all && make --no-print-directory --silent install CARGO=false $PACKAGE DESTDIR="$work/root"
}

# Prints for every file below a folder its path, the target of a link, and the checksum of a text.
files() {
    (cd "$1" && find . -type l -printf '%P -> %l\n' -o -type f -printf '%P\n' | LC_ALL=C sort | while read -r path; do
        case $path in
            *.h | *.pc | *.8 | */completions/* | */site-functions/* | *.fish) sha256sum "$path" ;;
            *) echo "$path" ;;
        esac
    done)
}

# shellcheck disable=SC2086  # as above
same_files() {
    make --no-print-directory --silent install CARGO=false $PACKAGE DESTDIR="$work/here"
    files "$work/here" >"$work/here.files"
    files "$work/root" >"$work/root.files"
    [ -s "$work/here.files" ] && diff -u "$work/here.files" "$work/root.files"
}

runs() {
    "$work/root/usr/sbin/conntrack" -V | grep -x "conntrack v.* (libconntrack ${source##*-})"
}

if [ "${1:-}" = --build ]; then
    work=$2 source=$2/${source##*/}
    trap - EXIT
    build
    exit
fi

if ! git rev-parse --verify HEAD >/dev/null 2>&1; then
    skip 'offline build: no git history here to archive'
    tally offline
    exit
fi
if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
    note 'offline: the tarball holds the last commit, this tree has changes'
fi
check 'two tarballs of one commit are the same file' tarball
check "the tarball holds the crates of the product: $CRATES" holds_the_crates
check 'its bill of materials lists them, in the form of the schema' bill_is_right
check 'a wrong bill of materials is found' bill_is_checked
check 'the tarball builds and installs without network' scripts/in-namespace.sh "$0" --build "$work"
check 'it installs what this tree installs' same_files
check 'its tool runs' runs
tally offline
