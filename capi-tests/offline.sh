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
PACKAGE="PREFIX=/usr LIBDIR=/usr/lib/$(${CC:-cc} -print-multiarch)"
CRATES='bitflags bytes libc log netlink-sys'
SCHEMA=tests/schemas/cyclonedx-1.5.json

# Two archives of one commit are the same file.
tarball() {
    mkdir "$work/temporary files"
    scripts/dist.sh "$work/first" && (umask 077 && TMPDIR=$(realpath --relative-to=. "$work/temporary files") \
        TZ=Asia/Tokyo LC_ALL=C scripts/dist.sh "$work/second") &&
        cmp "$work"/first/*.tar.gz "$work"/second/*.tar.gz && cmp "$work"/first/*.json "$work"/second/*.json
}

# Outside of a git checkout the commands that need one say so, and make no file.
needs_git() {
    mkdir -p "$work/bare/scripts"
    cp Cargo.toml Makefile "$work/bare"
    cp -r packaging "$work/bare"
    cp scripts/dist.sh scripts/deb.sh scripts/rpm.sh scripts/sbom.py "$work/bare/scripts"
    mkdir -p "$work/bare/tool/src/show"
    cp tool/src/show/message.rs "$work/bare/tool/src/show"
    for script in dist deb rpm; do
        said=$(GIT_CEILING_DIRECTORIES=$work "$work/bare/scripts/$script.sh" "$work/none" 2>&1) && return 1
        echo "$said" | grep -qxF "dist: the tarball and the packages hold the last commit of a git checkout, and git finds none in $work/bare" ||
            { echo "$script: $said" && return 1; }
    done
    [ ! -e "$work/none" ]
}

# A change without a commit is not in the tarball, and the script says so before it begins.
says_what_is_left_out() {
    git clone -q --shared . "$work/clone"
    cp scripts/dist.sh "$work/clone/scripts/dist.sh"
    echo >>"$work/clone/README.md"
    said=$(CARGO=false "$work/clone/scripts/dist.sh" "$work/none" 2>&1) && return 1
    echo "$said"
    echo "$said" | grep -q '^dist: note: this tree has changes that are not in a commit'
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
    printf '#!/bin/sh\necho "$*" >>%s\nexec %s "$@"\n' "$work/compiler.log" "${CC:-cc}" >"$work/compiler"
    chmod +x "$work/compiler"
    make --no-print-directory all CC="ccache $work/compiler -DOPTION" CFLAGS=-DFLAG LDFLAGS=-Wl,-rpath,/packager && make --no-print-directory --silent install CARGO=false $PACKAGE DESTDIR="$work/root"
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

# The given compiler linked the tool and the library, without its launcher, and with its own option and the flags; the
# flags are in the installed files.
settings_are_used() {
    for file in release/deps/conntrack- shared/deps/libnetfilter_conntrack.so; do
        grep -e "-o $source/target/$file" "$work/compiler.log" |
            grep -e '-DOPTION .*-DFLAG .*-Wl,-rpath,/packager' >/dev/null || { echo "not linked so: $file" && return 1; }
    done
    for file in "$work"/root/usr/sbin/conntrack "$work"/root/usr/lib/*/libnetfilter_conntrack.so.3; do
        readelf -d "$file" | grep -q 'PATH.*\[/packager\]' || { echo "without LDFLAGS: $file" && return 1; }
    done
}

# pkg-config names the folder of the architecture.
names_the_folder() {
    PKG_CONFIG_SYSROOT_DIR=$work/root PKG_CONFIG_LIBDIR=$work/root${PACKAGE##*LIBDIR=}/pkgconfig \
        pkg-config --libs libconntrack | grep -e "-L$work/root${PACKAGE##*LIBDIR=} "
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
check 'dist, deb and rpm outside of a git checkout' needs_git
check 'dist names changes that are in no commit' says_what_is_left_out
check 'two tarballs of one commit are the same file' tarball
check "the tarball holds the crates of the product: $CRATES" holds_the_crates
check 'its bill of materials lists them, in the form of the schema' bill_is_right
check 'a wrong bill of materials is found' bill_is_checked
check 'the tarball builds and installs without network' scripts/in-namespace.sh "$0" --build "$work"
check 'it installs what this tree installs' same_files
check 'CC, CFLAGS and LDFLAGS link the tool and the library' settings_are_used
check 'LIBDIR is the folder that pkg-config names' names_the_folder
check 'its tool runs' runs
tally offline
