#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests the Debian packages (make test-deb): builds them twice, in two places, and compares the bytes; checks versions,
# names, contents and hardening; runs lintian; then, in a Debian root, the packages' own tests with autopkgtest;
# install, upgrade, removal and downgrade next to the distribution's programs; and the source package's build with
# Debian's own toolchain.
#
#     scripts/test-deb.sh [PART...]     all parts, or these of: build names lintian autopkgtest upgrade rebuild
#
# Needs root, debootstrap and Debian's mirror for the last three parts. SUITE names their Debian release (bookworm). KEEP
# names a folder for the packages and roots, which is kept; a part other than build takes the packages from there. PREVIOUS
# names a folder with the packages of the previous version, for the upgrade.
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh

SUITE=${SUITE:-bookworm}
PACKAGES='conntrack libnetfilter-conntrack-dev libnetfilter-conntrack3'
# What a system needs for the tests of the packages, from the distribution.
PROGRAMS='autopkgtest conntrack conntrackd gcc iptstate libc6-dev libnetfilter-conntrack-dev ulogd2'
work=$(realpath -m "${KEEP:-$(mktemp -d)}")
mkdir -p "$work"
[ -n "${KEEP:-}" ] || trap 'rm -rf --one-file-system "$work"' EXIT
first=$work/first
version=$(sed -n '1s/^libconntrack (\(.*\)) .*/\1/p' packaging/debian/changelog)

deb() { find "$first" -name "$1_[0-9]*.deb"; }
field() { dpkg-deb -f "$(deb "$1")" "$2"; }

# Another folder of another depth, home (and cargo home), umask, time zone and language.
second() {
    mkdir -p "$work/a/longer/path" "$work/home"
    rustup=${RUSTUP_HOME:-$HOME/.rustup}
    (umask 077 && HOME=$work/home RUSTUP_HOME=$rustup TMPDIR=$work/a/longer/path TZ=Asia/Tokyo LC_ALL=C.UTF-8 \
        DEB_BUILD_OPTIONS=nocheck scripts/deb.sh "$work/second")
}
# The lists of the builds (.buildinfo, .changes) name the time and the place; every other file is the same.
same_bytes() {
    for file in "$first"/*; do
        case $file in *.buildinfo | *.changes) ;; *) cmp "$file" "$work/second/${file##*/}" || return ;; esac
    done
    find "$first" -name '*.deb'
    [ "$(find "$first" -name '*.deb' | wc -l)" = 5 ] # three packages, and two with debugging information
}
build() {
    [ -z "$(git status --porcelain --untracked-files=no)" ] || note 'deb: the packages hold the last commit, this tree has changes'
    check 'make deb builds the packages, and the tests of the tarball pass' scripts/deb.sh "$first"
    check 'it builds them in another place' second
    check 'both builds are the same bytes' same_bytes
}

# sorts PACKAGE RELATION VERSION...: how ours compares with each.
sorts() {
    ours=$(field "$1" Version) relation=$2
    shift 2
    for theirs; do
        dpkg --compare-versions "$ours" "$relation" "$theirs" || { echo "$ours is not $relation $theirs" && return 1; }
    done
}
# Above every version of the same level in Debian and Ubuntu, and below the next level; with the dependencies of one upgrade.
versions() {
    for package in libnetfilter-conntrack3 libnetfilter-conntrack-dev; do
        sorts "$package" gt 1.0.8-3 1.0.9-3 1.0.9-6ubuntu1~24.04.1 1.1.0-1+b2 1.1.1-1 1.1.1-99ubuntu9.9~26.04.1 \
            1.1.1-99+deb13u9 1.1.1+dfsg-1 1.1.1~rc1-1 && sorts "$package" lt 1.1.1.1-1 1.1.2-1 1.2-1~bpo13+1 || return
    done
    sorts conntrack gt 1:1.4.6-2 1:1.4.7-1+b2 1:1.4.8-1ubuntu1 1:1.4.8-2 1:1.4.9-1~bpo13+1 1:1.4.9-99ubuntu9.9~26.04.1 \
        1:1.4.9-99+b9 1:1.4.9+dfsg-1 && sorts conntrack lt 1:1.4.10-1 1:1.5.0-1~bpo13+1 || return
    for package in $PACKAGES; do
        case $(field "$package" Version) in *"+libconntrack$version") ;; *) return 1 ;; esac
    done
    field libnetfilter-conntrack-dev Depends | grep -qF "libnetfilter-conntrack3 (= $(field libnetfilter-conntrack3 Version))"
}
needs_libc_only() {
    for package in libnetfilter-conntrack3 conntrack; do
        needed=$(field $package Depends | tr ',' '\n' | awk '{ print $1 }' | sort | paste -sd ' ')
        [ "$needed" = 'libc6 libgcc-s1' ] || { echo "$package: $needed" && return 1; }
    done
}
multi_arch() {
    [ "$(field libnetfilter-conntrack3 Multi-Arch) $(field libnetfilter-conntrack-dev Multi-Arch) $(field conntrack Multi-Arch)" = \
        'same same foreign' ]
}
COPYRIGHT=packaging/debian/copyright
# The symbols file: the exported names with the versions of the distribution's; the names in its comments are those that
# capi-tests/not-exported.txt leaves out.
SYMBOLS=packaging/debian/libnetfilter-conntrack3.symbols
symbols() { sed -n 's/^ \([^@]*\)@.*/\1/p' "$1" | LC_ALL=C sort; }
symbol_names() { symbols $SYMBOLS | diff capi-tests/exports.txt -; }
gone_names() {
    grep -v -e '^#' -e '^$' capi-tests/not-exported.txt | LC_ALL=C sort >"$work/gone"
    sed -n 's/^#  \([^@]*\)@.*/\1/p' $SYMBOLS | LC_ALL=C sort | diff "$work/gone" -
}
same_versions() {
    sed -n -e 's/^ \([^ ]*@Base [0-9.]*\).*/\1/p' "$1" | LC_ALL=C sort >"$work/theirs"
    sed -n -e 's/^ \{0,1\}#\{0,1\} *\([^ ]*@Base [0-9.]*\)$/\1/p' $SYMBOLS | LC_ALL=C sort >"$work/both"
    [ -s "$work/theirs" ] && LC_ALL=C comm -23 "$work/theirs" "$work/both" | diff - /dev/null
}
hardened() {
    rm -rf "$work/x" && mkdir "$work/x"
    for package in $PACKAGES; do dpkg-deb -x "$(deb "$package")" "$work/x"; done
    scripts/hardened.sh "$work/x" >"$work/elf" || { cat "$work/elf" && return 1; }
    [ "$(wc -l <"$work/elf")" = 2 ] || { cat "$work/elf" && return 1; }
}
# gdb's symbols: the debug files are those of the packaged files, by their build ids, and contain the functions.
debug_symbols() {
    [ -n "$(deb libnetfilter-conntrack3-dbgsym)" ] || { echo 'no -dbgsym package' && return 1; }
    while read -r file; do
        id=$(readelf -n "$file" | sed -n 's/.*Build ID: \(..\)\(.*\)/\1\/\2/p')
        for package in libnetfilter-conntrack3-dbgsym conntrack-dbgsym; do dpkg-deb -x "$(deb $package)" "$work/x"; done
        readelf -SW "$work/x/usr/lib/debug/.build-id/$id.debug" 2>/dev/null | grep -q debug_info || return
    done <"$work/elf"
}
# The text of a licence as one line, from its first words on.
licence_words() { sed -n '/Permission is hereby granted/,$p' | sed 's/^ \(\.$\)\{0,1\}//' | tr -s ' \n' ' '; }
# notice FOLDER: debian/copyright has a paragraph for the crate, with the holders and the words of the crate's licence file.
notice() {
    file=$(find "$1" -maxdepth 1 \( -name LICENSE-MIT -o -name LICENSE \))
    paragraph=$(awk -v RS= -v "files=Files: vendor/${1##*/}/*" 'index($0, files "\n") == 1' "$COPYRIGHT")
    name=$(echo "$paragraph" | sed -n 's/^License: \([^ ]*\).*/\1/p')
    sed -n 's/^Copyright (c) //p' "$file" | while read -r holder; do
        echo "$paragraph" | grep -xF -e "Copyright: $holder" -e " $holder" || exit 1
    done && [ "$(licence_words <"$file")" = \
        "$(awk -v RS= -v "name=License: $name" 'index($0, name "\n") == 1' "$COPYRIGHT" | licence_words)" ]
}
notices() {
    for package in $PACKAGES; do cmp "$work/x/usr/share/doc/$package/copyright" "$COPYRIGHT" || return; done
    tar -x -z -C "$work/x" -f "$first"/*.orig.tar.gz
    for crate in "$work"/x/libconntrack-*/vendor/*; do notice "$crate" || { echo "no notice of ${crate##*/}" && return 1; }; done
}
has_the_archive() { dpkg-deb -c "$(deb libnetfilter-conntrack-dev)" | grep '/usr/lib/[^/]*/libnetfilter_conntrack\.a$'; }
names() {
    check 'the versions sort above the distribution'\''s' versions
    check 'library and tool need the C library and libgcc only' needs_libc_only
    check 'Multi-Arch: same, same, foreign' multi_arch
    check 'the symbols file has the exported names' symbol_names
    check 'its comments have every private name that is gone' gone_names
    theirs=$(find /var/lib/dpkg/info -name 'libnetfilter-conntrack3:*.symbols' | head -n 1)
    if [ -n "$theirs" ] && ! grep -q libconntrack "$theirs" && scripts/original.sh library >/dev/null; then
        check 'every name of the distribution'\''s file is in ours, with its version' same_versions "$theirs"
    else
        skip 'the distribution'\''s symbols file: its package is not installed'
    fi
    check 'RELRO, NOW, PIE, no executable stack; the checker finds nothing else' hardened
    check 'each has the notices of the crates, in the words of their licences' notices
    check 'the development files have the static library' has_the_archive
    check 'the debug packages belong to the files' debug_symbols
}

lintian_passes() {
    lintian --allow-root --fail-on error,warning "$first"/*.changes
}

# root NAME: a fresh copy of the system with the distribution's packages, and ours in /packages.
root() {
    base=$work/base-$SUITE
    # shellcheck disable=SC2086  # names are words
    [ -e "$base.done" ] || { rm -rf --one-file-system "$base" && scripts/debian-root.sh make "$SUITE" "$base" $PROGRAMS >"$base.log" 2>&1 &&
        touch "$base.done"; } || { tail -n 20 "$base.log" && return 1; }
    rm -rf --one-file-system "${work:?}/$1"
    cp -a "$base" "$work/$1"
    mkdir "$work/$1/packages"
    cp -r "$first"/* packaging/debian/tests packaging/debian/test-upgrade.sh examples "$work/$1/packages"
}
can_root() { [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null; }

autopkgtest() {
    root autopkgtest || return
    scripts/debian-root.sh run "$work/autopkgtest" root \
        'cd /packages && autopkgtest *.deb *.dsc -- null' >"$work/autopkgtest.log" 2>&1 ||
        { tail -n 60 "$work/autopkgtest.log" && return 1; }
    sed -n 's/^\([a-z0-9]*\) *PASS$/    ok   \1/p' "$work/autopkgtest.log" | sort -u >"$work/autopkgtest.steps"
    [ "$(wc -l <"$work/autopkgtest.steps")" = "$(grep -c '^Tests:' packaging/debian/tests/control)" ]
}

upgrade() {
    root upgrade || return
    [ -z "${PREVIOUS:-}" ] || cp -r "$PREVIOUS" "$work/upgrade/previous"
    scripts/debian-root.sh run "$work/upgrade" root "PREVIOUS=${PREVIOUS:+/previous} \
        /packages/test-upgrade.sh /packages /packages/tests /packages/examples" >"$work/upgrade.log" 2>&1 ||
        { cat "$work/upgrade.log" && return 1; }
    sed -n 's/^ok  /    ok  /p' "$work/upgrade.log" >"$work/upgrade.steps"
}

# With the packages that Build-Depends names, and no network; part build runs the tests.
rebuild() {
    root rebuild || return
    scripts/debian-root.sh run "$work/rebuild" root 'cd /packages && apt-get update && apt-get build-dep -y ./*.dsc &&
        dpkg-source -x *.dsc source && cd source && DEB_BUILD_OPTIONS=nocheck unshare --net dpkg-buildpackage -us -uc -b' >"$work/rebuild.log" 2>&1 ||
        { tail -n 40 "$work/rebuild.log" && return 1; }
}

[ $# -gt 0 ] || set -- build names lintian autopkgtest upgrade rebuild
for part; do
    case $part in
        build | names) $part ;;
        lintian) check 'lintian reports no error and no warning' lintian_passes ;;
        autopkgtest | upgrade | rebuild)
            if can_root; then check "$part, in Debian $SUITE" "$part"; else skip "$part: needs root and debootstrap"; fi
            [ ! -e "$work/$part.steps" ] || cat "$work/$part.steps" ;;
        *) echo "test-deb: no such part: $part" >&2 && exit 2 ;;
    esac
done
tally deb
