#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests the RPM packages and Alpine's recipe (make test-rpm), as far as Debian's tools allow: builds the RPM packages twice, in
# two places, and compares the bytes; runs rpmlint; checks versions, names, dependencies and hardening; installs them below an empty folder, where
# their files are those of `make install`, runs the tool from there, and removes them; lets the steps of the APKBUILD run
# where abuild would run them.
#
# Needs root. KEEP names a folder for the packages, which is kept.
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh

work=$(realpath -m "${KEEP:-$(mktemp -d)}")
mkdir -p "$work"
[ -n "${KEEP:-}" ] || trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
PACKAGES='conntrack libnetfilter_conntrack libnetfilter_conntrack-devel'

package() { find "$work/first" -name "$1-[0-9]*.rpm"; }
ask() { rpm --root "$root" --nosignature -qp --queryformat "$2" "$(package "$1")"; }

# Another folder of another depth, umask, time zone, language and number of processors.
second() {
    mkdir -p "$work/a/longer/path"
    (umask 077 && RPM_CHECK=no RPM_BUILD_NCPUS=7 TMPDIR=$work/a/longer/path TZ=Asia/Tokyo LC_ALL=C.UTF-8 scripts/rpm.sh "$work/second")
}
tarball() {
    scripts/dist.sh "$work/tarball" && tar -x -z -C "$work" -f "$work/tarball/libconntrack-$version.tar.gz"
}
same_bytes() {
    [ "$(find "$work/first" -name '*.rpm' | wc -l)" = 4 ] &&
        for file in "$work"/first/*.rpm; do cmp "$file" "$work/second/${file##*/}" || return; done
}

# above PACKAGE DISTRIBUTION'S: whether a machine takes the package for an upgrade.
above() {
    ours=$(ask "$1" '%{VERSION}-%{RELEASE}')
    [ "$(rpm --eval "%{lua: print(rpm.vercmp('$ours', '$2'))}")" = 1 ] || { echo "$ours is not above $2" && false; }
}
versions() {
    above conntrack 1.4.9-99 && above libnetfilter_conntrack 1.1.1-99 && above libnetfilter_conntrack-devel 1.1.1-99 &&
        for name in $PACKAGES; do ask "$name" '%{VERSION}' | grep -q "+libconntrack$version\$" || return; done
}
dependencies() {
    ask libnetfilter_conntrack '[%{PROVIDENAME}\n]' | grep -qF 'libnetfilter_conntrack.so.3()' &&
        ask libnetfilter_conntrack-devel '[%{PROVIDENAME}\n]' | grep -qxF 'pkgconfig(libnetfilter_conntrack)' &&
        ask conntrack '[%{CONFLICTNAME}\n]' | grep -qx conntrack-tools &&
        for name in conntrack libnetfilter_conntrack; do
            ! ask "$name" '[%{REQUIRENAME}\n]' | grep -v -e '^lib\(c\|m\|gcc_s\)\.so\.[0-9]*(' -e '^ld-linux' -e '^rpmlib(' \
                -e '^rtld(GNU_HASH)$' || return
        done
}

installs() {
    # shellcheck disable=SC2046  # names of files are words here
    rpm --root "$root" --nosignature --nodeps -i $(for name in $PACKAGES; do package "$name"; done)
}
# The packages have the files of an install; the licence and the links of build ids, which they have too, are not compared.
same_files() {
    make --no-print-directory --silent install CARGO=false DESTDIR="$work/install" PREFIX=/usr LIBDIR=/usr/lib64 NFNETLINK=yes
    for folder in "$work/install" "$root"; do
        (cd "$folder" && find usr ! -type d ! -path 'usr/lib/.build-id/*' ! -path 'usr/share/licenses/*' \
            ! -path 'usr/lib/sysimage/*' ! -path 'usr/lib/rpm/*' -print | sed 's/\.gz$//' | LC_ALL=C sort) >"$folder.list"
    done
    diff "$work/install.list" "$root.list"
}
# Every program and library in the packages, and no more than two.
hardened() {
    scripts/hardened.sh "$root" >"$work/elf" || { cat "$work/elf" && return 1; }
    [ "$(wc -l <"$work/elf")" = 2 ] || { cat "$work/elf" && return 1; }
}
# same_notices FOLDER: it has the licence files of the crates in the tarball.
same_notices() {
    (cd "$work/libconntrack-$version" && sha256sum vendor/*/LICENSE*) >"$work/notices" &&
        (cd "$1" && sha256sum vendor/*/LICENSE*) | diff "$work/notices" -
}
# The licences of the crates ask for their notices in every copy.
notices() {
    same_notices "$root"/usr/share/licenses/conntrack* && same_notices "$root"/usr/share/licenses/libnetfilter_conntrack*
}
tool_runs() {
    unshare --net "$root/usr/sbin/conntrack" -L && "$root/usr/sbin/conntrack" -V | grep -F "(libconntrack $version)"
}
library_runs() {
    printf '#include <libnetfilter_conntrack/libnetfilter_conntrack.h>\nint main(void) { return !nfct_new(); }\n' >"$work/new.c"
    ${CC:-cc} -I"$root/usr/include" -o "$work/new" "$work/new.c" -L"$root/usr/lib64" -lnetfilter_conntrack &&
        LD_LIBRARY_PATH=$root/usr/lib64 ldd "$work/new" | grep -q "$root/usr/lib64/libnetfilter_conntrack.so.3" && "$work/new"
}
removes() {
    # shellcheck disable=SC2086  # names are words
    rpm --root "$root" --nodeps -e $PACKAGES &&
        [ -z "$(find "$root/usr/sbin" "$root/usr/lib64" "$root/usr/include" -name '*conntrack*' 2>/dev/null)" ]
}

# The recipe with what abuild gives it: its folders. Rust links for glibc here, where all libraries are dynamic.
alpine() {
    recipe=$PWD/packaging/alpine/APKBUILD
    [ "$(sed -n 's/^pkgver=//p' "$recipe")" = "$version" ] && shellcheck "$recipe" || return
    (
        cd "$work/libconntrack-$version" || exit
        srcdir=$work pkgdir=$work/alpine startdir=$work
        export srcdir pkgdir startdir
        default_dev() { :; }
        amove() { [ -e "$pkgdir/$1" ]; }
        # shellcheck source=packaging/alpine/APKBUILD
        . "$recipe"
        unset RUSTFLAGS
        CARGO_HOME=$work/cargo-home
        build && package && dev && tool
    ) && [ -e "$work/alpine/usr/lib/libnetfilter_conntrack.so.3" ] && same_notices "$work/alpine/usr/share/licenses/libconntrack"
}

check 'make rpm builds the packages, and the tests of the tarball pass' scripts/rpm.sh "$work/first"
if [ ! -d "$work/first" ]; then
    tally rpm
    exit
fi
check 'it builds them in another place' second
check 'the tarball that they are made of' tarball
check 'both builds are the same bytes' same_bytes
check 'rpmlint reports no error' rpmlint --config packaging/rpm/rpmlint.toml "$work"/first
check 'their versions are above the distributions'"'" versions
check 'they need the C library only, and offer what programs ask for' dependencies
check 'they are installed' installs
check 'their files are those of make install' same_files
check 'RELRO, NOW, PIE, no executable stack' hardened
check 'each has the notices of the crates' notices
check 'the tool runs' tool_runs
check 'a program is built with the library, and runs' library_runs
check 'they are removed' removes
check "Alpine's recipe builds and installs" alpine

tally rpm
