#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests the binary interface: the exported names; the headers with several language standards, alone and in
# combination with others; each number, size and offset in them, compared with the original's headers. Run after
# `make stage`.
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh

STAGE=$(realpath "${STAGE:-stage}")
INCLUDE=$STAGE/include
# The original's headers, and those of libnfnetlink: the machine's, or the unpacked ones of another machine.
THEIRS=${ORIGINAL_INCLUDE:-/usr/include}
FOLDER=libnetfilter_conntrack
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Names.
nm -D --defined-only "$STAGE/lib/libnetfilter_conntrack.so.3" | awk '{print $3}' | LC_ALL=C sort >"$work/exports"
check 'the library exports the 105 public names and nothing else' diff capi-tests/exports.txt "$work/exports"
if original=$(scripts/original.sh library); then
    nm -D --defined-only "$original" | awk '{print $3}' | LC_ALL=C sort >"$work/original"
    { cat capi-tests/exports.txt; grep -v -e '^#' -e '^$' capi-tests/not-exported.txt; } |
        LC_ALL=C sort >"$work/known"
    check 'every name of the original is exported or listed as left out' \
        sh -c "LC_ALL=C comm -23 '$work/original' '$work/known' | diff - /dev/null"
else
    skip 'every name of the original is exported or listed as left out: there is no original'
fi

# abidiff compares the two libraries, as distributions do. The original contains no type information, so the
# signatures are compared below, as the compiler reads them from both sets of headers.
if original=$(scripts/original.sh library) && command -v abidiff >/dev/null; then
    abidiff "$original" "$STAGE/lib/libnetfilter_conntrack.so.3" >"$work/abidiff" || true
    sed -n 's/^ *\[D\] *\([a-z_0-9]*\).*/\1/p' "$work/abidiff" | LC_ALL=C sort >"$work/removed"
    grep -v -e '^#' -e '^$' capi-tests/not-exported.txt | LC_ALL=C sort >"$work/left-out"
    check "abidiff: no public name removed ($(wc -l <"$work/removed") private ones are)" \
        sh -c "grep -q 'changes summary' '$work/abidiff' && LC_ALL=C comm -23 '$work/removed' '$work/left-out' | diff - /dev/null"
    check 'abidiff: no signature changed' \
        sh -c "! grep 'changes summary' '$work/abidiff' | grep -v ', 0 Changed' | grep ' Changed'"
else
    skip 'abidiff: there is no original or no abidiff'
fi

# signatures [FLAGS...]: prints every function of the main header, as the compiler reads it.
signatures() {
    echo '#include <libnetfilter_conntrack/libnetfilter_conntrack.h>' >"$work/main.c"
    ${CC:-gcc} "$@" -fsyntax-only -aux-info "$work/aux" "$work/main.c"
    sed -n -e 's/^.*\(extern .*n\(fct\|fexp\)_[a-z0-9_]* (.*\)$/\1/p' "$work/aux" |
        sed -e 's/const \(enum\|int\|unsigned\|uint\|u_int\|size_t\)/\1/g' -e 's/u_int/uint/g' \
            -e 's/ \([,)]\)/\1/g' | LC_ALL=C sort -u
}
if [ -f "$THEIRS/$FOLDER/libnetfilter_conntrack.h" ] && command -v gcc >/dev/null; then
    signatures -idirafter "$THEIRS" >"$work/theirs"
    signatures -I "$INCLUDE" -idirafter "$THEIRS" >"$work/ours"
    check "$(wc -l <"$work/theirs") signatures are the original's" \
        sh -c "test -s '$work/theirs' && LC_ALL=C comm -23 '$work/theirs' '$work/ours' | diff - /dev/null"
else
    skip "signatures are the original's: its headers or gcc are not installed"
fi

# compile LANGUAGE STANDARD SOURCE [FLAGS...]: compiles the lines of SOURCE as one file; warnings are errors.
compile() {
    language=$1 standard=$2 source=$3
    shift 3
    printf '%s\n' "$source" >"$work/source"
    ${CC:-cc} -x "$language" -std="$standard" -Wall -Wextra -Werror -pedantic -I "$INCLUDE" -fsyntax-only "$@" \
        "$work/source"
}

include() { printf '#include <%s>\n' "$@"; }

alone=$(cd "$INCLUDE" && find $FOLDER -name '*.h' ! -name '*_ipv[46].h' | LC_ALL=C sort)
kernel='linux/netfilter/nfnetlink.h linux/netfilter/nfnetlink_conntrack.h linux/netfilter/nf_conntrack_common.h'
# For another machine there is a C compiler only; what the headers include does not depend on the machine.
printf '%s\n' 'c c99' 'c c17' >"$work/languages"
[ -n "${ORIGINAL_INCLUDE+foreign}" ] || echo 'c++ c++17' >>"$work/languages"
while read -r rules; do
    # shellcheck disable=SC2086  # language and standard are two words, lists of headers are words
    {
        for header in $alone; do
            check "$header as ${rules#* }, alone and twice" compile $rules "$(include $header $header)"
        done
        check "all headers as ${rules#* }" compile $rules "$(include $alone)"
        check "before the kernel's headers as ${rules#* }" compile $rules "$(include $alone $kernel)"
        check "behind the kernel's headers as ${rules#* }" compile $rules "$(include $kernel $alone)"
    }
done <"$work/languages"
for version in 4 6; do
    header=$FOLDER/libnetfilter_conntrack_ipv$version.h
    check "$header asks to be removed" \
        sh -c "include=\$(printf '#include <$header>') && printf '%s\n' \"\$include\" |
            ${CC:-cc} -x c -I '$INCLUDE' -fsyntax-only - 2>&1 | grep -q 'Please, remove.*ipv$version'"
done

# Without libnfnetlink's headers: a folder that contains all other headers.
without_libnfnetlink() {
    mkdir "$work/others"
    for entry in /usr/include/*; do
        case ${entry##*/} in
            libnfnetlink | libnetfilter_conntrack) ;;
            *) ln -s "$entry" "$work/others/" ;;
        esac
    done
    without="-nostdinc -isystem $(${CC:-cc} -print-file-name=include) -isystem $work/others
        -isystem $work/others/$(${CC:-cc} -print-multiarch)"
    uses='static unsigned int use(struct nfct_handle *h, const struct nfgenmsg *m, const struct nfnlhdr *n) {
    return nfct_nfnlh(h) && m && n ? NFNL_SUBSYS_CTNETLINK : NF_NETLINK_CONNTRACK_EXP_DESTROY; }
int main(void) { return (int)use(0, 0, 0); }'
    # shellcheck disable=SC2086  # lists of words
    check "without libnfnetlink's headers" compile c c99 "$(include $alone; echo "$uses")" $without
    # shellcheck disable=SC2086  # lists of words
    check "with libnfnetlink's headers" compile c c99 "$(include $alone; echo "$uses")"
}
[ -n "${ORIGINAL_INCLUDE+foreign}" ] || without_libnfnetlink

# Numbers: the values that the compiler computes from both sets of headers.
numbers() {
    ${CC:-cc} -w "$@" -o "$work/numbers" capi-tests/abi/constants.c && "$work/numbers"
}
if [ -f "$THEIRS/$FOLDER/libnetfilter_conntrack.h" ]; then
    since=
    if grep -q ATTR_TIMESTAMP_EVENT "$THEIRS/$FOLDER"/libnetfilter_conntrack.h; then since=-DSINCE_1_1; fi
    numbers $since -idirafter "$THEIRS" >"$work/theirs"
    numbers $since -I "$INCLUDE" -idirafter "$THEIRS" >"$work/ours"
    check "$(wc -l <"$work/ours") numbers, sizes and offsets are the original's" diff "$work/theirs" "$work/ours"
else
    skip "numbers, sizes and offsets are the original's: its headers are not installed"
fi
numbers -DSINCE_1_1 -I "$INCLUDE" -idirafter "$THEIRS" >"$work/ours"
check 'what 1.1 has added has its numbers' sh -c "grep -c \
    -e '^ATTR_TIMESTAMP_EVENT 75$' -e '^ATTR_MAX 76$' -e '^CTA_TIMESTAMP_EVENT 27$' -e '^CTA_MAX 27$' \
    -e '^NFCT_FILTER_ZONE 7$' -e '^NFCT_FILTER_MAX 8$' -e '^NFCT_FILTER_DUMP_ZONE 3$' \
    -e '^NFCT_FILTER_DUMP_TUPLE 4$' -e '^NFCT_FILTER_DUMP_MAX 5$' -e '^CTA_FILTER_FLAG_CTA_PROTO_ICMPV6_ID 2048$' \
    '$work/ours' | grep -qx 10"

tally abi
