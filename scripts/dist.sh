#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the source tarball for packagers: the last commit and every crate of Cargo.lock, so that a machine
# without network can build it. The same commit gives the same bytes.
#
#     scripts/dist.sh [FOLDER]      FOLDER/libconntrack-VERSION.tar.gz; the folder is target/dist without one
#
# It needs git, and the network for crates that cargo has not fetched yet.
set -eu
cd "$(dirname "$0")/.."

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=libconntrack-$version
folder=${1:-target/dist}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git archive --format=tar --prefix="$name/" HEAD | tar -x -C "$work"
mkdir -p "$folder" "$work/$name/.cargo"
# cargo vendor prints the settings by which cargo finds the crates; the path is relative to the tarball.
(cd "$work/$name" && ${CARGO:-cargo} vendor --locked vendor >.cargo/config.toml) 2>"$work/said" ||
    { cat "$work/said" >&2; exit 1; }
tar -c -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw,a-s \
    --mtime="@$(git log -1 --format=%ct)" "$name" | gzip -n -9 >"$folder/$name.tar.gz"
echo "$folder/$name.tar.gz"
