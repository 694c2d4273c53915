# SPDX-License-Identifier: GPL-2.0-or-later
"""Events and the mirror: as iterators, in asyncio and in trio, with losses, with signals, threads and forks."""

import asyncio
import functools
import ipaddress
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import WAITING, udp, wait_until

import conntrack


def received(subscription):
    """The events that wait."""
    items = []
    while (item := subscription.poll()) is not None:
        items.append(item)
    return items


def test_events_of_requests():
    with conntrack.events() as subscription:
        conntrack.create(**udp(1))
        conntrack.update(conntrack.get(**udp(1)), mark=7)
        conntrack.flush()
        events = [next(subscription) for _ in range(3)]
    assert [event.kind for event in events] == ["new", "update", "destroy"]
    assert events[0].flow.src == ipaddress.ip_address("10.0.0.1") and events[1].flow.mark == 7
    assert events[0].expectation is None and events[0].port_id > 0
    assert abs(events[0].time.timestamp() - time.time()) < 60 and events[0].time_ns > 0
    assert repr(events[0]).startswith("<Event new <Flow udp ")
    line = events[0].to_dict()
    assert list(line)[:2] == ["event", "time"] and line["event"] == "new"
    assert line["time"] == pytest.approx(events[0].time_ns / 1e9) and line["origin"] == {"port_id": events[0].port_id}
    assert json.loads(events[2].to_json()) == events[2].to_dict()


def test_kinds_and_conditions_select():
    with conntrack.events(["destroy"]) as ends, conntrack.events(dport=54) as other_port:
        conntrack.create(**udp(1))
        conntrack.create(**udp(1, dport=54))
        conntrack.flush()
        assert [event.kind for event in received(ends)] == ["destroy", "destroy"]
        assert [event.flow.dport for event in received(other_port)] == [54, 54]


def test_the_descriptor_shows_events():
    with conntrack.events(["new"]) as subscription:
        assert select.select([subscription], [], [], 0)[0] == []
        assert subscription.poll() is None
        conntrack.create(**udp(1))
        assert select.select([subscription], [], [], 60)[0] == [subscription]
        assert len(received(subscription)) == 1 and subscription.lost == 0
    for use in (subscription.fileno, subscription.poll, lambda: next(subscription), lambda: subscription.lost):
        with pytest.raises(ValueError, match="closed"):
            use()


def flood(number, room=None, first=0):
    """Makes entries. With a semaphore, each one only while there is room for its event."""
    with conntrack.Handle() as handle:
        for each in range(first, first + number):
            if room is not None:
                room.acquire()
            handle.create(**udp(each))


def test_losses_are_raised_or_yielded():
    with conntrack.events(["new"], receive_buffer=1) as raising, \
            conntrack.events(["new"], receive_buffer=1, losses="yield") as yielding:
        flood(300)
        seen, lost = 0, 0
        while seen + lost < 300:
            try:
                seen += next(raising).kind == "new"
            except conntrack.LossError as error:
                assert isinstance(error, OSError) and error.count > 0
                lost += error.count
        assert lost > 0 and seen + lost == 300 and raising.lost == lost
        items = received(yielding)
        losses = [item for item in items if item.kind == "lost"]
        assert losses and sum(loss.count for loss in losses) + len(items) - len(losses) == 300
        assert losses[0].to_dict()["event"] == "lost" and losses[0].to_dict()["count"] == losses[0].count
        assert losses[0].flow is None and losses[0].expectation is None


def test_what_is_lost_while_the_queue_empties_is_reported():
    with conntrack.events(["new"], receive_buffer=2_000_000, losses="yield") as subscription:
        flood(5000)
        items = [next(subscription)]  # a part of the queue is read now, and the kernel has reported the loss
        before = subscription.lost
        flood(100, first=5000)
        if subscription.lost == before > 0:
            pytest.skip("the queue is empty: a larger one needs CAP_NET_ADMIN in the first user namespace")
        assert before > 0 and subscription.lost == before + 100  # because the queue has not been empty
        items += received(subscription)
        losses = [item.count for item in items if item.kind == "lost"]
        assert sum(losses) == before + 100 and sum(losses) + len(items) - len(losses) == 5100


def test_no_event_of_a_flood_is_lost():
    with conntrack.events(["new"]) as subscription:
        room, sources = threading.Semaphore(WAITING), set()
        maker = threading.Thread(target=flood, args=(20000, room))
        maker.start()
        for _ in range(20000):
            sources.add(next(subscription).flow.src)
            room.release()
        maker.join()
        assert len(sources) == 20000 and subscription.lost == 0 and subscription.poll() is None


def test_asyncio():
    async def follow():
        seen = []
        with conntrack.events(["new", "destroy"]) as subscription:
            async def read(most):
                async for event in subscription:
                    seen.append(event.kind)
                    if len(seen) == most:
                        return

            reading = asyncio.create_task(read(4))
            other = asyncio.create_task(asyncio.sleep(0))
            await other
            conntrack.create(**udp(1))
            while not seen:
                await asyncio.sleep(0)
            conntrack.create(**udp(2))
            conntrack.flush()
            await asyncio.wait_for(reading, 60)
            # A task that waits can be cancelled, and the subscription can still be closed.
            waiting = asyncio.create_task(read(99))
            await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        return seen

    assert sorted(asyncio.run(follow())) == ["destroy", "destroy", "new", "new"]


def test_two_tasks_share_a_subscription():
    async def follow():
        with conntrack.events(["new"]) as subscription:
            tasks = [asyncio.create_task(subscription.__anext__()) for _ in range(2)]
            await asyncio.sleep(0.01)
            conntrack.create(**udp(1))
            conntrack.create(**udp(2))
            return {str(event.flow.src) for event in await asyncio.wait_for(asyncio.gather(*tasks), 60)}

    assert asyncio.run(follow()) == {"10.0.0.1", "10.0.0.2"}


def close_in_a_thread(followed):
    thread = threading.Thread(target=followed.close)
    thread.start()
    thread.join()


CLOSES = [lambda followed: followed.close(), lambda followed: followed.__exit__(None, None, None), close_in_a_thread]


@pytest.mark.parametrize("close", CLOSES)
@pytest.mark.parametrize("kind", [conntrack.events, conntrack.Mirror])
def test_closing_ends_the_tasks_of_asyncio(kind, close):
    async def follow():
        followed = kind()
        tasks = [asyncio.create_task(followed.__anext__()) for _ in range(2)]
        await asyncio.sleep(0.01)
        close(followed)
        return await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 60)

    errors = asyncio.run(follow())
    assert [str(error) for error in errors] == ["it is closed"] * 2 and all(type(error) is ValueError for error in errors)


@pytest.mark.parametrize("close", CLOSES)
@pytest.mark.parametrize("kind", [conntrack.events, conntrack.Mirror])
def test_closing_ends_the_tasks_of_trio(kind, close):
    trio = pytest.importorskip("trio")
    import trio.testing

    async def follow():
        followed, errors = kind(), []

        async def read():
            with pytest.raises(ValueError, match="closed") as error:
                await followed.__anext__()
            errors.append(error)

        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(read)
                nursery.start_soon(read)
                await trio.testing.wait_all_tasks_blocked()
                close(followed)
        return errors

    assert len(trio.run(follow)) == 2


@pytest.mark.parametrize("kind", [conntrack.events, conntrack.Mirror])
def test_other_tasks_run_while_items_wait(kind):
    async def follow():
        others = 0

        async def other():
            nonlocal others
            while True:
                others += 1
                await asyncio.sleep(0)

        with kind() as followed:
            flood(WAITING)
            task = asyncio.create_task(other())
            for _ in range(WAITING):
                await followed.__anext__()
            task.cancel()
        return others

    assert asyncio.run(follow()) >= WAITING // 64  # once in 64 items


def test_trio():
    trio = pytest.importorskip("trio")

    async def follow():
        kinds = []
        with conntrack.events(["new"]) as subscription:
            async with trio.open_nursery() as nursery:
                async def read():
                    async for event in subscription:
                        kinds.append(event.kind)
                        if len(kinds) == 2:
                            return

                nursery.start_soon(read)
                await trio.testing.wait_all_tasks_blocked()
                conntrack.create(**udp(1))
                conntrack.create(**udp(2))
        return kinds

    import trio.testing
    assert trio.run(follow) == ["new", "new"]


def test_the_mirror_follows_the_table(entries_with_events):
    entries_with_events("all")
    for number in range(5):
        conntrack.create(**udp(number))
    with conntrack.Mirror() as mirror:
        changes = [next(mirror) for _ in range(5)]
        assert {(change.kind, change.found) for change in changes} == {("new", True)} and len(mirror) == 5
        while mirror.is_behind:
            mirror.poll()
        conntrack.delete(src="10.0.0.3")
        change = next(mirror)
        assert (change.kind, change.found, str(change.flow.src)) == ("destroy", False, "10.0.0.3")
        assert len(mirror) == 4 and mirror.lost == 0 and mirror.rescans == 1 and mirror
        mirror.rescan()
        while mirror.is_behind:
            assert mirror.poll() is None
        assert mirror.rescans == 2 and mirror.longest_wait > 0
        assert repr(change).startswith("<Change destroy ")
    with pytest.raises(ValueError, match="closed"):
        mirror.poll()


def test_the_mirror_finds_the_end_of_an_entry_without_events(entries_with_events):
    entries_with_events("none")
    conntrack.create(**udp(1))
    with conntrack.Mirror() as mirror:
        assert next(mirror).found
        conntrack.delete(src="10.0.0.1")
        mirror.rescan()
        change = next(mirror)
        assert (change.kind, change.found, len(mirror)) == ("destroy", True, 0)


def test_the_mirror_follows_the_table_despite_losses():
    with conntrack.Mirror(receive_buffer=1) as mirror:
        flood(500)
        known = set()
        while len(known) < 500:
            change = next(mirror)
            known.add(change.flow.src) if change.kind == "new" else known.discard(change.flow.src)
        assert mirror.lost > 0 and len(mirror) == 500


def test_the_mirror_in_asyncio():
    async def follow():
        with conntrack.Mirror() as mirror:
            reading = asyncio.create_task(mirror.__anext__())
            await asyncio.sleep(0.01)
            conntrack.create(**udp(1))
            return await asyncio.wait_for(reading, 60)

    assert asyncio.run(follow()).kind == "new"


def test_events_of_another_namespace(other_namespace):
    with conntrack.events(netns=other_namespace) as subscription, conntrack.Mirror(netns=other_namespace) as mirror:
        conntrack.create(**udp(1))
        conntrack.create(**udp(2), netns=other_namespace)
        assert str(next(subscription).flow.src) == "10.0.0.2" and subscription.poll() is None
        assert str(next(mirror).flow.src) == "10.0.0.2"


INTERRUPTED = """
import conntrack, sys
waits = {
    "events": lambda: next(conntrack.events()),
    "mirror": lambda: next(conntrack.Mirror()),
    "diagnose": lambda: conntrack.diagnose(interval=3600),
}
try:
    print("ready", flush=True)
    waits[sys.argv[1]]()
except KeyboardInterrupt:
    print("interrupted", flush=True)
    import os; os._exit(0)
"""


def started(*words):
    """A program on which Ctrl-C has its usual effect: where the tests run in the background of a shell, it is ignored."""
    usual = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen([sys.executable, "-c", *words], stdout=subprocess.PIPE, text=True, preexec_fn=usual)


def is_interrupted(process):
    """Sends what Ctrl-C sends; whether the program then says so and ends."""
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=60)[0] == "interrupted\n" and process.returncode == 0
    finally:
        process.kill()


@pytest.mark.parametrize("wait", ["events", "mirror", "diagnose"])
def test_ctrl_c_ends_everything_that_waits(wait):
    process = started(INTERRUPTED, wait)
    assert process.stdout.readline() == "ready\n"
    wait_until(lambda: waits(process.pid))
    assert is_interrupted(process)


def waits(pid):
    """Whether the process sleeps in a call."""
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "S"


def test_ctrl_c_ends_a_list_and_an_asyncio_loop():
    script = """
import asyncio, conntrack
async def follow():
    print("ready", flush=True)
    async for event in conntrack.events():
        pass
try:
    asyncio.run(follow())
except KeyboardInterrupt:
    print("interrupted")
"""
    process = started(script)
    assert process.stdout.readline() == "ready\n"
    assert is_interrupted(process)


def test_threads_run_while_one_waits():
    with conntrack.events(["new"]) as subscription:
        found = []
        waiter = threading.Thread(target=lambda: found.append(next(subscription)))
        waiter.start()
        conntrack.create(**udp(1))
        waiter.join(60)
        assert not waiter.is_alive() and found[0].kind == "new"
        # Closing ends a thread that waits.
        errors = []

        def wait():
            try:
                next(subscription)
            except ValueError as error:
                errors.append(error)

        waiter = threading.Thread(target=wait)
        waiter.start()
        subscription.close()
        waiter.join(60)
        assert not waiter.is_alive() and "closed" in str(errors[0])


def test_threads_share_a_handle_and_a_list():
    with conntrack.Handle() as handle:
        def work(part):
            for number in range(200):
                handle.create(**udp(part * 1000 + number))

        threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert handle.count() == 800
        entries, seen = handle.list(), []
        threads = [threading.Thread(target=lambda: seen.extend(flow.src for flow in entries)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 800 == len(set(seen))


def test_a_list_is_open_while_another_thread_reads():
    flood(3000)
    for _ in range(50):
        entries = conntrack.list()
        reader = threading.Thread(target=sum, args=((1 for _ in entries),))
        reader.start()
        while reader.is_alive():
            assert entries.__enter__() is entries
        reader.join()


def test_a_child_of_a_fork_is_refused_and_harms_nothing():
    for number in range(3000):
        conntrack.create(**udp(number))
    handle, entries = conntrack.Handle(), conntrack.list()
    subscription, mirror = conntrack.events(), conntrack.Mirror()
    read = sum(1 for _ in zip(range(600), entries))
    child = os.fork()
    if child == 0:
        uses = [handle.count, lambda: next(entries), entries.__enter__, subscription.poll, lambda: next(mirror),
                subscription.fileno]
        told = 0
        for use in uses:
            try:
                use()
            except RuntimeError as error:
                told += "before a fork" in str(error)
            except BaseException:
                pass
        handle.close()
        good = told == len(uses) and conntrack.count() == 3000
        del handle, entries, subscription, mirror
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert read + sum(1 for _ in entries) == 3000 and handle.count() == 3000
    conntrack.create(**udp(5000))
    assert next(subscription).kind == "new"


def test_a_child_that_ends_as_python_does_leaves_the_parents_list():
    for number in range(3000):
        conntrack.create(**udp(number))
    script = """
import conntrack, os, sys
entries = conntrack.list()
next(entries)
child = os.fork()
if child == 0:
    sys.exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert 1 + sum(1 for _ in entries) == 3000
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
