#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the README's two commands on fresh minimal machines: `make demo` and `make test` in Debian 12 roots that contain
# git, make, a C compiler and a Rust toolchain, and no other package (make test-fresh).
#
#     scripts/fresh.sh [LEG...]               all legs, or the named ones; needs root, debootstrap and Debian's mirror
#     scripts/fresh.sh --run LEG COMMAND...   runs other commands there, each a line for the shell, in the source folder
#
#     root     by root, with this machine's Rust toolchain but without rustup; the commands install what they need
#     user     the same by an ordinary user, after root has installed the packages
#     debian   by root, with Debian's own cargo-web and rustc-web
#
# Each leg has its own root, a clone of the last commit, and its own namespaces for mounts and processes: its processes
# and mounts end with the leg. A leg passes when both commands pass, the compiler prints no warning, and no test is
# skipped; an ordinary user may skip the tests that only root can run. MIRROR names another Debian mirror than the one of
# this machine's apt. KEEP names a folder for the roots and the logs, which is kept (otherwise they are temporary).
set -eu
cd "$(dirname "$0")/.."

SUITE=bookworm

say() { echo "fresh: $*"; }
die() {
    echo "fresh: $*" >&2
    exit 1
}

# Makes the root that all legs start from, as a person installs the packages: with those that Debian recommends.
make_base() {
    say "debootstrap: $SUITE, minbase, with git, make and gcc"
    scripts/debian-root.sh make $SUITE "$work/base" git make gcc >"$work/base.log" 2>&1
}

# become ROOT USER COMMAND: runs the command in that user's login shell in a root of this run, instead of this process.
become() { exec scripts/debian-root.sh run "$work/$1" "$2" "$3"; }

# The same, and returns.
inside() { (become "$@"); }

# Mounts this machine's toolchain as a folder in $PATH, without rustup.
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

# choose LEG: sets $leg, and the $user and $home of the test.
choose() {
    leg=$1 user=root home=/root
    case $leg in
        root | debian) ;;
        user) user=person home=/home/person ;;
        *) die "no such leg: $leg" ;;
    esac
}

# Makes the leg's root: the base, a toolchain, and the source in the user's home.
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

# Finds text that a leg's output must not contain.
is_clean() {
    if grep -n '^warning' "$work/$leg.log"; then die "$leg: the compiler has warned"; fi
    if [ "$leg" != user ]; then
        grep -q '^tests: [0-9]* passed, 0 failed, 0 skipped$' "$work/$leg.log" || die "$leg: some test was skipped"
    elif grep '^SKIP ' "$work/$leg.log" | grep -v "$ROOT_ONLY"; then
        die "$leg: tests were skipped that an ordinary user can run"
    fi
}
# The text of a skip that only root can run.
ROOT_ONLY='needs root\|this process may not'

# The demo needs no libnfnetlink: it is not installed yet, and pkg-config succeeds without it.
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

if [ "${1:-}" = --run ]; then choose "${2:?which leg}"; else for leg; do choose "$leg"; done; fi
[ "$(id -u)" = 0 ] || die 'a root folder with its own mounts needs root'
command -v debootstrap >/dev/null || die 'needs debootstrap: apt-get install debootstrap'
TOOLCHAIN=$(rustc --print sysroot)
if [ "$TOOLCHAIN" = /usr ] || [ ! -x "$TOOLCHAIN/bin/cargo" ]; then die "$TOOLCHAIN: not a folder to lend as a toolchain"; fi
export TOOLCHAIN
[ -z "$(git status --porcelain --untracked-files=no)" ] || say 'note: the legs test the last commit, this tree has changes'

running=
work=$(realpath "${KEEP:-$(mktemp -d)}")
mkdir -p "$work"
# The roots then have no mounts: the mounts ended with their namespaces.
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
