#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the Debian packages of the last commit with packaging/debian, from the tarball of scripts/dist.sh, without network:
#
#     scripts/deb.sh [FOLDER]      the .deb files, the source package and the tarball; the folder is target/packages without
#
# The same commit and the same compiler give the same bytes; the time in the packages is that of packaging/debian/changelog.
# A Rust toolchain that is not from Debian's packages (rustup) serves as well as cargo-web and rustc-web; then
# dpkg-buildpackage does not ask for the packages. DEB_BUILD_OPTIONS=nocheck leaves the tests out. TMPDIR is where it builds.
set -eu
umask 022
cd "$(dirname "$0")/.."

die() {
    echo "deb: $*" >&2
    exit 1
}

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
packaged=$(sed -n '1s/^libconntrack (\(.*\)-[^-]*) .*/\1/p' packaging/debian/changelog)
[ "$packaged" = "$version" ] ||
    die "packaging/debian/changelog begins with version $packaged, Cargo.toml names $version: add an entry"
folder=$(realpath -m "${1:-target/packages}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
source=$work/libconntrack-$version

# unpack: the source package's folder, with debian/ where dpkg-buildpackage expects it.
unpack() {
    scripts/dist.sh "$work" >"$work/log" || return
    mv "$source.tar.gz" "$work/libconntrack_$version.orig.tar.gz"
    tar -x -z -C "$work" -f "$work/libconntrack_$version.orig.tar.gz"
    cp -r "$source/packaging/debian" "$source/debian"
}

build() {
    sealed=$PWD/scripts/sealed.sh
    set -- dpkg-buildpackage -us -uc
    [ "$(rustc --print sysroot)" = /usr ] || set -- "$@" -d
    (cd "$source" && "$sealed" "$@") >"$work/log" 2>&1
}

unpack || die 'no tarball'
build || { cat "$work/log" >&2 && die 'dpkg-buildpackage has failed'; }
mkdir -p "$folder"
rm -rf "$source" "$work/log"
cp "$work"/* "$folder"
(cd "$work" && for package in *.deb; do echo "$folder/$package"; done)
