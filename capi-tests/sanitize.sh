#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The C programs under AddressSanitizer and UndefinedBehaviorSanitizer, on the shared library and on the archive:
# the programs of capi-tests/hard, and each row of capi-tests/scenarios with a program of ours, whose outcome must
# be that of the plain program. Where a nightly toolchain is installed, the library is instrumented too, and a planted
# fault proves it.
#
#     capi-tests/sanitize.sh [PROGRAM...]      all of them, or these; STAGE names another install
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh
. capi-tests/sources.sh

STAGE=$(realpath "${STAGE:-stage}")
TARGET=x86_64-unknown-linux-gnu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/plain" "$work/shared" "$work/archive" "$work/lib"

if ! echo 'int main(void) { return 0; }' |
    ${CC:-cc} -x c -fsanitize=address,undefined -o "$work/nothing" - 2>"$work/said"; then
    skip "sanitize: the compiler has no sanitizers here: $(head -n 1 "$work/said")"
    tally sanitize
    exit
fi

# A program that exhausts memory on purpose has its own allocator; the sanitizers do not support coroutines.
LEFT_OUT='nomemory coroutine'
export ASAN_OPTIONS='verify_asan_link_order=0:detect_stack_use_after_return=1' # stdbuf's library comes first
export UBSAN_OPTIONS='halt_on_error=1:print_stacktrace=1'

# The library, as `shared` and `archive` in $work/lib.
# The check asks cargo, not rustc: without rustup, rustc takes `+nightly` for a file and succeeds.
if [ "$(cargo +nightly -vV 2>/dev/null | sed -n 's/^host: //p')" = "$TARGET" ]; then
    RUSTFLAGS=-Zsanitizer=address cargo +nightly rustc --locked --quiet --release --package netfilter-conntrack \
        --features capi --lib --crate-type cdylib,staticlib --target "$TARGET" --target-dir target/sanitized -- \
        -C link-arg=-Wl,-soname,libnetfilter_conntrack.so.3
    built=target/sanitized/$TARGET/release
    is_instrumented=yes
else
    built=$STAGE/lib is_instrumented=no
    note 'sanitize: no nightly toolchain here (cargo +nightly): the programs are instrumented, the library is not'
fi
cp -L "$built/libnetfilter_conntrack.so" "$work/lib/libnetfilter_conntrack.so.3"
cp -L "$built/libnetfilter_conntrack.a" "$work/lib/libconntrack.a"
ln -s libnetfilter_conntrack.so.3 "$work/lib/libconntrack.so"

# compile LIBRARY SOURCE [FLAGS...]: compiles plainly against the staged library, otherwise with sanitizers.
compile() {
    library=$1 source=$2 program=$(basename "$2")
    shift 2
    case $library in
        plain) set -- "$@" -L"$STAGE/lib" -lconntrack ;;
        shared) set -- "$@" -fsanitize=address,undefined -L"$work/lib" -lconntrack ;;
        archive) set -- "$@" -fsanitize=address,undefined "$work/lib/libconntrack.a" -lgcc_s -lpthread -lm -ldl ;;
    esac
    if grep -q '<libnfnetlink/' "$source"; then set -- "$@" -lnfnetlink; fi
    $(compiler "$source") -g -O1 -fno-omit-frame-pointer -I"$STAGE/include" \
        -o "$work/$library/${program%.c*}" "$source" -Wl,--no-as-needed "$@"
}

# on LIBRARY ROW...: runs one scenario; writes its outcome to $work/outcome-LIBRARY.
on() {
    library=$1
    shift
    case $library in
        plain) folder=$STAGE/lib expect=$STAGE/lib/libnetfilter_conntrack.so.3 ;;
        shared) folder=$work/lib expect=$work/lib/libnetfilter_conntrack.so.3 ;;
        archive) folder=/nonexistent expect=- ;;
    esac
    rm -rf "$work/result"
    mkdir "$work/result"
    LIBRARY_DIR=$folder EXPECT_LIBRARY=$expect RESULT=$work/result UNDER='' TOOL=$TOOL \
        FIXTURE=$work/plain/expectation ORIGINAL_DIR=$(dirname "$ORIGINAL") \
        scripts/in-namespace.sh capi-tests/scenario.sh "$@" 2>"$work/complaints" || echo failed >>"$work/complaints"
    cp "$work/result/outcome" "$work/outcome-$library" 2>/dev/null || true
    [ ! -s "$work/complaints" ]
}

# Runs the row of a program on the plain library and on both sanitized libraries.
scenario() {
    name="$1 $(echo "$2" | tr ',' ' ') on $3"
    source=$(source_of "$1")
    for library in plain shared archive; do
        [ -x "$work/$library/$1" ] || compile "$library" "$source" || { fail "$name, $library: does not build"; return; }
    done
    program=$1
    shift
    for library in plain shared archive; do
        if ! on "$library" "$work/$library/$program" "$@"; then
            fail "$name, $library"
            cat "$work/complaints"
        elif [ "$library" = plain ]; then
            continue
        elif diff -u "$work/outcome-plain" "$work/outcome-$library" >"$work/diff"; then
            pass "$name, $library: clean, and the same as without sanitizers"
        else
            fail "$name, $library"
            head -n 60 "$work/diff"
        fi
    done
}

hard() {
    for library in shared archive; do
        if ! compile "$library" "capi-tests/hard/$1.c"; then
            fail "$1, $library: does not build"
        elif (cd "$work" && LD_LIBRARY_PATH="$work/lib" "$OLDPWD/scripts/in-namespace.sh" "$work/$library/$1") \
            >"$work/said" 2>&1; then
            pass "$1, $library: clean"
        else
            fail "$1, $library"
            tail -n 60 "$work/said"
        fi
    done
}

# A planted fault: a program passes a wrong buffer size, and the sanitizer must detect the error inside the library.
planted() {
    cat >"$work/planted.c" <<'END'
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdlib.h>
int main(void)
{
    struct nf_conntrack *ct = nfct_new();
    char *text = malloc(8);
    nfct_set_attr_u8(ct, ATTR_L4PROTO, 6);
    nfct_set_attr_u32(ct, ATTR_TIMEOUT, 1000000);
    return nfct_snprintf(text, 64, ct, 0, NFCT_O_PLAIN, 0) < 0;
}
END
    for library in shared archive; do
        compile "$library" "$work/planted.c"
        LD_LIBRARY_PATH="$work/lib" "$work/$library/planted" >"$work/said" 2>&1 || true
        check "a planted fault is noticed, $library" \
            grep -q 'AddressSanitizer: heap-buffer-overflow' "$work/said"
    done
}

is_wanted() {
    case " $wanted " in '  ' | *" $1 "*) ;; *) return 1 ;; esac
    case " $LEFT_OUT " in *" $1 "*) return 1 ;; esac
}

wanted=$*
if [ "$is_instrumented" = yes ]; then planted; fi
for source in capi-tests/hard/*.c; do
    if is_wanted "$(basename "$source" .c)"; then hard "$(basename "$source" .c)"; fi
done
if ! ORIGINAL=$(scripts/original.sh library) || ! TOOL=$(scripts/original.sh tool); then
    skip 'sanitize: no original library and tool here to make the tables with'
    tally sanitize
    exit
fi
compile plain capi-tests/expectation.c
rows=$(grep -v -e '^#' -e '^$' -e '^DEB:' capi-tests/scenarios)
while read -r program row; do
    # shellcheck disable=SC2086  # a row is words
    if is_wanted "$program"; then scenario "$program" $row; fi
done <<END
$rows
END
tally sanitize
