# SPDX-License-Identifier: GPL-2.0-or-later
"""The statements of docs/json.md, run by DuckDB on what the tool writes about real packets."""

import pathlib
import re
import signal
import socket
import subprocess

import pytest

import conntrack
from conftest import udp, wait_until

PACKETS, BYTES = 10, 100
# Ports that no other entry of this test has, and that no other program has here: the namespace is the test's own.
HERE, THERE = 4001, 4002
# What IPv4 and UDP add to a packet.
HEADERS = 28
RULES = "table inet t { chain c { type filter hook output priority 0; ct state new counter; }; }"
# The kernel counts, and no entry ends before the test deletes it.
SETTINGS = {"nf_conntrack_acct": "1", "nf_conntrack_udp_timeout": "600"}


@pytest.fixture
def tracked():
    """The kernel tracks and counts the packets of this namespace."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["nft", "-f", "-"], input=RULES, text=True, check=True)
    files = {pathlib.Path("/proc/sys/net/netfilter", name): value for name, value in SETTINGS.items()}
    before = {file: file.read_text() for file in files}
    for file, value in files.items():
        file.write_text(value)
    yield
    for file, value in before.items():
        file.write_text(value)
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
            there.bind(("127.0.0.1", THERE))
            here.bind(("127.0.0.1", HERE))
            for _ in range(PACKETS):
                here.sendto(bytes(BYTES), there.getsockname())
        wait_until(lambda: f'"sport":{HERE},' in events.read_text())
        (tmp_path / "list.json").write_text(tool("-L", "-o", "json"))
        assert conntrack.delete(src="127.0.0.1", sport=HERE) == 1
        wait_until(lambda: '"event":"destroy"' in events.read_text())
        follower.send_signal(signal.SIGINT)
        assert follower.wait() == 0
    return tmp_path


def test_duckdb_reads_the_lines(source, written):
    duckdb = pytest.importorskip("duckdb")
    text = (source / "docs/json.md").read_text()
    statements = [one for block in re.findall(r"```sql\n(.*?)```", text, re.S) for one in block.split(";") if one.strip()]
    assert len(statements) == 3
    entries, events, traffic = [
        duckdb.sql(re.sub(r"'(\w+\.json)'", rf"'{written}/\1'", one)).fetchall() for one in statements
    ]
    assert sorted(row[0] for row in entries) == ["127.0.0.1", "198.51.100.2"]
    assert all(row[2] == 1 for row in entries)
    assert {row[0]: row[1] for row in events} == {"new": 2, "destroy": 1}
    sent = PACKETS * (BYTES + HEADERS)
    assert next(row[2] for row in events if row[0] == "destroy") == sent
    # src, sport, dst, dport, sent, received, ended
    ended = [row for row in traffic if row[1] == HERE]
    assert [row[4:] for row in ended] == [(sent, 0, True)]
    assert [row[4:] for row in traffic if row[1] == 40000] == [(0, 0, False)]
