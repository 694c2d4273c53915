#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Creates, lists and deletes one flow with the C library through cffi, and prints the events of it.

cffi (Debian: python3-cffi) reads the declarations of conntrack_declarations.h, next to this file; no compiler is needed.
Exit status: 0 all done, 1 something failed. Needs CAP_NET_ADMIN in the network namespace.
"""

import os
import pathlib
import socket
import sys

import cffi

ffi = cffi.FFI()
ffi.cdef((pathlib.Path(__file__).parent / "conntrack_declarations.h").read_text())
lib = ffi.dlopen("libnetfilter_conntrack.so.3")


def checked(result, what):
    """The result of a function that returns -1, or NULL, and sets errno."""
    if result == -1 or result == ffi.NULL:
        raise OSError(ffi.errno, f"{what}: {os.strerror(ffi.errno)}")
    return result


def new_flow():
    flow = ffi.gc(checked(lib.nfct_new(), "nfct_new"), lib.nfct_destroy)
    lib.nfct_set_attr_u8(flow, lib.ATTR_L3PROTO, socket.AF_INET)
    # A number in the order of the network is the number whose bytes in memory are those of the address.
    lib.nfct_set_attr_u32(flow, lib.ATTR_IPV4_SRC, int.from_bytes(socket.inet_aton("192.0.2.1"), sys.byteorder))
    lib.nfct_set_attr_u32(flow, lib.ATTR_IPV4_DST, int.from_bytes(socket.inet_aton("198.51.100.2"), sys.byteorder))
    lib.nfct_set_attr_u8(flow, lib.ATTR_L4PROTO, socket.IPPROTO_UDP)
    lib.nfct_set_attr_u16(flow, lib.ATTR_PORT_SRC, socket.htons(40000))
    lib.nfct_set_attr_u16(flow, lib.ATTR_PORT_DST, socket.htons(53))
    checked(lib.nfct_setobjopt(flow, lib.NFCT_SOPT_SETUP_REPLY), "nfct_setobjopt")
    lib.nfct_set_attr_u32(flow, lib.ATTR_TIMEOUT, 60)
    lib.nfct_set_attr_u32(flow, lib.ATTR_MARK, 7)
    return flow


def source(flow):
    return socket.inet_ntoa(lib.nfct_get_attr_u32(flow, lib.ATTR_IPV4_SRC).to_bytes(4, sys.byteorder))


def list_flows(handle):
    # The library keeps the pointer to the function: `show` must live as long as it may be called.
    @ffi.callback("int(enum nf_conntrack_msg_type, struct nf_conntrack *, void *)")
    def show(kind, flow, data):
        if socket.ntohs(lib.nfct_get_attr_u16(flow, lib.ATTR_PORT_DST)) == 53:
            print(f"list {source(flow)} mark={lib.nfct_get_attr_u32(flow, lib.ATTR_MARK)}")
        return lib.NFCT_CB_CONTINUE

    checked(lib.nfct_callback_register(handle, lib.NFCT_T_ALL, show, ffi.NULL), "nfct_callback_register")
    checked(lib.nfct_query(handle, lib.NFCT_Q_DUMP, ffi.new("uint32_t *", socket.AF_INET)), "nfct_query")
    lib.nfct_callback_unregister(handle)


def follow(events):
    """Returns the flows of the events, which outlive the callback: STOLEN makes them ours."""
    kept = []

    @ffi.callback("int(enum nf_conntrack_msg_type, struct nf_conntrack *, void *)")
    def keep(kind, flow, data):
        kept.append((kind, ffi.gc(flow, lib.nfct_destroy)))
        return lib.NFCT_CB_STOLEN if kind != lib.NFCT_T_DESTROY else stop(flow)

    def stop(flow):
        # STOP would release the flow: a copy is kept instead of it.
        kind, owned = kept.pop()
        ffi.gc(owned, None)
        kept.append((kind, ffi.gc(lib.nfct_clone(flow), lib.nfct_destroy)))
        return lib.NFCT_CB_STOP

    checked(lib.nfct_callback_register(events, lib.NFCT_T_ALL, keep, ffi.NULL), "nfct_callback_register")
    checked(lib.nfct_catch(events), "nfct_catch")
    lib.nfct_callback_unregister(events)
    return kept


def tour():
    handle = ffi.gc(checked(lib.nfct_open(lib.CONNTRACK, 0), "nfct_open"), lib.nfct_close)
    events = ffi.gc(checked(lib.nfct_open(lib.CONNTRACK, lib.NFCT_ALL_CT_GROUPS), "nfct_open"), lib.nfct_close)
    flow = new_flow()
    checked(lib.nfct_query(handle, lib.NFCT_Q_CREATE, flow), "create")
    list_flows(handle)
    lib.nfct_set_attr_u32(flow, lib.ATTR_MARK, 8)
    checked(lib.nfct_query(handle, lib.NFCT_Q_UPDATE, flow), "update")
    checked(lib.nfct_query(handle, lib.NFCT_Q_DESTROY, flow), "delete")
    names = {lib.NFCT_T_NEW: "new", lib.NFCT_T_UPDATE: "update", lib.NFCT_T_DESTROY: "destroy"}
    for kind, seen in follow(events):
        print(f"{names[kind]} mark={lib.nfct_get_attr_u32(seen, lib.ATTR_MARK)}")


if __name__ == "__main__":
    try:
        tour()
    except OSError as error:
        sys.exit(f"cffi_tour: {error}")
