#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Creates, lists and deletes one flow with the C library through ctypes, and prints the events of it.

ctypes comes with Python. It knows no declarations: the types of each function, and the numbers of the header, stand
here. Exit status: 0 all done, 1 something failed. Needs CAP_NET_ADMIN in the network namespace.
"""

import ctypes
import os
import socket
import sys
from ctypes import CFUNCTYPE, c_int, c_uint, c_uint8, c_uint16, c_uint32, c_void_p

CALLBACK = CFUNCTYPE(c_int, c_int, c_void_p, c_void_p)
FUNCTIONS = {
    "nfct_open": (c_void_p, c_uint8, c_uint),
    "nfct_close": (c_int, c_void_p),
    "nfct_new": (c_void_p,),
    "nfct_clone": (c_void_p, c_void_p),
    "nfct_destroy": (None, c_void_p),
    "nfct_set_attr_u8": (None, c_void_p, c_int, c_uint8),
    "nfct_set_attr_u16": (None, c_void_p, c_int, c_uint16),
    "nfct_set_attr_u32": (None, c_void_p, c_int, c_uint32),
    "nfct_get_attr_u16": (c_uint16, c_void_p, c_int),
    "nfct_get_attr_u32": (c_uint32, c_void_p, c_int),
    "nfct_setobjopt": (c_int, c_void_p, c_uint),
    "nfct_query": (c_int, c_void_p, c_int, c_void_p),
    "nfct_catch": (c_int, c_void_p),
    "nfct_callback_register": (c_int, c_void_p, c_int, CALLBACK, c_void_p),
    "nfct_callback_unregister": (None, c_void_p),
}
# Numbers of the header.
CONNTRACK, GROUPS = 1, 1 | 2 | 4
ATTR_IPV4_SRC, ATTR_IPV4_DST, ATTR_PORT_SRC, ATTR_PORT_DST = 0, 1, 8, 9
ATTR_L3PROTO, ATTR_L4PROTO, ATTR_TIMEOUT, ATTR_MARK = 15, 17, 24, 25
NFCT_SOPT_SETUP_REPLY = 5
NFCT_Q_CREATE, NFCT_Q_UPDATE, NFCT_Q_DESTROY, NFCT_Q_DUMP = 0, 1, 2, 5
NFCT_T_NEW, NFCT_T_UPDATE, NFCT_T_DESTROY, NFCT_T_ALL = 1, 2, 4, 7
NFCT_CB_STOP, NFCT_CB_CONTINUE = 0, 1

lib = ctypes.CDLL("libnetfilter_conntrack.so.3", use_errno=True)
for name, (result, *arguments) in FUNCTIONS.items():
    getattr(lib, name).restype, getattr(lib, name).argtypes = result, arguments


def checked(result, what):
    """The result of a function that returns -1, or NULL, and sets errno."""
    if result is None or result == -1:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


class Flow:
    """A flow that Python owns."""

    def __init__(self, pointer):
        self.pointer = checked(pointer, "no memory")

    def __del__(self):
        lib.nfct_destroy(self.pointer)


def new_flow():
    flow = Flow(lib.nfct_new())
    lib.nfct_set_attr_u8(flow.pointer, ATTR_L3PROTO, socket.AF_INET)
    # A number in the order of the network is the number whose bytes in memory are those of the address.
    source, destination = (socket.inet_aton(address) for address in ("192.0.2.1", "198.51.100.2"))
    lib.nfct_set_attr_u32(flow.pointer, ATTR_IPV4_SRC, int.from_bytes(source, sys.byteorder))
    lib.nfct_set_attr_u32(flow.pointer, ATTR_IPV4_DST, int.from_bytes(destination, sys.byteorder))
    lib.nfct_set_attr_u8(flow.pointer, ATTR_L4PROTO, socket.IPPROTO_UDP)
    lib.nfct_set_attr_u16(flow.pointer, ATTR_PORT_SRC, socket.htons(40000))
    lib.nfct_set_attr_u16(flow.pointer, ATTR_PORT_DST, socket.htons(53))
    checked(lib.nfct_setobjopt(flow.pointer, NFCT_SOPT_SETUP_REPLY), "nfct_setobjopt")
    lib.nfct_set_attr_u32(flow.pointer, ATTR_TIMEOUT, 60)
    lib.nfct_set_attr_u32(flow.pointer, ATTR_MARK, 7)
    return flow


def list_flows(handle):
    def show(kind, flow, data):
        if socket.ntohs(lib.nfct_get_attr_u16(flow, ATTR_PORT_DST)) == 53:
            source = lib.nfct_get_attr_u32(flow, ATTR_IPV4_SRC).to_bytes(4, sys.byteorder)
            print(f"list {socket.inet_ntoa(source)} mark={lib.nfct_get_attr_u32(flow, ATTR_MARK)}")
        return NFCT_CB_CONTINUE

    # The library keeps the pointer to the function: `callback` must live as long as it may be called.
    callback = CALLBACK(show)
    checked(lib.nfct_callback_register(handle, NFCT_T_ALL, callback, None), "nfct_callback_register")
    checked(lib.nfct_query(handle, NFCT_Q_DUMP, ctypes.byref(c_uint32(socket.AF_INET))), "nfct_query")
    lib.nfct_callback_unregister(handle)


def follow(events):
    """Returns copies of the flows of the events: the library releases its own after each call."""
    kept = []

    def keep(kind, flow, data):
        kept.append((kind, Flow(lib.nfct_clone(flow))))
        return NFCT_CB_STOP if kind == NFCT_T_DESTROY else NFCT_CB_CONTINUE

    callback = CALLBACK(keep)
    checked(lib.nfct_callback_register(events, NFCT_T_ALL, callback, None), "nfct_callback_register")
    checked(lib.nfct_catch(events), "nfct_catch")
    lib.nfct_callback_unregister(events)
    return kept


def tour(handle, events):
    flow = new_flow()
    checked(lib.nfct_query(handle, NFCT_Q_CREATE, flow.pointer), "create")
    list_flows(handle)
    lib.nfct_set_attr_u32(flow.pointer, ATTR_MARK, 8)
    checked(lib.nfct_query(handle, NFCT_Q_UPDATE, flow.pointer), "update")
    checked(lib.nfct_query(handle, NFCT_Q_DESTROY, flow.pointer), "delete")
    names = {NFCT_T_NEW: "new", NFCT_T_UPDATE: "update", NFCT_T_DESTROY: "destroy"}
    for kind, seen in follow(events):
        print(f"{names[kind]} mark={lib.nfct_get_attr_u32(seen.pointer, ATTR_MARK)}")


def main():
    handle = checked(lib.nfct_open(CONNTRACK, 0), "nfct_open")
    events = checked(lib.nfct_open(CONNTRACK, GROUPS), "nfct_open")
    try:
        tour(handle, events)
    finally:
        lib.nfct_close(events)
        lib.nfct_close(handle)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"ctypes_tour: {error}")
