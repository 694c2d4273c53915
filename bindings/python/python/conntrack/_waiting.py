# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting for a descriptor in asyncio and in trio."""

import asyncio
import os
import sys
from typing import Callable, Optional, Set

Wakers = Set[Callable[[], None]]
"""The functions that end the waits for a descriptor; any thread may call them."""


def _library() -> str:
    """The running event loop's library. Without sniffio no other library than asyncio runs."""
    sniffio = sys.modules.get("sniffio")
    if sniffio is None:
        return "asyncio"
    try:
        return str(sniffio.current_async_library())
    except sniffio.AsyncLibraryNotFoundError:
        return "asyncio"


def wake(wakers: Wakers) -> None:
    """Ends all waits."""
    for waker in tuple(wakers):
        try:
            waker()
        except RuntimeError:  # its event loop has ended
            pass


async def readable(fileno: Callable[[], int], wakers: Wakers, longest: Optional[float] = None) -> None:
    """Waits until a descriptor is readable or a waker is called, at most for `longest` seconds.

    Each call waits for a duplicate: an event loop knows a descriptor once only, and several tasks may wait for the same
    socket. `fileno` is called after the waker is there: what is closed before raises, what is closed later wakes.
    """
    wait = _readable_in_trio if _library() == "trio" else _readable_in_asyncio
    await wait(fileno, wakers, longest)


async def _readable_in_trio(fileno: Callable[[], int], wakers: Wakers, longest: Optional[float]) -> None:
    trio = sys.modules["trio"]
    token = trio.lowlevel.current_trio_token()
    with trio.move_on_after(float("inf") if longest is None else longest) as scope:
        def waker() -> None:
            token.run_sync_soon(scope.cancel)

        wakers.add(waker)
        try:
            number = os.dup(fileno())
            try:
                await trio.lowlevel.wait_readable(number)
            finally:
                os.close(number)
        finally:
            wakers.discard(waker)


async def _readable_in_asyncio(fileno: Callable[[], int], wakers: Wakers, longest: Optional[float]) -> None:
    loop = asyncio.get_running_loop()
    is_ready = asyncio.Event()

    def waker() -> None:
        loop.call_soon_threadsafe(is_ready.set)

    wakers.add(waker)
    try:
        number = os.dup(fileno())
        loop.add_reader(number, is_ready.set)
        try:
            await asyncio.wait_for(is_ready.wait(), longest)
        except asyncio.TimeoutError:
            pass
        finally:
            loop.remove_reader(number)
            os.close(number)
    finally:
        wakers.discard(waker)


async def pause() -> None:
    """Lets other tasks run."""
    if _library() == "trio":
        await sys.modules["trio"].lowlevel.checkpoint()
    else:
        await asyncio.sleep(0)
