# SPDX-License-Identifier: GPL-2.0-or-later
"""The monitoring ring inside its namespaces: run.sh starts it. Prints a line for each result.

One table of known content is read by `conntrack --metrics` and `--check`; the results are compared with the kernel's files and
with what was put into the table, as Prometheus's and Nagios's own libraries, a node_exporter and a Prometheus read them."""

import collections
import contextlib
import http.server
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse
import urllib.request

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as plain

TREE, STAGE = os.environ["TREE"], os.environ["STAGE"]
PACKAGING = os.path.join(os.path.dirname(__file__), "../../packaging/prometheus")
TOOL = STAGE + "/sbin/conntrack"
NODE, PROMETHEUS, DIRECT = 19100, 19090, 19101  # ports of 127.0.0.1
PATIENCE = 120  # seconds, for anything: a hang on any machine

# The metrics and their types: docs/monitoring.md has the same list.
COUNTERS = ["found", "invalid", "insert", "insert_failed", "drop", "early_drop", "error", "search_restart",
            "clash_resolve", "chain_toolong"]
METRICS = {
    "conntrack_entries": "gauge", "conntrack_entries_limit": "gauge", "conntrack_buckets": "gauge",
    "conntrack_entries_all_namespaces": "gauge", "conntrack_lost_packets": "counter",
    "conntrack_expectations": "gauge", "conntrack_expectations_limit": "gauge",
    "conntrack_timeout_seconds": "gauge",
    "conntrack_scrape_duration_seconds": "gauge", "conntrack_scrape_success": "gauge",
    **{f"conntrack_stat_{name}": "counter" for name in COUNTERS},
}
GROUPS = ["source", "destination", "service", "state"]
KEYS = ["source", "source-prefix", "destination", "destination-prefix", "service", "server", "protocol", "state", "status",
        "zone", "mark", "mark/0xff", "label", "helper", "nat-source", "nat-pool"]
# Sources of the table and their entries.
TABLE = {"100.64.0.1": 200, "100.64.0.2": 60, "2001:db8::7": 25, "100.64.0.3": 9, "100.64.0.4": 4}
CAUSES = ["table_full", "clash", "chain_too_long"]


def conntrack(*words, status=0, **more):
    """Runs the tool, and gives its standard output."""
    done = subprocess.run([TOOL, *words], capture_output=True, text=True, timeout=PATIENCE, **more)
    assert done.returncode == status, (words, done)
    return done.stdout


def fill():
    """The table: established flows that live for long, and nothing else."""
    lines = []
    for source, entries in TABLE.items():
        server = "2001:db8::1" if ":" in source else "198.18.0.10"
        for port in range(1024, 1024 + entries):
            lines.append(f"-I -s {source} -d {server} -p tcp --sport {port} --dport 443 --state ESTABLISHED "
                         "-u SEEN_REPLY,ASSURED -t 400000\n")
    conntrack("-R", "-", input="".join(lines))


def number(path):
    with open("/proc/sys/net/netfilter/nf_conntrack_" + path) as file:
        return int(file.read())


def unreadable():
    """What is not exported here."""
    return set() if os.access("/proc/slabinfo", os.R_OK) else {"conntrack_entries_all_namespaces"}


def kernel_counters():
    """The counters as /proc has them, under the kernel's own names, summed over the processors."""
    with open("/proc/net/stat/nf_conntrack") as file:
        head, *rows = (line.split() for line in file)
    sums = {name: sum(int(row[column], 16) for row in rows) for column, name in enumerate(head)}
    return {**sums, "error": sums["icmp_error"], "chain_toolong": sums["chainlength"],
            "clash_resolve": sums["clashres"]}


def inside(namespace, *words, **more):
    """Runs a program in a named namespace."""
    subprocess.run(["ip", "netns", "exec", namespace, *words], check=True, capture_output=True, text=True, **more)


def prepare():
    """Makes this network namespace one in which packets can be lost: see below."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    ports = f"{{ {NODE}, {PROMETHEUS}, {DIRECT} }}"
    rules = f"""table ip scene {{
        chain raw {{ type filter hook output priority raw; tcp dport {ports} notrack; tcp sport {ports} notrack; }}
        chain raw_in {{ type filter hook prerouting priority raw; tcp dport {ports} notrack; tcp sport {ports} notrack; }}
        chain source {{ type nat hook postrouting priority srcnat; ip daddr 127.0.0.2 udp dport 53 snat to 127.0.0.9:20000; }}
    }}"""
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
    with open("/proc/sys/net/netfilter/nf_conntrack_udp_timeout", "w") as file:
        file.write("100000")  # the entry that takes the port outlives this ring
    lose(0)


def lose(packets):
    """Loses this number of packets: source NAT has one port and it is taken."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
        first.bind(("127.0.0.3", 3000))
        first.sendto(b"x", ("127.0.0.2", 53))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.3", 3001))
        for _ in range(packets):
            with contextlib.suppress(PermissionError):
                other.sendto(b"x", ("127.0.0.2", 53))


def parsed(text, parse=openmetrics.text_string_to_metric_families):
    """The families of a text by name; a family that comes twice is a mistake."""
    families = list(parse(text))
    by_name = {family.name: family for family in families}
    twice = [name for name, times in collections.Counter(family.name for family in families).items() if times > 1]
    assert not twice, twice
    return by_name


def samples(family):
    """The values of a family by the values of the labels, in the order of their names."""
    return {tuple(value for _, value in sorted(sample.labels.items())): sample.value for sample in family.samples}


def get(port, path, **query):
    url = f"http://127.0.0.1:{port}/{path}" + ("?" + urllib.parse.urlencode(query) if query else "")
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return answer.read().decode()


def api(path, **query):
    answer = json.loads(get(PROMETHEUS, "api/v1/" + path, **query))
    assert answer["status"] == "success", answer
    return answer["data"]


def ask(query):
    """The values of a query by their labels."""
    result = api("query", query=query)["result"]
    return {frozenset(sample["metric"].items()): float(sample["value"][1]) for sample in result}


def until(what, holds):
    """Waits until something holds, and gives what it gave."""
    deadline, why = time.monotonic() + PATIENCE, None
    while time.monotonic() < deadline:
        try:
            if result := holds():
                return result
        except (OSError, AssertionError) as error:
            why = error
        time.sleep(0.05)
    raise AssertionError(f"{what}: not in {PATIENCE} s: {why}")


# The checks, in the order of this file.
CHECKS = []


def check(what):
    def keep(function):
        CHECKS.append((what, function))
        return function
    return keep


@check("OpenMetrics: each metric has its type, unit and labels, and no other is there")
def _(scene):
    families = parsed(conntrack("--metrics"))
    expected = {name: kind for name, kind in METRICS.items() if name not in unreadable()}
    assert {name: family.type for name, family in families.items()} == expected
    assert all(family.documentation for family in families.values())
    for name, family in families.items():
        assert family.unit == ("seconds" if name.endswith("_seconds") else ""), name
        assert family.samples, name
    labels = {name: {tuple(sample.labels) for sample in family.samples} for name, family in families.items()}
    for name in ["conntrack_entries", "conntrack_entries_limit", "conntrack_buckets", "conntrack_expectations",
                 "conntrack_expectations_limit", *(f"conntrack_stat_{name}" for name in COUNTERS)]:
        assert labels[name] == {("netns",)}, (name, labels[name])
    assert labels["conntrack_lost_packets"] == {("netns", "reason")}
    assert labels["conntrack_timeout_seconds"] == {("protocol", "state")}


@check("OpenMetrics: each value is the kernel's")
def _(scene):
    lose(3)
    families = parsed(conntrack("--metrics"))
    values = {name: samples(family) for name, family in families.items()}
    counters = kernel_counters()
    for name in COUNTERS:
        assert values[f"conntrack_stat_{name}"] == {("",): counters[name]}, (name, counters)
    assert counters["drop"] == counters["insert_failed"] == 3, counters
    assert values["conntrack_lost_packets"] == {("", "table_full"): 0, ("", "clash"): 3, ("", "chain_too_long"): 0}
    assert values["conntrack_entries"] == {("",): number("count")}
    assert number("count") >= sum(TABLE.values())
    assert values["conntrack_entries_limit"] == {("",): number("max")}
    assert values["conntrack_buckets"] == {("",): number("buckets")}
    assert values["conntrack_expectations"] == {("",): 0}
    assert values["conntrack_expectations_limit"] == {("",): number("expect_max")}
    assert values["conntrack_scrape_success"] == {(): 1}
    timeouts = values["conntrack_timeout_seconds"]
    for protocol, state, file in [("tcp", "established", "tcp_timeout_established"), ("udp", "unreplied", "udp_timeout"),
                                  ("tcp", "syn_sent", "tcp_timeout_syn_sent"), ("udp", "replied", "udp_timeout_stream"),
                                  ("generic", "timeout", "generic_timeout"), ("icmp", "timeout", "icmp_timeout")]:
        assert timeouts[protocol, state] == number(file), (protocol, state, timeouts)


@check("OpenMetrics: groups are exact, and the rest is in other")
def _(scene):
    families = parsed(conntrack("--metrics", "--by", "source,service", "--show", "2"))
    first, second = list(TABLE)[:2]
    total = number("count")
    groups = samples(families["conntrack_entries_by_source"])
    rest = total - TABLE[first] - TABLE[second]
    assert groups == {(first,): TABLE[first], (second,): TABLE[second], ("other",): rest}, groups
    assert samples(families["conntrack_entries_by_source_error"]) == {(): 0}
    services = samples(families["conntrack_entries_by_service"])
    assert services["443", "tcp"] == sum(TABLE.values()) and sum(services.values()) == total, services


@check("OpenMetrics: every key, every kind of namespace name")
def _(scene):
    families = parsed(conntrack("--metrics", "--all-netns", "--by", ",".join(KEYS), "--show", "100"))
    for key in KEYS:
        name = "conntrack_entries_by_" + key.replace("-", "_").replace("/", "_")
        assert families[name].type == families[name + "_error"].type == "gauge", name
    for name in ["conntrack_entries", "conntrack_lost_packets", "conntrack_stat_drop"]:
        found = {sample.labels["netns"] for sample in families[name].samples}
        assert {"", *scene.namespaces} <= found, (name, found)
    entries = samples(families["conntrack_entries"])
    assert all(entries[name,] == count for name, count in scene.namespaces.items()), entries
    inside = parsed(conntrack("--metrics", "--netns", list(scene.namespaces)[0]))
    assert samples(inside["conntrack_entries"]) == {("",): list(scene.namespaces.values())[0]}


@check("metrics: a wrong line is refused with status 2, a file that is full with status 1")
def _(scene):
    for words in ["=nosuch", " --show 101 --by source", " --show 0", " --by nosuch", " --by source,", " --watch 1", " -L",
                  " -s 1.2.3.4", "=node --by source", "=node --all-netns", " --netns x --all-netns", " -o json", "="]:
        assert conntrack(*f"--metrics{words}".split(), status=2) == ""
    assert conntrack("--metrics", "--netns", "nosuch", status=1) == ""
    with open("/dev/full", "w") as full:
        assert subprocess.run([TOOL, "--metrics"], stdout=full, stderr=subprocess.DEVNULL).returncode == 1
    for words in [["--interval", "5"], ["--show", "100"], ["--by", "source,source"]]:
        assert conntrack("--metrics", *words).endswith("\n# EOF\n")


@check("node: the names, types and values are node_exporter's")
def _(scene):
    ours = parsed(conntrack("--metrics=node"), plain.text_string_to_metric_families)
    theirs = parsed(get(NODE, "metrics"), plain.text_string_to_metric_families)
    theirs = {name: family for name, family in theirs.items() if name.startswith("node_nf_conntrack")}
    assert len(theirs) == 10, theirs
    assert {name: family.type for name, family in ours.items()} == \
        {name: family.type for name, family in theirs.items()}
    assert {name: samples(family) for name, family in ours.items()} == \
        {name: samples(family) for name, family in theirs.items()}


@check("text file: node_exporter takes the file as it is")
def _(scene):
    scene.write_textfile()
    written = parsed(scene.read_textfile())
    exported = parsed(get(NODE, "metrics"), plain.text_string_to_metric_families)
    assert exported["node_textfile_scrape_error"].samples[0].value == 0
    for name, family in written.items():
        if family.type == "counter":  # OpenMetrics gives the type to the name without _total; the collector looks for the other
            assert samples(exported[name + "_total"]) == samples(family), name
        else:
            assert samples(exported[name]) == samples(family), name
            assert exported[name].type == family.type, name


@check("text file: a reader never sees a part of it, and a failure leaves the former file")
def _(scene):
    stop, torn = threading.Event(), []

    def read():
        while not stop.is_set():
            if not scene.read_textfile().endswith("# EOF\n"):
                torn.append(True)
    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(25):
            scene.write_textfile()
    finally:
        stop.set()
        reader.join()
    assert not torn
    before = scene.read_textfile()
    for program in ["false", "/nonexistent"]:
        done = scene.textfile(CONNTRACK=program)
        assert done.returncode != 0, done
        assert scene.read_textfile() == before
    assert os.listdir(scene.folder) == ["conntrack.prom"], os.listdir(scene.folder)
    assert os.stat(scene.folder + "/conntrack.prom").st_mode & 0o777 == 0o644


def without(*kept):
    """The words that start a program with these capabilities only."""
    kept = "".join(f",+{name.removeprefix('CAP_').lower()}" for name in kept)
    return ["setpriv", "--bounding-set=-all" + kept, "--inh-caps=-all"]


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0 and not done.stderr, done
    return done.stdout


@check("privilege: the unit's capabilities suffice; without any, all is there but success")
def _(scene):
    with open(PACKAGING + "/conntrack-textfile.service") as file:
        unit = file.read()
    given = re.search("^CapabilityBoundingSet=(.*)$", unit, re.M).group(1).split()
    more = re.search("^# .*for --all-netns,\n# also: (.*)[.]$", unit, re.M | re.I).group(1).split()
    full = parsed(conntrack("--metrics"))
    limited = parsed(run(*without(*given), TOOL, "--metrics"))
    assert set(limited) == set(full) and samples(limited["conntrack_scrape_success"]) == {(): 1}
    everywhere = parsed(run(*without(*given, *more), TOOL, "--metrics", "--all-netns"))
    assert set(scene.namespaces) <= {name for name, in samples(everywhere["conntrack_entries"])}
    nothing = parsed(run(*without(), TOOL, "--metrics"))
    assert samples(nothing["conntrack_scrape_success"]) == {(): 0}
    may_lack = {"conntrack_entries_all_namespaces"}
    assert set(full) - set(nothing) <= may_lack, set(full) - set(nothing)
    for name in set(nothing) - {"conntrack_scrape_success", "conntrack_scrape_duration_seconds"} - may_lack:
        assert samples(nothing[name]) == samples(full[name]), name
    done = subprocess.run([*without(), TOOL, "--metrics", "--by", "source"], capture_output=True, text=True)
    assert done.returncode == 1 and not done.stdout and "you must be root" in done.stderr, done


@check("Prometheus: it scrapes both, and all values are the table's")
def _(scene):
    scene.write_textfile()
    until("both targets are up", lambda: list(ask("up").values()) == [1, 1])
    expected = {source: float(entries) for source, entries in TABLE.items()}

    def equal(job):
        result = ask(f'conntrack_entries_by_source{{job="{job}", source!="other"}}')
        found = {dict(labels)["source"]: value for labels, value in result.items()}
        assert {source: found.get(source) for source in expected} == expected, found
        assert list(ask(f'conntrack_entries{{job="{job}"}}').values()) == [number("count")]
        lost = {dict(labels)["reason"]: value
                for labels, value in ask(f'conntrack_lost_packets_total{{job="{job}"}}').items()}
        assert lost == {cause: kernel_counters()["drop"] if cause == "clash" else 0 for cause in CAUSES}, lost
        return True
    for job in ["node", "direct"]:
        until(f"the values of {job}", lambda job=job: equal(job))
    metadata = api("metadata")
    for name, kind in METRICS.items():
        if name in metadata:
            assert {entry["type"] for entry in metadata[name]} <= {kind, "unknown"}, (name, metadata[name])
    assert metadata["conntrack_lost_packets"][0]["type"] == "counter", metadata["conntrack_lost_packets"]


@check("Prometheus: a loss raises its alert and no other")
def _(scene):
    firing = 'ALERTS{alertstate="firing"}'

    def alerts():
        return {(dict(labels)["alertname"], dict(labels)["job"]) for labels in ask(firing)}
    assert not {name for name, _ in alerts()} & {"ConntrackDropping", "ConntrackChainTooLong", "ConntrackEvicting"}
    lose(4)
    scene.write_textfile()
    wanted = {("ConntrackNatClash", "node"), ("ConntrackNatClash", "direct")}
    until("the alert of both", lambda: alerts() >= wanted)
    assert alerts() == wanted, alerts()
    for group in api("rules")["groups"]:
        for rule in group["rules"]:
            assert rule["health"] == "ok", rule


@check("dashboard: each query is right, names metrics that exist, and gets an answer")
def _(scene):
    with open(PACKAGING + "/conntrack.dashboard.json") as file:
        dashboard = json.load(file)
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(queries) > 15, queries
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    cells = collections.Counter((x, y) for place in places for x in range(place["x"], place["x"] + place["w"])
                                for y in range(place["y"], place["y"] + place["h"]))
    assert set(cells.values()) == {1} and max(x for x, _ in cells) == 23, "panels lie over each other"
    exported = set(api("label/__name__/values"))
    for query in queries:
        assert set(re.findall(r"\$(?!__)\w+", query)) <= {"$" + name for name in variables}, query
        names = set(re.findall(r"\b(?:conntrack|node)_\w+", query))
        if names & unreadable():
            continue
        assert names and names <= exported, (query, names - exported)
        query = query.replace("$__rate_interval", "30s").replace("$instance", ".*").replace("$netns", ".*")
        until(query, lambda query=query: ask(query) or "deriv" in query)  # a steady table never fills
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            name, label = re.fullmatch(r"label_values\((\w+).*, (\w+)\)", variable["query"]["query"]).groups()
            assert name in exported and label in ["instance", "netns"], variable


@check("docs/monitoring.md: it names every metric and every alert, and no other")
def _(scene):
    with open(PACKAGING + "/../../docs/monitoring.md") as file:
        text = file.read()
    with open(PACKAGING + "/conntrack.rules.yml") as file:
        alerts = set(re.findall("alert: (\\w+)", file.read()))
    rows = dict(re.findall(r"^\| `(\w+?)(?:\{.*?\})?` \| (\w+) ", text, re.M))
    assert {name for name in rows if name.startswith("Conntrack")} == alerts
    metrics = {name: kind for name, kind in rows.items() if name.startswith("conntrack_") and "_by_KEY" not in name}
    assert metrics == {name + ("_total" if kind == "counter" else ""): kind for name, kind in METRICS.items()}
    data = plugin(status=0)[1]
    assert set(data) <= set(rows) | set(re.findall(r"^\| `(\w+)` \|", text, re.M)), data


def plugin(*words, status, start=()):
    """The line of --check, and its performance data as Monitoring::Plugin reads them."""
    done = subprocess.run([*start, TOOL, "--check", *words], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == status and not done.stderr, done
    text = done.stdout
    assert text.count("\n") == 1 and text.endswith("\n"), text
    state = ["OK", "WARNING", "CRITICAL", "UNKNOWN"][status]
    assert text.startswith(f"CONNTRACK {state} - "), text
    words, _, data = text.rstrip("\n").partition(" | ")
    program = """use Monitoring::Plugin::Performance;
        my @all = Monitoring::Plugin::Performance->parse_perfstring($ARGV[0]);
        for (@all) { my $t = $_->threshold;
            print join("\t", map { $_ // "" } $_->label, $_->value, $_->uom, $t->warning, $t->critical, $_->min, $_->max), "\n" }"""
    done = subprocess.run(["perl", "-e", program, data], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return words, {row[0]: row[1:] for row in rows}


@check("plugin: each state by the fill level, with performance data that the plugins' own library reads")
def _(scene):
    count, limit = number("count"), number("max")
    begun = time.monotonic()
    words, data = plugin(status=0)
    said = re.search(r"nothing lost in (\d+[.]\d) s$", words)
    assert said and 0.5 <= float(said.group(1)) <= time.monotonic() - begun + 0.05, words  # rounded
    assert data["entries"] == [str(count), "", str(limit * 80 // 100), str(limit * 95 // 100), "0", str(limit)], data
    assert list(data) == ["entries", "full_drops", "clashes", "chain_losses", "evictions"]
    assert all(row == ["0", "", "", "", "0", ""] for name, row in data.items() if name != "entries"), data
    with scene.filled(limit // 100 + 1):
        for levels, status in {"1,2": 1, "1,1": 2, "2,3": 0}.items():
            assert f" - {number('count') / limit:.1%} of {limit} entries" in plugin(levels, "--interval", "0.1", status=status)[0]


@check("plugin: a loss during the interval is critical, one before it is not")
def _(scene):
    drops, lost, stop = kernel_counters()["drop"], [], threading.Event()

    def lose_on():
        while not stop.wait(0.05):
            lose(1)
            lost.append(1)
    loser = threading.Thread(target=lose_on)
    loser.start()
    try:  # packets are lost before, during and after the interval, however late it begins
        until("a loss", lambda: lost)
        words, data = plugin("--interval", "1", status=2)
    finally:
        stop.set()
        loser.join()
    assert "lost to NAT (no free port, or a race for one)" in words, (words, data)
    assert 0 < int(data["clashes"][0]) <= len(lost), (words, data, lost)
    assert data["full_drops"][0] == data["chain_losses"][0] == data["evictions"][0] == "0", data
    assert kernel_counters()["drop"] == drops + len(lost)
    plugin("--interval", "0.1", status=0)


@check("plugin: of all namespaces the worst is named; labels of any name can be read")
def _(scene):
    limit = number("max")
    with scene.filled(limit // 100 + 1, list(scene.namespaces)[1]):
        words, data = plugin("1,2", "--all-netns", "--interval", "0.1", status=1)
        assert words.startswith("CONNTRACK WARNING - namespace o'd d=\"x_y\\z,{}: 1.0% of"), words
        assert 1 < sum(label.endswith("entries") for label in data) <= 5, data
    _, data = plugin("--netns", list(scene.namespaces)[0], "--interval", "0.1", status=0)
    assert data["entries"][0] == str(list(scene.namespaces.values())[0])


@check("plugin: --watch misses no loss of any namespace, and a signal ends it with the last state")
def _(scene):
    place = list(scene.namespaces)[0]
    words = [TOOL, "--check", "--all-netns", "--watch", "0.2", "--interval", "0.1"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as watcher:
        lines = [watcher.stdout.readline()]
        assert lines[0].startswith("CONNTRACK OK - "), lines
        inside(place, "/usr/bin/python3", __file__, "lose", "5")
        inside(place, "/usr/bin/python3", __file__, "lose", "2")
        lost = 0
        while lost < 7:
            lines.append(watcher.stdout.readline())
            told = re.search(f"'{place} clashes'=(\\d+);", lines[-1])
            lost += int(told.group(1))
            critical = lines[-1].startswith(f"CONNTRACK CRITICAL - namespace {place}: ")
            assert critical == (told.group(1) != "0"), lines
        lines.append(watcher.stdout.readline())
        assert lines[-1].startswith("CONNTRACK OK - "), lines
        watcher.send_signal(signal.SIGINT)
        lines += watcher.stdout.readlines()
        assert lost == 7 and watcher.wait(PATIENCE) == 0, (lines, watcher.returncode)


@check("plugin: without privilege it knows as much; without the files it says so")
def _(scene):
    drops = kernel_counters()["drop"]
    words, data = plugin("--interval", "0.1", status=0, start=without())
    assert "nothing lost in" in words and len(data) == 5, (words, data)
    def hiding(folder):
        """The words that start a program which does not see this folder."""
        return ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs none {folder} && exec "$@"', "sh"]
    words, data = plugin("--interval", "0.1", status=0, start=hiding("/proc"))  # over netlink
    assert "nothing lost in" in words and len(data) == 5, (words, data)
    words, data = plugin("--interval", "0.1", status=3, start=[*hiding("/proc/sys/net"), *without()])
    assert "limit unknown" in words and "nothing lost" in words, (words, data)
    words, data = plugin("--interval", "0.1", status=3, start=[*hiding("/proc"), *without()])
    assert "the number of entries cannot be read: No such file or directory" in words and not data, (words, data)
    assert kernel_counters()["drop"] == drops


@check("plugin: every mistake is UNKNOWN, with one line on standard output")
def _(scene):
    for words in ["0", "1", "101", "0,1", "99,101", "1,2,", "1;2", "95,80", "80,", ",", "80,95,99", "x", "-1", "80 95", "80%,95%"]:
        plugin(words, status=3)
    for words in [["--netns", "nosuch"], ["--netns", "a", "--all-netns"], ["--interval", "0"], ["--nosuch"], ["-L"],
                  ["--interval", "0.01"], ["--by", "source"], ["-s", "1.2.3.4"], ["extra"], ["--interval"]]:
        plugin(*words, status=3)
    conntrack("--nosuch", "--check", status=3)
    with open("/dev/full", "w") as full:
        assert subprocess.run([TOOL, "--check"], stdout=full, stderr=subprocess.DEVNULL).returncode == 3
    assert conntrack("-L", "--check", "80,95", status=3).startswith("CONNTRACK UNKNOWN - ")


class Scene:
    """What runs meanwhile: a node_exporter, a Prometheus, a server of OpenMetrics, and namespaces with odd names."""

    def __init__(self, stack):
        self.stack = stack
        self.work = stack.enter_context(tempfile.TemporaryDirectory())
        self.folder = self.work + "/text"
        os.mkdir(self.folder)
        self.namespaces = {}
        self.log = open(self.work + "/log", "w")

    def start(self, *words):
        program = subprocess.Popen(words, stdout=self.log, stderr=self.log)
        self.stack.callback(program.wait)
        self.stack.callback(program.kill)

    def textfile(self, **environment):
        words = [PACKAGING + "/conntrack-textfile", self.folder, "--by", ",".join(GROUPS)]
        return subprocess.run(words, env={**os.environ, "CONNTRACK": TOOL, **environment}, capture_output=True, text=True)

    def write_textfile(self):
        done = self.textfile()
        assert done.returncode == 0 and not done.stderr, done

    def read_textfile(self):
        with open(self.folder + "/conntrack.prom") as file:
            return file.read()

    @contextlib.contextmanager
    def filled(self, entries, namespace=None):
        """So many entries more, for a while."""
        start = ["ip", "netns", "exec", namespace] if namespace else []
        lines = (f"-I -s 10.9.{n // 256}.{n % 256} -d 10.8.0.1 -p udp --sport 7 --dport 7 -t 4000 -u SEEN_REPLY,ASSURED\n"
                 for n in range(entries))
        subprocess.run([*start, TOOL, "-R", "-"], input="".join(lines), text=True, check=True)
        try:
            yield
        finally:
            subprocess.run([*start, TOOL, "-D", "-p", "udp", "-d", "10.8.0.1"], capture_output=True, check=True)

    def build(self):
        prepare()
        fill()
        # Two namespaces with a name; packets can be lost in the first, the other is as odd as a file's name can be.
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
        for name, entries in {"plain": 3, 'o\'d d="x|y\\z,{}': 2}.items():
            subprocess.run(["ip", "netns", "add", name], check=True, capture_output=True)
            for port in range(1, entries + 1):
                inside(name, TOOL, *f"-I -s 10.0.0.1 -d 10.0.0.2 -p udp --sport {port} --dport 9 -t 4000".split())
            self.namespaces[name] = entries
        inside("plain", "/usr/bin/python3", __file__, "prepare")
        self.namespaces["plain"] += 1  # the entry that takes the port

    def serve_directly(self):
        """Serves what the command prints now, as OpenMetrics: Prometheus reads it with its own parser for that."""
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                text = conntrack("--metrics", "--by", ",".join(GROUPS)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

            def handle(self):
                with contextlib.suppress(ConnectionError):  # a scrape that is given up
                    super().handle()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", DIRECT), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.stack.callback(server.shutdown)

    def run_prometheus(self):
        self.start(TREE + "/usr/bin/prometheus-node-exporter", "--web.disable-exporter-metrics", "--collector.disable-defaults",
                   "--collector.textfile", "--collector.conntrack", f"--collector.textfile.directory={self.folder}",
                   f"--web.listen-address=127.0.0.1:{NODE}", "--log.level=error")
        self.serve_directly()
        with open(self.work + "/prometheus.yml", "w") as file:
            json.dump({  # JSON is YAML
                "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
                "rule_files": [os.path.abspath(PACKAGING + "/conntrack.rules.yml")],
                "scrape_configs": [
                    {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
                    for name, port in [("node", NODE), ("direct", DIRECT)]]}, file)
        self.start(TREE + "/usr/bin/prometheus", f"--config.file={self.work}/prometheus.yml",
                   f"--storage.tsdb.path={self.work}/data", f"--web.listen-address=127.0.0.1:{PROMETHEUS}",
                   "--log.level=error")
        until("node_exporter answers", lambda: get(NODE, "metrics"))
        until("Prometheus answers", lambda: get(PROMETHEUS, "-/ready"))


def main():
    with contextlib.ExitStack() as stack:
        scene = Scene(stack)
        scene.build()
        scene.run_prometheus()
        for what, function in CHECKS:
            try:
                function(scene)
                print("ok  ", what, flush=True)
            except Exception:  # whatever it is, it is a result
                print("FAIL", what, flush=True)
                traceback.print_exc(file=sys.stdout)
        scene.log.flush()
        with open(scene.work + "/log") as file:
            shutil.copyfileobj(file, sys.stdout)


if sys.argv[1:] == ["prepare"]:
    prepare()
elif sys.argv[1:2] == ["lose"]:
    lose(int(sys.argv[2]))
else:
    main()
