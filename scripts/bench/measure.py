# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs programs and measures their cost.

A cost belongs to one run: milliseconds, milliseconds in user space, peak resident MiB. benches/run.c measures it, so
that the cost of this interpreter is excluded. With CLOCK=cpu the milliseconds are processor time, which other
programs disturb less. On an idle machine both are the same, except for lists, which ours receives in a second thread.
"""

import os
import statistics
import subprocess
from collections import namedtuple

WORK = os.environ["BENCH_WORK"]
RUN = f"{WORK}/run"
FLOOR = os.environ["FLOOR"]
TOOLS = {"original": os.environ["ORIGINAL_TOOL"], "ours": f"{os.environ['STAGE']}/sbin/conntrack"}
LIBRARIES = {
    "original": os.environ["ORIGINAL_LIBRARY"],
    "ours": f"{os.environ['STAGE']}/lib/libnetfilter_conntrack.so.3",
}

BY_CPU = os.environ["CLOCK"] == "cpu"

Cost = namedtuple("Cost", "time user peak")


class Unmeasurable(Exception):
    """A row could not be measured, or the answers differ."""


def environment(who):
    """The original must run on its own library; our tool needs none."""
    return os.environ | {"LD_LIBRARY_PATH": os.path.dirname(LIBRARIES[who])}


def start(argv, out, who):
    """Starts a program under the meter, as the leader of a new process group."""
    return subprocess.Popen(
        [RUN, out, *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(who),
        start_new_session=True,
    )


def finish(meter, what, may_fail=False):
    """The cost of a program that has succeeded, or that may fail."""
    told = meter.communicate()[0].split()
    if meter.returncode != 0 or not (may_fail or told[4] == "0"):
        raise Unmeasurable(f"{what}: exit status {told[4] if told else meter.returncode}")
    wall, user, system, peak = (int(number) for number in told[:4])
    return Cost((user + system if BY_CPU else wall) / 1000, user / 1000, peak / 1024)


def tool(who, arguments, out="/dev/null", may_fail=False):
    """One run of a tool."""
    argv = [TOOLS[who], *arguments]
    return finish(start(argv, out, who), " ".join(argv), may_fail)


def floor(*words):
    """One run of the floor: the time that the kernel worked."""
    done = subprocess.run([FLOOR, *map(str, words)], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Unmeasurable(f"floor {words} failed")
    wall, processor = (int(number) / 1000 for number in done.stdout.split())
    return Cost(processor if BY_CPU else wall, 0, 0)


def middle(costs):
    """The median time, the mean of that in user space (the kernel counts it in ticks), the largest peak."""
    times, users, peaks = zip(*costs)
    return Cost(statistics.median(times), statistics.mean(users), max(peaks))


def in_turns(runs, rounds):
    """Runs all of `runs` (name -> function) in every round, in alternating order; the results by name."""
    results = {name: [] for name in runs}
    for at in range(rounds):
        for name in list(runs)[:: 1 if at % 2 else -1]:
            results[name].append(runs[name]())
    return results
