#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Unpacks Debian's packages for a target of make cross: the original library with its headers, the original tool, and
# the C library that both need. Installs no package, and does not change apt's settings: apt works in a folder.
#
#     scripts/platform-fetch.sh TRIPLE [FOLDER]       default: target/platforms/TRIPLE; prints the folder
#
# The packages are of Debian 12, of Debian 13 for riscv64, and of Debian's ports for powerpc64. Packages that are already
# unpacked are kept.
set -eu
cd "$(dirname "$0")/.."

PACKAGES='libc6 libnetfilter-conntrack-dev conntrack'
main='http://deb.debian.org/debian'
ports='http://deb.debian.org/debian-ports'

triple=${1:?usage: scripts/platform-fetch.sh TRIPLE [FOLDER]}
keys=debian-archive-keyring.gpg
case $triple in
    x86_64-*-gnu) where="amd64 $main bookworm" ;;
    i686-*-gnu) where="i386 $main bookworm" ;;
    aarch64-*-gnu) where="arm64 $main bookworm" ;;
    armv7-*-gnueabihf) where="armhf $main bookworm" ;;
    s390x-*-gnu) where="s390x $main bookworm" ;;
    riscv64gc-*-gnu) where="riscv64 $main trixie" ;;
    powerpc64-*-gnu) where="ppc64 $ports sid" keys=debian-ports-archive-keyring.gpg ;;
    *) echo "$0: Debian has no packages for $triple" >&2; exit 1 ;;
esac
tree=${2:-target/platforms/$triple}
mkdir -p "$tree/apt/lists/partial" "$tree/apt/archives/partial"
tree=$(realpath "$tree")
# shellcheck disable=SC2086  # three words
set -- $where

# Calls apt-get for the other architecture, in its own folder.
apt() {
    apt-get -o APT::Architecture="$architecture" -o APT::Architectures::="$architecture" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Etc::sourcelist="$tree/apt/sources" -o Dir::State::lists="$tree/apt/lists" \
        -o Dir::State::status="$tree/apt/status" -o Dir::Cache::archives="$tree/apt/archives" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Debug::NoLocking=1 \
        -o APT::Update::Error-Mode=any -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "$@"
}

architecture=$1
if [ ! -e "$tree/complete" ]; then
    echo "fetching Debian's packages for $architecture without installing them: half a minute" >&2
    echo "deb [arch=$architecture signed-by=/usr/share/keyrings/$keys] $2 $3 main" >"$tree/apt/sources"
    : >"$tree/apt/status"
    # shellcheck disable=SC2086  # the list is words
    { apt update && apt install -y --download-only --no-install-recommends $PACKAGES; } >"$tree/apt/log" 2>&1 \
        </dev/null || { grep '^E:' "$tree/apt/log" >&2; exit 1; }
    for package in "$tree"/apt/archives/*.deb; do dpkg -x "$package" "$tree/root"; done
    # A loader is named by a path below /lib or /lib64, which later releases of Debian make links.
    for folder in lib lib64; do
        if [ -d "$tree/root/usr/$folder" ] && [ ! -e "$tree/root/$folder" ]; then ln -s "usr/$folder" "$tree/root/"; fi
    done
    rm -r "$tree/apt"
    touch "$tree/complete"
fi
echo "$tree/root"
