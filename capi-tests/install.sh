#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests an installation: its files and links, its version numbers, the libraries that the library needs, and its
# names. Tests that uninstall leaves no file, and that install does not compile. Run after `make stage`.
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

# Lists the files installed below $root: the path, and for a link its target.
installed() {
    (cd "$root" && find . -type f -printf '%P\n' -o -type l -printf '%P -> %l\n' | LC_ALL=C sort)
}

# The files and folders below $root.
left() {
    find "$root" -mindepth 1
}

LIBRARY=$root/usr/lib/multiarch/libnetfilter_conntrack.so.3
headers=$(for name in libnetfilter_conntrack libnetfilter_conntrack_dccp libnetfilter_conntrack_icmp \
    libnetfilter_conntrack_ipv4 libnetfilter_conntrack_ipv6 libnetfilter_conntrack_sctp \
    libnetfilter_conntrack_tcp libnetfilter_conntrack_udp linux_nf_conntrack_common \
    linux_nfnetlink_conntrack; do echo "usr/include/libnetfilter_conntrack/$name.h"; done)
pages=$(for name in $(ls docs/man3) $(cut -d ' ' -f 1 docs/man3/links); do
    [ "$name" = links ] || echo "usr/share/man/man3/${name%.3}.3"; done)
programs=$(for program in examples/*.c; do echo "usr/share/doc/libconntrack/$program"; done)
expected=$(LC_ALL=C sort <<END | grep .
$headers
$pages
$programs
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
usr/share/doc/libconntrack/CHANGELOG.md
usr/share/doc/libconntrack/consumers.md
usr/share/doc/libconntrack/diagnosis.md
usr/share/doc/libconntrack/diagnosis.schema.json
usr/share/doc/libconntrack/differences.md
usr/share/doc/libconntrack/flow.schema.json
usr/share/doc/libconntrack/json.md
usr/share/doc/libconntrack/migration.md
usr/share/doc/libconntrack/monitoring.md
usr/share/fish/vendor_completions.d/conntrack.fish
usr/share/man/man8/conntrack.8
usr/share/zsh/site-functions/_conntrack
END
)

# Prints an entry of the dynamic section of a file, by name.
dynamic() {
    readelf -d "$2" | sed -n "s/.*($1).*\[\(.*\)\]/\1/p"
}

# Older compilers take rounding from libm. Nothing else may need it: each library costs time at every start.
only_the_c_library() {
    others=$(dynamic NEEDED "$1" |
        grep -v -e '^libc\.so\.6$' -e '^libm\.so\.6$' -e '^libgcc_s\.so\.1$' -e '^ld-linux' || true)
    same '' "$others" && ! nm -D "$1" | grep -E ' U (log|exp|pow|sqrt|cbrt|fmod)[0-9a-z]*@'
}

# The loader relocates each address in the library's data at every start of every program: a table of names costs more than
# its text. 524 with Rust 1.95, 703 with 1.85; the standard library alone has 245.
few_relocations() {
    number=$(readelf -rW "$LIBRARY" | grep -c _RELATIV)
    [ "$number" -le 800 ] || { echo "$number relocations" && false; }
}

# C programs cannot ask for JSON, so its writer and its tables of names are not in the library.
has_no_json() { ! grep -q duration_secs "$LIBRARY"; }

# Calls pkg-config for the package below $root.
asked() {
    PKG_CONFIG_PATH=$root/usr/lib/multiarch/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root pkg-config "$@"
}

# A program that is linked with one of the names records the library's SONAME, and runs on the library.
records_soname() {
    printf '#include <libnetfilter_conntrack/libnetfilter_conntrack.h>\n%s\n' \
        'int main(void) { nfct_destroy(nfct_new()); return 0; }' >"$work/tiny.c"
    # shellcheck disable=SC2046  # pkg-config prints words
    ${CC:-cc} -o "$work/tiny" "$work/tiny.c" $(asked --cflags --libs "$1") &&
        readelf -d "$work/tiny" | grep -q 'NEEDED.*\[libnetfilter_conntrack\.so\.3\]' &&
        LD_LIBRARY_PATH=$(dirname "$LIBRARY") "$work/tiny"
}

# Two machines, as pkg-config sees them: one with libnfnetlink, one without.
machines() {
    mkdir "$work/with" "$work/without"
    cp "$(pkg-config --variable=pcfiledir libnfnetlink)/libnfnetlink.pc" "$work/with/"
}

# there MACHINE OPTION... MODULE: calls pkg-config on a machine that has an install of our library.
there() {
    machine=$1
    shift
    PKG_CONFIG_LIBDIR=$work/$machine:$work/on-$machine/lib/pkgconfig pkg-config "$@" | sed 's/ *$//'
}

# on MACHINE [SETTING...]: installs. The prefix is real, so that programs can be linked and run there.
on() {
    machine=$1
    shift
    rm -rf "$work/on-$machine"
    PKG_CONFIG_LIBDIR=$work/$machine make --no-print-directory --silent install CARGO=false LDCONFIG=: \
        PREFIX="$work/on-$machine" "$@"
}

# A plugin like ulogd's input, or (-DPLAIN) one that does not call libnfnetlink, and the daemon that opens it.
plugin_sources() {
    cat >"$work/plugin.c" <<'END'
#include <stddef.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
int start(void)
{
	struct nfct_handle *handle = nfct_open(CONNTRACK, 0);
	int good = handle != NULL;
#ifndef PLAIN
	good = good && nfnl_portid(nfct_nfnlh(handle)) != 0 && nfnl_rcvbufsiz(nfct_nfnlh(handle), 65536) >= 65536;
#endif
	return good && nfct_close(handle) == 0 ? 0 : 2;
}
#ifdef PROGRAM
int main(void) { return start(); }
#endif
END
    cat >"$work/daemon.c" <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **words)
{
	void *plugin = dlopen(words[count - 1], RTLD_NOW);
	int (*start)(void);
	if (plugin == NULL || (*(void **)&start = dlsym(plugin, "start")) == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	return start();
}
END
    ${CC:-cc} -Wall -Werror -o "$work/daemon" "$work/daemon.c" -ldl
}

# link MACHINE OUTPUT FLAG...: links the plugin's source with the output of pkg-config only. Sets $library for its run.
link() {
    build=$(there "$1" --cflags --libs libnetfilter_conntrack)
    library=$work/on-$1/lib output=$2
    shift 2
    # shellcheck disable=SC2086  # pkg-config prints words
    ${CC:-cc} -Wall -Werror -fPIC -o "$output" "$work/plugin.c" "$@" $build
}

# plugin MACHINE [FLAG...]: the plugin opens, and every function that it calls is found.
plugin() {
    machine=$1
    shift
    link "$machine" "$work/plugin.so" -shared "$@" && LD_LIBRARY_PATH=$library "$work/daemon" "$work/plugin.so"
}

# program MACHINE [FLAG...]: the program links, and runs on our library.
program() {
    machine=$1
    shift
    link "$machine" "$work/program" -DPROGRAM "$@" &&
        LD_LIBRARY_PATH=$library LD_TRACE_LOADED_OBJECTS=1 "$work/program" |
        grep " => $library/libnetfilter_conntrack.so.3 " && LD_LIBRARY_PATH=$library "$work/program"
}

# A setting with an unknown value is an error before any file is written.
refuses_a_word() {
    said=$(on without NFNETLINK=maybe 2>&1) && return 1
    same 'make install: NFNETLINK is yes or no.' "$(echo "$said" | head -n 1)" && [ ! -e "$work/on-without" ]
}

libnfnetlink() {
    if ! machines || ! plugin_sources; then
        fail 'libnfnetlink and its .pc file are needed'
        return
    fi
    check 'NFNETLINK is yes or no' refuses_a_word
    check 'an install with libnfnetlink' on with
    check 'pkg-config brings it, as the original'\''s' same "-L$work/on-with/lib -lnetfilter_conntrack -lnfnetlink" \
        "$(there with --libs libnetfilter_conntrack)"
    check 'libconntrack.pc does not' same "-L$work/on-with/lib -lconntrack" "$(there with --libs libconntrack)"
    check 'a plugin that calls nfnl_*, linked by pkg-config alone, opens with RTLD_NOW' plugin with
    check 'a program that calls nfnl_*, linked by pkg-config alone' program with
    check 'an install without libnfnetlink' on without
    check 'pkg-config answers' same "-L$work/on-without/lib -lnetfilter_conntrack" \
        "$(there without --libs libnetfilter_conntrack)"
    check 'a plugin that does not, opened with RTLD_NOW' plugin without -DPLAIN
    check 'a program that does not' program without -DPLAIN
    check 'NFNETLINK=no with libnfnetlink' on with NFNETLINK=no
    check 'pkg-config does not bring it' same "-L$work/on-with/lib -lnetfilter_conntrack" \
        "$(there with --libs libnetfilter_conntrack)"
    check 'NFNETLINK=yes without libnfnetlink' on without NFNETLINK=yes
    check 'pkg-config asks for it' grep -qx 'Requires: libnfnetlink' \
        "$work/on-without/lib/pkgconfig/libnetfilter_conntrack.pc"
}

# Panic messages name files, but not the builder's folders.
no_builder_paths() {
    ! grep -a -o -e "${PWD}[^ ]*" -e "${CARGO_HOME:-$HOME/.cargo}[^ ]*" "$LIBRARY" "$root/usr/sbin/conntrack"
}

# Without a build, install prints one sentence, installs no file and starts no compiler.
refuses_without_build() {
    mkdir "$work/empty"
    said=$(CARGO_TARGET_DIR=$work/none package install CARGO=false DESTDIR="$work/empty" 2>&1) && return 1
    same '' "$(ls "$work/empty")" &&
        echo "$said" | grep '^make install: .* is missing: run make first, then make install\.$'
}

# The text that the tool's manual names is installed where the manual says.
manual_names_what_is_there() {
    named=$(sed -n 's|^\.I \(share/doc/.*\)|\1|p' "$root/usr/share/man/man8/conntrack.8")
    [ -n "$named" ] && for file in $named; do test -s "$root/usr/$file" || return 1; done
}

# Runs scripts/place.sh as a user without privilege. The script comes from standard input, because such a user may not be
# able to read the tree.
as_a_user() {
    if [ "$(id -u)" = 0 ]; then set -- setpriv --reuid 65534 --regid 65534 --clear-groups sh -s -- "$@"
    else set -- sh -s -- "$@"; fi
    "$@" <scripts/place.sh
}

says_that_privilege_is_missing() {
    said=$(as_a_user writable '' /usr/local /usr/local/lib/pkgconfig/none 2>&1) && return 1
    echo "$said" | grep '^make install: no permission to write into /usr/local/lib' &&
        echo "$said" | grep 'Run it as root (sudo make install), or choose .*: make install PREFIX='
}

# An install into a folder that cannot be made writes no file.
install_checks_first() {
    : >"$work/file"
    said=$(make --no-print-directory --silent install LDCONFIG=: CARGO=false PREFIX="$work/half" \
        DOCDIR="$work/file/doc" 2>&1) && return 1
    echo "$said"
    [ ! -e "$work/half" ]
}

# says_and_stops WORDS MAKE-ARGUMENT...: make fails, and does not hang, with a sentence that begins with the words.
says_and_stops() {
    words=$1
    shift
    said=$(timeout 300 make --no-print-directory --silent CARGO=false "$@" 2>&1) && return 1
    echo "$said"
    echo "$said" | grep -q "^$words"
}

# Every folder in a setting is an absolute path without a blank, and nothing is written otherwise.
refuses_other_paths() {
    says_and_stops 'make: PREFIX=here/mine is not an absolute path' install PREFIX=here/mine &&
        says_and_stops "make: PREFIX=$work/a b has a blank" install PREFIX="$work/a b" &&
        says_and_stops 'make: LIBDIR=lib is not an absolute path' uninstall LIBDIR=lib &&
        [ ! -e here ] && [ ! -e "$work/a" ] && [ ! -e "$work/a b" ]
}

# DESTDIR may be relative, and a setting may end with a slash.
a_relative_staging_folder() {
    place=target/install-test.$$
    timeout 300 make --no-print-directory --silent install CARGO=false DESTDIR="$place" PREFIX=/usr/ &&
        grep -qx 'prefix=/usr' "$place/usr/lib/pkgconfig/libconntrack.pc" &&
        timeout 300 make --no-print-directory --silent uninstall DESTDIR="$place/" PREFIX=/usr &&
        same "$place" "$(find "$place")" && rmdir "$place"
}

# A folder with the name of a link stays as it is, and the install fails.
refuses_a_folder_for_a_link() {
    mkdir -p "$work/taken/usr/lib/libconntrack.so"
    ! make --no-print-directory --silent install CARGO=false DESTDIR="$work/taken" PREFIX=/usr &&
        same '' "$(ls "$work/taken/usr/lib/libconntrack.so")"
}

uninstall_says_that_privilege_is_missing() {
    mkdir -p "$work/theirs/usr/lib"
    chmod 755 "$work" "$work/theirs"
    chmod 555 "$work/theirs/usr/lib" # as_a_user becomes nobody only where root runs the tests
    said=$(as_a_user removable "$work/theirs" /usr/share/none /usr/lib 2>&1) && return 1
    echo "$said" | grep "^make uninstall: no permission to remove files in $work/theirs/usr/lib\. "
}

# Another prefix: the words name the settings by which programs find the library, and uninstall removes all folders.
another_prefix() {
    said=$(make --no-print-directory --silent install CARGO=false PREFIX="$work/mine" MANDIR="$work/mine/man" \
        LDCONFIG="$work/ldconfig") || return 1
    echo "$said"
    echo "$said" | grep -q "^    export LD_LIBRARY_PATH=$work/mine/lib PKG_CONFIG_PATH=$work/mine/lib/pkgconfig$" &&
        echo "$said" | grep -q "^    export PATH=$work/mine/sbin:.* MANPATH=$work/mine/man:$" &&
        make --no-print-directory --silent uninstall PREFIX="$work/mine" MANDIR="$work/mine/man" LDCONFIG=: && [ ! -e "$work/mine" ]
}

# A packager's folder may have a blank in its name; uninstall leaves the folder itself.
a_blank_in_the_staging_folder() {
    package install CARGO=false DESTDIR="$work/two words" && [ -f "$work/two words/usr/share/man/man3/nfct_send.3" ] &&
        package uninstall DESTDIR="$work/two words" && same "$work/two words" "$(find "$work/two words")"
}

# A loader's tool that searches no folder, or the folders of its arguments; the machine's cache is not touched.
loader() {
    { echo '#!/bin/sh'; for folder in "$@"; do echo "echo '$folder: (from <builtin>:0)'"; done; } >"$work/ldconfig"
    chmod +x "$work/ldconfig"
}

# No words where the loader finds the library.
found_by_the_loader() {
    loader "$work/mine/lib"
    said=$(LDCONFIG="$work/ldconfig" scripts/place.sh notes "$work/mine" "$work/mine/lib" "$work/mine/sbin" "$work/mine/man")
    same '' "$said"
}

# Folders with other files stay, and folders above the prefix.
keeps_other_folders() {
    mkdir -p "$work/shared/mine/lib" "$work/shared/mine/share/man/man3"
    : >"$work/shared/mine/lib/other"
    scripts/place.sh prune '' "$work/shared/mine" "$work/shared/mine/lib" "$work/shared/mine/share/man/man3"
    same "$work/shared/mine/lib/other" "$(find "$work/shared/mine" -mindepth 2)" &&
        rm "$work/shared/mine/lib/other" && scripts/place.sh prune '' "$work/shared/mine" "$work/shared/mine/lib" &&
        [ ! -e "$work/shared/mine" ] && [ -d "$work/shared" ]
}

# A program that runs during a second install keeps the file that it has loaded, and the library's calls still work; a
# program that starts afterwards loads the new file.
a_running_program_keeps_its_library() {
    printf '#include <libnetfilter_conntrack/libnetfilter_conntrack.h>\n#include <stdio.h>\n%s\n' \
        'int main(void) { struct nf_conntrack *ct; puts("ready"); fflush(stdout); getchar(); ct = nfct_new();
        if (ct == NULL) return 1; nfct_destroy(ct); puts("works"); return 0; }' >"$work/daemon.c"
    # shellcheck disable=SC2046  # pkg-config prints words
    ${CC:-cc} -o "$work/running" "$work/daemon.c" $(asked --cflags --libs libconntrack) || return 1
    mkfifo "$work/asks" "$work/answers"
    LD_LIBRARY_PATH=$(dirname "$LIBRARY") "$work/running" <"$work/asks" >"$work/answers" &
    running=$!
    exec 8>"$work/asks" 9<"$work/answers"
    read -r said <&9
    package install CARGO=false && kept=$(grep -o 'libnetfilter_conntrack.*' "/proc/$running/maps" | sort -u)
    echo >&8
    read -r works <&9
    exec 8>&- 9<&-
    wait "$running" && same 'ready works' "$said $works" &&
        same 'libnetfilter_conntrack.so.3.8.0 (deleted)' "$kept" &&
        LD_LIBRARY_PATH=$(dirname "$LIBRARY") LD_TRACE_LOADED_OBJECTS=1 "$work/running" | grep -q " => $LIBRARY "
}

# Settings that do not fit the install are an error.
uninstalls_what_is_there() {
    said=$(package uninstall 2>&1) && return 1
    echo "$said" | grep '^make uninstall: nothing is installed in .*: use the settings of the install\.$'
}

# Two Rust archives in one static program: our archive must not contain the standard library as one object.
beside_another_archive() {
    printf '%s\n' '#[unsafe(no_mangle)] pub extern "C" fn second(n: i32) -> i32 {' \
        'std::panic::catch_unwind(|| (0..n).collect::<Vec<i32>>().iter().sum()).unwrap_or(-1) }' >"$work/second.rs"
    printf '#include <libnetfilter_conntrack/libnetfilter_conntrack.h>\n%s\n' 'int second(int);
        int main(void) { nfct_destroy(nfct_new()); return second(5) != 10; }' >"$work/both.c"
    rustc --edition 2024 -O --crate-type staticlib -o "$work/libsecond.a" "$work/second.rs" &&
        ${CC:-cc} -static -I"$root/usr/include" -o "$work/both" "$work/both.c" \
            "$root/usr/lib/multiarch/libconntrack.a" "$work/libsecond.a" && "$work/both"
}

# `make try` runs a program on the staged library and prints its output.
tries_ours() {
    make --no-print-directory --silent try CARGO=false CMD="LD_TRACE_LOADED_OBJECTS=1 '$work/tiny'" |
        grep " => $PWD/stage/lib/libnetfilter_conntrack.so.3 "
}

# The README's command finds a conntrack for a user whose PATH has no sbin, and where no package has installed one.
tries_a_conntrack() {
    PATH=/usr/bin:/bin make --no-print-directory --silent try CARGO=false CMD='conntrack -V' | grep '^conntrack v1\.4\.'
}

# In a tree below a folder with a blank rustc gets whole options.
builds_below_a_blank() {
    mkdir "$work/my tree"
    cp Makefile Cargo.toml "$work/my tree"
    # shellcheck disable=SC2016  # for the shell of the script
    printf '#!/bin/sh\nprintf "%%s\\n" $RUSTFLAGS\n' >"$work/flags"
    chmod +x "$work/flags"
    words=$(make --no-print-directory --silent -C "$work/my tree" all CARGO="$work/flags") || return 1
    echo "$words"
    same '' "$(echo "$words" | grep -v -e '^-')" && echo "$words" | grep -q '=cargo$'
}

check 'install does not compile' refuses_without_build
check 'install' package install CARGO=false
check 'the installed files' same "$expected" "$(installed)"
check 'SONAME' same libnetfilter_conntrack.so.3 "$(dynamic SONAME "$LIBRARY")"
for file in "$LIBRARY" "$root/usr/sbin/conntrack"; do
    check "${file##*/} needs the C library only" only_the_c_library "$file"
    check "${file##*/} is hardened" scripts/hardened.sh "$file"
done
check 'the loader has few addresses of the library to relocate' few_relocations
check 'the library has no writer of JSON' has_no_json
check 'version of libnetfilter_conntrack.pc: the API level' same 1.1.1 "$(asked --modversion libnetfilter_conntrack)"
check 'version of libconntrack.pc: the product'\''s' \
    same "$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)" "$(asked --modversion libconntrack)"
check 'pkg-config: relocated prefix' same "-L$root/usr/lib/multiarch -lconntrack" \
    "$(asked --libs libconntrack | sed 's/ *$//')"
check 'a program linked with -lnetfilter_conntrack' records_soname libnetfilter_conntrack
check 'a program linked with -lconntrack' records_soname libconntrack
check 'the archive beside another Rust archive' beside_another_archive
libnfnetlink
check 'make try' tries_ours
check 'make try finds conntrack' tries_a_conntrack
check 'a tree below a folder with a blank' builds_below_a_blank
check 'no path of the builder in the binaries' no_builder_paths
check 'a running program keeps its library over an install' a_running_program_keeps_its_library
check 'the texts that the manual names' manual_names_what_is_there
check 'uninstall' package uninstall CARGO=false
check 'uninstall leaves nothing, and no folder' same '' "$(left)"
check 'uninstall of nothing' uninstalls_what_is_there
check 'install without privilege says so' says_that_privilege_is_missing
check 'install checks every folder first' install_checks_first
check 'relative folders and folders with a blank are refused' refuses_other_paths
check 'a relative staging folder' a_relative_staging_folder
check 'a folder where a link goes' refuses_a_folder_for_a_link
check 'uninstall without privilege says so' uninstall_says_that_privilege_is_missing
check 'make cross of an unknown target names the known ones' \
    says_and_stops '    s390x-unknown-linux-gnu' cross TARGET=nonsense
check 'make test-cross of an unknown ring' says_and_stops 'test-cross: no such ring: header$' test-cross RINGS=header
check 'a staging folder with a blank in its name' a_blank_in_the_staging_folder
loader
check 'another prefix' another_prefix
check 'a prefix that the loader finds' found_by_the_loader
check 'folders with other files stay' keeps_other_folders
tally install
