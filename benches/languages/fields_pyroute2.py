# SPDX-License-Identifier: GPL-2.0-or-later
"""fields.c in Python, by pyroute2."""

import pyroute2

entries = total = 0
with pyroute2.Conntrack() as table:
    for entry in table.dump_entries():
        flow = entry.tuple_orig
        flow.saddr, flow.daddr, flow.proto
        entries += 1
        total += int(flow.sport) + int(flow.dport)
print(entries, total)
