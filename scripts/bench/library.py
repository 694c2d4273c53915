# SPDX-License-Identifier: GPL-2.0-or-later
"""The library's table: one C program, run on both libraries in turns."""

import statistics
import subprocess
from functools import partial

import measure
from measure import LIBRARIES, WORK, Unmeasurable

# Call -> how many times faster than the original it must be. 0.95 means "not slower", within the measuring error.
FASTER = {
    "new+parse+destroy": 5, "build": 3, "text": 8, "XML": 8,
    "cmp": 0.95, "clone+destroy": 0.95, "new+destroy": 0.95, "10 getters": 0.95, "10 setters": 0.95,
}
DUMP_OVER_FLOOR = 1.15
HEAD = ["call", "sample", "original ns", "ours ns", "original / ours", "target", "met"]
DUMP_HEAD = ["call", "original ns", "ours ns", "floor ns", "original / floor", "ours / floor", "target", "met"]


def once(who, part):
    """One run of the C program: nanoseconds by call and sample."""
    done = subprocess.run(
        [f"{WORK}/capi", LIBRARIES[who], part],
        stdout=subprocess.PIPE, text=True, check=False, env=measure.environment(who),
    )
    if done.returncode != 0:
        raise Unmeasurable(f"capi {part} on {LIBRARIES[who]} failed")
    lines = (line.split("\t") for line in done.stdout.splitlines())
    return {(call, sample): float(nanos) for call, sample, nanos in lines}


def both(part, rounds):
    """Medians of both libraries, by call and sample."""
    results = measure.in_turns({who: partial(once, who, part) for who in LIBRARIES}, rounds)
    return {
        who: {key: statistics.median(run[key] for run in told) for key in told[0]} for who, told in results.items()
    }


def calls_table(rounds, show):
    """Measures the calls on single flows."""
    nanos = both("calls", rounds)
    for key in sorted(nanos["ours"], key=lambda key: list(FASTER).index(key[0])):
        original, ours = nanos["original"][key], nanos["ours"][key]
        least = FASTER[key[0]]
        target = f"≥ {least} × faster" if least >= 1 else "not slower"
        show([*key, f"{original:.0f}", f"{ours:.0f}", f"{original / ours:.2f}", target,
              "yes" if original / ours >= least else "NO"])


def dump_table(rounds, show):
    """Measures the query for the whole table, for each flow in it."""
    nanos = both("dump", rounds)
    [sample] = {sample for _, sample in nanos["ours"]}
    over = {who: times["query(DUMP)", sample] / times["floor", sample] for who, times in nanos.items()}
    original, ours = (nanos[who]["query(DUMP)", sample] for who in ("original", "ours"))
    show([f"nfct_query(DUMP), {sample}", f"{original:.0f}", f"{ours:.0f}", f"{nanos['ours']['floor', sample]:.0f}",
          f"{over['original']:.2f}", f"{over['ours']:.2f}", f"≤ {DUMP_OVER_FLOOR} × floor",
          "yes" if over["ours"] <= DUMP_OVER_FLOOR else "NO"])
