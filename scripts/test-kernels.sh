#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots Debian's kernels in qemu, without KVM, and compares there the listings of the tool and of the library with those of the
# original; then runs the kernel tests there (make test-kernels):
#
#     scripts/test-kernels.sh [KERNEL...]       5.10, 6.1, 6.12, sid, s390x; all without an argument
#
# Each machine is a kernel and an initramfs: the programs that scripts/kernels-fetch.sh unpacks into target/kernels,
# tests/kernels/init, and what is tested. It has no disk and no network. A test may be skipped there only because its
# feature is younger than the kernel (`SKIP name: needs Linux N`). The results go into docs/platforms.md.
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

# For a foreign $triple: sets $target to it, $strip to the program for its files, and provides what builds for it.
prepare_target() {
    target='' strip=strip
    [ "$triple" != "$(rustc -vV | sed -n 's/^host: //p')" ] || return 0
    target=$triple strip=${triple%%-*}-linux-gnu-strip
    scripts/install-deps.sh "$target"
    [ -e "$(rustc --print target-libdir --target "$target")" ] || rustup target add "$target"
    linker=CARGO_TARGET_$(echo "$target" | tr a-z- A-Z_)_LINKER
    export "$linker=$(scripts/target.sh compiler "$target")"
}

# Builds the tool, the library and the test programs for $triple, once, and collects them in $built, without debugging
# information.
build() {
    built=$work/$triple
    [ ! -d "$built" ] || return 0
    mkdir -p "$built/ours/lib" "$built/tests"
    prepare_target
    make --no-print-directory all TARGET="$target"
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

# Boots the machine and keeps its console. timeout(1) ends its own qemu, when it does not end by itself.
boot() {
    # shellcheck disable=SC2046  # words
    set -- $(emulator)
    timeout --kill-after=10 "$LIMIT_SECS" "$1" "$2" "$3" -accel tcg,thread=multi -cpu max -smp 2 -m 2048 -nodefaults \
        -display none -serial stdio -no-reboot -kernel "$KERNELS_DIR/$name/vmlinuz" -initrd "$work/initramfs" \
        -append "$4 quiet loglevel=1 panic=-1 mitigations=off" </dev/null >"$KERNELS_DIR/$name/raw" 2>"$work/qemu.err" &
    running=$!
    status=0
    wait "$running" || status=$?
    running=
    tr -d "\r" <"$KERNELS_DIR/$name/raw" >"$KERNELS_DIR/$name/console"
    [ "$status" = 0 ] || echo "@@ broken qemu ended with $status: $(tail -n 1 "$work/qemu.err")" >>"$KERNELS_DIR/$name/console"
}

# Reads a console: prints the row of the kernel for docs/platforms.md and, as `- `, the skips; or, as `! `, what is wrong.
read_console() {
    awk -v name="$name" -v version="$(cat "$KERNELS_DIR/$name/version")" '
        function wrong(text) { print "! " name ": " text }
        function counts(which) { return equal[which] + 0 " of " equal[which] + differs[which] + documented[which] }
        $1 == "@@" && $2 == "kernel" { release = $3; machine = $4 }
        $1 == "@@" && $2 == "equal" { equal[$3]++ }
        $1 == "@@" && $2 == "documented" { documented[$3]++; notes = notes "- " name ": " $3 ": the listing " substr($0, index($0, $4)) "\n" }
        $1 == "@@" && $2 == "differs" { differs[$3]++; wrong($3 ": the listing " $4 " differs") }
        $1 == "@@" && $2 == "broken" { wrong(substr($0, 11)) }
        $1 == "@@" && $2 == "program" { program = $3; result = 0; programs++ }
        $1 == "@@" && $2 == "end" { ended = 1 }
        $1 == "@@" && $2 == "exit" && !result { failed++; wrong(program " ended with " $3 " before its last test") }
        /^test .* FAILED$/ { wrong(program ": " $2) }
        /^test result: / && / 0 filtered out/ { result = 1; passed += $4; failed += $6 }
        /^SKIP .*: needs Linux [0-9.]+$/ { skipped++; notes = notes "- " name ": " substr($0, 6) "\n"; next }
        /^SKIP / { failed++; passed--; wrong($0) }
        END {
            if (!ended) wrong("the machine did not come to the end")
            if (!equal["tool"] || !programs) wrong("nothing was compared or tested")
            printf "| %s | %s | %s | %s | %s | %s | %d | %d | %d |\n", name, release, version, machine,
                counts("tool"), counts("library"), passed - skipped, failed, skipped
            printf "%s", notes
        }' "$KERNELS_DIR/$name/console" >"$work/result.$name"
    grep '^! ' "$work/result.$name" >&2 && failures=yes
    grep '^| ' "$work/result.$name"
}

# Writes the section of docs/platforms.md: rows of this run, and the former rows of kernels that it did not boot.
record() {
    page=docs/platforms.md
    grep -q '^<!-- kernels: end -->$' $page || die "$page has no section for the kernels"
    sed -n '/^<!-- kernels: begin -->$/,/^<!-- kernels: end -->$/p' $page >"$work/former"
    for name in $(kernels | awk '{ print $1 }'); do
        [ -e "$work/result.$name" ] || grep -e "^| $name |" -e "^- $name: " "$work/former" >"$work/result.$name" || true
    done
    {
        echo '<!-- kernels: begin -->'
        echo '| kernel | release | package | machine | listings equal: tool | library | tests passed | failed | skipped |'
        echo '|---|---|---|---|---|---|---|---|---|'
        for kind in '| ' '- '; do
            kernels | while read -r name row; do grep "^$kind" "$work/result.$name" || true; done
            [ "$kind" = '- ' ] || echo
        done
        echo '<!-- kernels: end -->'
    } >"$work/section"
    sed -e "/^<!-- kernels: begin -->\$/,/^<!-- kernels: end -->\$/{/^<!-- kernels: end -->\$/r $work/section
        d}" $page >"$work/page"
    cmp -s "$work/page" $page || cat "$work/page" >$page
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
record
[ $failures = no ] || die "what failed is in $KERNELS_DIR/*/console"
