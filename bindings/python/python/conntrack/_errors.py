# SPDX-License-Identifier: GPL-2.0-or-later
"""The exceptions, and the choice of one by the errno of the kernel or the system."""

import errno
import os


class ConntrackError(OSError):
    """A request failed, or the system refused a socket; `errno` has the number.

    >>> error = from_errno(errno.ENOENT, "cannot delete the entry: No such file or directory")
    >>> isinstance(error, OSError), error.errno == errno.ENOENT
    (True, True)
    """


class NotFoundError(ConntrackError, LookupError):
    """There is no such entry, or no such network namespace."""


class ExistsError(ConntrackError):
    """Such an entry exists already."""


class PermissionDeniedError(ConntrackError, PermissionError):
    """The process lacks CAP_NET_ADMIN in the network namespace, or CAP_SYS_ADMIN to enter it."""


class LossError(ConntrackError):
    """Events were lost; `count` is their number, at least. The iterator can be used further."""

    count: int = 0


_CLASSES = {
    errno.ENOENT: NotFoundError,
    errno.EEXIST: ExistsError,
    errno.EPERM: PermissionDeniedError,
    errno.EACCES: PermissionDeniedError,
}


def from_errno(number: int, text: str) -> ConntrackError:
    """The exception for a number."""
    return _CLASSES.get(number, ConntrackError)(number, text)


def from_loss(count: int) -> LossError:
    """The exception for lost events."""
    error = LossError(errno.ENOBUFS, f"{count} events were lost: {os.strerror(errno.ENOBUFS)}")
    error.count = count
    return error
