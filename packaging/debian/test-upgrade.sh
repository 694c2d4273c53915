#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests install, upgrade, removal and downgrade in a Debian system that may be changed: the system of a container, or the
# root of scripts/test-deb.sh. After each step conntrackd, ulogd2 and iptstate work, on the library that the step says.
#
#     test-upgrade.sh PACKAGES TESTS EXAMPLES
#
# PACKAGES is the folder with our .deb files, TESTS the one with debian/tests, EXAMPLES the one with the C programs. PREVIOUS
# names a folder with an earlier version of ours, which is installed first. The system has apt's lists, and the
# distribution's packages of the names in OURS and CONSUMERS are installed.
set -eu

PACKAGES=$1 TESTS=$2
SOURCE=$3
export SOURCE DEBIAN_FRONTEND=noninteractive
OURS='conntrack libnetfilter-conntrack-dev libnetfilter-conntrack3'
CONSUMERS='conntrackd iptstate ulogd2'
passed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
    echo "FAIL $*"
    [ ! -e "$work/log" ] || cat "$work/log"
    exit 1
}
pass() {
    passed=$((passed + 1))
    echo "ok   $*"
}
quiet() { "$@" >"$work/log" 2>&1 </dev/null || die "$*"; }
install() { quiet apt-get install -y --no-install-recommends --allow-downgrades "$@"; }
# shellcheck disable=SC2012  # the names are those of packages
deb() { ls "$PACKAGES/$1"_[0-9]*.deb; }
version() { dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2>/dev/null | sed -n 's/^installed //p'; }
versions() { for package in $OURS; do echo "$package $(version "$package")"; done; }

# consumers STEP LIBRARY TEST...: the tests pass on that library, and no file of a package has another content.
consumers() {
    step=$1 LIBRARY_IS=$2
    export LIBRARY_IS
    shift 2
    for test; do
        quiet "$TESTS/$test"
        pass "$step: $test $(sed -n 's/^library: /on /p' "$work/log" | sort -u | paste -sd ' ')"
    done
    # shellcheck disable=SC2086  # names are words; the documentation may be excluded
    dpkg --verify $OURS $CONSUMERS | grep -v '/usr/share/\(doc\|man\|locale\)/' >"$work/log" && die "$step: dpkg --verify"
    pass "$step: every file is its package's"
}

# files: prints the files of the packages' names, each with its link or checksum.
files() {
    # shellcheck disable=SC2086  # names are words
    dpkg -L $OURS 2>/dev/null | sort -u | while read -r file; do
        if [ -L "$file" ]; then echo "$file -> $(readlink "$file")"; elif [ -f "$file" ]; then sha256sum "$file"; fi
    done
}
# listed DEB: prints the files in a package.
listed() { dpkg-deb --fsys-tarfile "$1" | tar -t | sed -n 's|^\./\(.*[^/]\)$|/\1|p'; }

# A daemon that runs over the upgrade keeps its library, and still answers.
daemon_before() {
    unshare --net --mount conntrackd -C "$work/conf" >"$work/daemon" 2>&1 &
    daemon=$!
    tries=600
    until [ -S "$work/ctl" ]; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || die 'conntrackd does not start'
        sleep 0.1
    done
}
daemon_after() {
    grep -q 'libnetfilter_conntrack.*(deleted)' "/proc/$daemon/maps" || die "$1: the daemon maps another file"
    quiet conntrackd -C "$work/conf" -s
    quiet conntrackd -C "$work/conf" -k
    wait "$daemon" || die "$1: the daemon fails"
    pass "$1: a running conntrackd goes on, and ends when it is asked"
}
configure() {
    cat >"$work/conf" <<CONF
Stats { LogFile $work/flows.log }
General {
    HashSize 1024
    HashLimit 4096
    LogFile $work/conntrackd.log
    Syslog no
    LockFile $work/lock
    UNIX { Path $work/ctl }
    NetlinkBufferSize 262144
    NetlinkBufferSizeMaxGrowth 1048576
}
CONF
}

# Before: the distribution's packages.
begin() {
    configure
    versions >"$work/theirs"
    files >"$work/their-files"
    [ "$(wc -l <"$work/their-files")" -gt 10 ] || die 'the distribution'\''s packages are not installed'
    # shellcheck disable=SC2086  # names are words
    consumers 'the distribution' original link tool $CONSUMERS
}

# The earlier version of ours, if there is one, over the distribution's.
previous() {
    # shellcheck disable=SC2046,SC2086  # names are words
    install $(for package in $OURS; do ls "$PREVIOUS/$package"_[0-9]*.deb; done)
    # shellcheck disable=SC2086  # names are words
    consumers "version $(version conntrack)" ours link tool $CONSUMERS
}

# apt takes ours for newer than every version that it knows, and for complete: nothing else changes.
upgrade() {
    daemon_before
    dpkg-query -W >"$work/packages"
    from=$(versions | paste -sd ' ')
    # shellcheck disable=SC2046,SC2086  # names are words
    install $(for package in $OURS; do deb "$package"; done)
    dpkg-query -W | diff "$work/packages" - | sed -n 's/^> \([^:\t]*\).*/\1/p' | sort | paste -sd ' ' >"$work/changed"
    [ "$(cat "$work/changed")" = "$OURS" ] || die "the upgrade changes $(cat "$work/changed")"
    pass "upgrade: from $from to $(versions | paste -sd ' ')"
    daemon_after upgrade
    # shellcheck disable=SC2086  # names are words
    consumers upgrade ours link tool $CONSUMERS
    quiet apt-get -s upgrade
    ! grep -qE "^Inst ($(echo "$OURS" | tr ' ' '|')) " "$work/log" || die 'apt would replace ours'
    pass 'upgrade: apt keeps ours'
    ! ldd "$(command -v iptstate)" | grep -q libmnl || die 'iptstate still loads libmnl'
    pass 'upgrade: iptstate loads no libmnl any more'
}

# Without the tool and the headers, the library stays, for the programs that need it.
remove() {
    listed "$(deb conntrack)" >"$work/listed"
    listed "$(deb libnetfilter-conntrack-dev)" >>"$work/listed"
    cp /usr/sbin/conntrack "$work/conntrack"
    quiet apt-get purge -y conntrack libnetfilter-conntrack-dev
    while read -r file; do [ ! -e "$file" ] || die "remove: $file is still there"; done <"$work/listed"
    [ ! -e /usr/include/libnetfilter_conntrack ] || die 'remove: a folder is still there'
    pass "remove: $(wc -l <"$work/listed") files are gone"
    # shellcheck disable=SC2086  # names are words
    CONNTRACK=$work/conntrack OURS=libnetfilter-conntrack3 consumers remove ours $CONSUMERS
}

# Back: every file is the distribution's again.
downgrade() {
    daemon_before
    # shellcheck disable=SC2046  # names are words
    install $(tr ' ' '=' <"$work/theirs")
    versions | diff "$work/theirs" - >"$work/log" || die 'downgrade: versions'
    files | diff "$work/their-files" - >"$work/log" || die 'downgrade: files'
    pass "downgrade: the $(wc -l <"$work/their-files") files are the distribution's again"
    daemon_after downgrade
    # shellcheck disable=SC2086  # names are words
    consumers downgrade original link tool $CONSUMERS
}

# Ours first, on a system without the distribution's; then the consumers come and need no other library.
fresh() {
    # shellcheck disable=SC2086  # names are words
    quiet apt-get purge -y --autoremove $OURS $CONSUMERS
    # shellcheck disable=SC2046,SC2086  # names are words
    install $(for package in $OURS; do deb "$package"; done)
    # shellcheck disable=SC2086  # names are words
    install $CONSUMERS gcc libc6-dev
    # shellcheck disable=SC2086  # names are words
    consumers 'fresh install' ours link tool $CONSUMERS
    for package in $OURS; do listed "$(deb "$package")"; done >"$work/listed"
    # shellcheck disable=SC2086  # names are words
    quiet apt-get purge -y --autoremove $OURS $CONSUMERS
    while read -r file; do [ ! -e "$file" ] || die "purge: $file is still there"; done <"$work/listed"
    pass "purge: $(wc -l <"$work/listed") files are gone"
}

begin
[ -z "${PREVIOUS:-}" ] || previous
upgrade
remove
downgrade
fresh
echo "packages: $passed passed, 0 failed, 0 skipped"
