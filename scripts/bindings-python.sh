#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The Python package `conntrack` of bindings/python:
#
#     scripts/bindings-python.sh sdist [FOLDER]   the source archive with the core's sources and all crates: pip builds it
#                                                 without network. The same tree gives the same bytes
#     scripts/bindings-python.sh build [MACHINE...]  the source archive, and wheels for this machine or for the named ones
#                                                 (x86_64, aarch64): for manylinux and musllinux, where rustc has the target
#     scripts/bindings-python.sh test             builds the archive, installs from it without network, and runs the
#                                                 tests; prints the counts
#     scripts/bindings-python.sh install          installs the package and pyroute2 for make bench, and prints the name of the
#                                                 Python that has them
#
# Results are in target/bindings. The script needs python3 with venv and pytest (scripts/install-deps.sh bindings), the Rust
# toolchain, and for the first call the network: maturin, and zig for wheels, come from PyPI, because Debian 12 has no
# packages of them. Without maturin `test` is skipped, which fails in CI.
set -eu
cd "$(dirname "$0")/.."

MATURIN='maturin>=1.8,<2'
ZIG='ziglang<1'
root=$PWD
source=$root/bindings/python
out=$(realpath -m "${CARGO_TARGET_DIR:-target}/bindings")
python=${PYTHON:-/usr/bin/python3}
[ -x "$python" ] || python=$(command -v python3)
venv=$out/venv
mkdir -p "$out"
export PATH="$venv/bin:$PATH" # as in an environment that is active: pip starts maturin by its name
# Not in the folder of the library: another profile would build it again and again.
export CARGO_TARGET_DIR="$out/cargo"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# quiet COMMAND...: shows what the command prints only when it fails.
quiet() { "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2 && return 1; }; }

# An environment with maturin, which sees Debian's pytest, mypy and cffi. DuckDB runs the statements of docs/json.md.
environment() {
    [ -x "$venv/bin/maturin" ] && "$venv/bin/python" -c 'import duckdb' 2>/dev/null && return
    quiet "$python" -m venv --system-site-packages "$venv" && quiet "$venv/bin/pip" install "$MATURIN" duckdb
}

# The last commit's time, so that two builds give the same bytes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH

# sdist FOLDER: prints the archive's name.
sdist() {
    mkdir -p "$1" "$work/sdist"
    (cd "$source" && quiet "$venv/bin/maturin" sdist -o "$work/sdist")
    archive=$(basename "$work"/sdist/*.tar.gz)
    tar -x -C "$work/sdist" -f "$work/sdist/$archive"
    name=${archive%.tar.gz}
    mkdir -p "$work/sdist/$name/.cargo"
    (cd "$work/sdist/$name" &&
        cargo vendor --locked --manifest-path bindings/python/Cargo.toml vendor 2>"$work/said" >.cargo/config.toml) ||
        { cat "$work/said" >&2; exit 1; }
    tar -c -C "$work/sdist" --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw,a-s \
        --mtime="@$SOURCE_DATE_EPOCH" "$name" | gzip -n -9 >"$1/$archive"
    rm -rf "$work/sdist"
    echo "$1/$archive"
}

# wheel COMPATIBILITY TARGET RUSTFLAGS: a wheel, where rustc has the target, and without the builder's folders in it. zig links
# it: a compiler of this machine would make it need this machine's glibc, and has none of musl.
wheel() {
    if [ ! -d "$(rustc --print target-libdir --target "$2")" ]; then
        echo "bindings: no wheel for $1, $2: rustup target add $2" >&2
        return
    fi
    (cd "$source" && RUSTFLAGS="$3 --remap-path-prefix=$root=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo" \
        quiet "$venv/bin/maturin" build --zig --release --locked --compatibility "$1" --target "$2" -o "$out")
}

# build [MACHINE...]
build() {
    rm -f "$out"/*.whl
    sdist "$out"
    "$venv/bin/python" -c 'import ziglang' 2>/dev/null || quiet "$venv/bin/pip" install "$ZIG"
    for machine in "${@:-$(uname -m)}"; do
        wheel manylinux2014 "$machine-unknown-linux-gnu" ''
        # A shared library: without this flag rustc makes static programs for musl.
        wheel musllinux_1_2 "$machine-unknown-linux-musl" '-C target-feature=-crt-static'
    done
    for file in "$out"/*.whl; do echo "$file: $(wc -c <"$file") bytes"; done
}

# install_from ARCHIVE: as a user installs, without network. The folder of built crates is kept between runs.
install_from() {
    quiet scripts/in-namespace.sh "$venv/bin/pip" install --no-index --no-build-isolation --force-reinstall --no-deps "$1"
}

# Installs the source archive, and tests what is installed.
run_tests() {
    if ! environment 2>"$work/reason"; then
        echo "SKIP python: no maturin: $(tail -n 1 "$work/reason")"
        [ "${CI:-}" != true ] || { echo 'python: 0 passed, 1 failed, 0 skipped'; exit 1; }
        echo 'python: 0 passed, 0 failed, 1 skipped'
        exit 0
    fi
    first=$(sdist "$work/first")
    second=$(sdist "$work/second")
    cmp "$first" "$second" || { echo 'python: two builds of the source archive differ' >&2; exit 1; }
    rm -rf "$work/second"
    install_from "$first"
    cp "$first" "$out/"
    export CONNTRACK_SOURCE="$root"
    cd "$source/tests"
    "$root/scripts/in-namespace.sh" "$venv/bin/python" -m pytest -q -p no:cacheprovider --rootdir . \
        --basetemp "$work/tests" "$@"
}

case ${1:-} in
    sdist) environment && sdist "$(realpath -m "${2:-$out}")" ;;
    build) shift && environment && build "$@" ;;
    test) shift && run_tests "$@" ;;
    install)
        environment && install_from "$(sdist "$work")" && quiet "$venv/bin/pip" install pyroute2 && echo "$venv/bin/python"
        ;;
    *)
        echo 'usage: scripts/bindings-python.sh sdist [FOLDER] | build [MACHINE...] | test [PYTEST-ARGUMENT...] | install' >&2
        exit 2
        ;;
esac
