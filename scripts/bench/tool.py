# SPDX-License-Identifier: GPL-2.0-or-later
"""The tool's table: every row on both tools and on the floor."""

import os
import signal
import subprocess
import time
from functools import partial

import measure
from measure import WORK, Unmeasurable
from rows import ROWS, entries, prepare

# Prints the text in which two tools must agree: sorted, without running timers and ids that the kernel chooses,
# and without the XML root element, which Debian's original does not close.
SETTLE = (
    "sed -E -f scripts/normalise.sed -e 's/ -t [0-9]+ / -t N /'"
    " -e '/^<[?]xml|^<[/]?conntrack>/d' \"$1\" | LC_ALL=C sort >\"$1.settled\""
)


def flush():
    """Empties the table."""
    measure.tool("ours", ["-F"])


def settled(who, arguments, name):
    """Runs a tool and writes its output, in comparable form, to a file of that name."""
    out = f"{WORK}/{name}"
    measure.tool(who, arguments, out)
    subprocess.run(["sh", "-c", SETTLE, "sh", out], check=True)
    return f"{out}.settled"


def same(first, second, what):
    """Fails unless two files are equal and not empty."""
    differ = subprocess.run(["cmp", first, second], stdout=subprocess.DEVNULL, check=False).returncode
    if differ or os.path.getsize(first) == 0:
        raise Unmeasurable(f"{what}: the answers differ, or there is none")


def every_entry(row, sizes):
    """Where the original gives no answer, our tool must at least show every entry."""
    prepare(row, sizes, flush)
    with open(settled("ours", sizes.fill_in(row.arguments), "ours.answer"), "rb") as file:
        if sum(1 for _ in file) != sizes.flows:
            raise Unmeasurable(f"{row.name}: not every entry is shown")


def every_entry_counted(row, sizes):
    """Where the original has no such command, ours must say how many entries it has looked at."""
    prepare(row, sizes, flush)
    out = f"{WORK}/ours.answer"
    measure.tool("ours", sizes.fill_in(row.arguments), out)
    with open(out, encoding="utf-8") as file:
        if f"{sizes.flows:,} " not in file.readline():
            raise Unmeasurable(f"{row.name}: not every entry is counted")


def every_line_deletes(row, sizes):
    """Each line must show and delete its entry."""
    prepare(row, sizes, flush)
    with open(settled("ours", sizes.fill_in(row.arguments), "ours.answer"), "rb") as file:
        shown = sum(1 for _ in file)
    if (shown, entries()) != (sizes.deletions, sizes.flows - sizes.deletions):
        raise Unmeasurable(f"{row.name}: {shown} entries are shown, {entries()} are left")


def check(row):
    """How the answers of a row are checked before it is measured."""
    if row.deletes_lines:
        return every_line_deletes
    if row.original_fails or row.line_each:
        return every_entry
    return every_entry_counted if row.original_lacks else compare


def compare(row, sizes):
    """Both tools must print the same output and leave the same table."""
    answers, tables = [], []
    sizes.rounds += 1
    arguments = sizes.fill_in(row.arguments)
    for who in measure.TOOLS:
        prepare(row, sizes, flush)
        answers.append(settled(who, arguments, f"{who}.answer"))
        if row.changes:
            tables.append(settled("original", ["-L"], f"{who}.table"))
    if row.prints:
        same(*answers, row.name)
    if row.changes and not row.empties:
        same(*tables, f"{row.name}, the table afterwards")


def runs(row, sizes):
    """The programs of every round, by name."""
    def once(who):
        prepare(row, sizes, flush)
        may_fail = row.original_fails and who == "original"
        return measure.tool(who, sizes.fill_in(row.arguments), may_fail=may_fail)

    def floor():
        prepare(row, sizes, flush)
        return measure.floor(*sizes.fill_in(row.floor))

    made = {who: partial(once, who) for who in measure.TOOLS if who == "ours" or not (row.original_lacks or row.deletes_lines)}
    if row.floor:
        made["floor"] = floor
    return made


def ratio(one, other):
    """A ratio as it is shown."""
    return f"{one / other:.2f}" if other else ""


def verdict(row, cost):
    """The target in words, and the verdict."""
    original, ours = cost.get("original"), cost["ours"]
    checks = []
    if row.over_floor:
        checks.append((f"≤ {row.over_floor} × floor", ours.time <= row.over_floor * cost["floor"].time))
    if row.faster:
        checks.append((f"≥ {row.faster} × faster", original.time >= row.faster * ours.time))
    if row.user_faster:
        checks.append((f"user ≤ 1/{row.user_faster}", original.user >= row.user_faster * ours.user))
    met = "yes" if all(good for _, good in checks) else "NO"
    return "; ".join(words for words, _ in checks), "original fails" if row.original_fails else met


HEAD = ["work", "original ms", "ours ms", "floor ms", "original / ours", "original / floor", "ours / floor",
        "user ms, original", "user ms, ours", "peak MiB, original", "peak MiB, ours", "target", "met"]


def line(row, sizes, cost):
    """A row's figures."""
    original, ours, floor = cost.get("original"), cost["ours"], cost.get("floor")
    over = [ratio(one.time, floor.time) if floor and one else "" for one in (original, ours)]
    faster = ratio(original.time, ours.time) if original else ""
    time, user, peak = (f"{original.time:.0f}", f"{original.user:.0f}", f"{original.peak:.1f}") if original else [""] * 3
    if row.original_fails:
        faster = over[0] = "fails"
    return [
        row.title.format(flows=f"{sizes.flows:,}", bulk=f"{sizes.bulk:,}", deletions=f"{sizes.deletions:,}"),
        time, f"{ours.time:.0f}", f"{floor.time:.0f}" if floor else "", faster, *over,
        user, f"{ours.user:.0f}", peak, f"{ours.peak:.1f}", *verdict(row, cost),
    ]


def table(names, sizes, rounds, show):
    """Measures the rows of these names (all when there are none); `show` gets each line; peaks by tool."""
    peaks = {who: 0 for who in measure.TOOLS}
    for row in ROWS:
        if names and row.name not in names:
            continue
        check(row)(row, sizes)
        results = measure.in_turns(runs(row, sizes), rounds)
        cost = {who: measure.middle(costs) for who, costs in results.items()}
        if not row.deletes_lines:
            peaks = {who: max(peak, cost[who].peak) if who in cost else peak for who, peak in peaks.items()}
        show(line(row, sizes, cost))
    return peaks


# Events.

def listening():
    """Whether a socket of this namespace listens to conntrack's groups."""
    with open("/proc/self/net/netlink", encoding="ascii") as file:
        rows = [entry.split() for entry in file.readlines()[1:]]
    return any(entry[1] == "12" and int(entry[3], 16) for entry in rows)


def wait_until(true, seconds, what):
    """Waits until a condition is true."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Unmeasurable(what)
        time.sleep(0.02)


def at_rest(path):
    """Waits until a file has not grown for a second."""
    size, since = -1, time.monotonic()
    while time.monotonic() - since < 1:
        now = os.path.getsize(path)
        if now != size:
            size, since = now, time.monotonic()
        time.sleep(0.05)


# What prints a line for each event.
LISTENERS = {who: [path, "-E"] for who, path in measure.TOOLS.items()}
if os.environ.get("BENCH_PYTHON"):
    LISTENERS["ours, Python"] = [os.environ["BENCH_PYTHON"], "benches/languages/events.py"]


def events(who, sizes):
    """Share of events that a listening program does not print, its cost, and the milliseconds of the churn."""
    flush()
    out = f"{WORK}/events"
    meter = measure.start(LISTENERS[who], out, who.split(",")[0])
    wait_until(listening, 5, f"{who}: it does not listen")
    churn = measure.floor("churn", 0, sizes.bulk)
    at_rest(out)
    os.killpg(meter.pid, signal.SIGINT)
    cost = measure.finish(meter, f"{who}, events", may_fail=True)
    with open(out, "rb") as file:
        printed = sum(1 for _ in file)
    os.unlink(out)
    return 1 - printed / (2 * sizes.bulk), cost, churn.time


EVENTS_HEAD = ["program", "events", "lost", "lost, worst run", "churn ms", "user ms", "peak MiB", "target", "met"]


def events_table(sizes, rounds, show):
    """Measures each listener while flows are created and deleted as fast as the kernel can; peaks by listener."""
    results = measure.in_turns({who: partial(events, who, sizes) for who in LISTENERS}, rounds)
    peaks = {}
    for who, told in results.items():
        lost, costs, churns = zip(*told)
        cost = measure.middle(costs)
        peaks[who] = cost.peak
        target = ["none lost", "yes" if max(lost) == 0 else "NO"] if who != "original" else ["", ""]
        show([who, f"{2 * sizes.bulk:,}", f"{sorted(lost)[len(lost) // 2]:.1%}", f"{max(lost):.1%}",
              f"{sorted(churns)[len(churns) // 2]:.0f}", f"{cost.user:.0f}", f"{cost.peak:.1f}", *target])
    return peaks
