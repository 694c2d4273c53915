#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Entries made through ctnetlink, for what packets would take too long to build.

insert.py n=N [first=0] [proto=6] [src=ADDR|PREFIX] [dst=...] [sport=LO-HI] [dport=...] [state=NUM] [status=0xe] [timeout=LO-HI]
          [zone=LO-HI] [mark=LO-HI] [label=BIT] [snat=ADDR,LO-HI] [again=SECS]

With `again` it goes on until it is killed: every so many seconds each entry gets its timeout again, or is made again.
"""
import sys, time
from ctnl import Nl, entry
from traffic import addresses, ports


def main():
    o = dict(a.split("=", 1) for a in sys.argv[1:])
    n, first, proto = int(o["n"]), int(o.get("first", 0)), int(o.get("proto", 6))
    src, dst = addresses(o.get("src", "100.64.0.1")), addresses(o.get("dst", "198.18.0.1"))
    sport, dport = ports(o.get("sport", "1024-65535")), ports(o.get("dport", "443"))
    timeout, zone, mark = ports(o.get("timeout", "600")), ports(o.get("zone", "0")), ports(o.get("mark", "0"))
    snat = o.get("snat", "").split(",")
    sp = ports(snat[1]) if snat[0] else None

    label = (1 << int(o["label"])).to_bytes(16, "little") if "label" in o else None

    def entries():
        for i in range(first, first + n):
            j = i // 64512
            yield entry(src(i), dst(i if "/" in o.get("dst", "") else j), proto, sport(i), dport(i), timeout=timeout(i),
                        state=int(o.get("state", 3)), status=int(o.get("status", "0xe"), 16), zone=zone(i) or None,
                        mark=mark(i) if "mark" in o else None, labels=label, snat=(snat[0], sp(i)) if sp else None)

    nl = Nl(1 << 20)
    again = float(o.get("again", 0))
    rows = list(entries()) if again else entries()
    while True:
        made, failed = nl.create(rows, replace=again > 0)
        if failed:
            sys.exit(f"insert: {made} made, {failed} refused, errno {nl.last_errno}")
        if not again:
            return
        time.sleep(again)


main()
