# SPDX-License-Identifier: GPL-2.0-or-later
# Reads the output of `cargo test` and prints a line for each test, separated by tabs: PROGRAM::TEST, its verdict, and
# the text with which it failed, without the numbers of threads. Verdicts are ok, FAILED, ignored, and skipped for a test
# that says so itself (testing/). A program that ended before its last test has the line PROGRAM, died.

function end_program(  name) {
    for (name in verdict) {
        text[name] = normal(text[name])
        print program "::" name "\t" verdict[name] "\t" text[name]
    }
    if (program != "" && seen != expected) print program "\tdied\t" seen " of " expected " tests"
    split("", verdict)
    split("", text)
    program = failing = ""
    seen = expected = 0
}

# The text on one line.
function normal(line) {
    gsub(/thread '[^']*' \([0-9]+\) /, "", line)
    gsub(/[\t ]+/, " ", line)
    return line
}

# Running unittests src/lib.rs (FOLDER/NAME-HASH)
/^ +Running / {
    end_program()
    program = $NF
    gsub(/.*\/|-[0-9a-f]+\)$/, "", program)
    expected = -1
    next
}
/^running [0-9]+ tests?$/ { expected = $2; next }
# A test that skips itself prints its bare name, before its verdict.
/^SKIP [^:]+: / { name = $2; sub(/:$/, "", name); skips[name] = $0; next }
/^test .* \.\.\. (ok|FAILED|ignored.*)$/ {
    name = bare = $2
    sub(/.*::/, "", bare)
    verdict[name] = ($NF == "ok" || $NF == "FAILED") ? $NF : "ignored"
    if (bare in skips) { verdict[name] = "skipped"; text[name] = skips[bare]; delete skips[bare] }
    seen++
    next
}
/^---- .* stdout ----$/ { failing = $2; next }
/^failures:$/ || /^note: / || /^test result: / { failing = "" }
failing != "" && NF { text[failing] = text[failing] " " $0 }
END { end_program() }
