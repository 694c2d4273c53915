# SPDX-License-Identifier: GPL-2.0-or-later
"""The statements of docs/json.md, run by DuckDB on what the tool writes about real packets."""

import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest

import conntrack
from conftest import udp

PACKETS, BYTES = 10, 100
# What IPv4 and UDP add to a packet.
HEADERS = 28
RULES = "table inet t { chain c { type filter hook output priority 0; ct state new counter; }; }"
ACCOUNTING = pathlib.Path("/proc/sys/net/netfilter/nf_conntrack_acct")


def wait_until(holds):
    """Waits for what another process does."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


@pytest.fixture
def tracked():
    """The kernel tracks and counts the packets of this namespace."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["nft", "-f", "-"], input=RULES, text=True, check=True)
    before = ACCOUNTING.read_text()
    ACCOUNTING.write_text("1")
    yield
    ACCOUNTING.write_text(before)
    subprocess.run(["nft", "delete", "table", "inet", "t"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "down"], check=True)


@pytest.fixture
def written(tool, source, tmp_path, tracked):
    """A listing, and the events of a flow that sends packets and ends."""
    conntrack.create(**udp(1))
    events = tmp_path / "events.json"
    with open(events, "w") as out:
        program = [source / "stage/sbin/conntrack", "-E", "--resync", "-o", "json"]
        follower = subprocess.Popen(program, stdout=out, stderr=subprocess.DEVNULL)
        wait_until(lambda: '"event":"new"' in events.read_text())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
            there.bind(("127.0.0.1", 0))
            here.bind(("127.0.0.1", 0))
            port = here.getsockname()[1]
            for _ in range(PACKETS):
                here.sendto(bytes(BYTES), there.getsockname())
        wait_until(lambda: f'"sport":{port},' in events.read_text())
        (tmp_path / "list.json").write_text(tool("-L", "-o", "json"))
        assert conntrack.delete(src="127.0.0.1", sport=port) == 1
        wait_until(lambda: '"event":"destroy"' in events.read_text())
        follower.send_signal(signal.SIGINT)
        assert follower.wait() == 0
    return tmp_path, port


def test_duckdb_reads_the_lines(source, written):
    duckdb = pytest.importorskip("duckdb")
    folder, port = written
    text = (source / "docs/json.md").read_text()
    statements = [one for block in re.findall(r"```sql\n(.*?)```", text, re.S) for one in block.split(";") if one.strip()]
    assert len(statements) == 3
    entries, events, traffic = [
        duckdb.sql(re.sub(r"'(\w+\.json)'", rf"'{folder}/\1'", one)).fetchall() for one in statements
    ]
    assert sorted(row[0] for row in entries) == ["127.0.0.1", "198.51.100.2"]
    assert all(row[2] == 1 for row in entries)
    assert {row[0]: row[1] for row in events} == {"new": 2, "destroy": 1}
    sent = PACKETS * (BYTES + HEADERS)
    assert next(row[2] for row in events if row[0] == "destroy") == sent
    # src, sport, dst, dport, sent, received, ended
    ended = [row for row in traffic if row[1] == port]
    assert [row[4:] for row in ended] == [(sent, 0, True)]
    assert [row[4:] for row in traffic if row[1] == 40000] == [(0, 0, False)]
