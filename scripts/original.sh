#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints the path of the original on this machine, with which every comparison is made:
#
#     scripts/original.sh library|tool
#
# CT_ORIGINAL_SO and CT_ORIGINAL_TOOL name the files; an empty name stands for no
# original. Without them the script asks Debian's packages, because an
# installed libconntrack comes first on the loader's path and in $PATH. Prints nothing and fails when the machine has
# no original, or when the named file is not the original.
set -eu

# Prints the files of an installed Debian package whose names have the given ending.
packaged() {
    dpkg -L "$1" 2>/dev/null | grep "$2" | head -n 1
}

case ${1:-} in
    library)
        found=${CT_ORIGINAL_SO-$(packaged libnetfilter-conntrack3 '/libnetfilter_conntrack\.so\.3\.[0-9.]*$')}
        # The original needs libmnl; our library does not.
        test -n "$found" && readelf -d "$found" | grep -q 'NEEDED.*libmnl' || exit 1
        ;;
    tool)
        found=${CT_ORIGINAL_TOOL-$(packaged conntrack '/sbin/conntrack$')}
        test -n "$found" && "$found" -V | grep -q conntrack-tools || exit 1
        ;;
    *)
        echo 'usage: scripts/original.sh library|tool' >&2
        exit 2
        ;;
esac
echo "$found"
