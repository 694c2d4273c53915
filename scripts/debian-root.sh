#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A Debian system in a folder, for tests that need a machine of their own; needs root and debootstrap.
#
#     scripts/debian-root.sh make SUITE FOLDER PACKAGE...   makes a minimal root, and installs packages with apt
#     scripts/debian-root.sh run FOLDER USER COMMAND        runs a command for the shell there, as that user
#
# A command has its own namespaces for mounts and processes: its processes and mounts end with it, also when this process
# is killed with SIGKILL. It uses the network as this machine does: mirror, proxies, certificates. Where FOLDER/opt/rust
# exists, TOOLCHAIN names the folder that is mounted there, read-only. MIRROR names another Debian mirror than the one of
# this machine's apt.
set -eu

CERTIFICATES=/etc/ssl/certs/ca-certificates.crt

make_root() {
    suite=$1 root=$2
    shift 2
    debootstrap --variant=minbase "$suite" "$root" "${MIRROR:-$("$(dirname "$0")/debian-apt.sh" mirror)}"
    apt-config dump 2>/dev/null | grep '^Acquire::https\{0,1\}::' >"$root/etc/apt/apt.conf.d/00machine" || true
    # No package starts its daemon there.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d"
    export -p | grep -i '_proxy=' >"$root/etc/profile.d/proxy.sh" || true
    (run "$root" root "apt-get update && apt-get install -y $*")
    [ ! -e $CERTIFICATES ] || cp $CERTIFICATES "$root$CERTIFICATES"
}

# unshare itself ignores signals other than SIGKILL.
run() { exec unshare --mount --pid --fork --kill-child -- "$0" --enter "$1" "$2" "$3" </dev/null; }

# The part of `run` in its namespaces. chroot alone does not suffice: the kernel refuses user namespaces there.
enter() {
    root=$1 user=$2 command=$3
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    if [ -d "$root/opt/rust" ]; then
        mount --bind "$TOOLCHAIN" "$root/opt/rust"
        mount -o remount,bind,ro "$root/opt/rust"
    fi
    cd "$root"
    pivot_root . mnt
    # shellcheck disable=SC2016  # for the inner shell
    exec chroot . sh -c 'umount -l /mnt && exec runuser -l "$1" -c "export DEBIAN_FRONTEND=noninteractive; $2"' \
        sh "$user" "$command"
}

case ${1:-} in
    make) shift && make_root "$@" ;;
    run) shift && run "$@" ;;
    --enter) shift && enter "$@" ;;
    *) sed -n '3,12s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
