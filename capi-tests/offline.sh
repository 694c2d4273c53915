#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests the packager's commands: unpacks, builds and installs the tarball of `make dist` in a namespace without
# network, with an empty cargo home, so that every source comes from the tarball. The installed files must be those
# that this tree installs. Run after `make stage`.
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PACKAGE='PREFIX=/usr LIBDIR=/usr/lib/multiarch'

# Two archives of one commit are the same file.
tarball() {
    scripts/dist.sh "$work/first" && scripts/dist.sh "$work/second" && cmp "$work"/first/*.tar.gz "$work"/second/*.tar.gz
}

# Inside the namespace no interface is up, and cargo has no files.
# shellcheck disable=SC2086  # settings are words
build() {
    tar -x -z -C "$work" -f "$work"/first/*.tar.gz
    cd "$work"/libconntrack-*
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
    "$work/root/usr/sbin/conntrack" -V | grep -x "conntrack v.* (libconntrack $(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1))"
}

if [ "${1:-}" = --build ]; then
    work=$2
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
check 'the tarball builds and installs without network' scripts/in-namespace.sh "$0" --build "$work"
check 'it installs what this tree installs' same_files
check 'its tool runs' runs
tally offline
