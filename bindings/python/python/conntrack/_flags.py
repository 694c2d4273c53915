# SPDX-License-Identifier: GPL-2.0-or-later
"""The status of a flow as flags."""

import enum


class Status(enum.IntFlag):
    """The status of a flow: the bits of `enum ip_conntrack_status`. Bits without a name are kept.

    >>> Status.ASSURED in Status(14)
    True
    """

    EXPECTED = 1 << 0
    SEEN_REPLY = 1 << 1
    ASSURED = 1 << 2
    CONFIRMED = 1 << 3
    SRC_NAT = 1 << 4
    DST_NAT = 1 << 5
    SEQ_ADJUST = 1 << 6
    SRC_NAT_DONE = 1 << 7
    DST_NAT_DONE = 1 << 8
    DYING = 1 << 9
    FIXED_TIMEOUT = 1 << 10
    TEMPLATE = 1 << 11
    UNTRACKED = 1 << 12
    HELPER = 1 << 13
    OFFLOAD = 1 << 14
    HW_OFFLOAD = 1 << 15
