# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the output of scripts/bench.sh into docs/performance.md: record.py OUTPUT SECTION.

The output goes between the lines `<!-- measured SECTION -->` and `<!-- end -->`; a missing section is an
error.
"""

import re
import sys

DOCUMENT = "docs/performance.md"


def main():
    """Replaces the section."""
    with open(sys.argv[1], encoding="utf-8") as file:
        told = file.read().strip()
    section = re.escape(sys.argv[2])
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    place = re.compile(rf"(<!-- measured {section} -->\n).*?(<!-- end -->)", re.DOTALL)
    text, count = place.subn(lambda found: f"{found[1]}\n{told}\n\n{found[2]}", text)
    if count != 1:
        sys.exit(f"record: {DOCUMENT} has no place for {sys.argv[2]}")
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(text)


main()
