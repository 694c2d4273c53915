#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What an installation consists of: the very files, their links and numbers, what the library needs and names,
# that uninstall leaves nothing, and that install does not compile. Run after `make stage`.
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir "$root"
PACKAGE="DESTDIR=$root PREFIX=/usr LIBDIR=/usr/lib/multiarch"
package() {
    # shellcheck disable=SC2086  # settings are words; the last of two for one name counts
    make --no-print-directory --silent $PACKAGE "$@"
}

# Compares two texts.
same() {
    [ "$1" = "$2" ] || { printf 'expected:\n%s\nfound:\n%s\n' "$1" "$2"; return 1; }
}

# Everything installed below $root: path, and where a link points.
installed() {
    (cd "$root" && find . -type f -printf '%P\n' -o -type l -printf '%P -> %l\n' | LC_ALL=C sort)
}

LIBRARY=$root/usr/lib/multiarch/libnetfilter_conntrack.so.3
headers=$(for name in libnetfilter_conntrack libnetfilter_conntrack_dccp libnetfilter_conntrack_icmp \
    libnetfilter_conntrack_ipv4 libnetfilter_conntrack_ipv6 libnetfilter_conntrack_sctp \
    libnetfilter_conntrack_tcp libnetfilter_conntrack_udp linux_nf_conntrack_common \
    linux_nfnetlink_conntrack; do echo "usr/include/libnetfilter_conntrack/$name.h"; done)
expected=$(LC_ALL=C sort <<END | grep .
$headers
usr/lib/multiarch/libconntrack.a -> libnetfilter_conntrack.a
usr/lib/multiarch/libconntrack.so -> libnetfilter_conntrack.so.3
usr/lib/multiarch/libnetfilter_conntrack.a
usr/lib/multiarch/libnetfilter_conntrack.so -> libnetfilter_conntrack.so.3
usr/lib/multiarch/libnetfilter_conntrack.so.3 -> libnetfilter_conntrack.so.3.8.0
usr/lib/multiarch/libnetfilter_conntrack.so.3.8.0
usr/lib/multiarch/pkgconfig/libconntrack.pc
usr/lib/multiarch/pkgconfig/libnetfilter_conntrack.pc
usr/sbin/conntrack
usr/share/bash-completion/completions/conntrack
usr/share/fish/vendor_completions.d/conntrack.fish
usr/share/man/man8/conntrack.8
usr/share/zsh/site-functions/_conntrack
END
)

# An entry of the library's dynamic section, by name.
dynamic() {
    readelf -d "$LIBRARY" | sed -n "s/.*($1).*\[\(.*\)\]/\1/p"
}

only_the_c_library() {
    others=$(dynamic NEEDED | grep -v -e '^libc\.so\.6$' -e '^libgcc_s\.so\.1$' -e '^ld-linux' || true)
    same '' "$others"
}

# pkg-config for the package below $root.
asked() {
    PKG_CONFIG_PATH=$root/usr/lib/multiarch/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root pkg-config "$@"
}

# A program linked under a name records the library's own name, and runs on it.
records_soname() {
    printf '#include <libnetfilter_conntrack/libnetfilter_conntrack.h>\n%s\n' \
        'int main(void) { nfct_destroy(nfct_new()); return 0; }' >"$work/tiny.c"
    # shellcheck disable=SC2046  # pkg-config prints words
    ${CC:-cc} -o "$work/tiny" "$work/tiny.c" $(asked --cflags --libs "$1") &&
        readelf -d "$work/tiny" | grep -q 'NEEDED.*\[libnetfilter_conntrack\.so\.3\]' &&
        LD_LIBRARY_PATH=$(dirname "$LIBRARY") "$work/tiny"
}

# Panic messages name files: the builder's folders are not among them.
no_builder_paths() {
    ! grep -a -o -e "${PWD}[^ ]*" -e "${CARGO_HOME:-$HOME/.cargo}[^ ]*" "$LIBRARY" "$root/usr/sbin/conntrack"
}

# Without a build: one sentence, no file, no compiler.
refuses_without_build() {
    mkdir "$work/empty"
    said=$(CARGO_TARGET_DIR=$work/none package install CARGO=false DESTDIR="$work/empty" 2>&1) && return 1
    same '' "$(ls "$work/empty")" &&
        echo "$said" | grep '^make install: .* is missing: run make first, then make install\.$'
}

# Two Rust archives in one static program: ours must not bring the standard library in one piece with it.
beside_another_archive() {
    printf '%s\n' '#[unsafe(no_mangle)] pub extern "C" fn second(n: i32) -> i32 {' \
        'std::panic::catch_unwind(|| (0..n).collect::<Vec<i32>>().iter().sum()).unwrap_or(-1) }' >"$work/second.rs"
    printf '#include <libnetfilter_conntrack/libnetfilter_conntrack.h>\n%s\n' 'int second(int);
        int main(void) { nfct_destroy(nfct_new()); return second(5) != 10; }' >"$work/both.c"
    rustc --edition 2024 -O --crate-type staticlib -o "$work/libsecond.a" "$work/second.rs" &&
        ${CC:-cc} -static -I"$root/usr/include" -o "$work/both" "$work/both.c" \
            "$root/usr/lib/multiarch/libconntrack.a" "$work/libsecond.a" && "$work/both"
}

# `make try` puts the staged library under a program that was linked with it, and prints its output.
tries_ours() {
    make --no-print-directory --silent try CARGO=false CMD="LD_TRACE_LOADED_OBJECTS=1 '$work/tiny'" |
        grep " => $PWD/stage/lib/libnetfilter_conntrack.so.3 "
}

check 'install does not compile' refuses_without_build
check 'install' package install CARGO=false
check 'the installed files' same "$expected" "$(installed)"
check 'SONAME' same libnetfilter_conntrack.so.3 "$(dynamic SONAME)"
check 'the library needs the C library only' only_the_c_library
check 'version of libnetfilter_conntrack.pc: the API level' same 1.1.1 "$(asked --modversion libnetfilter_conntrack)"
check 'version of libconntrack.pc: the product'\''s' \
    same "$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)" "$(asked --modversion libconntrack)"
check 'pkg-config: relocated prefix' same "-L$root/usr/lib/multiarch -lnetfilter_conntrack" \
    "$(asked --libs libnetfilter_conntrack | sed 's/ *$//')"
check 'a program linked with -lnetfilter_conntrack' records_soname libnetfilter_conntrack
check 'a program linked with -lconntrack' records_soname libconntrack
check 'the archive beside another Rust archive' beside_another_archive
check 'make try' tries_ours
check 'no path of the builder in the binaries' no_builder_paths
check 'uninstall' package uninstall CARGO=false
check 'uninstall leaves nothing' same '' "$(installed)"
tally install
