#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Creates, lists, changes and deletes one flow, and prints the events of it.

The same program in other languages is in docs/bindings.md. Exit status: 0 all done, 1 something failed. Needs
CAP_NET_ADMIN in the network namespace.
"""

import sys

import conntrack


def tour():
    with conntrack.events() as events:
        flow = conntrack.Flow(src="192.0.2.1", dst="198.51.100.2", proto="udp", sport=40000, dport=53, timeout=60, mark=7)
        conntrack.create(flow)
        for found in conntrack.list(dport=53):
            print(f"list {found.src} mark={found.mark}")
        conntrack.update(flow, mark=8)
        conntrack.delete(dport=53)
        for event in events:  # conntrack.LossError says that events were lost
            print(f"{event.kind} mark={event.flow.mark}")
            if event.kind == "destroy":
                break


if __name__ == "__main__":
    try:
        tour()
    except OSError as error:
        sys.exit(f"tour: {error}")
