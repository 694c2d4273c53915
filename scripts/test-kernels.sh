#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots Debian's kernels in qemu, without KVM, and compares there the listings of the tool and of the library with those of the
# original; then runs the kernel tests there (make test-kernels):
#
#     scripts/test-kernels.sh [KERNEL...]       5.10, 6.1, 6.12, sid, s390x; all without an argument
#
# Each machine is a kernel and an initramfs: the programs that scripts/kernels-fetch.sh unpacks into target/kernels,
# tests/kernels/init, and what is tested. It has no disk and no network. A test may be skipped there only because its
# feature is younger than the kernel (`SKIP name: needs Linux N`). Without the mirror of Debian the run fails. The results of
# each machine go into docs/platforms.md.
#
# LIMIT_SECS is the longest time for one machine (1800); KERNELS_DIR names another folder than target/kernels;
# REFRESH=yes fetches the newest kernels of each suite again.
set -eu
cd "$(dirname "$0")/.."

# The name, Debian's suite, Debian's architecture, and the target of rustc. The original and the other programs are
# those of sid on every kernel: that is the original that this project follows.
kernels() {
    cat <<'END'
5.10    bullseye  amd64  x86_64-unknown-linux-gnu
6.1     bookworm  amd64  x86_64-unknown-linux-gnu
6.12    trixie    amd64  x86_64-unknown-linux-gnu
sid     sid       amd64  x86_64-unknown-linux-gnu
s390x   bookworm  s390x  s390x-unknown-linux-gnu
END
}
PROGRAMS_SUITE=sid
KERNELS_DIR=${KERNELS_DIR:-target/kernels}
LIMIT_SECS=${LIMIT_SECS:-1800}

die() {
    echo "test-kernels: $*" >&2
    exit 1
}

# choose NAME: sets $name, $suite, $arch and $triple.
choose() {
    row=$(kernels | awk -v name="$1" '$1 == name')
    [ -n "$row" ] || die "no such kernel: $1 (there are: $(kernels | awk '{ printf "%s%s", sep, $1; sep = ", " }'))"
    # shellcheck disable=SC2086  # the row is words
    set -- $row
    name=$1 suite=$2 arch=$3 triple=$4
}

# Builds the tool and the library for $triple. For a foreign one, sets $target to it and $strip to the program for its files,
# and provides what builds for it.
build_product() {
    target='' strip=strip
    if [ "$triple" = "$(rustc -vV | sed -n 's/^host: //p')" ]; then
        make --no-print-directory all
        return
    fi
    target=$triple strip=$(scripts/target.sh gnu "$triple")-strip
    scripts/cross.sh "$target"
    linker=CARGO_TARGET_$(echo "$target" | tr a-z- A-Z_)_LINKER
    export "$linker=$(scripts/target.sh compiler "$target")"
}

# Builds the tool, the library and the test programs for $triple, once, and collects them in $built, without debugging
# information.
build() {
    built=$work/$triple
    [ ! -d "$built" ] || return 0
    mkdir -p "$built/ours/lib" "$built/tests"
    build_product
    for file in $(scripts/target.sh artefacts "$target"); do
        case $file in
            *.so) $strip -o "$built/ours/lib/libnetfilter_conntrack.so.3" "$file" ;;
            */conntrack) $strip -o "$built/ours/conntrack" "$file" ;;
        esac
    done
    # shellcheck disable=SC2086  # an option or none
    cargo test --locked ${target:+--target $target} --features capi --no-run --test 'kernel_*' --test pushdown \
        >"$work/cargo.log" 2>&1 || { cat "$work/cargo.log" >&2; die 'the test programs do not build'; }
    sed -n 's/^ *Executable .* (\(.*\))$/\1/p' "$work/cargo.log" >"$work/programs"
    [ -s "$work/programs" ] || die 'cargo has named no test program'
    while read -r program; do
        test=${program##*/}
        $strip -o "$built/tests/${test%-*}" "$program"
    done <"$work/programs"
}

# The initramfs: Debian's programs, the kernel's modules, and what is tested.
make_initramfs() {
    rm -rf "$work/own"
    mkdir -p "$work/own/bb"
    cp -r "$built/ours" "$built/tests" "$work/own"
    cp tests/kernels/table tests/kernels/listings tests/kernels/changes scripts/await.sh "$work/own/ours"
    install -m 755 tests/kernels/init "$work/own/init"
    ln -s ../usr/bin/busybox "$work/own/bb/busybox"
    (cd "$work/own" && find . | cpio --quiet --create --format=newc --owner=0:0) >"$work/own.cpio"
    cat "$KERNELS_DIR/programs-$arch/root.cpio" "$KERNELS_DIR/$name/modules.cpio" "$work/own.cpio" >"$work/initramfs"
}

# The program that emulates the machine, and its console.
emulator() {
    case $arch in
        amd64) echo 'qemu-system-x86_64 -machine pc console=ttyS0' ;;
        s390x) echo 'qemu-system-s390x -machine s390-ccw-virtio console=ttysclp0' ;;
    esac
}

# Boots the machine and keeps the text of its console. timeout(1) ends its own qemu, when it does not end by itself.
boot() {
    echo "booting $name, Linux $(cat "$KERNELS_DIR/$name/version"), emulated: about five minutes, at most $LIMIT_SECS s"
    # shellcheck disable=SC2046  # words
    set -- $(emulator)
    timeout --kill-after=10 "$LIMIT_SECS" "$1" "$2" "$3" -accel tcg,thread=multi -cpu max -smp 2 -m 2048 -nodefaults \
        -display none -serial stdio -no-reboot -kernel "$KERNELS_DIR/$name/vmlinuz" -initrd "$work/initramfs" \
        -append "$4 quiet loglevel=1 panic=-1 mitigations=off" </dev/null >"$KERNELS_DIR/$name/raw" 2>"$work/qemu.err" &
    running=$!
    status=0
    wait "$running" || status=$?
    running=
    {
        LC_ALL=C tr -cd '\t\n -~' <"$KERNELS_DIR/$name/raw"
        case $status in
            0) ;;
            124 | 137) printf '\n@@ broken the machine did not end within %s s\n' "$LIMIT_SECS" ;;
            *) printf '\n@@ broken qemu ended with %s: %s\n' "$status" "$(tail -n 1 "$work/qemu.err")" ;;
        esac
    } >"$KERNELS_DIR/$name/console"
}

# Says what the console reports, and writes its results into docs/platforms.md.
read_console() {
    awk -v name="$name" -v version="$(cat "$KERNELS_DIR/$name/version")" -v expected="$(find "$built/tests" -type f | wc -l)" \
        -v listings="$(grep -c '^[^#]' tests/kernels/listings)" -f tests/kernels/console.awk \
        "$KERNELS_DIR/$name/console" >"$work/result"
    if grep '^! ' "$work/result" >&2; then failures=yes; fi
    sed -n '/^[|-] /p' "$work/result" >"$work/rows"
    cat "$work/rows"
    scripts/platforms.sh kernels 1 "$work/rows"
}

running=
work=$(mktemp -d)
clean_up() {
    [ -z "$running" ] || { kill "$running" && wait "$running"; } 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' HUP INT TERM

failures=no
# shellcheck disable=SC2046  # names
[ $# -gt 0 ] || set -- $(kernels | awk '{ print $1 }')
for name; do choose "$name"; done
scripts/install-deps.sh kernels
for name; do
    choose "$name"
    [ "$arch" = amd64 ] || scripts/install-deps.sh "kernels-$arch"
    scripts/kernels-fetch.sh kernel "$suite" "$arch" "$KERNELS_DIR/$name"
    scripts/kernels-fetch.sh programs "$PROGRAMS_SUITE" "$arch" "$KERNELS_DIR/programs-$arch"
    build
    make_initramfs
    boot
    read_console
done
[ $failures = no ] || die "what failed is in $KERNELS_DIR/*/console"
