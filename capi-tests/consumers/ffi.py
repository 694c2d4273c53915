# SPDX-License-Identifier: GPL-2.0-or-later
"""Uses libnetfilter_conntrack.so.3 through ctypes: makes flows, lists them by a callback, reads and prints them.

Every value that a caller can observe is printed, so that two libraries can be compared by their output.
"""

import ctypes
import socket
import sys

LIB = ctypes.CDLL("libnetfilter_conntrack.so.3", use_errno=True)
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
for name, result, *arguments in [
    ("nfct_open", ctypes.c_void_p, ctypes.c_uint8, ctypes.c_uint),
    ("nfct_close", ctypes.c_int, ctypes.c_void_p),
    ("nfct_new", ctypes.c_void_p),
    ("nfct_clone", ctypes.c_void_p, ctypes.c_void_p),
    ("nfct_destroy", None, ctypes.c_void_p),
    ("nfct_set_attr", None, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p),
    ("nfct_set_attr_u8", None, ctypes.c_void_p, ctypes.c_int, ctypes.c_uint8),
    ("nfct_set_attr_u16", None, ctypes.c_void_p, ctypes.c_int, ctypes.c_uint16),
    ("nfct_set_attr_u32", None, ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32),
    ("nfct_get_attr", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int),
    ("nfct_get_attr_u8", ctypes.c_uint8, ctypes.c_void_p, ctypes.c_int),
    ("nfct_get_attr_u16", ctypes.c_uint16, ctypes.c_void_p, ctypes.c_int),
    ("nfct_get_attr_u32", ctypes.c_uint32, ctypes.c_void_p, ctypes.c_int),
    ("nfct_attr_is_set", ctypes.c_int, ctypes.c_void_p, ctypes.c_int),
    ("nfct_setobjopt", ctypes.c_int, ctypes.c_void_p, ctypes.c_uint),
    ("nfct_cmp", ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint),
    ("nfct_query", ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p),
    ("nfct_callback_register", ctypes.c_int, ctypes.c_void_p, ctypes.c_int, CALLBACK, ctypes.c_void_p),
    ("nfct_callback_unregister", None, ctypes.c_void_p),
    ("nfct_snprintf", ctypes.c_int, ctypes.c_char_p, ctypes.c_uint, ctypes.c_void_p) + (ctypes.c_uint,) * 3,
]:
    function = getattr(LIB, name)
    function.restype = result
    function.argtypes = arguments

# Numbers of the public header.
L3PROTO, L4PROTO = 15, 17
IPV4_SRC, IPV4_DST, IPV6_SRC, IPV6_DST = 0, 1, 4, 5
PORT_SRC, PORT_DST, TCP_STATE, TIMEOUT, MARK = 8, 9, 19, 24, 25
CREATE, UPDATE, DESTROY, GET, FLUSH, DUMP = 0, 1, 2, 3, 4, 5
SETUP_REPLY, T_ALL, CONTINUE = 5, 7, 1


def network(port):
    return socket.htons(port)


def query(handle, what, data):
    ctypes.set_errno(0)
    result = LIB.nfct_query(handle, what, data)
    return result, ctypes.get_errno() if result < 0 else 0


def text(flow, message=0, output=0, flags=0, size=1024):
    buffer = ctypes.create_string_buffer(size)
    length = LIB.nfct_snprintf(buffer, size, flow, message, output, flags)
    return length, buffer.value.decode()


def tcp(family, source, target, sport, dport):
    flow = LIB.nfct_new()
    LIB.nfct_set_attr_u8(flow, L3PROTO, family)
    LIB.nfct_set_attr_u8(flow, L4PROTO, socket.IPPROTO_TCP)
    for attribute, address in zip((IPV4_SRC, IPV4_DST) if family == socket.AF_INET else (IPV6_SRC, IPV6_DST), (source, target)):
        LIB.nfct_set_attr(flow, attribute, ctypes.create_string_buffer(socket.inet_pton(family, address), 16))
    LIB.nfct_set_attr_u16(flow, PORT_SRC, network(sport))
    LIB.nfct_set_attr_u16(flow, PORT_DST, network(dport))
    LIB.nfct_setobjopt(flow, SETUP_REPLY)
    LIB.nfct_set_attr_u8(flow, TCP_STATE, 3)
    LIB.nfct_set_attr_u32(flow, TIMEOUT, 3450)
    return flow


def main():
    handle = LIB.nfct_open(1, 0)
    if not handle:
        sys.exit("nfct_open failed")
    flows = [tcp(socket.AF_INET, "10.1.0.1", "10.1.0.2", 1000 + n, 80) for n in range(3)]
    flows.append(tcp(socket.AF_INET6, "2001:db8::1", "2001:db8::2", 1009, 80))
    for n, flow in enumerate(flows):
        LIB.nfct_set_attr_u32(flow, MARK, n)
        print("create", query(handle, CREATE, flow), text(flow), text(flow, 1, 1, 0)[0], text(flow, size=20))
    print("create again", query(handle, CREATE, flows[0]))

    seen = []

    def each(kind, flow, _):
        fields = [LIB.nfct_get_attr_u16(flow, PORT_SRC), LIB.nfct_get_attr_u8(flow, L3PROTO), LIB.nfct_get_attr_u32(flow, MARK)]
        source = LIB.nfct_get_attr(flow, IPV4_SRC) or LIB.nfct_get_attr(flow, IPV6_SRC)
        fields.append(ctypes.string_at(source, 4).hex())
        fields.append([a for a in range(75) if LIB.nfct_attr_is_set(flow, a) > 0])
        fields.append([LIB.nfct_cmp(flow, other, 1) for other in flows])
        seen.append((text(flow)[1], kind, fields))
        return CONTINUE

    callback = CALLBACK(each)
    LIB.nfct_callback_register(handle, T_ALL, callback, None)
    family = ctypes.c_uint32(socket.AF_UNSPEC)
    for what, data in (("dump", ctypes.byref(family)), ("get", flows[1]), ("dump ipv6", ctypes.byref(ctypes.c_uint32(10)))):
        seen.clear()
        result = query(handle, GET if what == "get" else DUMP, data)
        print(what, result, len(seen))
        for line, kind, fields in sorted(seen, key=lambda item: item[2]):
            print(line)
            print("   ", kind, fields)
    print("update", query(handle, UPDATE, flows[2]))
    print("destroy", query(handle, DESTROY, flows[2]), query(handle, DESTROY, flows[2]))
    print("flush", query(handle, FLUSH, ctypes.byref(family)))
    print("unknown", query(handle, 99, ctypes.byref(family)))
    LIB.nfct_callback_unregister(handle)
    for flow in flows:
        LIB.nfct_destroy(flow)
    print("close", LIB.nfct_close(handle))


main()
