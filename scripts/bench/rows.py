# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows of the tool's table: the command, the table, the floor and the target of each.

The flows are those of benches/src/floor.rs: flow `n` has the source 10.0.0.0 + n.
"""

from dataclasses import dataclass

from measure import floor

DESTINATION = "192.0.2.1"
ONE = "10.0.0.77"


@dataclass
class Row:
    """`arguments` may use the names of `Sizes`; `{round}` is another number in every run."""

    name: str
    title: str
    arguments: list
    # The state of the table before every run: "full", "empty" or "whole", which means full again after
    # the flow ONE has been deleted.
    table: str = "full"
    # Words for the floor, where the row has one.
    floor: list = None
    # Whether the run prints output, changes the table, and empties the table.
    prints: bool = True
    changes: bool = False
    empties: bool = False
    # Debian's original fails before the end, so that its time has no meaning.
    original_fails: bool = False
    # The original has no such command: only ours and the floor run, and the output must name the number of entries.
    original_lacks: bool = False
    # The file of -R has a line for each entry that it deletes. The original would take hours: only ours and the floor run,
    # and the memory, which grows with the number of lines, does not count for the peak of all rows.
    deletes_lines: bool = False
    # The original lacks the format only: ours prints a line for each entry.
    line_each: bool = False
    # Target: how many times faster than the original in wall and in user time; how many times the floor.
    faster: float = None
    user_faster: float = None
    over_floor: float = None


LIST = ["list"]
ROWS = [
    Row("list", "`-L`", ["-L"], floor=LIST, over_floor=1.3, user_faster=5),
    Row("xml", "`-L -o xml`", ["-L", "-o", "xml"], floor=LIST, over_floor=1.45),
    Row("save", "`-L -o save`", ["-L", "-o", "save"], floor=LIST, over_floor=1.45),
    Row("json", "`-L -o json`", ["-L", "-o", "json"], floor=LIST, original_lacks=True, line_each=True, over_floor=1.45),
    Row("extended", "`-L -o extended`", ["-L", "-o", "extended"], floor=LIST, over_floor=1.45),
    Row("address", "`-L -s ADDR`, one match", ["-L", "-s", ONE], faster=5),
    Row("port", "`-L -p tcp --dport N`", ["-L", "-p", "tcp", "--dport", "1077"], faster=5),
    Row("delete-one", "`-D -s ADDR`, one match", ["-D", "-s", ONE], table="whole", changes=True, faster=5),
    Row("delete-all", "`-D -d ADDR`, {flows} matches", ["-D", "-d", DESTINATION],
        floor=["delete", "0", "{flows}"], changes=True, empties=True, faster=2),
    Row("update-all", "`-U -m`, {flows} matches", ["-U", "-d", DESTINATION, "-m", "{round}"],
        floor=["update", "0", "{flows}", "{round}"], changes=True, original_fails=True, faster=2),
    Row("load", "`-R`, {bulk} lines", ["-R", "{lines}"], table="empty", floor=["fill", "0", "{bulk}"],
        prints=False, changes=True, faster=3, over_floor=1.5),
    Row("delete-lines", "`-R`, {deletions} lines `-D -s ADDR`", ["-R", "{deletions_file}"], floor=LIST,
        changes=True, deletes_lines=True, over_floor=2),
    # The counters are read twice, before and after the list: the shortest interval passes while the list is read.
    Row("diagnose", "`--diagnose`", ["--diagnose", "--interval", "0.1"], floor=LIST, original_lacks=True, over_floor=1.3),
    Row("top", "`--top`", ["--top"], floor=LIST, original_lacks=True, over_floor=1.3),
]


@dataclass
class Sizes:
    """The sizes of the work."""

    flows: int
    lines: str  # the file for -R
    rounds: int = 0

    @property
    def bulk(self):
        """Lines to load, flows to create and delete: a little less than the table holds."""
        return self.flows * 39 // 40

    @property
    def deletions(self):
        """The lines of the file that deletes."""
        return self.flows // 20

    @property
    def deletions_file(self):
        """The file that deletes: each line one entry."""
        return f"{self.lines}.deletions"

    def fill_in(self, words):
        """Words with the sizes in them."""
        return [
            word.format(
                flows=self.flows, bulk=self.bulk, lines=self.lines, round=self.rounds, deletions_file=self.deletions_file
            )
            for word in words
        ]


def entries():
    """The number of flows in the table."""
    with open("/proc/sys/net/netfilter/nf_conntrack_count", encoding="ascii") as file:
        return int(file.read())


def flush_and_fill(sizes, flush):
    """Empties the table and creates all flows."""
    flush()
    floor("fill", 0, sizes.flows)


def prepare(row, sizes, flush):
    """Prepares the table for the row's next run."""
    sizes.rounds += 1
    missing = sizes.flows - entries()
    if row.table == "empty":
        flush()
    elif row.table == "whole" and missing == 1:
        floor("fill", 77, 78)
    elif missing:
        flush_and_fill(sizes, flush)
