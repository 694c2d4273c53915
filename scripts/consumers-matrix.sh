#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Renders docs/consumers.md: which of Debian's programs calls which public function, read from the programs.
#
#     scripts/consumers-matrix.sh             renders the file again
#     scripts/consumers-matrix.sh --check     compares it with a fresh rendering; a program that is not available keeps
#                                             its column of the file, and is named
set -eu
cd "$(dirname "$0")/.."
. capi-tests/tally.sh

MATRIX=docs/consumers.md
LIB=usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The column, Debian's package, the file that calls.
columns() {
    cat <<END
conntrack   conntrack     usr/sbin/conntrack
conntrackd  conntrackd    usr/sbin/conntrackd
NFCT        ulogd2        $LIB/ulogd/ulogd_inpflow_NFCT.so
NFLOG       ulogd2        $LIB/ulogd/ulogd_inppkt_NFLOG.so
XML         ulogd2        $LIB/ulogd/ulogd_output_XML.so
iptstate    iptstate      usr/sbin/iptstate
connlabel   iptables      $LIB/xtables/libxt_connlabel.so
dnsmasq     dnsmasq-base  usr/sbin/dnsmasq
oidentd     oidentd       usr/sbin/oidentd
squid       squid         usr/sbin/squid
flowtop     netsniff-ng   usr/sbin/flowtop
END
}
NAMES=$(columns | awk '{ printf "%s ", $1 }')

# calls FILE PREFIX: prints the functions with that prefix that the file imports.
calls() { nm -D --undefined-only "$1" | sed -n "s/^ *U \($2[a-z0-9_]*\)\(@NFNETLINK.*\)\{0,1\}$/\1/p"; }

# committed PREFIX COLUMN: prints the names with that prefix in that column of the committed table.
committed() { awk -F ' *\\| *' -v n="$(($2 + 1))" "/^\\| $1/ && \$n == \"x\" { gsub(\"\`\", \"\", \$2); print \$2 }" $MATRIX; }

# One file of names for each column; missing programs have the names of the committed table.
export LC_ALL=C
tree=$(scripts/consumers-fetch.sh)
number=1
columns >"$work/columns"
while read -r name package file; do
    number=$((number + 1))
    for file in "$tree/$file" "/$file"; do [ ! -e "$file" ] || break; done
    if [ -e "$file" ]; then
        calls "$file" 'nf\(ct\|exp\)_' >"$work/$name.calls"
        calls "$file" nfnl_ | if grep -q '^nfct_nfnlh$' "$work/$name.calls"; then cat; fi >"$work/$name.nfnl"
    elif [ "${1:-}" = --check ]; then
        skip "$name: package $package cannot be had here"
        committed '`nf(ct|exp)_' $number >"$work/$name.calls"
        committed '`nfnl_' $number >"$work/$name.nfnl"
    else
        echo "$0: package $package cannot be had here" >&2
        exit 1
    fi
done <"$work/columns"

# rows KIND: prints a line of the table for each name of standard input that a program calls.
rows() {
    while read -r function; do
        line="| \`$function\` |"
        used=
        for name in $NAMES; do
            if grep -qx "$function" "$work/$name.$1"; then line="$line x |" used=1; else line="$line |"; fi
        done
        [ -z "$used" ] || echo "$line"
    done
}

heading() {
    # shellcheck disable=SC2086  # names are words
    printf '| function |' && printf ' %s |' $NAMES && printf '\n|---|' && printf -- '---|%.0s' $NAMES && echo
}

# The public functions without a caller.
# shellcheck disable=SC2016  # backticks for the page
unused() {
    cat "$work"/*.calls | sort -u | comm -13 - capi-tests/exports.txt | sed 's/.*/`&`/' | paste -sd , | sed 's/,/, /g'
}

render() {
    cat <<'END'
# Which program calls which function

The table shows which public functions Debian 12's programs import; `scripts/consumers-matrix.sh` reads them from the
programs. `make test` runs each program, unmodified, on this library and on the original (`capi-tests/consumers`). Only
ulogd2's NFLOG plugin is not run, because its call needs a kernel with `CONFIG_NETFILTER_NETLINK_GLUE_CT`. NFCT, NFLOG and
XML are ulogd2's plugins, connlabel is the iptables extension, dnsmasq is dnsmasq-base's, flowtop is netsniff-ng's.

END
    heading
    rows calls <capi-tests/exports.txt
    printf '| **of 105** |'
    for name in $NAMES; do printf ' %s |' "$(grep -cxFf capi-tests/exports.txt "$work/$name.calls")"; done
    printf '\n\nNo program calls: %s.\n' "$(unused)"
    cat <<'END'

These programs pass the handle that `nfct_nfnlh()` returns to these functions of the real libnfnetlink:

END
    heading
    sort -u "$work"/*.nfnl | rows nfnl
}

if [ "${1:-}" != --check ]; then
    render >"$work/matrix"
    mv "$work/matrix" $MATRIX
    exit
fi
render >"$work/matrix"
for name in $NAMES; do
    grep -vxFf capi-tests/exports.txt "$work/$name.calls" >"$work/foreign" || true
    check "$name calls nothing but public functions" diff "$work/foreign" /dev/null
done
check "$MATRIX is what the programs call" diff -u $MATRIX "$work/matrix"
tally matrix
