#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a table holds, counted exactly from the original tool's list: the truth for the numbers of a diagnosis.

The diagnosis reads the list between two lists of ours. A number of it is right when it agrees with the exact numbers of
both: where it says "at least N, up to E more", N <= the larger, and the smaller <= N + E.
"""
import re, socket
from collections import Counter, defaultdict

# As the original prints it, for example:
# tcp      6 431999 ESTABLISHED src=A dst=B sport=1 dport=2 src=B dst=A sport=2 dport=1 [ASSURED] mark=42 zone=7 use=1
LINE = re.compile(
    r"^(\S+) +(\d+)(?: (\d+))?(?: ([A-Z][A-Z_0-9]*))?"
    r" src=(\S+) dst=(\S+)(?: sport=(\d+) dport=(\d+)| type=(\d+) code=\d+ id=\d+| srckey=\S+ dstkey=\S+)?( \[UNREPLIED\])?"
    r" src=(\S+) dst=(\S+)(?: sport=(\d+) dport=(\d+)| type=\d+ code=\d+ id=\d+| srckey=\S+ dstkey=\S+)?"
    r" (\[ASSURED\] )?mark=(\d+)(?: zone=(\d+))?.*$", re.M)
NAME, PROTO, LEFT, STATE, SRC, DST, SPORT, DPORT, TYPE, UNREPLIED, RSRC, RDST, RSPORT, RDPORT, ASSURED, MARK, ZONE = range(17)

IDLE_CLASSES_SECS = [60, 300, 600, 3600, 7440, 21600, 86400, 172800, 259200, 345600]


def prefix(address):
    if ":" not in address:
        return address.rsplit(".", 1)[0] + ".0/24"
    network = socket.inet_pton(socket.AF_INET6, address)[:8] + bytes(8)
    return socket.inet_ntop(socket.AF_INET6, network) + "/64"


def is_loopback(address):
    return address.startswith("127.") or address == "::1"


class Group:
    """The groups of one table. Most tables have nearly a group for each entry, so that this remains a Counter."""

    FLAGS = [(u, a) for u in ("", " [UNREPLIED]") for a in ("", "[ASSURED] ")]

    def __init__(self, *keys, unreplied, assured):
        self.counts = Counter(zip(*keys, unreplied, assured))

    def of(self, key):
        """Entries, unanswered and assured ones."""
        plain, assured, unreplied, both = (self.counts.get((*key, *flags), 0) for flags in self.FLAGS)
        return [plain + assured + unreplied + both, unreplied + both, assured + both]

    def largest(self):
        """The keys that may be among the largest."""
        return {tuple(key) for (*key, _, _), _ in self.counts.most_common(50)}


class Exact:
    def __init__(self, text):
        rows = LINE.findall(text)
        lines = text.count("\n")
        if lines != len(rows):
            raise ValueError(f"{lines} lines, {len(rows)} understood, for example not: {strange(text)}")
        self.entries = len(rows)
        self.tables = {}
        columns = transposed(rows)
        names = list(map(named, columns[NAME], columns[PROTO]))
        self.group("composition", columns, names, [state or None for state in columns[STATE]])
        self.group("zone", columns, [int(zone or 0) for zone in columns[ZONE]])
        self.group("mark", columns, list(map(int, columns[MARK])))
        self.left = defaultdict(Counter)  # of each protocol and state: seconds left
        for (name, state, left), n in Counter(zip(names, columns[STATE], columns[LEFT])).items():
            self.left[name, state or None][int(left or 0)] += n
        local = any(map(is_loopback, columns[SRC]))
        self.outside(transposed([row for row in rows if not is_loopback(row[SRC])]) if local else columns)
        self.servers(columns, names)
        self.nat(transposed([row for row in rows if row[RDST] != row[SRC] or row[RDPORT] != row[SPORT]]))

    def group(self, table, columns, *keys):
        self.tables[table] = Group(*keys, unreplied=columns[UNREPLIED], assured=columns[ASSURED])

    def outside(self, columns):
        """The tables without traffic of the host with itself."""
        names = list(map(named, columns[NAME], columns[PROTO]))
        self.group("source", columns, columns[SRC])
        self.group("source_prefix", columns, list(map(prefix, columns[SRC])))
        self.group("destination", columns, columns[DST])
        self.group("service", columns, names, ports_of(columns))

    def servers(self, columns, names):
        self.columns, self.services = columns, (names, ports_of(columns))
        self.states = self.different = None
        self.group("server", columns, columns[DST], *self.services)

    def nat(self, columns):
        names = list(map(named, columns[NAME], columns[PROTO]))
        pool = (columns[RDST], columns[RSRC], names, [int(port) if port else None for port in columns[RSPORT]])
        self.group("nat_pool", columns, *pool)
        self.pools = list(zip(zip(*pool), columns[RDPORT]))

    def targets(self, source):
        """How many different addresses, protocols and ports a source has."""
        if self.different is None:
            wanted = zip(self.columns[SRC], self.columns[DST], *self.services)
            self.different = Counter(source for source, *_ in set(wanted))
        return self.different[source]

    def in_state(self, server, state):
        """Entries of a server in a TCP state."""
        if self.states is None:
            self.states = Counter(zip(self.columns[DST], *self.services, self.columns[STATE]))
        return self.states[(*server, state)]

    def ports(self, pool):
        """The translated ports of a NAT pool."""
        return {int(port) for key, port in self.pools if key == pool and port}

    def idle(self, key, setting, secs):
        """Entries of a protocol and state without a packet for so long, if the setting is what they were given."""
        return sum(n for left, n in self.left[key].items() if left <= setting - secs)

    def over(self, key, setting):
        return sum(n for left, n in self.left[key].items() if left > setting)


def transposed(rows):
    return list(zip(*rows)) or [()] * (ZONE + 1)


def named(name, proto):
    return proto if name == "unknown" else name


def ports_of(columns):
    """The destination ports; ICMP's type stands in for the port."""
    return [int(dport or kind) if dport or kind else None for dport, kind in zip(columns[DPORT], columns[TYPE])]


def strange(text):
    return next((line for line in text.splitlines() if not LINE.match(line)), "an empty line")


# The tables of a report: the members of a row that name its group.
KEYS = {
    "source": ("source",), "source_prefix": ("prefix",), "destination": ("destination",), "service": ("protocol", "port"),
    "server": ("destination", "protocol", "port"), "zone": ("zone",), "mark": ("mark",),
    "nat_pool": ("nat_source", "destination", "protocol", "port"),
}


def between(what, said, first, second, error=0):
    """Whether `said` is a lower bound, at most `error` too low, of a number that was `first` before and `second` after."""
    if not (said <= max(first, second) and min(first, second) <= said + error):
        bound = f", up to {error} more" if error else ""
        yield f"{what}: {said}{bound}; exactly {first} before, {second} after"


def at_most(what, said, first, second):
    if said > max(first, second):
        yield f"{what}: {said}; exactly {first} before, {second} after"


def of_table(name, top, before, after, listed):
    error, keys = top["error_entries"], KEYS[name]
    first, second = before.tables[name], after.tables[name]
    rows = {}
    for row in top["rows"]:
        key = tuple(row.get(member) for member in keys)
        rows[key] = row["entries"]
        what = f"{name} {' '.join(map(str, key))}"
        a, b = first.of(key), second.of(key)
        yield from between(what, row["entries"], a[0], b[0], error)
        yield from between(f"{what}, unanswered", row["unanswered"], a[1], b[1], error)
        yield from between(f"{what}, assured", row["assured"], a[2], b[2], error)
        if abs(row["share_ratio"] - row["entries"] / max(listed, 1)) > 2e-6:
            yield f"{what}: share {row['share_ratio']} of {row['entries']} in {listed}"
        if "targets_estimate" in row:
            exact, said = max(before.targets(key[0]), after.targets(key[0])), row["targets_estimate"]
            if abs(said - exact) > 5 * row["targets_standard_error_ratio"] * exact + 1:
                yield f"{what}: {said} targets; exactly {exact}"
        for state in ("close_wait", "time_wait"):
            if state in row:
                numbers = [exact.in_state(key, state.upper()) for exact in (before, after)]
                yield from between(f"{what}, {state}", row[state], *numbers, error)
        if "port_low" in row:
            ports = before.ports(key) | after.ports(key)
            if (row["port_low"], row["port_high"]) != (min(ports), max(ports)):
                yield f"{what}: ports {row['port_low']} to {row['port_high']}; exactly {min(ports)} to {max(ports)}"
    least = min(rows.values(), default=0) if top["rows"] else 0
    for key in first.largest() - rows.keys():
        if min(first.of(key)[0], second.of(key)[0]) > least + error:
            yield f"{name}: {key} is missing, with {first.of(key)[0]} entries"
    if list(rows.values()) != sorted(rows.values(), reverse=True):
        yield f"{name}: the rows are not ordered"


def of_composition(row, before, after, elapsed):
    key = (row["protocol"], row.get("state"))
    what = f"composition {key[0]} {key[1] or ''}".strip()
    a, b = before.tables["composition"].of(key), after.tables["composition"].of(key)
    for i, member in enumerate(("entries", "unanswered", "assured")):
        yield from between(f"{what}, {member}", row[member], a[i], b[i])
    # Only protocols with one setting for a state: UDP and GRE have two.
    setting = row.get("timeout_secs")
    if setting is None or key[1] is None:
        return
    yield from between(f"{what}, over the setting", row["over_setting"], before.over(key, setting),
                       after.over(key, setting + elapsed))
    for secs in IDLE_CLASSES_SECS:
        # Entries whose deadline may come from another setting are not said to be idle: `idle_unknown` of them, at most.
        numbers = before.idle(key, setting, secs), after.idle(key, setting, secs - elapsed)
        said = row["idle_entries"][str(secs)]
        yield from between(f"{what}, idle for {secs} s", said, *numbers, row["idle_unknown"] - row["over_setting"])


def of_labels(top, bits):
    """`bits`: how many entries have each label bit, as counted from the kernel's own messages."""
    rows = {row["label"]: row["entries"] for row in top["rows"]}
    if rows != dict(sorted(bits.items(), key=lambda item: -item[1])[:len(rows)]):
        yield f"labels: {rows}; exactly {bits}"


def faults(out, before, after, elapsed):
    """Each number of the report that disagrees with the lists before and after it. `elapsed`: seconds that entries may
    have aged between `after` and the report; an entry that was not touched is idle for a second more after a second."""
    table = out["table"]
    if "composition" not in out:
        return
    yield from between("entries listed", table["entries_listed"], before.entries, after.entries)
    for row in out["composition"]:
        yield from of_composition(row, before, after, elapsed)
    said = {(row["protocol"], row.get("state")) for row in out["composition"]}
    for key in before.tables["composition"].largest() & after.tables["composition"].largest() - said:
        yield f"composition: {key} is missing"
    for name in KEYS:
        if name in out["top"]:
            yield from of_table(name, out["top"][name], before, after, table["entries_listed"])
        else:
            yield f"the table {name} is missing"
