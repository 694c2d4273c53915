#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts rows of a test run into docs/platforms.md, between the markers of a section:
#
#     scripts/platforms.sh SECTION FILE
#
# FILE has lines `| TARGET | RING | ... |`. A row replaces the section's row with the same first two cells; others stay.
set -eu
cd "$(dirname "$0")/.."

awk -v section="$1" -v rows="$2" '
    function key(line, cells) { split(line, cells, "|"); return cells[2] "|" cells[3] }
    BEGIN { while ((getline line < rows) > 0) { if (!(key(line) in new)) order[++n] = key(line); new[key(line)] = line } }
    $0 == "<!-- " section ": end -->" {
        for (i = 1; i <= n; i++) if (!(order[i] in done)) print new[order[i]]
        inside = 0
    }
    inside && key($0) in new { print new[key($0)]; done[key($0)]; next }
    { print }
    $0 == "<!-- " section ": begin -->" { inside = 1 }
' docs/platforms.md >docs/platforms.md.new
mv docs/platforms.md.new docs/platforms.md
