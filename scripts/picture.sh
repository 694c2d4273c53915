#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Draws text as a picture of a terminal, in SVG:
#
#     scripts/picture.sh <text >picture.svg
#
# A line that starts with "$ " is a command; the other lines are output. Each character has a fixed place, so that the
# columns are straight in whatever font the reader has.
set -eu

awk '
function escaped(text) {
    gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text)
    return text
}
{ line[NR] = $0; if (length($0) > columns) columns = length($0) }
END {
    if (columns < 80) columns = 80
    advance = 8.4; height = 20; margin = 16
    width = int(columns * advance + 2 * margin); tall = NR * height + 2 * margin
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", \
        width, tall, width, tall
    print "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1e2127\"/>"
    print "<g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, monospace\" font-size=\"14\" xml:space=\"preserve\">"
    for (n = 1; n <= NR; n++) {
        if (line[n] == "") continue
        colour = line[n] ~ /^\$ / ? "#98c379" : line[n] ~ /CRITICAL|WARNING/ ? "#e5c07b" : "#d7dae0"
        printf "<text x=\"%d\" y=\"%d\" fill=\"%s\" textLength=\"%.1f\">%s</text>\n", \
            margin, margin + n * height - 5, colour, length(line[n]) * advance, escaped(line[n])
    }
    print "</g>\n</svg>"
}'
