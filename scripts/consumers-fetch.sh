#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Unpacks the Debian programs that use libnetfilter_conntrack, without installing them (no daemon starts, nothing
# outside the folder changes), and prints the folder. What is already unpacked is kept. Needs apt's package lists.
#
#   scripts/consumers-fetch.sh [FOLDER]        default: target/consumers

set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
TREE=${1:-$ROOT/target/consumers}
PROGRAMS="conntrack conntrackd ulogd2 iptstate iptables dnsmasq-base oidentd netsniff-ng squid squid-common"
LIBRARIES="libnetfilter-cthelper0 libnetfilter-cttimeout1 libnetfilter-log1 libnetfilter-acct1 libnfnetlink0 libmnl0
    liburcu8 libgeoip1 libecap3 libltdl7"

mkdir -p "$TREE/packages"
cd "$TREE/packages"
for package in $PROGRAMS $LIBRARIES; do
    [ ! -e "$package.unpacked" ] || continue
    if apt-get download "$package" >"$package.log" 2>&1 && dpkg -x "$package"_*.deb "$TREE"; then
        rm -f "$package"_*.deb "$package.log"
        touch "$package.unpacked"
    else
        echo "cannot fetch $package: $(tail -n 1 "$package.log")" >&2
    fi
done
cd "$TREE" && pwd
