#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts the results of a test run into docs/platforms.md, between the markers of a section:
#
#     scripts/platforms.sh SECTION CELLS FILE
#
# FILE has rows of a table, `| NAME | ... |`, and remarks, `- NAME: ...`. A row replaces the section's row with the same
# first CELLS cells; the remarks on a name replace the section's remarks on it, when the file has a row of that name.
# Others stay. The remarks stand below the table.
set -eu
cd "$(dirname "$0")/.."

grep -q "^<!-- $1: end -->\$" docs/platforms.md || { echo "platforms: docs/platforms.md has no section $1" >&2; exit 1; }
new=$(mktemp)
trap 'rm -f "$new"' EXIT
awk -v section="$1" -v cells="$2" -v rows="$3" '
    function name(line) { sub(/^[|-] */, "", line); sub(/( *[|]|: ).*/, "", line); return line }
    function key(line, part, i, text) { split(line, part, "|"); for (i = 2; i <= cells + 1; i++) text = text "|" part[i]; return text }
    function take(line) {
        if (line ~ /^- /) { remarks = remarks line "\n"; return }
        if (!(key(line) in row)) order[++n] = key(line)
        row[key(line)] = line
        fresh[name(line)]
    }
    BEGIN { while ((getline line < rows) > 0) take(line) }
    $0 == "<!-- " section ": end -->" {
        for (i = 1; i <= n; i++) if (!(order[i] in done)) print row[order[i]]
        if (kept remarks != "") printf "\n%s%s", kept, remarks
        inside = 0
    }
    inside && /^- / { if (!(name($0) in fresh)) kept = kept $0 "\n"; next }
    inside && /^$/ { next }
    inside && key($0) in row { print row[key($0)]; done[key($0)]; next }
    { print }
    $0 == "<!-- " section ": begin -->" { inside = 1 }
' docs/platforms.md >"$new"
cmp -s "$new" docs/platforms.md || cat "$new" >docs/platforms.md
