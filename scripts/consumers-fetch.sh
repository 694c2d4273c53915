#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Unpacks the Debian programs that use libnetfilter_conntrack, and the libraries that they need, except those that are
# installed. Installs no package: no daemon starts, and no file outside the folder changes. Needs apt's lists.
#
#     scripts/consumers-fetch.sh [FOLDER]        default: target/consumers; prints the folder
#
# Programs that are already unpacked are kept. Programs that are not available are named on standard error.
set -eu
cd "$(dirname "$0")/.."

PROGRAMS='conntrack conntrackd ulogd2 iptstate iptables dnsmasq-base oidentd netsniff-ng squid'

tree=${1:-target/consumers}
mkdir -p "$tree/packages/partial"
tree=$(realpath "$tree")
cd "$tree/packages"

# Downloads programs and their dependencies, except those that are installed.
download() {
    apt-get install -y --download-only --no-install-recommends -o Dir::Cache::archives="$PWD" -o Debug::NoLocking=1 \
        "$@" >log 2>&1 </dev/null
}

[ -e complete ] || echo 'fetching the Debian programs that use the library, without installing them: half a minute' >&2
# One call reads apt's lists once. When it fails for one program, each program gets a separate call.
# shellcheck disable=SC2086  # the list is words
if [ ! -e complete ] && download $PROGRAMS; then
    touch complete
elif [ ! -e complete ]; then
    for program in $PROGRAMS; do download "$program" || echo "$0: no $program: $(tail -n 1 log)" >&2; done
fi
for package in *.deb; do
    [ -e "$package" ] || continue
    dpkg -x "$package" "$tree"
    rm "$package"
done
echo "$tree"
