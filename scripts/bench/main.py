# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures all rows, or the named ones, and prints the tables of docs/performance.md.

Runs inside the throw-away namespace that scripts/bench.sh makes.
"""

import datetime
import os
import platform
import subprocess
import sys

import languages
import library
import measure
import tool
from rows import ROWS, Sizes, flush_and_fill

PEAK_MIB = 8
EXTRAS = ["events", "dump", "calls", "languages"]


def show(cells):
    """Prints one line of a table."""
    print("| " + " | ".join(cells) + " |", flush=True)


def heading(title, head):
    """Begins a table."""
    print(f"\n### {title}\n")
    show(head)
    show(["---"] * len(head))


def machine():
    """The machine of the measurement."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown")
    return f"{model}, {os.cpu_count()} CPUs, Linux {platform.release().split('-')[0]}, {datetime.date.today():%d %B %Y}"


def lines_file(sizes):
    """The file that -R loads."""
    with open(sizes.lines, "wb") as out:
        subprocess.run([measure.FLOOR, "lines", "0", str(sizes.bulk)], stdout=out, check=True)


def deletions_file(sizes):
    """The file of -R that deletes every twentieth flow, each by its address."""
    with open(sizes.deletions_file, "w", encoding="ascii") as out:
        for number in range(sizes.deletions):
            flow = number * 20
            out.write(f"-D -s 10.{flow >> 16 & 255}.{flow >> 8 & 255}.{flow & 255}\n")


def measure_all(names, sizes, rounds):
    """All tables that `names` asks for."""
    wanted = lambda name: not names or name in names
    tool_rows = [row.name for row in ROWS if wanted(row.name)]
    peaks = {who: 0 for who in measure.TOOLS}
    if tool_rows:
        heading(f"The tool, {sizes.flows:,} IPv4 TCP entries", tool.HEAD)
        peaks = tool.table(tool_rows, sizes, rounds, show)
    if wanted("events"):
        heading(f"`-E` while {sizes.bulk:,} flows are created and deleted", tool.EVENTS_HEAD)
        more = tool.events_table(sizes, rounds, show)
        peaks = {who: max(peak, more[who]) for who, peak in peaks.items()}
    if max(peaks.values()):
        met = "yes" if peaks["ours"] <= PEAK_MIB else "NO"
        print(f"\nPeak memory of all of these: original {peaks['original']:.1f} MiB, ours {peaks['ours']:.1f} MiB "
              f"(target at 1,000,000 entries: at most {PEAK_MIB}; met: {met})")
    if wanted("dump"):
        flush_and_fill(sizes, tool.flush)
        heading("The library, for each flow of the table", library.DUMP_HEAD)
        library.dump_table(rounds, show)
    if wanted("languages"):
        flush_and_fill(sizes, tool.flush)
        heading("A list in each language, five fields of each entry read", languages.HEAD)
        languages.table(rounds, sizes.flows, show)
    if wanted("calls"):
        heading("The library, for each call", library.HEAD)
        library.calls_table(rounds, show)


def main():
    """Exit status 0 when the rows were measured, otherwise 1."""
    names = sys.argv[1:]
    unknown = set(names) - {row.name for row in ROWS} - set(EXTRAS)
    if unknown:
        sys.exit(f"bench: no row {', '.join(unknown)}; there are: {' '.join([row.name for row in ROWS] + EXTRAS)}")
    sizes = Sizes(int(os.environ["FLOWS"]), f"{measure.WORK}/lines")
    rounds = int(os.environ["ROUNDS"])
    print(f"{machine()}; medians of {rounds} runs in turns; "
          f"times are {'on the processor' if measure.BY_CPU else 'wall times'}")
    try:
        lines_file(sizes)
        deletions_file(sizes)
        measure_all(names, sizes, rounds)
    except (measure.Unmeasurable, subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"bench: {error}")


main()
