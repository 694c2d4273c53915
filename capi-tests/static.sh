#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests what make builds for musl: the tool is one small file that runs where no other file is, and the archive links
# with musl's compiler to a program that is one file. STAGE names the staged install of such a target; run it through
# scripts/foreign.sh.
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TOOL=$STAGE/sbin/conntrack
LARGEST=2097152

is_static() { ! readelf -l -d "$1" | grep -E 'INTERP|NEEDED'; }

is_small() { [ "$(stat -c %s "$TOOL")" -lt "$LARGEST" ] || { stat -c '%s bytes' "$TOOL"; return 1; }; }

# A root with the tool and nothing else, in namespaces of the network and of mounts.
mkdir "$work/root"
cp "$TOOL" "$work/root/conntrack"
in_empty_root() { scripts/in-namespace.sh chroot "$work/root" /conntrack "$@"; }

shows_version() { in_empty_root --version | grep -x 'conntrack v.* (libconntrack .*)'; }

# An emulator has no netlink of netfilter, and the tool says so in words.
lists() {
    is_of_this_machine || {
        in_empty_root --dump 2>&1 | grep 'rotocol not supported'
        return
    }
    in_empty_root --create --proto udp --src 192.0.2.1 --dst 192.0.2.2 --sport 1 --dport 2 --timeout 60 &&
        in_empty_root --dump && in_empty_root --count
}

is_of_this_machine() { [ "$(uname -m)-unknown-linux-musl" = "${STAGE_OF:?}" ]; }

# musl_cc ARGUMENT...: links a program for musl. Debian has a compiler for this machine only; elsewhere the one for glibc
# gets the files of musl that Rust brings.
musl_cc() {
    if is_of_this_machine; then
        musl-gcc -static "$@" -idirafter /usr/include -idirafter "/usr/include/$(cc -print-multiarch)"
    else
        musl=$(rustc --print target-libdir --target "$STAGE_OF")/self-contained
        "$CC" -static -nostdlib -U_FORTIFY_SOURCE "$musl/crt1.o" "$musl/crti.o" "$musl/crtbegin.o" "$@" "$musl/libc.a" -lgcc \
            "$musl/crtend.o" "$musl/crtn.o"
    fi
}

# The program has a clock of its own. When the clock fails, Rust's standard library panics, while the library prints how
# long a flow exists.
cat >"$work/one.c" <<'END'
#include <errno.h>
#include <stdbool.h>
#include <time.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

static bool has_clock = true;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec) { .tv_sec = 1700000000 };
	if (!has_clock) errno = EPERM;
	return has_clock ? 0 : -1;
}

static int print(const struct nf_conntrack *ct)
{
	char text[200];

	errno = 0;
	return nfct_snprintf(text, sizeof(text), ct, 0, NFCT_O_DEFAULT, NFCT_OF_TIME | NFCT_OF_TIMESTAMP);
}

int main(void)
{
	struct nf_conntrack *ct = nfct_new();
	bool is_good;

	nfct_set_attr_u8(ct, ATTR_L3PROTO, 2);
	nfct_set_attr_u8(ct, ATTR_L4PROTO, 6);
	nfct_set_attr_u64(ct, ATTR_TIMESTAMP_START, 1);
	is_good = print(ct) > 0 && errno == 0;
	has_clock = false;
	is_good = is_good && print(ct) == -1 && errno == ENOTRECOVERABLE;
	has_clock = true;
	is_good = is_good && print(ct) > 0 && errno == 0;
	nfct_destroy(ct);
	return is_good ? 0 : 1;
}
END

# With the words of the .pc file.
links() {
    export PKG_CONFIG_LIBDIR="$STAGE/lib/pkgconfig"
    # shellcheck disable=SC2046  # pkg-config prints words
    musl_cc -o "$work/one" "$work/one.c" $(pkg-config --cflags --libs libconntrack) && is_static "$work/one"
}

check 'the tool is static' is_static "$TOOL"
check "the tool has less than $LARGEST bytes: $(stat -c %s "$TOOL")" is_small
check 'the tool runs in an empty root' shows_version
check 'the tool lists in an empty root' lists
check 'a program links for musl with the archive, and is one file' links
check 'it runs, and a panic inside the library is a failure value' "$work/one"
tally static
