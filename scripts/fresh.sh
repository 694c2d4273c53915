#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The README's two commands on fresh minimal machines: `make demo` and `make test` in Debian 12 roots that hold git,
# make, a C compiler and a Rust toolchain, and nothing else (make test-fresh).
#
#     scripts/fresh.sh [LEG...]               all legs, or these; needs root, debootstrap and Debian's mirror
#     scripts/fresh.sh --run LEG COMMAND...   other commands there, each a line for the shell, in the source folder
#
#     root     by root, with this machine's Rust toolchain but without rustup; the commands install what they need
#     user     the same by an ordinary user, after root has installed the packages
#     debian   by root, with Debian's own cargo-web and rustc-web
#
# Each leg gets a root of its own, a clone of the last commit, and namespaces for mounts and processes: what it starts
# ends with it, and its mounts too. A leg passes when both commands pass, the compiler warns of nothing, and no test is
# skipped; for an ordinary user, tests that only root can run are. MIRROR names another Debian mirror than this
# machine's apt uses, KEEP a folder that receives the roots and the logs and stays (else a temporary one).
set -eu
cd "$(dirname "$0")/.."

SUITE=bookworm
CERTIFICATES=/etc/ssl/certs/ca-certificates.crt

say() { echo "fresh: $*"; }
die() {
    echo "fresh: $*" >&2
    exit 1
}

# Debian's mirror, as this machine's apt knows it; nothing where apt knows none, and debootstrap has one of its own.
mirror() {
    # shellcheck disable=SC2016  # apt's own variables
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT) $(LABEL)' 'Created-By: Packages' 2>/dev/null |
        awk -v suite=$SUITE '$2 == suite && $3 == "main" && $4 == "Debian" { print $1; exit }'
}

# The root that all legs start from. It reaches the network as this machine does: mirror, proxies, certificates.
make_base() {
    say "debootstrap: $SUITE, minbase, with git, make and gcc"
    # shellcheck disable=SC2046,SC2086  # no mirror is no word
    debootstrap --variant=minbase $SUITE "$work/base" ${MIRROR:-$(mirror)} >"$work/base.log" 2>&1 || return
    apt-config dump 2>/dev/null | grep '^Acquire::https\{0,1\}::' >"$work/base/etc/apt/apt.conf.d/00machine" || true
    export -p | grep -i '_proxy=' >"$work/base/etc/profile.d/proxy.sh" || true
    # As a person does, so with the packages that Debian recommends: the C library's headers, the certificates.
    inside base root 'apt-get update && apt-get install -y git make gcc' >>"$work/base.log" 2>&1 || return
    [ ! -e $CERTIFICATES ] || cp $CERTIFICATES "$work/base$CERTIFICATES"
}

# become ROOT USER COMMAND: the command by that user's login shell, with ROOT as the root of namespaces of its own, which
# end when this process is killed. (unshare itself ignores milder signals.)
become() {
    exec unshare --mount --pid --fork --kill-child -- scripts/fresh.sh --enter "$work/$1" "$2" "$3" </dev/null
}

# The same, and returns.
inside() { (become "$@"); }

# The part of `become` in its namespaces. A changed root alone would not do: user namespaces are refused there.
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

# Lends this machine's toolchain, as a folder in $PATH, without rustup.
lend_toolchain() {
    mkdir "$1/opt/rust"
    # shellcheck disable=SC2016  # for the login shell
    echo 'PATH=/opt/rust/bin:$PATH' >"$1/etc/profile.d/rust.sh"
}

# step WHAT USER COMMAND: runs the command in the leg's root, shows its output as it comes, and keeps it.
step() {
    say "$leg: $1"
    : >"$work/$leg.out"
    become "$leg" "$2" "$3" >>"$work/$leg.out" 2>&1 &
    running=$!
    tail -n +1 -f --pid=$running "$work/$leg.out" &
    status=0
    wait "$running" || status=$?
    running=
    wait
    cat "$work/$leg.out" >>"$work/$leg.log"
    return "$status"
}

# in_source WHAT USER COMMAND
in_source() {
    step "$1" "$2" "cd $home/libconntrack && { $3
}"
}

# choose LEG: sets $leg, and $user and $home, whose commands and source are tested there.
choose() {
    leg=$1 user=root home=/root
    case $leg in
        root | debian) ;;
        user) user=person home=/home/person ;;
        *) die "no such leg: $leg" ;;
    esac
}

# The leg's root: the base, a toolchain, and the source in the user's home.
prepare() {
    say "$leg: a root of its own, with the last commit"
    root=$work/$leg
    rm -rf --one-file-system "$root" "$root.log"
    cp -a "$work/base" "$root"
    if [ "$leg" = debian ]; then
        step 'cargo-web and rustc-web' root 'apt-get install -y cargo-web rustc-web'
    else
        lend_toolchain "$root"
    fi
    [ "$user" = root ] || inside "$leg" root "useradd --create-home $user"
    git clone --quiet --no-local --depth 1 "file://$PWD" "$root$home/libconntrack"
    inside "$leg" root "chown -R $user: $home/libconntrack"
    in_source 'the toolchain, which is not rustup'\''s' "$user" 'cargo --version && rustc --version && ! cargo +nightly --version'
}

# What a leg's output must not hold.
is_clean() {
    if grep -n '^warning' "$work/$leg.log"; then die "$leg: the compiler has warned"; fi
    if [ "$leg" != user ]; then
        grep -q '^tests: [0-9]* passed, 0 failed, 0 skipped$' "$work/$leg.log" || die "$leg: some test was skipped"
    elif grep '^SKIP ' "$work/$leg.log" | grep -v "$ROOT_ONLY"; then
        die "$leg: tests were skipped that an ordinary user can run"
    fi
}
# What a skip says that only root can run.
ROOT_ONLY='needs root\|this process may not'

# The demo needs no libnfnetlink: it is not installed yet, and pkg-config answers all the same.
# shellcheck disable=SC2016  # for the shell there
WITHOUT_LIBNFNETLINK='export PKG_CONFIG_PATH=$PWD/stage/lib/pkgconfig
! pkg-config --exists libnfnetlink && cc -o /tmp/list examples/list.c $(pkg-config --cflags --libs libnetfilter_conntrack)'

play() {
    prepare
    if [ "$leg" = user ]; then
        if in_source 'make demo without the packages' "$user" 'make demo'; then die 'user: it must say what to install'; fi
        grep -q '^Install them as root: apt-get install .*pkg-config' "$work/$leg.out" || die 'user: it does not say so'
        in_source 'root installs the packages' root 'scripts/install-deps.sh demo && scripts/install-deps.sh test'
    fi
    in_source 'make demo' "$user" 'make demo' || die "$leg: make demo has failed"
    if [ "$leg" != user ]; then
        in_source 'a program, where libnfnetlink is not installed' root "$WITHOUT_LIBNFNETLINK" || die "$leg: does not build"
    fi
    in_source 'make test' "$user" 'make test' || die "$leg: make test has failed"
    is_clean
    say "$leg: passed"
}

if [ "${1:-}" = --enter ]; then
    shift
    enter "$@"
fi

[ "$(id -u)" = 0 ] || die 'a root folder with its own mounts needs root'
command -v debootstrap >/dev/null || die 'needs debootstrap: apt-get install debootstrap'
TOOLCHAIN=$(rustc --print sysroot)
if [ "$TOOLCHAIN" = /usr ] || [ ! -x "$TOOLCHAIN/bin/cargo" ]; then die "$TOOLCHAIN: not a folder to lend as a toolchain"; fi
export TOOLCHAIN
[ -z "$(git status --porcelain --untracked-files=no)" ] || say 'note: the legs test the last commit, this tree has changes'

running=
work=$(realpath "${KEEP:-$(mktemp -d)}")
mkdir -p "$work"
# The roots have no mounts left then: those end with their namespaces.
clean_up() {
    [ -z "$running" ] || { kill -KILL "$running" && wait "$running"; } 2>/dev/null || true
    [ -n "${KEEP:-}" ] || rm -rf --one-file-system "$work" || { sleep 1 && rm -rf --one-file-system "$work"; }
}
trap clean_up EXIT
trap 'exit 130' HUP INT TERM

[ -e "$work/base.done" ] || { make_base && touch "$work/base.done"; } || { tail -n 30 "$work/base.log" && die 'no base'; }
if [ "${1:-}" = --run ]; then
    choose "${2:?which leg}"
    shift 2
    [ -d "$work/$leg" ] || prepare
    for command; do in_source "$command" "$user" "$command"; done
    exit
fi
[ $# -gt 0 ] || set -- root user debian
for leg; do
    choose "$leg"
    play
    [ -n "${KEEP:-}" ] || rm -rf --one-file-system "${work:?}/$leg"
done
