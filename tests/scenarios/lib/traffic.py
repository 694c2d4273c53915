#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real packets for the scenarios: crafted frames put on the client's and the server's end of the dut's links.

traffic.py LAB KIND [key=value...]
  syn      n, src=100.64.0.1 (or a /prefix to draw from), dst=198.18.0.0/15, dport=1-65535, rate   SYNs without answer
  udp      n, src, dst, dport, rate, answered=0|1                     datagrams; answered: one reply each
  stream   n, src, dst, dport                                        UDP, answered and continued after 2 s: ASSURED
  tcp      n, src, dst, dport, to=established|fin_wait|close_wait|last_ack|time_wait|close    handshakes, then the steps to this state
  gre      n, dst, src                                               GRE version 0 packets, one flow for each pair
  syn6     n, src=fd0c::/64, dst=fd99::1, dport                      SYNs from random addresses of a /64
  invalid  n, rate                                                   TCP segments with SYN|FIN
  loopback n, dport                                                  datagrams of the dut to itself, 127.0.0.1 to 127.0.0.0/8
  ftp      n, src, dst                                               control connections that announce a data connection
Repeats forever with loop=1. Addresses are drawn in order, not at random, so that every run makes the same table.
"""
import ctypes, ipaddress, os, socket, struct, sys, time

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def inside(ns, make):
    """What `make` returns, called in the namespace."""
    back = os.open("/proc/self/ns/net", os.O_RDONLY)
    fd = os.open("/run/netns/" + ns, os.O_RDONLY)
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    made = make()
    libc.setns(back, CLONE_NEWNET)
    os.close(fd), os.close(back)
    return made


def packet_socket(ns, dev):
    s = inside(ns, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
    s.bind((dev, 0))
    s.setsockopt(socket.SOL_SOCKET, 32, 1 << 22)
    return s


def loopback(lab, n, port):
    """One flow for each address of 127.0.0.0/8; the receiver never reads, so that nothing is answered."""
    udp = lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver, sender = inside(lab + "dut", udp), inside(lab + "dut", udp)
    receiver.bind(("0.0.0.0", port))
    sender.bind(("127.0.0.1", 0))
    for i in range(n):
        sender.sendto(b"x", ("127.%d.%d.%d" % (1 + (i >> 16), i >> 8 & 255, i & 255), port))


def ftp(cl, sv, a, sp, b, i):
    """A control connection, and the client's announcement of a data connection. The kernel reads what follows a line."""
    line = b"PORT %d,%d,%d,%d,%d,%d\r\n" % (*a, 4 + i // 256 % 250, i % 256)
    cl.tcp(a, sp, b, 21, SYN, 1000)
    sv.tcp(b, 21, a, sp, SYN | ACK, 5000, 1001)
    cl.tcp(a, sp, b, 21, ACK, 1001, 5001)
    cl.tcp(a, sp, b, 21, PSH | ACK, 1001, 5001, b"USER a\r\n")
    cl.tcp(a, sp, b, 21, PSH | ACK, 1009, 5001, line)


def fold(x):
    x = (x & 0xffff) + (x >> 16)
    x = (x & 0xffff) + (x >> 16)
    return ~x & 0xffff


def words(b):
    if len(b) & 1:
        b += b"\0"
    return sum(struct.unpack(">%dH" % (len(b) // 2), b))


class Side:
    """One end of a link: sends IP packets to the dut."""

    def __init__(self, sock, here, dut):
        self.sock = sock
        self.eth4 = bytes.fromhex(dut) + bytes.fromhex(here) + b"\x08\x00"
        self.eth6 = bytes.fromhex(dut) + bytes.fromhex(here) + b"\x86\xdd"

    def ip(self, proto, src, dst, payload, payload_sum=None, csum_at=None):
        """src, dst: packed addresses. csum_at: offset of a checksum field (0 there) to fill in."""
        if csum_at is not None:
            s = (words(payload) if payload_sum is None else payload_sum) + words(src) + words(dst) + proto + len(payload)
            c = fold(s)
            payload = payload[:csum_at] + struct.pack(">H", c or 0xffff) + payload[csum_at + 2:]
        if len(src) == 16:
            self.out(self.eth6 + struct.pack(">IHBB", 6 << 28, len(payload), proto, 64) + src + dst + payload)
            return
        h = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0x4000, 64, proto, 0)
        c = fold(words(h) + words(src) + words(dst))
        self.out(self.eth4 + h[:10] + struct.pack(">H", c) + src + dst + payload)

    def out(self, frame):
        while True:
            try:
                return self.sock.send(frame)
            except OSError as e:
                if e.errno != 105:  # ENOBUFS: try again
                    raise
                time.sleep(0.0005)

    def tcp(self, src, sport, dst, dport, flags, seq=1000, ack=0, data=b""):
        head = struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, 64240, 0, 0)
        self.ip(6, src, dst, head + data, csum_at=16)

    def udp(self, src, sport, dst, dport, data=b"x" * 8):
        self.ip(17, src, dst, struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data, csum_at=6)


SYN, FIN, RST, PSH, ACK = 2, 1, 4, 8, 16


def addresses(text):
    """The i-th address of a prefix (its first addresses left out), or always the one address."""
    if "/" not in text:
        packed = ipaddress.ip_address(text).packed
        return lambda i: packed
    net = ipaddress.ip_network(text)
    base, size, length = int(net.network_address), net.num_addresses, 16 if net.version == 6 else 4
    # A multiplier coprime to the size spreads neighbours over the prefix.
    step = 1 if size < 1 << 24 else 2654435761 | 1
    return lambda i: (base + ((i * step) % (size - 3) + 2)).to_bytes(length, "big")


def ports(text):
    lo, _, hi = text.partition("-")
    lo, n = int(lo), int(hi or lo) - int(lo) + 1
    return lambda i: lo + i % n


def main():
    lab, kind = sys.argv[1:3]
    o = dict(a.split("=", 1) for a in sys.argv[3:])
    n, rate = int(o.get("n", 1000)), float(o.get("rate", 0))
    if kind == "loopback":
        return loopback(lab, n, int(o["dport"]))
    cl = Side(packet_socket(lab + "cl", "e0"), "020000000011", "020000000001")
    sv = Side(packet_socket(lab + "sv", "e0"), "020000000022", "020000000002")
    v6 = kind == "syn6"
    src, dst = addresses(o.get("src", "fd0c::/64" if v6 else "100.64.0.1")), addresses(o.get("dst", "fd99::1" if v6 else "198.18.0.1"))
    dport, sport = ports(o.get("dport", "80")), ports(o.get("sport", "1024-65535"))
    shift = int(o.get("spread", 1))  # the number of flows to one destination port before the next port
    start = time.monotonic()
    first = int(o.get("first", 0))

    def pace(i):
        if rate and i % 64 == 0:
            ahead = (i - first) / rate - (time.monotonic() - start)
            if ahead > 0:
                time.sleep(ahead)

    def flow(i):
        # Source port fastest, then destination: all different as long as n < ports x addresses.
        j = i // 64512
        return src(i), sport(i), dst(i if "/" in o.get("dst", "") else j), dport(i // shift)

    i = first
    while True:
        for i in range(i, i + n):
            pace(i)
            a, sp, b, dp = flow(i)
            if kind in ("syn", "syn6"):
                cl.tcp(a, sp, b, dp, SYN)
            elif kind == "udp":
                cl.udp(a, sp, b, dp)
                if o.get("answered") == "1":
                    sv.udp(b, dp, a, sp)
            elif kind == "stream":
                cl.udp(a, sp, b, dp)
                sv.udp(b, dp, a, sp)
            elif kind == "tcp":
                to = o.get("to", "established")
                cl.tcp(a, sp, b, dp, SYN, 1000)
                sv.tcp(b, dp, a, sp, SYN | ACK, 5000, 1001)
                cl.tcp(a, sp, b, dp, ACK, 1001, 5001)
                if to in ("fin_wait", "close_wait", "last_ack", "time_wait"):
                    sv.tcp(b, dp, a, sp, FIN | ACK, 5001, 1001)
                if to in ("close_wait", "last_ack", "time_wait"):
                    cl.tcp(a, sp, b, dp, ACK, 1001, 5002)
                if to in ("last_ack", "time_wait"):
                    cl.tcp(a, sp, b, dp, FIN | ACK, 1001, 5002)
                if to == "time_wait":
                    sv.tcp(b, dp, a, sp, ACK, 5002, 1002)
                if to == "close":
                    sv.tcp(b, dp, a, sp, RST | ACK, 5001, 1001)
            elif kind == "ftp":
                ftp(cl, sv, a, sp, b, i)
            elif kind == "gre":
                cl.ip(47, a, b, struct.pack(">HH", 0, 0x0800) + b"\x45" + b"\0" * 19)
            elif kind == "invalid":
                cl.tcp(a, sp, b, dp, SYN | FIN)
        i += 1
        if kind == "stream":
            time.sleep(2.2)
            for k in range(first, first + n):
                a, sp, b, dp = flow(k)
                cl.udp(a, sp, b, dp)
                sv.udp(b, dp, a, sp)
        if o.get("loop") != "1":
            break


if __name__ == "__main__":
    main()
