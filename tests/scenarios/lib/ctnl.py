#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Minimal ctnetlink client for the scenarios: statistics, dump, bulk create. No dependency beyond Python 3.

Independent of the product on purpose: what it prints is the ground truth that a diagnosis is compared with.
"""
import ipaddress, json, os, socket, struct

NETLINK_NETFILTER = 12
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP, NLM_F_EXCL, NLM_F_CREATE = 1, 4, 0x300, 0x200, 0x400
CT, EXP, TMO = 1, 2, 8
STATS = {1: "searched", 2: "found", 3: "new", 4: "invalid", 5: "ignore", 6: "delete", 7: "delete_list", 8: "insert",
         9: "insert_failed", 10: "drop", 11: "early_drop", 12: "error", 13: "search_restart", 14: "clash_resolve",
         15: "chain_toolong"}
EXPSTATS = {1: "expect_new", 2: "expect_create", 3: "expect_delete"}
TCP = ["NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2"]


def attrs(buf):
    off, out = 0, []
    while off + 4 <= len(buf):
        ln, ty = struct.unpack_from("=HH", buf, off)
        if ln < 4:
            break
        out.append((ty & 0x3fff, buf[off + 4:off + ln]))
        off += (ln + 3) & ~3
    return out


def attr(ty, data):
    ln = 4 + len(data)
    return struct.pack("=HH", ln, ty) + data + b"\0" * (-ln % 4)


def nest(ty, *parts):
    return attr(ty | 0x8000, b"".join(parts))


class Nl:
    def __init__(self, rcvbuf=0):
        self.s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        if rcvbuf and os.geteuid() == 0:
            self.s.setsockopt(socket.SOL_SOCKET, 33, rcvbuf)  # SO_RCVBUFFORCE
        self.s.bind((0, 0))
        self.seq = 0

    def msg(self, sub, ty, flags, body=b"", family=0, version=0):
        self.seq += 1
        payload = struct.pack("=BBH", family, version, 0) + body
        return struct.pack("=IHHII", 16 + len(payload), sub << 8 | ty, flags | NLM_F_REQUEST, self.seq, 0) + payload

    def talk(self, m, dump):
        """Yields (type, flags, res_id, family, attributes bytes); raises OSError on an error message."""
        self.s.send(m)
        while True:
            data = self.s.recv(65536)
            off = 0
            while off + 16 <= len(data):
                ln, ty, fl, seq, pid = struct.unpack_from("=IHHII", data, off)
                body = data[off + 16:off + ln]
                off += (ln + 3) & ~3
                if ty == 2:
                    err = struct.unpack_from("=i", body)[0]
                    if err:
                        raise OSError(-err, os.strerror(-err))
                    return
                if ty == 3:
                    return
                fam, ver, res = struct.unpack_from("=BB", body) + (struct.unpack_from(">H", body, 2)[0],)
                yield ty, fl, res, fam, body[4:]
                if not dump:
                    return

    def global_stats(self):
        for _, _, _, _, b in self.talk(self.msg(CT, 5, 0), False):
            return {{1: "entries", 2: "max"}.get(t, t): struct.unpack(">I", v)[0] for t, v in attrs(b)}

    def cpu_stats(self, sub=CT, ty=4, names=STATS):
        out = {}
        for _, _, cpu, _, b in self.talk(self.msg(sub, ty, NLM_F_DUMP), True):
            out[cpu] = {names.get(t, t): struct.unpack(">I", v)[0] for t, v in attrs(b)}
        return out

    def stats(self):
        tot = {}
        for c in self.cpu_stats().values():
            for k, v in c.items():
                tot[k] = tot.get(k, 0) + v
        return tot

    def exp_stats(self):
        tot = {}
        for c in self.cpu_stats(EXP, 3, EXPSTATS).values():
            for k, v in c.items():
                tot[k] = tot.get(k, 0) + v
        return tot

    def timeouts(self, l4, l3=2):
        for _, _, _, _, b in self.talk(self.msg(TMO, 4, 0, attr(2, struct.pack(">H", l3)) + attr(3, bytes([l4]))), False):
            d = dict(attrs(b))
            return {t: struct.unpack(">I", v)[0] for t, v in attrs(d[4])}

    def dump(self, ty=1, family=0):
        for _, _, _, fam, b in self.talk(self.msg(CT, ty, NLM_F_DUMP, family=family), True):
            yield parse(fam, b)

    def create(self, entries, batch=100, ignore=True, replace=False):
        """entries: iterable of bytes (attributes of IPCTNL_MSG_CT_NEW) with family: (family, bytes). An entry that is there is
        refused, or with `replace` changed."""
        made = failed = 0
        flags = NLM_F_CREATE | (0 if replace else NLM_F_EXCL)
        buf, n = [], 0

        def flush():
            nonlocal made, failed, buf, n
            if not n:
                return
            self.s.send(b"".join(buf))
            got, bad = False, 0
            last = self.seq
            while not got:
                data = self.s.recv(65536)
                off = 0
                while off + 16 <= len(data):
                    ln, ty, fl, seq, pid = struct.unpack_from("=IHHII", data, off)
                    err = struct.unpack_from("=i", data, off + 16)[0] if ty == 2 else 0
                    if err:
                        bad += 1
                        self.last_errno = -err
                    if seq == last:
                        got = True
                    off += (ln + 3) & ~3
            failed += bad
            made += n - bad
            buf, n = [], 0

        for fam, body in entries:
            n += 1
            buf.append(self.msg(CT, 0, flags | (NLM_F_ACK if n == batch else 0), body, fam))
            if n == batch:
                flush()
        if n:  # the last one must ask for an acknowledgement
            m = bytearray(buf[-1])
            struct.pack_into("=H", m, 6, struct.unpack_from("=H", m, 6)[0] | NLM_F_ACK)
            buf[-1] = bytes(m)
            flush()
        return made, failed


def packed(a):
    return a if isinstance(a, bytes) else ipaddress.ip_address(a).packed


def tuple_attr(ty, src, dst, proto, sport=0, dport=0):
    src, dst = packed(src), packed(dst)
    v6 = len(src) == 16
    if not v6 and proto in (6, 17, 132, 136, 47):  # the common kind, in one piece
        return struct.pack("=HHHHHH4sHH4sHHHHB3xHH2s2xHH2s2x", 52, ty | 0x8000, 20, 0x8001, 8, 1, src, 8, 2, dst, 28, 0x8002,
                           5, 1, proto, 6, 2, sport.to_bytes(2, "big"), 6, 3, dport.to_bytes(2, "big"))
    ip = nest(1, attr(3 if v6 else 1, src), attr(4 if v6 else 2, dst))
    if proto in (6, 17, 132, 136, 47):
        p = attr(2, struct.pack(">H", sport)) + attr(3, struct.pack(">H", dport))
    elif proto == 1:
        p = attr(4, struct.pack(">H", sport)) + attr(5, bytes([dport])) + attr(6, b"\0")
    elif proto == 58:
        p = attr(7, struct.pack(">H", sport)) + attr(8, bytes([dport])) + attr(9, b"\0")
    else:
        p = b""
    return nest(ty, ip, nest(2, attr(1, bytes([proto])), p))


def entry(src, dst, proto, sport=0, dport=0, timeout=600, state=None, status=0x8, mark=None, zone=None, labels=None,
          snat=None, dnat=None):
    """One entry; state: TCP state number; status: IPS bits (0x8 confirmed, 0xe assured and answered)."""
    rport = {8: 0, 128: 129}.get(dport, dport) if proto in (1, 58) else dport
    body = tuple_attr(1, src, dst, proto, sport, dport)
    if proto in (1, 58):
        body += tuple_attr(2, dst, src, proto, sport, rport)
    else:
        body += tuple_attr(2, dst, src, proto, dport, sport)
    body += attr(7, struct.pack(">I", timeout)) + attr(3, struct.pack(">I", status))
    if proto == 6:
        body += nest(4, nest(1, attr(1, bytes([3 if state is None else state]))))
    if mark is not None:
        body += attr(8, struct.pack(">I", mark))
    if zone is not None:
        body += attr(18, struct.pack(">H", zone))
    if labels is not None:
        body += attr(22, labels)
    for ty, nat in ((6, snat), (13, dnat)):
        if nat:
            a, p = nat
            body += nest(ty, attr(1, ipaddress.ip_address(a).packed), nest(3, attr(1, struct.pack(">H", p))))
    return (10 if len(packed(src)) == 16 else 2), body


def text(address):
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


LEAF = {1: "proto", 2: "sport", 3: "dport", 4: "id", 5: "type", 6: "code", 7: "id", 8: "type", 9: "code"}
HEAD = struct.Struct("=HH").unpack_from


def parse_tuple(b):
    out = {}
    for t, v in attrs(b):
        if t == 1:
            off, end = 0, len(v)
            while off < end:
                ln, ty = HEAD(v, off)
                out["src" if ty in (1, 3) else "dst"] = text(v[off + 4:off + ln])
                off += (ln + 3) & ~3
        elif t == 2:
            off, end = 0, len(v)
            while off < end:
                ln, ty = HEAD(v, off)
                out[LEAF.get(ty & 0x3fff)] = int.from_bytes(v[off + 4:off + ln], "big")
                off += (ln + 3) & ~3
        elif t == 3:
            out["zone"] = int.from_bytes(v, "big")
    return out


def parse(fam, b):
    out = {"family": fam}
    off, end = 0, len(b)
    while off + 4 <= end:
        ln, t = HEAD(b, off)
        t &= 0x3fff
        v = b[off + 4:off + ln]
        off += (ln + 3) & ~3
        if t == 1:
            out["orig"] = parse_tuple(v)
        elif t == 2:
            out["reply"] = v  # parsed on demand: see reply()
        elif t == 3:
            out["status"] = int.from_bytes(v, "big")
        elif t == 4:
            for t2, v2 in attrs(v):
                for t3, v3 in attrs(v2):
                    if t3 == 1:
                        out["state"] = TCP[v3[0]] if t2 == 1 else "SCTP%d" % v3[0]
                        break
        elif t == 7:
            out["timeout"] = int.from_bytes(v, "big")
        elif t == 8:
            out["mark"] = int.from_bytes(v, "big")
        elif t == 12:
            out["id"] = int.from_bytes(v, "big")
        elif t == 18:
            out["zone"] = int.from_bytes(v, "big")
        elif t == 22:
            out["labels"] = v.hex()
        elif t == 5:
            out["helper"] = dict(attrs(v)).get(1, b"").rstrip(b"\0").decode()
        elif t == 20:
            d = dict(attrs(v))
            if 1 in d:
                out["start"] = struct.unpack(">Q", d[1])[0]
    return out


def main():
    """ctnl.py labels: how many entries of this namespace have each label bit."""
    nl, found, bits = Nl(1 << 20), {}, {}
    for _, _, _, _, body in nl.talk(nl.msg(CT, 1, NLM_F_DUMP), True):
        labels = dict(attrs(body)).get(22)
        found[labels] = found.get(labels, 0) + 1
    for labels, n in found.items():
        for bit in range(len(labels or b"") * 8):
            if labels[bit // 8] >> bit % 8 & 1:
                bits[bit] = bits.get(bit, 0) + n
    print(json.dumps(bits))


if __name__ == "__main__":
    main()
