# SPDX-License-Identifier: GPL-2.0-or-later
"""What all tests share: an empty table before each test, another namespace, and the counts in the words of `make test`.

The tests run in a network namespace of their own (scripts/bindings-python.sh); outside of one they refuse to run.
"""

import os
import pathlib
import subprocess
import time

import pytest

import conntrack


def pytest_configure(config):
    config.addinivalue_line("markers", "needs(program): skipped where the program or file is missing")
    # A fresh namespace can have more interfaces than lo: the kernel's modules for tunnels add one each. None of them is up.
    up = subprocess.run(["ip", "-o", "link", "show", "up"], check=True, capture_output=True, text=True).stdout
    if up:
        raise pytest.UsageError(f"run scripts/bindings-python.sh test: this namespace is not a temporary one: it has {up}")


def pytest_terminal_summary(terminalreporter):
    counts = [len(terminalreporter.stats.get(name, [])) for name in ("passed", "failed", "skipped")]
    counts[1] += len(terminalreporter.stats.get("error", []))
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(f"SKIP {report.nodeid}: {report.longrepr[-1]}")
    terminalreporter.write_line("python: {} passed, {} failed, {} skipped".format(*counts))


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter.stats.get("skipped"):
        session.exitstatus = 1


def wait_until(holds):
    """Waits for what another process or the kernel does; two minutes are a hang on any machine."""
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def empty_table():
    conntrack.flush()
    # Before Linux 6.17 a list that has ended early keeps its last entry until the kernel has freed the list's socket.
    wait_until(lambda: conntrack.count() == 0)
    yield
    conntrack.flush()


@pytest.fixture
def source():
    """The checkout, for what stands next to the package."""
    path = os.environ.get("CONNTRACK_SOURCE")
    if not path:
        pytest.skip("CONNTRACK_SOURCE does not name the checkout")
    return pathlib.Path(path)


@pytest.fixture
def tool(source):
    """The command conntrack of the stage; returns a function that runs it."""
    program = source / "stage/sbin/conntrack"
    if not program.exists():
        pytest.skip("make stage has not been run")

    def run(*words):
        return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout

    return run


@pytest.fixture
def other_namespace():
    """Another network namespace: the path of its file. It ends with the test."""
    # Each entry there has events, as here (scripts/in-namespace.sh says why).
    script = "echo 1 >/proc/sys/net/netfilter/nf_conntrack_events; echo; exec cat"
    keeper = subprocess.Popen(["unshare", "--net", "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    keeper.stdout.readline()
    yield keeper.pid
    keeper.stdin.close()
    keeper.stdout.close()
    keeper.wait()


@pytest.fixture
def entries_with_events():
    """A function that sets which new entries of this namespace have events: "all" or "none". As Linux is set up, those have
    that are created while a program listens, anywhere on the machine."""
    setting = pathlib.Path("/proc/sys/net/netfilter/nf_conntrack_events")
    before = setting.read_text()
    yield lambda entries: setting.write_text({"none": "0", "all": "1"}[entries])
    setting.write_text(before)


WAITING = 2 * 212992 // 1280
"""How many events can wait in the smallest queue. An event takes 1280 bytes of it; a program without CAP_NET_ADMIN in the first
user namespace gets net.core.rmem_max, which is 212992 on a machine as it is set up, and the kernel doubles it."""


@pytest.fixture
def left():
    """A function that says whether a number of seconds is what is left of a timeout that was set in this test."""
    begun = time.monotonic()

    def is_left(seconds, of):
        # The kernel rounds down.
        return of - (time.monotonic() - begun) - 1 <= seconds <= of

    return is_left


def udp(number, **fields):
    """The fields of a flow; each number gives another one."""
    defaults = {
        "src": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", "dst": "198.51.100.2", "proto": "udp",
        "sport": 40000, "dport": 53, "timeout": 600,
    }
    return {**defaults, **fields}
