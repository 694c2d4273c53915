# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints a line for each new and each ended flow until Ctrl-C, and none for a loss, by the package of
bindings/python."""

import conntrack

with conntrack.events(["new", "destroy"], losses="yield") as subscription:
    try:
        for event in subscription:
            if event.kind != "lost":
                print(event.kind)
    except KeyboardInterrupt:
        pass
