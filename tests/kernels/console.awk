# SPDX-License-Identifier: GPL-2.0-or-later
# Reads the console of a machine that scripts/test-kernels.sh has booted. Each of its lines that start with `@@` has a
# result of tests/kernels/init; the others are the output of Rust's tests, and anything else. Prints:
#
#     | ...     the row of the kernel for docs/platforms.md, unless no kernel has started
#     - ...     a listing that differs as documented, or a skipped test
#     ! ...     anything that is wrong. Where it is neither a listing that differs nor a test that fails, the row counts
#               it as a failed test
#
# Variables: name and version of the kernel, the numbers of listings and of test programs that the machine should run.

function wrong(text) { print "! " name ": " text }
function broken(text) { failed++; wrong(text) }
function note(text) { notes = notes "- " name ": " text "\n" }
# The line from a word, by its number.
function from(word,    text) {
    for (text = $0; word > 1; word--) sub(/^[^ ]* /, "", text)
    return text
}

# How a test program has ended, from the status that a shell gives it.
function ending(status) {
    if (status == 137) return "was killed: it took longer than its limit, or the memory was full"
    if (status > 128) return "crashed with signal " status - 128
    return "ended with " status (result ? " after" : " before") " its last test"
}
function end_program(status) {
    if (status != 0 ? !reported : !result) broken(program " " ending(status))
    program = ""
}
function lose_program() { if (program != "") broken(program " has no end") }
function check_numbers() {
    lose_program()
    for (which in seen)
        if (seen[which] != listings) broken("of " listings " listings, " seen[which] " have a result: " which)
    if (programs != expected) broken("of " expected " test programs, " programs + 0 " were started")
}
function count(which) { return equal[which] + 0 " of " listings }

BEGIN { seen["tool"] = seen["library"] = 0 }
NF && $2 != "broken" { last = $0 }
$1 == "@@" && $2 == "kernel" { release = $3; machine = $4 }
$1 == "@@" && $2 == "equal" { seen[$3]++; equal[$3]++ }
$1 == "@@" && $2 == "documented" { seen[$3]++; note($3 ": the listing " from(4)) }
$1 == "@@" && $2 == "differs" { seen[$3]++; wrong($3 ": the listing " $4 " differs") }
$1 == "@@" && $2 == "broken" { broken(from(3)) }
$1 == "@@" && $2 == "program" {
    lose_program()
    program = $3; result = reported = not_run = 0; programs++
}
$1 == "@@" && $2 == "exit" { end_program($3 + 0) }
$1 == "@@" && $2 == "end" { ended = 1 }
/^test .* FAILED$/ { wrong(program ": " $2) }
/^test result: / && / 0 filtered out/ { result = 1; reported = $6; passed += $4 - not_run; failed += $6 }
/^SKIP / { not_run++ }
/^SKIP .*: needs Linux [0-9.]+$/ { skipped++; note(from(2)); next }
/^SKIP / { broken($0) }
END {
    if (ended) check_numbers()
    else broken("the machine did not come to its end; its last line: " last)
    if (release == "") exit
    printf "| %s | %s | %s | %s | %s | %s | %d | %d | %d |\n", name, release, version, machine,
        count("tool"), count("library"), passed, failed, skipped
    printf "%s", notes
}
