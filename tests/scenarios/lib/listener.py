#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Listens to the end of flows, asks for guaranteed delivery, and never reads: until it is killed."""
import signal, socket

DESTROY, SOL_NETLINK, NETLINK_BROADCAST_ERROR = 1 << 2, 270, 4

s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
s.setsockopt(SOL_NETLINK, NETLINK_BROADCAST_ERROR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.bind((0, DESTROY))
signal.pause()
