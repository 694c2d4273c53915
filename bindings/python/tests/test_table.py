# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests: what is listed, made, changed and deleted, and what is refused before anything is sent."""

import collections
import ctypes
import enum
import errno
import ipaddress
import itertools
import json
import os
import re
import subprocess
import sys
import threading

import pytest
from conftest import udp

import conntrack

TCP = {"src": "192.0.2.1", "dst": "198.51.100.2", "proto": "tcp", "sport": 40000, "dport": 443, "timeout": 600,
       "state": "ESTABLISHED"}
TCP6 = {**TCP, "src": "2001:db8::1", "dst": "2001:db8::2"}
PING = {"src": "192.0.2.1", "dst": "192.0.2.9", "proto": "icmp", "icmp_type": 8, "icmp_id": 77, "timeout": 30}


def sources(**conditions):
    return sorted(str(flow.src) for flow in conntrack.list(**conditions))


def test_a_flow_has_python_values(left):
    conntrack.create(**TCP, mark=7, zone=3, source_nat=("203.0.113.7", 5000))
    [flow] = conntrack.list()
    assert flow.src == ipaddress.IPv4Address("192.0.2.1") and flow.dst == ipaddress.ip_address("198.51.100.2")
    assert (flow.sport, flow.dport, flow.proto, flow.proto_number, flow.family) == (40000, 443, "tcp", 6, "ipv4")
    assert (flow.state, flow.mark, flow.zone, flow.use) == ("ESTABLISHED", 7, 3, 1)
    assert left(flow.timeout, of=600) and flow.id > 0
    assert flow.status & conntrack.Status.CONFIRMED and isinstance(flow.status, conntrack.Status)
    assert flow.reply.dst == ipaddress.ip_address("203.0.113.7") and flow.reply.dport == 5000
    assert flow.source_nat == (ipaddress.ip_address("203.0.113.7"), 5000) and flow.destination_nat is None
    assert flow.orig.src == flow.src and flow.orig.sport == flow.sport and flow.master is None
    assert (flow.helper, flow.secctx, flow.icmp_type, flow.stop) == (None, None, None, None)
    assert str(flow).startswith("tcp") and repr(flow).startswith("<Flow tcp 6 ")
    assert repr(flow.reply) == "<Direction 198.51.100.2 port 443 to 203.0.113.7 port 5000>"


def test_families_and_protocols():
    conntrack.create(**TCP6)
    conntrack.create(**PING)
    [flow] = conntrack.list(family=6)
    assert flow.src == ipaddress.IPv6Address("2001:db8::1") and flow.family == "ipv6"
    [ping] = conntrack.list(proto="icmp")
    assert (ping.icmp_type, ping.icmp_code, ping.icmp_id, ping.sport, ping.dport) == (8, 0, 77, None, None)
    assert sources(icmp_id=77) == ["192.0.2.1"] and sources(icmp_type=0) == []
    assert conntrack.get(**{key: PING[key] for key in PING if key != "timeout"}).icmp_id == 77


def test_times(source):
    with open("/proc/sys/net/netfilter/nf_conntrack_timestamp", "w") as setting:
        setting.write("1")
    with open("/proc/sys/net/netfilter/nf_conntrack_acct", "w") as setting:
        setting.write("1")
    conntrack.create(**TCP)
    [flow] = conntrack.list()
    assert flow.start.tzinfo is not None and abs(flow.start.timestamp() - flow.start_ns / 1e9) < 1e-5
    assert flow.to_dict()["start_time"] == pytest.approx(flow.start_ns / 1e9)
    assert (flow.orig.packets, flow.orig.bytes, flow.reply.packets) == (0, 0, 0)


def test_conditions_select():
    conntrack.create(**TCP, mark=0x17)
    conntrack.create(**TCP6, mark=0x27)
    for number in range(3):
        conntrack.create(**udp(number))
    assert sources(src="10.0.0.0/31") == ["10.0.0.0", "10.0.0.1"]
    assert sources(src=["10.0.0.0", "10.0.0.2"]) == ["10.0.0.0", "10.0.0.2"]
    assert sources(src=ipaddress.ip_network("10.0.0.2/32"), dst=ipaddress.ip_address("198.51.100.2")) == ["10.0.0.2"]
    assert sources(dport=range(443, 444)) == sources(dport=443) == sources(dport=[443, range(1, 3)])
    assert sources(dport=range(443, 443 + 1), family="ipv6") == ["2001:db8::1"]
    assert sources(mark=(0x10, 0xF0)) == ["192.0.2.1"] and sources(mark=0x27) == ["2001:db8::1"]
    assert sources(state="established", family=4) == ["192.0.2.1"] and sources(state="CLOSE") == []
    assert sources(proto=17, timeout=range(500, 601)) == ["10.0.0.0", "10.0.0.1", "10.0.0.2"]
    assert sources(reply_src="198.51.100.2", reply_sport=443) == ["192.0.2.1"]
    assert sources(status=conntrack.Status.CONFIRMED, proto="tcp", family=4) == ["192.0.2.1"]
    assert sources(zone=1) == [] and sources(nat="any") == []
    assert conntrack.count() == 5 and conntrack.count(proto="udp") == 3 and conntrack.count(dport=1) == 0
    [flow] = conntrack.list(mark=0x27)
    assert [found.id for found in conntrack.list(id=flow.id)] == [flow.id]


def test_translations_are_selected():
    conntrack.create(**TCP, source_nat="203.0.113.7")
    conntrack.create(**udp(1, destination_nat=("203.0.113.8", 5353)))
    assert sources(nat="source") == ["192.0.2.1"] and sources(nat="destination") == ["10.0.0.1"]
    assert sources(nat="source", nat_address="203.0.113.7") == ["192.0.2.1"]
    assert sources(nat_address="203.0.113.8") == ["10.0.0.1"] and len(sources(nat="any")) == 2


def test_a_listed_flow_is_created_again_with_its_translations():
    conntrack.create(**TCP, source_nat=("203.0.113.7", 5000))
    conntrack.create(**udp(1, destination_nat=("203.0.113.8", 5353)))
    before = {flow.proto: flow for flow in conntrack.list()}
    conntrack.flush()
    for flow in before.values():
        conntrack.create(flow)
    for flow in conntrack.list():
        assert flow.source_nat == before[flow.proto].source_nat and str(flow.reply) == str(before[flow.proto].reply)
        assert flow.destination_nat == before[flow.proto].destination_nat and flow.status == before[flow.proto].status
    assert len(sources(nat="any")) == 2


def test_create_get_update_delete(left):
    flow = conntrack.Flow(**TCP)
    conntrack.create(flow)
    with pytest.raises(conntrack.ExistsError) as refused:
        conntrack.create(flow)
    assert refused.value.errno == errno.EEXIST and "cannot create the entry" in str(refused.value)
    conntrack.create(flow, exist_ok=True)
    found = conntrack.get(flow)
    assert found.mark in (None, 0)
    conntrack.update(found, mark=9, timeout=300, state="TIME_WAIT", status=found.status | conntrack.Status.ASSURED)
    found = conntrack.get(flow)
    assert (found.mark, found.state) == (9, "TIME_WAIT") and left(found.timeout, of=300)
    assert found.status & conntrack.Status.ASSURED
    assert conntrack.delete(found, dry_run=True) == 1 and conntrack.count() == 1
    assert conntrack.delete(found) == 1 and conntrack.count() == 0
    for request in (conntrack.get, conntrack.delete):
        with pytest.raises(conntrack.NotFoundError):
            request(found)
    with pytest.raises(conntrack.NotFoundError):
        conntrack.update(found, mark=1)


def replaced():
    """A flow, and the one that took its place. The id is made of the place in memory, which others take meanwhile."""
    for attempt in range(1000):
        conntrack.create(**TCP)
        [first] = conntrack.list(proto="tcp")
        conntrack.delete(first)
        for number in range(50):
            conntrack.create(**udp(attempt * 50 + number))
        conntrack.create(**{**TCP, "mark": 5})
        [second] = conntrack.list(proto="tcp")
        if first.id != second.id:
            return first, second
        conntrack.delete(second)
    raise AssertionError("all ids are the same")


def test_an_id_stands_for_one_entry_only():
    first, second = replaced()
    uses = [lambda: conntrack.update(first, mark=9), lambda: conntrack.delete(first),
            lambda: conntrack.delete(first, dry_run=True)]
    for use in uses:
        with pytest.raises(conntrack.NotFoundError):
            use()
    assert conntrack.get(second).mark == 5
    conntrack.update(second, mark=6)
    assert conntrack.get(first).mark == 6 and conntrack.delete(second, dry_run=True) == 1 == conntrack.delete(second)


def test_delete_by_conditions():
    for number in range(700):
        conntrack.create(**udp(number, mark=number % 2))
    assert conntrack.delete(mark=1, dry_run=True) == 350 and conntrack.count() == 700
    assert conntrack.delete(mark=1) == 350 and conntrack.count() == 350 and conntrack.count(mark=1) == 0
    with pytest.raises(ValueError, match="flush"):
        conntrack.delete()
    assert conntrack.count() == 350
    conntrack.flush()
    assert conntrack.count() == 0


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_deletion_is_never_wider_than_meant(dry_run):
    """A value that a program failed to find out, and texts that can mean a host, a network or something else."""
    conntrack.create(**TCP)
    for name in conntrack._conntrack._CONDITIONS:
        with pytest.raises(TypeError, match=f"{name} is None"):
            conntrack.delete(**{"proto": "tcp", name: None}, dry_run=dry_run)
    with conntrack.Handle() as handle:
        with pytest.raises(TypeError, match="src is None"):
            handle.delete(src=None, dport=443, dry_run=dry_run)
    for text in ("192.0.2.1/24", "192.0.2.1/0", "192.0.2.1/255.255.255.0", "2001:db8::1/32", "::1/0"):
        with pytest.raises(ValueError, match="src: .* in a network"):
            conntrack.delete(src=text, dry_run=dry_run)
    for text in ("192.0.2.0/0.0.0.255", "192.0.2.1/255.0.255.255", "::/::1", "192.0.2.0/0.255.255.255"):
        with pytest.raises(ValueError, match="src: .* mask"):
            conntrack.delete(src=["192.0.2.1", text] if "." in text else text, dry_run=dry_run)
    assert conntrack.count() == 1 == conntrack.count(sport=None)
    for text in ("192.0.2.1/32", "192.0.2.0/255.255.255.0", "192.0.2.0/24", "0.0.0.0/0", "0.0.0.0/0.0.0.0"):
        assert conntrack.delete(src=text, dry_run=True) == 1
    assert conntrack.count(src="::/0") == conntrack.count(src="2001:db8::/ffff:ffff::") == 0


class Printed(ipaddress.IPv4Address):
    def __str__(self):
        return "203.0.113.1"


class PrintedNetwork(ipaddress.IPv4Network):
    def __str__(self):
        return "0.0.0.0/0"


def test_an_address_is_its_number_whatever_it_prints():
    conntrack.create(**{**TCP, "src": Printed("192.0.2.1")})
    assert sources(src=Printed("192.0.2.1")) == ["192.0.2.1"] == sources(src=PrintedNetwork("192.0.2.0/24"))
    assert conntrack.delete(src=PrintedNetwork("10.0.0.0/8")) == 0 == conntrack.delete(src=Printed("203.0.113.1"))


def test_a_list_is_streamed():
    for number in range(2000):
        conntrack.create(**udp(number))
    entries = conntrack.list()
    first = next(entries)
    assert first.proto == "udp"
    others = {flow.src for flow in entries}
    assert len(others) == 1999 and first.src not in others
    with pytest.raises(StopIteration):
        next(entries)
    with conntrack.list() as entries:
        next(entries)
    with pytest.raises(ValueError, match="closed"):
        next(entries)


def test_dictionaries_are_those_of_the_tool(tool):
    conntrack.create(**TCP, mark=7, zone=3, source_nat=("203.0.113.7", 5000))
    conntrack.create(**TCP6)
    conntrack.create(**PING)
    conntrack.create(**udp(1, proto=99, sport=None, dport=None))

    def comparable(objects):
        passing = {"timeout_secs", "duration_secs"}
        objects = [{key: key in passing or value for key, value in entry.items()} for entry in objects]
        return sorted(objects, key=lambda entry: entry["id"])

    theirs = [json.loads(line) for line in tool("-L", "-o", "json").splitlines()]
    ours = [flow.to_dict() for flow in conntrack.list()]
    assert len(ours) == 4 and comparable(ours) == comparable(theirs)
    assert [list(entry) for entry in comparable(ours)] == [list(entry) for entry in comparable(theirs)]
    assert comparable([json.loads(flow.to_json()) for flow in conntrack.list()]) == comparable(ours)


def test_statistics():
    conntrack.create(**TCP)
    stats = conntrack.stats()
    assert stats.entries == 1 and stats.max_entries > 0 and "1 of" in repr(stats)
    assert stats.cpus and all({"cpu", "found", "drop"} <= counters.keys() for counters in stats.cpus)
    assert [counters["cpu"] for counters in stats.expectation_cpus] == [counters["cpu"] for counters in stats.cpus]
    assert conntrack.expectations() == []


def test_expectations(tool):
    conntrack.create(**{**TCP, "dport": 21, "helper": "ftp"})
    tool("-I", "expect", "-s", "192.0.2.1", "-d", "198.51.100.2", "-p", "tcp", "--sport", "40000", "--dport", "21",
         "--tuple-src", "198.51.100.2", "--tuple-dst", "192.0.2.1", "--tuple-port-src", "0", "--tuple-port-dst", "1234",
         "--mask-src", "255.255.255.255", "--mask-dst", "255.255.255.255", "--mask-port-src", "0",
         "--mask-port-dst", "65535", "-t", "60")
    [expectation] = conntrack.expectations()
    assert expectation.expected.dport == 1234 and expectation.master.dport == 21 and 0 < expectation.timeout <= 300
    theirs = json.loads(tool("-L", "expect", "-o", "json"))
    assert {**expectation.to_dict(), "timeout_secs": 0} == {**theirs, "timeout_secs": 0}


def test_another_namespace(other_namespace):
    paths = [other_namespace, f"/proc/{other_namespace}/ns/net"]
    for netns in paths:
        conntrack.create(**TCP, netns=netns)
        assert conntrack.count() == 0 and conntrack.count(netns=netns) == 1
        assert [flow.dport for flow in conntrack.list(netns=netns, dport=443)] == [443]
        with conntrack.Handle(netns=netns) as handle:
            assert handle.delete(proto="tcp") == 1
    assert conntrack.diagnose(netns=other_namespace, interval=0).to_dict()["table"]["entries"] == 0


def test_a_handle_stays_in_its_namespace(other_namespace):
    """The lists of a handle, too, wherever the calling thread is by then."""
    handles = []

    def make():
        with open(f"/proc/{other_namespace}/ns/net") as file:
            assert ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0) == 0
        handles.append(conntrack.Handle())

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    [handle] = handles
    conntrack.create(**TCP)
    handle.create(**udp(1))
    assert [flow.proto for flow in handle.list()] == ["udp"]
    assert (handle.count(), handle.count(family=4), handle.count(proto="tcp")) == (1, 1, 0)
    assert handle.delete(family=4) == 1 and handle.count() == 0 and conntrack.count() == 1


def test_a_handle_needs_no_process_in_its_namespace():
    keeper = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    keeper.stdout.readline()
    handle = conntrack.Handle(netns=keeper.pid)
    handle.create(**TCP)
    keeper.communicate()
    assert [flow.dport for flow in handle.list()] == [443] and handle.delete(dport=443) == 1
    with pytest.raises(conntrack.NotFoundError, match=f"/proc/{keeper.pid}/ns/net"):
        conntrack.Handle(netns=keeper.pid)


@pytest.mark.parametrize("function", ["list", "count", "flush", "events", "Mirror", "diagnose", "Handle"])
def test_an_error_names_the_namespace(function):
    with pytest.raises(conntrack.NotFoundError, match="no-such-namespace") as refused:
        getattr(conntrack, function)(netns="no-such-namespace")
    assert refused.value.errno == errno.ENOENT


def test_diagnosis():
    report = conntrack.diagnose(interval=0)
    found = report.to_dict()
    assert found["verdict"] == report.verdict and found["findings"] == report.findings
    assert str(report) and report.verdict in repr(report)
    with pytest.raises(ValueError):
        conntrack.diagnose(interval=-1)


BAD = [
    (ValueError, "list", {"src": "192.0.2.1", "dst": "2001:db8::1"}),
    (ValueError, "list", {"src": ["192.0.2.1", "2001:db8::1"]}),
    (ValueError, "list", {"src": "192.0.2.1", "family": 6}),
    (ValueError, "list", {"src": "192.0.2.1", "nat_address": "2001:db8::1"}),
    (ValueError, "list", {"src": "not an address"}),
    (ValueError, "list", {"src": "192.0.2.1/33"}),
    (ValueError, "list", {"src": "192.0.2.1/+8"}),
    (ValueError, "list", {"src": "192.0.2.1/ffff::"}),
    (TypeError, "list", {"src": 3221225985}),
    (TypeError, "list", {"src": b"192.0.2.1"}),
    (ValueError, "list", {"src": []}),
    (ValueError, "list", {"dport": 65536}),
    (ValueError, "list", {"dport": -1}),
    (TypeError, "list", {"dport": "53"}),
    (TypeError, "list", {"dport": 53.0}),
    (TypeError, "list", {"dport": True}),
    (ValueError, "list", {"dport": range(5, 5)}),
    (ValueError, "list", {"dport": range(0, 10, 2)}),
    (ValueError, "list", {"dport": range(0, 70000)}),
    (ValueError, "list", {"proto": "tpc"}),
    (ValueError, "list", {"proto": 256}),
    (ValueError, "list", {"state": "ESTABLISHD"}),
    (ValueError, "list", {"proto": "udp", "state": "ESTABLISHED"}),
    (ValueError, "list", {"mark": (1, 0)}),
    (ValueError, "list", {"mark": (2, 1)}),
    (ValueError, "list", {"mark": 1 << 32}),
    (ValueError, "list", {"status": 0}),
    (ValueError, "list", {"zone": 65536}),
    (ValueError, "list", {"labels": 128}),
    (ValueError, "list", {"table": "expect"}),
    (ValueError, "list", {"nat": "sauce"}),
    (ValueError, "list", {"state": "\ud800"}),
    (ValueError, "list", {"timeout": range(10**50)}),
    (ValueError, "list", {"dport": 10**5000}),
    (ValueError, "list", {"dport": range(10**5000)}),
    (TypeError, "list", {"dport": b"50"}),
    (TypeError, "list", {"dport": memoryview(b"50")}),
    (TypeError, "list", {"labels": memoryview(b"50")}),
    (TypeError, "list", {"src": range(1, 2)}),
    (TypeError, "list", {"src": {"192.0.2.1": 1}}),
    (ValueError, "list", {"labels": []}),
    (ValueError, "list", {"labels": range(10**9)}),
    (ValueError, "list", {"labels": range(10**50)}),
    (TypeError, "delete", {"src": ipaddress.ip_interface("192.0.2.1/24")}),
    (TypeError, "create", {**TCP, "src": ipaddress.ip_interface("192.0.2.1/24")}),
    (ValueError, "create", {**TCP, "helper": "\ud800"}),
    (ValueError, "count", {"netns": "\ud800"}),
    (ValueError, "count", {"netns": "/\ud800"}),
    (ValueError, "diagnose", {"interval": 10**400}),
    (ValueError, "diagnose", {"interval": float("nan")}),
    (TypeError, "list", {"port": 53}),
    (TypeError, "list", {"netns": 1.5}),
    (ValueError, "list", {"netns": "."}),
    (conntrack.NotFoundError, "list", {"netns": "no-such-namespace"}),
    (conntrack.NotFoundError, "events", {"netns": "no-such-namespace"}),
    (conntrack.NotFoundError, "diagnose", {"netns": "/no/such/file"}),
    (conntrack.ConntrackError, "count", {"netns": "/etc/passwd"}),
    (ValueError, "delete", {"src": "192.0.2.1", "dst": "2001:db8::1"}),
    (TypeError, "delete", {"sources": "192.0.2.1"}),
    (TypeError, "delete", {"flow": "192.0.2.1"}),
    (TypeError, "create", {"flow": "192.0.2.1"}),
    (ValueError, "create", {**TCP, "dst": "2001:db8::1"}),
    (ValueError, "create", {**TCP, "dst": "198.51.100.0/24"}),
    (ValueError, "create", {**TCP, "sport": None}),
    (ValueError, "create", {**TCP, "proto": None}),
    (ValueError, "create", {**TCP, "proto": 99}),
    (ValueError, "create", {**TCP, "src": None}),
    (ValueError, "create", {**TCP, "source_nat": "2001:db8::1"}),
    (ValueError, "create", {**TCP, "source_nat": ("203.0.113.7", 65536)}),
    (ValueError, "create", {**TCP, "reply_src": "2001:db8::1", "reply_dst": "2001:db8::2"}),
    (ValueError, "create", {**TCP, "icmp_type": 8}),
    (ValueError, "create", {**TCP, "timeout": 1 << 32}),
    (ValueError, "create", {**TCP, "helper": "a name that is too long"}),
    (ValueError, "create", {**PING, "icmp_id": None}),
    (ValueError, "create", {**PING, "sport": 1}),
    (ValueError, "get", {}),
    (ValueError, "events", {"kinds": []}),
    (ValueError, "events", {"kinds": ["old"]}),
    (TypeError, "events", {"kinds": "new"}),
    (TypeError, "events", {"kinds": 5}),
    (ValueError, "events", {"losses": "ignore"}),
    (ValueError, "events", {"receive_buffer": -1}),
    (ValueError, "events", {"src": "192.0.2.1", "dst": "2001:db8::1"}),
]


@pytest.mark.parametrize("error, function, words", BAD, ids=itertools.count())
def test_bad_input_is_refused(error, function, words, monkeypatch):
    """Nothing is printed next to the exception, which names the argument."""
    ignored = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    with pytest.raises(error) as refused:
        getattr(conntrack, function)(**words)
    assert ignored == []
    if len(words) == 1 and refused.type in (TypeError, ValueError):
        assert re.search(r"\b(family|namespace|path|" + "|".join(words) + r")\b", str(refused.value).lower())


class Name(str, enum.Enum):
    TCP = "tcp"
    SOURCE = "192.0.2.1"
    ESTABLISHED = "ESTABLISHED"


def test_a_text_is_its_characters():
    """Whatever a subclass prints: the members of an enumeration print their names."""
    assert str(Name.TCP) == "Name.TCP"
    conntrack.create(**{**TCP, "src": Name.SOURCE, "proto": Name.TCP, "state": Name.ESTABLISHED})
    assert sources(src=Name.SOURCE, proto=Name.TCP, state=Name.ESTABLISHED) == ["192.0.2.1"]


def test_any_sequence_and_any_set_is_a_list():
    conntrack.create(**TCP)
    conntrack.create(**udp(1))
    ports = {443: "https", 80: "http"}
    for many in (collections.deque(ports), ports.keys(), frozenset(ports), tuple(ports)):
        assert sources(dport=many) == ["192.0.2.1"] == sources(src=["192.0.2.1"], dport=many)
    assert conntrack.Flow(**TCP, labels=range(3)).labels == {0, 1, 2}
    assert conntrack.Flow(**TCP, labels=[]).labels == frozenset()


def test_names_of_files_are_those_of_python(tmp_path):
    link = tmp_path / os.fsdecode(b"\xff")
    link.symlink_to("/proc/self/ns/net")
    assert conntrack.count(netns=link) == conntrack.count(netns=str(link)) == 0


SENDS_NOTHING = """
import sys; sys.path.insert(0, {tests!r})
import conntrack
from test_table import BAD
for error, function, words in BAD:
    try:
        getattr(conntrack, function)(**words)
    except (TypeError, ValueError, OSError):
        pass
"""


def test_nothing_is_sent_for_bad_input():
    """strace shows every call that sends; a request that is sent shows that the trace works."""
    strace = ["strace", "-f", "-qq", "-e", "trace=sendto,sendmsg", "-o", "/dev/stderr", sys.executable, "-c"]
    try:
        sent = subprocess.run([*strace, "import conntrack; conntrack.count()"], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("strace is missing")
    assert "NETLINK" in sent.stderr or "sendto(" in sent.stderr
    tests = __file__.rsplit("/", 1)[0]
    sent = subprocess.run([*strace, SENDS_NOTHING.format(tests=tests)], capture_output=True, text=True)
    assert sent.returncode == 0
    assert [line for line in sent.stderr.splitlines() if "sendto(" in line or "sendmsg(" in line] == []


def test_a_flow_without_the_kernel():
    flow = conntrack.Flow(**TCP, labels=[1, 40], helper="ftp", status=conntrack.Status.ASSURED)
    assert flow.labels == {1, 40} and flow.helper == "ftp" and flow.status == conntrack.Status.ASSURED
    assert (flow.id, flow.mark, flow.start) == (None, None, None)
    assert flow.to_dict()["labels"] == [1, 40] and flow.to_dict()["status"] == ["assured"]


def test_the_reply_direction():
    flow = conntrack.Flow(**TCP, reply_src="203.0.113.8", reply_dport=5000)
    reply = flow.reply
    assert (str(reply.src), reply.sport, str(reply.dst), reply.dport) == ("203.0.113.8", 443, "192.0.2.1", 5000)
    assert flow.source_nat == (None, 5000) and str(flow.destination_nat[0]) == "203.0.113.8"
    ping = conntrack.Flow(**PING, reply_dst="203.0.113.7")
    assert str(ping.reply.dst) == "203.0.113.7" and ping.to_dict()["reply"]["icmp_type"] == 0
    with pytest.raises(ValueError):
        conntrack.Flow(**PING, reply_sport=1)


def test_a_flow_or_its_fields():
    flow = conntrack.Flow(**TCP)
    with pytest.raises(TypeError, match="both"):
        conntrack.create(flow, mark=1)
    with pytest.raises(TypeError, match="both"):
        conntrack.delete(flow, dport=443)
    for changes in ({}, {"mark": None, "labels": None}):
        with pytest.raises(TypeError, match="say what changes"):
            conntrack.update(flow, **changes)
    with pytest.raises(AttributeError):
        flow.mark = 1


def test_the_kernel_refuses_an_entry_without_a_timeout():
    with pytest.raises(conntrack.ConntrackError) as error:
        conntrack.create(**{key: value for key, value in TCP.items() if key != "timeout"})
    assert error.value.errno == errno.EINVAL


def test_a_closed_handle_is_refused():
    handle = conntrack.Handle()
    handle.close()
    handle.close()
    for request in (handle.list, handle.flush, handle.count, handle.stats, handle.expectations):
        with pytest.raises(ValueError, match="closed"):
            request()
    with pytest.raises(ValueError, match="closed"), handle:
        pass


def test_without_privilege_the_kernel_refuses():
    """A process in a new user namespace has no privilege in this network namespace."""
    script = """
import conntrack
for request in (lambda: list(conntrack.list()), lambda: conntrack.delete(dport=53), conntrack.flush, conntrack.events,
                lambda: conntrack.create(src="192.0.2.1", dst="192.0.2.2", proto="udp", sport=1, dport=2, timeout=9)):
    try:
        request()
    except PermissionError as error:
        assert isinstance(error, conntrack.ConntrackError) and error.errno == 1, error
    else:
        raise AssertionError(request)
"""
    conntrack.create(**TCP)
    ran = subprocess.run(["unshare", "--user", sys.executable, "-c", script], capture_output=True, text=True)
    if "unshare failed" in ran.stderr:
        pytest.skip("no user namespace: " + ran.stderr.strip())
    assert ran.returncode == 0, ran.stderr
    assert conntrack.count() == 1
