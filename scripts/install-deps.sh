#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Provides the packages that a make target needs, apart from git, make, a C compiler and the Rust toolchain:
#
#     scripts/install-deps.sh demo|test|bench|dist|lint
#
# When no package is missing, the script prints nothing. As root on a machine with apt, it installs the missing packages
# without questions. Otherwise it prints the names of the missing packages, and fails.
set -eu

# The targets that need it, the Debian package, and a command or file that shows that it is installed.
needs() {
    cat <<'END'
demo,test,bench  pkg-config                   pkg-config
demo,test,bench  util-linux                   unshare
test,bench       conntrack                    /usr/sbin/conntrack
test             libnetfilter-conntrack-dev   /usr/share/doc/libnetfilter-conntrack-dev/examples/nfct-mnl-dump.c
test             libnfnetlink-dev             /usr/include/libnfnetlink/libnfnetlink.h
test             libmnl-dev                   /usr/include/libmnl/libmnl.h
test             abigail-tools                abidiff
test             g++                          g++
test             nftables                     /usr/sbin/nft
test             iproute2                     /usr/bin/ss
test             procps                       /bin/kill
test             bsdutils                     script
test,bench,dist  python3                      /usr/bin/python3
test             perl                         /usr/bin/prove
test             python3-jsonschema           /usr/lib/python3/dist-packages/jsonschema
test             strace                       strace
test             doxygen                      doxygen
test             mandoc                       mandoc
test             man-db                       lexgrog
test             bsdextrautils                col
test             fish                         fish
test             valgrind                     valgrind
lint             shellcheck                   shellcheck
END
}

there() {
    case $1 in
        /*) test -e "$1" ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

target=${1:?usage: scripts/install-deps.sh demo|test|bench|dist|lint}
missing=$(needs | while read -r targets package sign; do
    case ,$targets, in *,"$target",*) there "$sign" || printf ' %s' "$package" ;; esac
done)
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "make $target needs these Debian packages (elsewhere: what they hold):$missing" >&2
    echo "Install them as root: apt-get install$missing" >&2
    exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "make $target needs these Debian packages; apt-get installs them now, which takes up to a minute:$missing"
export DEBIAN_FRONTEND=noninteractive
# The documentation is requested by path: some images leave it out, and it contains the original's examples.
# shellcheck disable=SC2086  # the list is words
if ! { apt-get update && apt-get install -y --reinstall --no-install-recommends \
    -o 'DPkg::Options::=--path-include=/usr/share/doc/*' $missing; } >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    exit 1
fi
