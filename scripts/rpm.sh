#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the RPM packages of the last commit with packaging/rpm/libconntrack.spec, from the tarball of scripts/dist.sh, without
# network:
#
#     scripts/rpm.sh [FOLDER]      the .rpm files and the source package; the folder is target/packages without
#
# The same commit and the same compiler give the same bytes; the time in the packages is that of the last commit. rpmbuild
# writes the names of its folders into the source package, and the source package's checksum into the others: the build's
# folder is /mnt for its processes, where the machine lets us make a namespace for mounts. Where rpm is not the machine's own
# package manager, rpmbuild does not look for the packages that the build needs. RPM_CHECK=no leaves the tests out. TMPDIR is
# where it builds.
set -eu
umask 022 # the source package has the modes of the files that it is made of
cd "$(dirname "$0")/.."

SPEC=packaging/rpm/libconntrack.spec

die() {
    echo "rpm: $*" >&2
    exit 1
}

# agree NAME NUMBER: the spec begins with the numbers of the tree.
agree() {
    there=$(sed -n "s/^%global $1 \([0-9.]*\).*/\1/p" $SPEC)
    [ "$there" = "$2" ] || die "$SPEC says $1 $there, the tree $2"
}

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
agree product_version "$version"
agree api_version "$(sed -n 's/^API_LEVEL := //p' Makefile)"
agree tool_version "$(sed -n 's/^pub const VERSION_LINE.*"conntrack v\([0-9.]*\) .*/\1/p' tool/src/show/message.rs)"
folder=$(realpath -m "${1:-target/packages}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# at_mnt COMMAND...: runs it with the work folder at /mnt; a user other than root is root in a namespace for that.
at_mnt() {
    as=--map-root-user
    [ "$(id -u)" != 0 ] || as=--mount
    # shellcheck disable=SC2016  # for the inner shell
    unshare --mount $as sh -c 'mount --bind "$1" /mnt && shift && exec "$@"' sh "$work" "$@"
}

build() {
    place=/mnt run=at_mnt
    at_mnt true 2>/dev/null || place=$work run=env
    [ $run = at_mnt ] || echo "rpm: no namespace for mounts here: the packages name $work, another build has other bytes" >&2
    set -- rpmbuild -ba --define "_topdir $place/top" --define "_sourcedir $place" --define '_buildhost localhost' \
        --define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1' "$place/${SPEC##*/}"
    [ -s /var/lib/rpm/rpmdb.sqlite ] || set -- "$@" --nodeps
    [ "${RPM_CHECK:-yes}" = yes ] || set -- "$@" --nocheck # a condition of the spec would change the text in the source package
    $run scripts/sealed.sh "$@" >"$work/log" 2>&1
}

scripts/dist.sh "$work" >"$work/log" || die 'no tarball'
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
cp $SPEC "$work"
touch -d "@$SOURCE_DATE_EPOCH" "$work/${SPEC##*/}" "$work/libconntrack-$version.tar.gz"
build || { cat "$work/log" >&2 && die 'rpmbuild has failed'; }
mkdir -p "$folder"
find "$work/top/RPMS" "$work/top/SRPMS" -name '*.rpm' -exec cp {} "$folder" \; -printf "$folder/%f\n"
