#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs a command in which programs of another machine run as this machine's programs do, by emulation (qemu-user):
#
#     scripts/foreign.sh TRIPLE COMMAND [ARGUMENT...]
#
# The command has a network namespace of its own, and the emulator is registered in a user namespace (Linux 6.7), so no
# machine-wide setting changes. Programs find the libraries that scripts/platform-fetch.sh unpacked. STAGE names the
# staged install; CC is the target's compiler; CT_ORIGINAL_SO and CT_ORIGINAL_TOOL are the original of that machine,
# ORIGINAL_INCLUDE its headers, and empty where Debian has none.
#
# qemu-user has no netlink of netfilter: no program that runs so reaches a table of connections.
set -eu
cd "$(dirname "$0")/.."

# The emulator's name, and from the head of an ELF file the word size, the byte order, and the number of the machine.
emulators() {
    cat <<'END'
i686       i386     01 01 \x03\x00
aarch64    aarch64  02 01 \xb7\x00
armv7      arm      01 01 \x28\x00
riscv64gc  riscv64  02 01 \xf3\x00
s390x      s390x    02 02 \x00\x16
powerpc64  ppc64    02 02 \x00\x15
END
}

# The line for binfmt_misc: programs of both kinds, with fixed addresses and without. The kernel opens the emulator at
# once (F).
registration() {
    case $3 in 01) kind='\x02\x00' any='\xfe\xff' ;; *) kind='\x00\x02' any='\xff\xfe' ;; esac
    pad='\x00\x00\x00\x00\x00\x00\x00\x00' all='\xff\xff\xff\xff\xff\xff\xff'
    printf '%s\n' ":foreign:M::\\x7fELF\\x$2\\x$3\\x01\\x00$pad$kind$4:$all\\x00$pad$any\\xff\\xff:$(command -v "qemu-$1-static"):F"
}

triple=${1:?usage: scripts/foreign.sh TRIPLE COMMAND...}
shift
row=$(emulators | sed -n "s/^${triple%%-*} *//p")
line=
# shellcheck disable=SC2086  # four words
[ -z "$row" ] || line=$(registration $row)

export QEMU_LD_PREFIX='' CT_ORIGINAL_SO='' CT_ORIGINAL_TOOL='' ORIGINAL_INCLUDE=''
case $triple in
    *-musl) ;; # static
    "$(uname -m)"-*) ;; # the libraries of this machine
    *)
        if QEMU_LD_PREFIX=$(scripts/platform-fetch.sh "$triple"); then
            CT_ORIGINAL_SO=$(find "$QEMU_LD_PREFIX/usr/lib" -type f -name 'libnetfilter_conntrack.so.3.*')
            CT_ORIGINAL_TOOL=$QEMU_LD_PREFIX/usr/sbin/conntrack
            ORIGINAL_INCLUDE=$QEMU_LD_PREFIX/usr/include
        else # the cross compiler's C library
            QEMU_LD_PREFIX=/usr/$(scripts/target.sh gnu "$triple")
        fi
        ;;
esac
CC=$(scripts/target.sh compiler "$triple")
STAGE=$(scripts/target.sh stage "$triple")
export CC STAGE STAGE_OF="$triple"

# shellcheck disable=SC2016  # the inner shell expands
exec unshare --map-root-user --net --mount sh -c '
    line=$1
    shift
    if [ -n "$line" ]; then
        mount -t binfmt_misc none /proc/sys/fs/binfmt_misc || {
            echo "foreign: there is no separate binfmt_misc here: Linux 6.7 is needed" >&2
            exit 1
        }
        printf "%s\n" "$line" >/proc/sys/fs/binfmt_misc/register
    fi
    exec "$@"' sh "$line" "$@"
