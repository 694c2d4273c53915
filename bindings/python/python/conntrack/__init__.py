# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's connection tracking table: list, change and follow connections.

Requests and events need CAP_NET_ADMIN in the network namespace. Each function opens a socket of its own; `Handle` keeps
one for many requests. `netns` selects another network namespace: a name that `ip netns add` gave, a path, or the id of a
process.

>>> create(src="192.0.2.1", dst="198.51.100.2", proto="tcp", sport=40000, dport=443, state="ESTABLISHED", timeout=600)
>>> for flow in list(proto="tcp", dport=443):
...     print(flow.src, flow.dport, flow.state)
192.0.2.1 443 ESTABLISHED
>>> count()
1
>>> delete(dst="198.51.100.0/24", dry_run=True), count()
(1, 1)
>>> delete(dst="198.51.100.0/24"), count()
(1, 0)
>>> get(src="192.0.2.1", dst="198.51.100.2", proto="tcp", sport=40000, dport=443)
Traceback (most recent call last):
conntrack._errors.NotFoundError: [Errno 2] cannot look up the entry: No such file or directory
"""

from . import _conntrack, _waiting
from ._conntrack import Change, Direction, Entries, Event, Expectation, Flow, Handle, Lost, Report, Stats, diagnose
from ._errors import ConntrackError, ExistsError, LossError, NotFoundError, PermissionDeniedError
from ._flags import Status

__all__ = [
    "Change", "ConntrackError", "Direction", "Entries", "Event", "Events", "ExistsError", "Expectation", "Flow", "Handle",
    "LossError", "Lost", "Mirror", "NotFoundError", "PermissionDeniedError", "Report", "Stats", "Status", "count",
    "create", "delete", "diagnose", "events", "expectations", "flush", "get", "list", "stats", "update",
]


class _Asynchronous:
    """What subscriptions and mirrors do in asyncio and trio; `close()` ends the tasks that wait."""

    _taken = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        # While items wait, no wait lets other tasks run.
        self._taken = (self._taken + 1) % 64
        if self._taken == 0:
            await _waiting.pause()
        while True:
            item = self.poll()
            if item is not None:
                return item
            await self._wait()

    async def _readable(self, longest=None):
        await _waiting.readable(self.fileno, self.__dict__.setdefault("_wakers", set()), longest)

    def close(self):
        """Ends it; later calls, and those that wait, raise `ValueError`."""
        super().close()
        _waiting.wake(self.__dict__.get("_wakers", ()))

    def __exit__(self, *_error):
        self.close()


class Events(_Asynchronous, _conntrack.Events):
    """A subscription to events; made by `events()`.

    It is an iterator that waits, an asynchronous iterator for asyncio and trio, and, with `fileno()` and `poll()`, a part
    of any other event loop.
    """

    async def _wait(self):
        if self.may_have_more:
            await _waiting.pause()
        else:
            await self._readable()


class Mirror(_Asynchronous, _conntrack.Mirror):
    __doc__ = _conntrack.Mirror.__doc__

    async def _wait(self):
        longest = self.longest_wait
        if longest > 0:
            await self._readable(longest)
        else:
            await _waiting.pause()


def list(*, netns=None, table="conntrack", **conditions):
    """An iterator over the entries that meet all conditions; it never holds the whole table.

    `src` and `dst` are addresses or networks, `sport` and `dport` ports or a `range` of them; each may be a list or a set,
    of which one must match. `None` is no condition. `state` without `proto` is one of TCP. `mark` may be a pair of a
    number and a mask. `table` is "conntrack", "dying" or "unconfirmed".
    """
    with Handle(netns=netns) as handle:
        return handle.list(table=table, **conditions)


def get(flow=None, *, netns=None, **fields):
    """Looks an entry up by its original direction and its zone; raises `NotFoundError` where there is none."""
    with Handle(netns=netns) as handle:
        return handle.get(flow, **fields)


def create(flow=None, *, netns=None, exist_ok=False, **fields):
    """Makes an entry of a flow or of its fields; with `exist_ok`, changes one that exists. A timeout is needed. A flow of a
    list is translated again as its status says."""
    with Handle(netns=netns) as handle:
        handle.create(flow, exist_ok=exist_ok, **fields)


def update(flow, *, netns=None, **changes):
    """Changes the timeout, mark, status, state, labels or helper of an entry; an empty list of labels removes all."""
    with Handle(netns=netns) as handle:
        handle.update(flow, **changes)


def delete(flow=None, *, netns=None, dry_run=False, **conditions):
    """Deletes a flow, or all entries that meet all conditions; returns how many. With `dry_run` nothing is deleted.

    Without any condition, and with one that is `None`, the call is refused:

    >>> delete()
    Traceback (most recent call last):
    ValueError: delete() needs a condition: flush() deletes all entries
    >>> delete(src=None, dport=443)
    Traceback (most recent call last):
    TypeError: src is None: delete() takes no condition without a value
    """
    with Handle(netns=netns) as handle:
        return handle.delete(flow, dry_run=dry_run, **conditions)


def flush(*, netns=None):
    """Deletes all entries."""
    with Handle(netns=netns) as handle:
        handle.flush()


def count(*, netns=None, **conditions):
    """The number of entries, or of those that meet all conditions."""
    with Handle(netns=netns) as handle:
        return handle.count(**conditions)


def stats(*, netns=None):
    """The fill level of the table and the counters of the processors."""
    with Handle(netns=netns) as handle:
        return handle.stats()


def expectations(*, netns=None):
    """All expectations."""
    with Handle(netns=netns) as handle:
        return handle.expectations()


def events(kinds=("new", "update", "destroy"), *, netns=None, losses="raise", receive_buffer=None, reliable=False,
           **conditions):
    """Subscribes to events about flows that meet all conditions.

    `kinds` are among "new", "update", "destroy", "expect_new" and "expect_destroy". Events that are lost raise
    `LossError`, after which the iterator goes on, or, with `losses="yield"`, are an object `Lost` among the events. The
    receive buffer is large where none is asked for; only events that wait take memory. `reliable` delivers every end of a
    flow, and fills the table when the program does not read.

    >>> with events(["new"], dport=53) as subscription:
    ...     create(src="192.0.2.1", dst="192.0.2.2", proto="udp", sport=1, dport=53, timeout=30)
    ...     event = next(subscription)
    >>> event.kind, event.flow.dport
    ('new', 53)
    >>> flush()
    """
    return Events(kinds, netns=netns, losses=losses, receive_buffer=receive_buffer, reliable=reliable, **conditions)
