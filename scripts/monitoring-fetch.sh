#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Unpacks Debian's Prometheus, node_exporter, and the libraries that read what both and Nagios read. Installs no package: no
# daemon starts, and no file outside the folder changes. Needs apt's lists.
#
#     scripts/monitoring-fetch.sh [FOLDER]        default: target/monitoring; prints the folder
#
# Packages that are already unpacked are kept.
set -eu
cd "$(dirname "$0")/.."

PROMETHEUS='prometheus prometheus-node-exporter python3-prometheus-client python3-decorator'
# Monitoring::Plugin and the modules that it loads.
PLUGIN='libmonitoring-plugin-perl libclass-accessor-perl libconfig-tiny-perl libmath-calc-units-perl
    libparams-validate-perl libmodule-implementation-perl libmodule-runtime-perl libtry-tiny-perl'

tree=${1:-target/monitoring}
mkdir -p "$tree/packages"
tree=$(realpath "$tree")
cd "$tree/packages"
if [ ! -e complete ]; then
    echo "fetching Debian's Prometheus without installing it: half a minute" >&2
    # shellcheck disable=SC2086  # the lists are words
    apt-get download $PROMETHEUS $PLUGIN >log 2>&1 </dev/null || { tail -n 3 log >&2; exit 1; }
    for package in *.deb; do
        dpkg -x "$package" "$tree"
        rm "$package"
    done
    touch complete
fi
echo "$tree"
