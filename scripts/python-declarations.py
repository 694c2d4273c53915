#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints the declarations of include/libnetfilter_conntrack/ in the form that cffi's ABI mode parses.

    scripts/python-declarations.py >examples/python/conntrack_declarations.h

The C preprocessor does the work; only lines of this library's own headers are kept, so structures of other headers
are opaque. A test compares the committed file with a fresh one (bindings/python/tests/test_examples.py).
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS = ROOT / "include/libnetfilter_conntrack"
HEAD = """/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The functions, enumerations and structures of libnetfilter_conntrack for Python's cffi.
 * Made by scripts/python-declarations.py from include/: change nothing here.
 */
"""


def preprocessed(more=""):
    """The text of all headers, and of more lines, after the preprocessor, with its marks of lines."""
    includes = "".join(f"#include <libnetfilter_conntrack/{path.name}>\n" for path in sorted(HEADERS.glob("*.h")))
    # The guard of libnfnetlink's header: with or without that package the result is the same.
    command = [os.environ.get("CC", "cc"), "-E", "-D__LIBNFNETLINK_H", f"-I{ROOT / 'include'}", "-x", "c", "-"]
    return subprocess.run(command, input=includes + more, check=True, capture_output=True, text=True).stdout


def constants():
    """The macros of this library's headers that are numbers, with these numbers."""
    text = "".join(path.read_text() for path in sorted(HEADERS.glob("*.h")))
    names = sorted(set(re.findall(r"^#define ([A-Z]\w+) ", text, re.MULTILINE)))
    text = preprocessed("".join(f"VALUE {name}_ {name}\n" for name in names))
    lines = [line for line in text[text.index("VALUE "):].splitlines() if not line.startswith("#")]
    for entry in " ".join(lines).split("VALUE ")[1:]:
        # Digits and operators only; what is made of enumerators is left out.
        found = re.fullmatch(r"(\w+)_ ([\s\d()|x<+-]+)", entry)
        if found:
            yield f"#define {found[1]} {eval(found[2])}"


def own_lines(text):
    """The lines of this library's headers."""
    is_own = False
    for line in text.splitlines():
        mark = re.match(r'# \d+ "([^"]*)"', line)
        if mark:
            is_own = pathlib.Path(mark[1]).parent == HEADERS
        elif is_own and line.strip():
            yield line.rstrip()


def declarations():
    """What cffi parses: it knows neither attributes of functions nor names of types for byte orders."""
    text = "\n".join(own_lines(preprocessed()))
    text = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", text)
    text = re.sub(r"\b_Bool\b", "bool", text)
    text = re.sub(r"[ \t]+(?=[;\n])", "", text)
    return "\n".join([HEAD, text, "", *constants(), ""])


if __name__ == "__main__":
    sys.stdout.write(declarations())
