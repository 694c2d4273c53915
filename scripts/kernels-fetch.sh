#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Unpacks a kernel of Debian, and the programs of Debian for a machine that boots it. Installs no package
# (scripts/debian-apt.sh).
#
#     scripts/kernels-fetch.sh kernel SUITE ARCHITECTURE FOLDER
#         FOLDER/vmlinuz      the newest kernel of the suite
#         FOLDER/modules.cpio the modules of netfilter, veth and dummy, and the modules that these need
#         FOLDER/version      the version of the package
#     scripts/kernels-fetch.sh programs SUITE ARCHITECTURE FOLDER
#         FOLDER/root.cpio    the original, with the programs that the tests start
#         FOLDER/version      the versions of the original
#
# A folder that is complete is kept; REFRESH=yes makes it again from the suite as it is now.
set -eu
cd "$(dirname "$0")/.."

PROGRAMS='conntrack nftables iptables iproute2 util-linux mount kmod dash busybox-static'
# Modules by their path, below the folder of a kernel's modules. crc32c is needed without being named in modules.dep.
MODULES='kernel/net/(.*/)?netfilter/|kernel/drivers/net/(veth|dummy)\.ko|kernel/(.*/)?crypto/crc32c'

die() {
    echo "kernels-fetch: $*" >&2
    exit 1
}

what=${1:?kernel or programs} suite=${2:?a suite} arch=${3:?an architecture} folder=${4:?a folder}
[ "${REFRESH:-no}" = yes ] || [ ! -e "$folder/complete" ] || exit 0
mkdir -p "$folder"
folder=$(realpath "$folder")
work=$(mktemp -d "$folder/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
rm -f "$folder/complete"

# unpack FOLDER: all downloaded packages, into a folder whose /lib and /usr/lib are the same, and then removes them.
unpack() {
    mkdir -p "$1/boot"
    for place in bin sbin lib lib64; do
        mkdir -p "$1/usr/$place"
        ln -s "usr/$place" "$1/$place"
    done
    for package in "$work"/apt/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$1" --keep-directory-symlink --no-same-owner
        rm "$package"
    done
}

# archive FOLDER FILE: a part of an initramfs, whose files belong to root.
archive() {
    (cd "$1" && find . -print0 | sort -z | cpio --quiet --null --create --format=newc --owner=0:0) >"$2"
}

# The packages of the newest kernel: image, and where they are separate, base, binary and modules.
kernel_packages() {
    apt-cache -c "$work/apt/conf" depends --recurse --important --no-pre-depends "linux-image-$arch" 2>/dev/null |
        grep -Eo '\blinux-(image|base|binary|modules)-[0-9][^ :]*' | sort -u
}

# copy_modules FROM RELEASE TO: the modules with all that they need, uncompressed, as modules.dep lists them.
copy_modules() {
    depmod -b "$1" "$2"
    from=$1/lib/modules/$2 to=$3/lib/modules/$2
    mkdir -p "$to"
    cp "$from"/modules.builtin* "$from"/modules.order "$to"
    grep -E "^($MODULES)" "$from/modules.dep" | tr -d : | tr ' ' '\n' | sed '/^$/d' | sort -u |
        (cd "$from" && xargs cp --parents -t "$to")
    find "$to" -name '*.ko.xz' -exec xz -d {} +
    find "$to" -name '*.ko.zst' -exec zstd -q -d --rm {} +
    depmod -b "$3" "$2"
}

fetch_kernel() {
    packages=$(kernel_packages)
    [ -n "$packages" ] || die "$suite has no kernel for $arch"
    # shellcheck disable=SC2086  # the list is words
    scripts/debian-apt.sh get "$work/apt" download $packages
    unpack "$work/all"
    image=$(find "$work/all/boot" "$work/all/usr/lib/modules" -name 'vmlinuz*' | head -n 1)
    release=$(ls "$work/all/usr/lib/modules")
    mkdir -p "$work/some/usr/lib"
    ln -s usr/lib "$work/some/lib"
    copy_modules "$work/all" "$release" "$work/some"
    cp "$image" "$folder/vmlinuz"
    archive "$work/some" "$folder/modules.cpio"
    apt-cache -c "$work/apt/conf" show "linux-image-$release" | sed -n 's/^Version: //p' | head -n 1 >"$folder/version"
}

fetch_programs() {
    # shellcheck disable=SC2086  # the list is words
    scripts/debian-apt.sh get "$work/apt" --assume-yes --no-install-recommends --download-only install $PROGRAMS
    printf '%s\n' "$work"/apt/archives/*.deb | sed -nE 's|.*/||; s/^(conntrack|libnetfilter-conntrack3)_(.*)_[a-z0-9]*\.deb$/\1 \2/p' |
        sed 's/%3a/:/' >"$folder/version"
    unpack "$work/root"
    ln -sf dash "$work/root/usr/bin/sh"
    for place in share include lib/systemd; do rm -rf "$work/root/usr/$place"; done
    rm -rf "$work/root/var" "$work/root/etc"
    mkdir -p "$work/root/etc"
    archive "$work/root" "$folder/root.cpio"
}

echo "fetching Debian's $what of $suite for $arch: up to two minutes" >&2
scripts/debian-apt.sh open "$suite" "$arch" "$work/apt"
fetch_"$what"
touch "$folder/complete"
