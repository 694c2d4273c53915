#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Unpacks the Debian programs that use libnetfilter_conntrack, with the libraries they need, as far as they are not
# installed. Nothing gets installed: no daemon starts, and nothing outside the folder changes. Needs apt's lists.
#
#     scripts/consumers-fetch.sh [FOLDER]        default: target/consumers; prints the folder
#
# What is unpacked already is kept; what cannot be had is named on the standard error.
set -eu
cd "$(dirname "$0")/.."

PROGRAMS='conntrack conntrackd ulogd2 iptstate iptables dnsmasq-base oidentd netsniff-ng squid'

tree=${1:-target/consumers}
mkdir -p "$tree/packages/partial"
tree=$(realpath "$tree")
cd "$tree/packages"

# Downloads programs and what they depend on, without what is installed.
download() {
    apt-get install -y --download-only --no-install-recommends -o Dir::Cache::archives="$PWD" -o Debug::NoLocking=1 \
        "$@" >log 2>&1 </dev/null
}

[ -e complete ] || echo 'fetching the Debian programs that use the library, without installing them: half a minute' >&2
# One call reads apt's lists once. When it fails for one program, each gets a call of its own.
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
