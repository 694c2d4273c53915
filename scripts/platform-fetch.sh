#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Unpacks Debian's packages for a target of make cross: the original library with its headers, the original tool, and
# the C library that both need. Installs no package (scripts/debian-apt.sh).
#
#     scripts/platform-fetch.sh TRIPLE [FOLDER]       default: target/platforms/TRIPLE; prints the folder
#
# The packages are of Debian 12, of Debian 13 for riscv64, and of Debian's ports for powerpc64. Packages that are already
# unpacked are kept.
set -eu
cd "$(dirname "$0")/.."

PACKAGES='libc6 libnetfilter-conntrack-dev conntrack'

triple=${1:?usage: scripts/platform-fetch.sh TRIPLE [FOLDER]}
case $triple in
    x86_64-*-gnu) where='amd64 bookworm' ;;
    i686-*-gnu) where='i386 bookworm' ;;
    aarch64-*-gnu) where='arm64 bookworm' ;;
    armv7-*-gnueabihf) where='armhf bookworm' ;;
    s390x-*-gnu) where='s390x bookworm' ;;
    riscv64gc-*-gnu) where='riscv64 trixie' ;;
    powerpc64-*-gnu)
        where='ppc64 sid'
        export MIRROR=http://deb.debian.org/debian-ports KEYRING=/usr/share/keyrings/debian-ports-archive-keyring.gpg
        ;;
    *) echo "$0: Debian has no packages for $triple" >&2; exit 1 ;;
esac
tree=${2:-target/platforms/$triple}
mkdir -p "$tree"
tree=$(realpath "$tree")

if [ ! -e "$tree/complete" ]; then
    echo "fetching Debian's packages for ${where% *} without installing them: half a minute" >&2
    scripts/debian-apt.sh open "${where#* }" "${where% *}" "$tree/apt"
    # shellcheck disable=SC2086  # the list is words
    scripts/debian-apt.sh get "$tree/apt" install -y --download-only --no-install-recommends $PACKAGES
    for package in "$tree"/apt/archives/*.deb; do dpkg -x "$package" "$tree/root"; done
    # A loader is named by a path below /lib or /lib64, which later releases of Debian make links.
    for folder in lib lib64; do
        if [ -d "$tree/root/usr/$folder" ] && [ ! -e "$tree/root/$folder" ]; then ln -s "usr/$folder" "$tree/root/"; fi
    done
    rm -r "$tree/apt"
    touch "$tree/complete"
fi
echo "$tree/root"
