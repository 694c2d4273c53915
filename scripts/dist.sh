#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the source tarball for packagers: the last commit, and the crates that library and tool are built with, so that
# a machine without network can build it. The same commit gives the same bytes.
#
#     scripts/dist.sh [FOLDER]      FOLDER/libconntrack-VERSION.tar.gz; the folder is target/dist without one
#
# The tarball leaves out the crates that only serve development. Its Cargo.toml lacks the lines that end with
# "# not in the tarball", and its Cargo.lock the crates that these lines require; every other crate keeps its version and
# checksum. The workspace's own tests stay, apart from an example for tokio and the rendering of the headers.
# sbom.cdx.json, in the tarball and next to it, is the bill of materials (scripts/sbom.py).
#
# SOURCE_DATE_EPOCH sets the time of all files; without it they have the time of the commit. The script needs git,
# python3, and the network for crates that cargo has not fetched yet.
set -eu
cd "$(dirname "$0")/.."

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=libconntrack-$version
folder=${1:-target/dist}
bill=$PWD/scripts/sbom.py
work=$(realpath "$(mktemp -d)") # TMPDIR may be relative
trap 'rm -rf "$work"' EXIT

die() {
    echo "dist: $*" >&2
    exit 1
}

# quiet COMMAND...: shows what the command says on standard error only when it fails.
quiet() { "$@" 2>"$work/said" || { cat "$work/said" >&2 && exit 1; }; }

# Prints the entries of a lock file, one a line, without their lists of dependencies.
entries() { awk -v RS= '/name = / { sub(/\ndependencies = .*/, ""); gsub(/\n/, " "); print }' "$1" | LC_ALL=C sort; }

# Removes the crates for development from the manifest and the lock file, in the present folder.
leave_out() {
    sed -i '/# not in the tarball$/d' Cargo.toml
    cp Cargo.lock "$work/Cargo.lock"
    quiet "${CARGO:-cargo}" metadata --format-version 1 >"$work/metadata" # which writes the shorter lock file
    entries "$work/Cargo.lock" >"$work/entries"
    entries Cargo.lock | LC_ALL=C comm -13 "$work/entries" - >"$work/new"
    [ ! -s "$work/new" ] || die "cargo has changed the lock file: $(cat "$work/new")"
}

git rev-parse --verify --quiet HEAD >/dev/null ||
    die "the tarball and the packages hold the last commit of a git checkout, and git finds none in $PWD"
[ -z "$(git status --porcelain --untracked-files=no)" ] ||
    echo 'dist: note: this tree has changes that are not in a commit; they are not in the tarball' >&2
time=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
git archive --format=tar --prefix="$name/" HEAD | tar -x -C "$work"
mkdir -p "$folder" "$work/$name/.cargo"
folder=$(realpath "$folder")
cd "$work/$name"
leave_out
# cargo vendor prints the settings by which cargo finds the crates; the path is relative to the tarball.
quiet "${CARGO:-cargo}" vendor --locked vendor >.cargo/config.toml
"$bill" Cargo.lock "$version" "$time" <"$work/metadata" >sbom.cdx.json
cp sbom.cdx.json "$folder/$name.cdx.json"
tar -c -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw,a-s \
    --mtime="@$time" "$name" | gzip -n -9 >"$folder/$name.tar.gz"
echo "$folder/$name.tar.gz"
