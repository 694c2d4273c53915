# SPDX-License-Identifier: GPL-2.0-or-later
"""fields.c in Python, by the package of bindings/python."""

import conntrack

entries = total = 0
for flow in conntrack.list():
    flow.src, flow.dst, flow.proto
    entries += 1
    total += flow.sport + flow.dport
print(entries, total)
