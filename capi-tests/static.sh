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
    [ "$(uname -m)-unknown-linux-musl" = "${STAGE_OF:?}" ] || {
        in_empty_root --dump 2>&1 | grep 'rotocol not supported'
        return
    }
    in_empty_root --create --proto udp --src 192.0.2.1 --dst 192.0.2.2 --sport 1 --dport 2 --timeout 60 &&
        in_empty_root --dump && in_empty_root --count
}

links() {
    printf '#include <libnetfilter_conntrack/libnetfilter_conntrack.h>\n%s\n' \
        'int main(void) { nfct_destroy(nfct_new()); return nfct_maxsize() < 300; }' >"$work/one.c"
    musl-gcc -static -I"$STAGE/include" -idirafter /usr/include -idirafter "/usr/include/$(cc -print-multiarch)" \
        -o "$work/one" "$work/one.c" "$STAGE/lib/libconntrack.a" && is_static "$work/one" && "$work/one"
}

check 'the tool is static' is_static "$TOOL"
check "the tool has less than $LARGEST bytes: $(stat -c %s "$TOOL")" is_small
check 'the tool runs in an empty root' shows_version
check 'the tool lists in an empty root' lists
case ${STAGE_OF:?} in
    "$(uname -m)-unknown-linux-musl") check 'a program links with musl-gcc and the archive, and runs' links ;;
    *) skip "a program links with musl-gcc: Debian has it for this machine only" ;;
esac
tally static
