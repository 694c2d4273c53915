# SPDX-License-Identifier: GPL-2.0-or-later
"""The languages' table: the program of benches/languages in each language, by this library and by other ones."""

import os
from dataclasses import dataclass
from functools import partial

import measure
from measure import WORK, Unmeasurable


@dataclass
class Program:
    """A program that lists the table and reads five fields of each entry."""

    title: str
    argv: list
    who: str = "ours"  # the C library on which it runs
    # It takes so long that it runs in one round only.
    slow: bool = False
    # The target, as a ratio to the time of the program `other`: `at_most` limits this program's time divided by that of the
    # other one; `faster` is the least value of the other one's time divided by this program's.
    other: str = None
    at_most: float = None
    faster: float = None


PYTHON = os.environ.get("BENCH_PYTHON", "")
HERE = "benches/languages"
PROGRAMS = {
    "c-original": Program("C, the original library", [f"{WORK}/fields"], who="original"),
    "c": Program("C", [f"{WORK}/fields"], other="c-original", at_most=1),
    "rust": Program("Rust", [f"{WORK}/fields-rust"], other="c", at_most=1),
    "rust-peer": Program("Rust, conntrack-rs", [f"{WORK}/fields-conntrack-rs"]),
    "go": Program("Go", [f"{WORK}/fields-go"], other="c", at_most=2),
    "go-original": Program("Go, the original library", [f"{WORK}/fields-go"], who="original"),
    "go-peer": Program("Go, vishvananda/netlink", [f"{WORK}/fields-vishvananda"]),
    "python": Program("Python", [PYTHON, f"{HERE}/fields.py"], other="python-peer", faster=50),
    "python-peer": Program("Python, pyroute2", [PYTHON, f"{HERE}/fields_pyroute2.py"], slow=True),
}

HEAD = ["program", "ms", "user ms", "peak MiB", "target", "met"]


def once(name):
    """One run: the answer, which must be that of the other programs, and the cost."""
    program = PROGRAMS[name]
    out = f"{WORK}/answer"
    cost = measure.finish(measure.start(program.argv, out, program.who), program.title)
    with open(out, encoding="ascii") as file:
        return file.read().split(), cost


def measure_all(rounds, flows):
    """The costs by name."""
    costs = {}
    for slow in (False, True):
        names = [name for name, program in PROGRAMS.items() if program.slow == slow]
        results = measure.in_turns({name: partial(once, name) for name in names}, 1 if slow else rounds)
        costs |= results
    answers = {tuple(answer) for runs in costs.values() for answer, _ in runs}
    if len(answers) != 1 or next(iter(answers))[0] != str(flows):
        raise Unmeasurable(f"the languages' answers differ: {sorted(answers)}")
    return {name: measure.middle([cost for _, cost in runs]) for name, runs in costs.items()}


def verdict(program, cost, costs):
    """The target in words, and the verdict."""
    if not program.other:
        return "", ""
    other, title = costs[program.other].time, PROGRAMS[program.other].title
    if program.faster:
        return f"≥ {program.faster} × faster than {title}", "yes" if other >= program.faster * cost.time else "NO"
    return f"≤ {program.at_most} × {title}", "yes" if cost.time <= program.at_most * other else "NO"


def table(rounds, flows, show):
    """Measures the programs; `show` gets each line."""
    costs = measure_all(rounds, flows)
    for name, program in PROGRAMS.items():
        cost = costs[name]
        show([program.title, f"{cost.time:.0f}", f"{cost.user:.0f}", f"{cost.peak:.1f}", *verdict(program, cost, costs)])
