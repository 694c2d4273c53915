#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Provides the packages that a make target needs, apart from git, make, a C compiler and the Rust toolchain:
#
#     scripts/install-deps.sh demo|test|bindings|bindings-static|bench|bench-languages|bench-python|dist|deb|test-deb|rpm|test-rpm|lint|test-cross|kernels|kernels-s390x
#     scripts/install-deps.sh TRIPLE          the C compiler for a target of make cross
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
test,bench       python3                      /usr/bin/python3
dist,deb         python3                      /usr/bin/python3
rpm,test-rpm     python3                      /usr/bin/python3
test-deb         python3                      /usr/bin/python3
test             perl                         /usr/bin/prove
test             jq                           jq
test             python3-jsonschema           /usr/lib/python3/dist-packages/jsonschema
bindings         python3                      /usr/bin/python3
test,bindings    python3-venv                 /usr/share/doc/python3-venv
test,bindings    python3-pip                  /usr/lib/python3/dist-packages/pip
test,bindings    python3-pytest               /usr/lib/python3/dist-packages/pytest
test,bindings    python3-cffi                 /usr/lib/python3/dist-packages/cffi
test,bindings    python3-trio                 /usr/lib/python3/dist-packages/trio
test,bindings    mypy                         mypy
test,bindings    strace                       strace
test             doxygen                      doxygen
test             mandoc                       mandoc
test             man-db                       lexgrog
test             bsdextrautils                col
test             fish                         fish
test             valgrind                     valgrind
test,bindings    golang-go                    go
bindings-static  golang-go                    go
bindings-static  musl-tools                   musl-gcc
bindings-static  pkg-config                   pkg-config
bindings-static  util-linux                   unshare
bindings         pkg-config                   pkg-config
bindings         util-linux                   unshare
bindings         libnetfilter-conntrack-dev   /usr/share/doc/libnetfilter-conntrack-dev/examples/nfct-mnl-dump.c
bench-languages  golang-go                    go
bench-languages  golang-github-vishvananda-netlink-dev  /usr/share/gocode/src/github.com/vishvananda/netlink
bench-python     python3-venv                 /usr/share/doc/python3-venv
bench-python     python3-pip                  /usr/lib/python3/dist-packages/pip
deb,test-deb     dpkg-dev                     dpkg-buildpackage
deb,test-deb     debhelper                    dh
test-deb         lintian                      lintian
test-deb         devscripts                   hardening-check
test-deb         debootstrap                  /usr/sbin/debootstrap
lint             shellcheck                   shellcheck
rpm,test-rpm     rpm                          rpmbuild
test-rpm         rpmlint                      rpmlint
test-rpm         shellcheck                   shellcheck
kernels          qemu-system-x86              qemu-system-x86_64
kernels          binutils                     strip
kernels          cpio                         cpio
kernels          kmod                         /sbin/depmod
kernels          xz-utils                     xz
kernels          zstd                         zstd
kernels          debian-archive-keyring       /usr/share/keyrings/debian-archive-keyring.gpg
kernels-s390x    qemu-system-s390x            qemu-system-s390x
test-cross       qemu-user-static             qemu-s390x-static
test-cross       musl-tools                   musl-gcc
test-cross       util-linux                   unshare
test-cross       pkg-config                   pkg-config
test-cross       abigail-tools                abidiff
i686-unknown-linux-gnu         gcc-i686-linux-gnu       i686-linux-gnu-gcc
i686-unknown-linux-gnu         libc6-dev-i386-cross     /usr/i686-linux-gnu/include/stdio.h
aarch64-unknown-linux-gnu      gcc-aarch64-linux-gnu    aarch64-linux-gnu-gcc
aarch64-unknown-linux-gnu      libc6-dev-arm64-cross    /usr/aarch64-linux-gnu/include/stdio.h
armv7-unknown-linux-gnueabihf  gcc-arm-linux-gnueabihf  arm-linux-gnueabihf-gcc
armv7-unknown-linux-gnueabihf  libc6-dev-armhf-cross    /usr/arm-linux-gnueabihf/include/stdio.h
riscv64gc-unknown-linux-gnu    gcc-riscv64-linux-gnu    riscv64-linux-gnu-gcc
riscv64gc-unknown-linux-gnu    libc6-dev-riscv64-cross  /usr/riscv64-linux-gnu/include/stdio.h
s390x-unknown-linux-gnu        gcc-s390x-linux-gnu      s390x-linux-gnu-gcc
s390x-unknown-linux-gnu        libc6-dev-s390x-cross    /usr/s390x-linux-gnu/include/stdio.h
powerpc64-unknown-linux-gnu    gcc-powerpc64-linux-gnu  powerpc64-linux-gnu-gcc
powerpc64-unknown-linux-gnu    libc6-dev-ppc64-cross    /usr/powerpc64-linux-gnu/include/stdio.h
aarch64-unknown-linux-musl     gcc-aarch64-linux-gnu    aarch64-linux-gnu-gcc
aarch64-unknown-linux-musl     libc6-dev-arm64-cross    /usr/aarch64-linux-gnu/include/stdio.h
END
}

there() {
    case $1 in
        /*) test -e "$1" ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

target=${1:?usage: scripts/install-deps.sh demo|test|bindings|bindings-static|bench|bench-languages|bench-python|dist|deb|test-deb|rpm|test-rpm|lint|test-cross|kernels|kernels-s390x|TRIPLE}
case $target in *-linux-*) user="a build for $target" ;; *) user="make $target" ;; esac
missing=$(needs | while read -r targets package sign; do
    case ,$targets, in *,"$target",*) there "$sign" || printf ' %s' "$package" ;; esac
done)
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "$user needs these Debian packages (elsewhere: what they hold):$missing" >&2
    echo "Install them as root: apt-get install$missing" >&2
    exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "$user needs these Debian packages; apt-get installs them now, which takes up to a minute:$missing"
export DEBIAN_FRONTEND=noninteractive
# Another apt that runs is waited for, five minutes at most. The documentation is requested by path: some images leave it out,
# and it contains the original's examples.
# shellcheck disable=SC2086  # the list is words
if ! { apt-get update && apt-get install -y --reinstall --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o 'DPkg::Options::=--path-include=/usr/share/doc/*' $missing; } >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    echo "$user: apt-get could not install:$missing" >&2
    exit 1
fi
