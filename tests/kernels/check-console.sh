#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Checks tests/kernels/console.awk on written consoles: a machine with one listing and two test programs, some lines of
# which are changed by sed.
set -u
cd "$(dirname "$0")" || exit 1

console() {
    cat <<'END'
@@ kernel 5.10.0-32-amd64 x86_64
@@ equal tool list 3 lines
@@ equal library list 3 lines
@@ program kernel_flows 20.5
running 2 tests
test one ... ok
test two ... ok
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
@@ exit 0
@@ program pushdown 22.5
test three ... ok
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out; finished in 0.10s
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
@@ exit 0
@@ end 30.1
END
}

passed=0 failed=0

# expect NAME SED LINE...: exactly these lines are read in the changed console; ROW stands for the first cells of the row.
expect() {
    name=$1 change=$2
    shift 2
    printf '%s\n' "$@" >"$work/expected"
    console | LC_ALL=C sed "$change" |
        LC_ALL=C awk -v name=5.10 -v version=5.10.223-1 -v listings=1 -v expected=2 -f console.awk |
        sed 's/^| 5.10 | 5.10.0-32-amd64 | 5.10.223-1 | x86_64 |/ROW/' >"$work/read"
    if cmp -s "$work/expected" "$work/read"; then
        passed=$((passed + 1))
        echo "ok $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name"
        diff -u "$work/expected" "$work/read"
    fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

expect 'everything is right' '' \
    'ROW 1 of 1 | 1 of 1 | 3 | 0 | 0 |'
expect 'a test is skipped on an old kernel' '6i SKIP two: needs Linux 6.8' \
    'ROW 1 of 1 | 1 of 1 | 2 | 0 | 1 |' '- 5.10: two: needs Linux 6.8'
expect 'a test is skipped for another reason' '6i SKIP two: no program nft' \
    '! 5.10: SKIP two: no program nft' 'ROW 1 of 1 | 1 of 1 | 2 | 1 | 0 |'
expect 'a listing differs' '3s/equal/differs/' \
    '! 5.10: library: the listing list differs' 'ROW 1 of 1 | 0 of 1 | 3 | 0 | 0 |'
expect 'a listing differs as documented' '2s/.*/@@ documented tool list: other labels/' \
    'ROW 0 of 1 | 1 of 1 | 3 | 0 | 0 |' '- 5.10: tool: the listing list: other labels'
expect 'the result of a listing is lost' '3d' \
    '! 5.10: of 1 listings, 0 have a result: library' 'ROW 1 of 1 | 0 of 1 | 3 | 1 | 0 |'
expect 'a part of the machine is broken' '1a @@ broken a module is missing' \
    '! 5.10: a module is missing' 'ROW 1 of 1 | 1 of 1 | 3 | 1 | 0 |'
expect 'a test fails' '11s/ok$/FAILED/; 13s/ok. 1 passed; 0/FAILED. 0 passed; 1/; 14s/0/101/' \
    '! 5.10: pushdown: three' 'ROW 1 of 1 | 1 of 1 | 2 | 1 | 0 |'
expect 'a test program crashes' '13d; 14s/0/139/' \
    '! 5.10: pushdown crashed with signal 11' 'ROW 1 of 1 | 1 of 1 | 2 | 1 | 0 |'
expect 'a test program fails after its last test' '14s/0/1/' \
    '! 5.10: pushdown ended with 1 after its last test' 'ROW 1 of 1 | 1 of 1 | 3 | 1 | 0 |'
expect 'a test program hangs' '13d; 14s/0/137/' \
    '! 5.10: pushdown was killed: it took longer than its limit, or the memory was full' \
    'ROW 1 of 1 | 1 of 1 | 2 | 1 | 0 |'
expect 'a test program ends before its last test without an error' '13d' \
    '! 5.10: pushdown ended with 0 before its last test' 'ROW 1 of 1 | 1 of 1 | 2 | 1 | 0 |'
expect 'the end of a test program is lost' '9d' \
    '! 5.10: kernel_flows has no end' 'ROW 1 of 1 | 1 of 1 | 3 | 1 | 0 |'
expect 'the end of the last test program is lost' '14d' \
    '! 5.10: pushdown has no end' 'ROW 1 of 1 | 1 of 1 | 3 | 1 | 0 |'
expect 'a test program is not started' '10,14d' \
    '! 5.10: of 2 test programs, 1 were started' 'ROW 1 of 1 | 1 of 1 | 2 | 1 | 0 |'
expect 'the machine stops in a test program' '6s/.*/SKIP two: needs Linux 6.8/; 7,15d' \
    '! 5.10: the machine did not come to its end; its last line: SKIP two: needs Linux 6.8' \
    'ROW 1 of 1 | 1 of 1 | 0 | 1 | 1 |' '- 5.10: two: needs Linux 6.8'
expect 'the emulator does not start' '1s/.*/@@ broken qemu ended with 1: no memory/; 2,15d' \
    '! 5.10: qemu ended with 1: no memory' \
    '! 5.10: the machine did not come to its end; its last line: '
expect 'some bytes are no text' "4i $(printf '@@ \001\033[0m\200\377')" \
    'ROW 1 of 1 | 1 of 1 | 3 | 0 | 0 |'

echo "consoles: $passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
