#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Source NAT with a range of 1,000 ports; all are in use towards one server, and new connections find none.
# shellcheck source=tests/scenarios/lib/lab.sh
. "$(dirname "$0")/lib/lab.sh"
lab
rules <<'NFT'
table ip nat {
    chain post {
        type nat hook postrouting priority 100;
        ip protocol tcp snat to 10.2.0.254:20000-20999
    }
}
NFT
FLOWS=(dst=198.18.0.30 dport=443 src=100.64.0.0/16)
first=0
# The kernel tries 128 ports for each flow: the last free ports are found late.
until [ "$(count)" -ge 1000 ]; do
    traffic tcp n=2000 first=$first "${FLOWS[@]}"
    first=$((first + 2000))
done
background syn n=2000000 first=$first rate=200 "${FLOWS[@]}"
counted insert_failed $(($(counter insert_failed) + 100))
examine "$@"
