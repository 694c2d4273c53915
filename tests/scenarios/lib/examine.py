#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""examine.py EXPECTED.json TOOL ORIGINAL SCHEMA: one situation, and everything that `TOOL --diagnose` says of it.

Run by a scenario with OUTSIDE=yes: the situation is in the namespace $DUT. Prints one line for each part, "ok", "FAIL" or
"SKIP", and the details of a failure after it:

  says      findings, evidence, verdict, advice and text are as the expectations want; the JSON agrees with the schema
  apart     the report does not fit the expectations of any other situation
  truth     each number agrees with exact counts from the original tool's list
  only      the diagnosis reads: strace sees no message but requests that read, no file opened for writing (in some)
  advice    each command of the advice does what it says, and nothing else
"""
import fcntl, gc, json, os, re, shlex, signal, subprocess, sys, tempfile, time
import exact, judge, only_reads
from jsonschema import Draft202012Validator

DUT, LAB = os.environ["DUT"], os.environ["LAB"]
LIB = os.path.dirname(os.path.abspath(__file__))
LIMIT_LOCK = 9  # lab.sh opened it, and holds it shared
KEEPER = 8  # run.sh opened it
MACHINE_WIDE = ("max", "buckets", "expect_max")
PATIENCE_SECS = 300  # for one program: a hang, also where it deletes 200,000 entries one after the other


def content(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def keep(*words):
    """Reports a setting of the machine to the keeper, as lab.sh does."""
    if os.environ.get("KEEPER"):
        os.write(KEEPER, (" ".join(words) + "\n").encode())


class Lab:
    """The programs that run in the situation."""

    def __init__(self, tool, original):
        self.tool, self.original = tool, original
        self.environment = dict(os.environ, PATH=f"{os.path.dirname(tool)}:{os.environ['PATH']}:/usr/sbin:/sbin")

    def run(self, *words, user=False, cwd="/"):
        """A program in the dut; `user`: as the one who asks, who may have no privilege."""
        prefix = shlex.split(os.environ.get("AS", "")) if user else []
        words = ["ip", "netns", "exec", DUT, *prefix, *words]
        return subprocess.run(words, env=self.environment, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE_SECS)

    def need(self, *words, **how):
        done = self.run(*words, **how)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def shell(self, line, cwd):
        """A line as its user would type it. What it prints is not kept: lists are long."""
        return self.run("sh", "-c", f"exec >/dev/null\n{line}", cwd=cwd)

    def diagnose(self, *options):
        return self.need(self.tool, "--diagnose", *options, user=True)

    def list(self, *selection):
        return self.need(self.original, "-L", *selection)

    def count(self):
        return int(self.need(self.original, "-C"))

    def counter(self, name):
        return sum(map(int, re.findall(rf"\b{name}=(\d+)", self.need(self.original, "-S"))))

    def setting(self, name, value=None):
        path = f"/proc/sys/net/netfilter/nf_conntrack_{name}"
        return self.need("cat", path).strip() if value is None else self.need("sh", "-c", f"echo {value} >{path}")

    def traffic(self, line):
        subprocess.run([sys.executable, f"{LIB}/traffic.py", LAB, *line.split()], check=True)

    def signal_traffic(self, number):
        for pid in os.environ.get("TRAFFIC", "").split():
            os.kill(int(pid), number)


class Report:
    """What is printed: a line for each part."""

    def __init__(self, scenario):
        self.scenario, self.failed = scenario, False

    def part(self, name, faults):
        faults = list(faults)
        print(f"{'FAIL' if faults else 'ok  '} {self.scenario}: {name}")
        for fault in faults[:20]:
            print(f"     {fault}")
        self.failed |= bool(faults)
        sys.stdout.flush()

    def skip(self, name, why):
        print(f"SKIP {self.scenario}: {name}: {why}")


def says(lab, expected, schema):
    """The faults of what is said; the last report goes to the other parts."""
    reports, faults = [], []
    for options in expected.get("options", [[]]):
        out = json.loads(lab.diagnose("-o", "json", *options))
        text = lab.diagnose(*options)
        of_schema = Draft202012Validator(schema).iter_errors(out)
        faults += [f"schema: {error.json_path}: {error.message}" for error in of_schema]
        faults += [f"{' '.join(options)} {fault}".strip() for fault in judge.faults(expected, out, text)]
        if faults:
            faults += text.splitlines()
        reports.append(out)
    return reports[0], faults


def truth(lab):
    """The numbers of a report, against a list before it and, where entries end, one after it. The traffic pauses."""
    lab.signal_traffic(signal.SIGSTOP)
    try:
        start = time.monotonic()
        before, counters = lab.list(), lab.need(lab.original, "-S")
        out = json.loads(lab.diagnose("-o", "json", "--show", "5"))
        later, elapsed = lab.need(lab.original, "-S"), int(time.monotonic() - start) + 1
        first = exact.Exact(before)
        faults = list(exact.faults(out, first, first, elapsed))
        if faults:  # entries that have ended meanwhile
            faults = list(exact.faults(out, first, exact.Exact(lab.list()), 0))
        faults += of_counters(out, counters, later)
        if any(row["label"] for row in out.get("top", {}).get("label", {}).get("rows", [])):
            bits = json.loads(lab.need(sys.executable, f"{LIB}/ctnl.py", "labels"))
            faults += exact.of_labels(out["top"]["label"], {int(bit): n for bit, n in bits.items()})
        return faults
    finally:
        lab.signal_traffic(signal.SIGCONT)


def apart(path, out):
    """Each other situation for which this report would pass: its expectations would show nothing."""
    for other in sorted(os.listdir(os.path.dirname(path))):
        if other.endswith(".json") and other != os.path.basename(path):
            expected = judge.read(os.path.join(os.path.dirname(path), other))
            if not list(judge.faults(expected, out)):
                yield f"fits {expected['scenario']} too"


NAMES = {"chaintoolong": "chain_toolong"}  # as the original prints them; the others have one name


def of_counters(out, before, after):
    """Each counter that the original prints, at a time before and after the report."""
    def sums(text):
        found = {}
        for name, number in re.findall(r"(\w+)=(\d+)", text):
            name = NAMES.get(name, name)
            found[name] = found.get(name, 0) + int(number)
        return found

    first, second = sums(before), sums(after)
    for name, counter in out.get("counters", {}).items():
        if name in first and not first[name] <= counter["total"] <= second[name]:
            yield f"counter {name}: {counter['total']}; exactly {first[name]} before, {second[name]} after"


class Advice:
    """The commands of the advice, carried out in the order in which they are given."""

    def __init__(self, lab, report, expected, out, work):
        self.lab, self.report, self.expected, self.work = lab, report, expected, work
        self.all = {}
        for finding in out["findings"]:
            for advice in finding["advice"]:
                self.all.setdefault((advice["risk"], advice["id"], tuple(advice.get("commands", []))), advice)

    def check(self):
        for (risk, name, _), advice in sorted(self.all.items(), key=lambda item: item[0][0]):
            self.report.part(f"advice {name}", self.of_syntax(advice))
            effect = self.expected.get("effects", {}).get(name)
            if self.is_machine_wide(advice):
                self.machine_wide(name, advice, effect)
            else:
                self.report.part(f"advice {name}, carried out", self.of_effect(advice, effect or {}))

    def of_syntax(self, advice):
        rules = []
        for command in advice["commands"] + advice.get("undo", []):
            done = self.lab.run("sh", "-n", "-c", command)
            if done.returncode:
                yield f"sh -n: {command}: {done.stderr.strip()}"
            words = shlex.split(command.split("#")[0].split("|")[0])
            if words[0] == "nft" and words[1].startswith("add"):
                rules.append(" ".join(words[1:]))
        if rules:
            done = self.lab.run("sh", "-c", 'printf "%s\n" "$@" | nft -c -f -', "sh", *rules)
            if done.returncode:
                yield f"nft -c: {rules}: {done.stderr.strip()}"

    def settings(self, advice):
        """The settings that an advice changes: name -> value."""
        words = (re.match(r"sysctl -w net\.netfilter\.nf_conntrack_(\w+)=(\d+)$", line) for line in advice["commands"])
        return dict(match.groups() for match in words if match)

    def is_machine_wide(self, advice):
        return any(name in MACHINE_WIDE for name in self.settings(advice))

    def carry_out(self, commands):
        """Runs commands in the dut as its user would type them. `conntrack` is the tool under test."""
        for command in commands:
            # The command that goes on until it is interrupted.
            line = command.replace("conntrack --diagnose --watch 10", "timeout -s INT 1 conntrack --diagnose --watch 10")
            done = self.lab.shell(line, self.work)
            allowed = {0}
            if " --watch " in line:
                allowed |= {124}  # timeout's own status
            if " --check " in line:
                allowed |= {1, 2}  # a warning, critical
            if "| grep" in line:
                allowed |= {1}  # nothing found
            if done.returncode not in allowed:
                yield f"{command}: status {done.returncode}: {done.stderr.strip()[:300]}"

    def of_effect(self, advice, effect):
        """Carries an advice out, looks at what it changed, and takes it back."""
        rules, names = self.lab.need("nft", "list", "ruleset"), self.settings(advice)
        old = {name: self.lab.setting(name) for name in names}
        before = Snapshot(self.lab, effect, self.expected.get("keeps"))
        if "untracked" in effect:
            yield from self.of_untracked(*effect["untracked"], tracked=True)
        if any("--remaining" in command for command in advice["commands"]):
            yield from self.of_original_refuses(advice, before)
        commands = advice["commands"]
        if effect.get("tool") == "original":
            commands = [re.sub(r"^conntrack ", self.lab.original + " ", command) for command in commands]
        yield from self.carry_out(commands)
        for name, value in names.items():
            if self.lab.setting(name) != value:
                yield f"{name} is {self.lab.setting(name)}, not {value}"
        yield from before.changes(advice)
        if "stops" in effect:
            yield from of_stopped(self.lab, effect["stops"], effect.get("probe"))
        if "untracked" in effect:
            yield from self.of_untracked(*effect["untracked"], tracked=False)
        yield from self.carry_out(advice.get("undo", []))
        if {name: self.lab.setting(name) for name in names} != old:
            yield f"the settings are not what they were: {old}"
        if without_counters(self.lab.need("nft", "list", "ruleset")) != without_counters(rules):
            yield "the rules are not what they were"

    def of_untracked(self, line, pattern, tracked):
        """Whether packets like those make entries: as many as there are packets, or none."""
        shift = "first=0" if tracked else "first=100000"
        self.lab.traffic(f"{line} {shift}")
        seen = sum(pattern in entry for entry in self.lab.list().splitlines())
        if tracked:
            self.seen = seen
            if not seen:
                yield f"no packet of '{line}' made an entry before"
        elif seen > self.seen:
            yield f"'{line}' made {seen - self.seen} entries"

    def of_original_refuses(self, advice, before):
        """The original has no --remaining: it must not take the rest of the line for an order to delete."""
        for command in advice["commands"]:
            done = self.lab.shell(re.sub(r"^conntrack ", self.lab.original + " ", command), self.work)
            if done.returncode == 0:
                yield f"the original obeys: {command}"
        yield from before.unchanged()

    def machine_wide(self, name, advice, effect):
        """A setting of the machine: only with the lock, and put back whatever happens."""
        title = f"advice {name}, carried out"
        if effect is None:
            return
        files = {s: f"/proc/sys/net/netfilter/nf_conntrack_{s}" for s in self.settings(advice)}
        if not all(os.access(path, os.W_OK) for path in files.values()):
            return self.report.skip(title, "this process may not change the settings of the machine")
        fcntl.flock(LIMIT_LOCK, fcntl.LOCK_EX)
        old = {path: content(path) for path in files.values()}
        for path, value in old.items():
            keep(path, value)
        try:
            self.report.part(title, self.of_machine_wide(advice, effect, files))
        finally:
            for path, value in reversed(old.items()):
                with open(path, "w", encoding="ascii") as file:
                    file.write(value)
                keep(path)

    def of_machine_wide(self, advice, effect, files):
        expectations = len(self.lab.list("expect").splitlines())
        for command in advice["commands"]:
            done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
            if done.returncode:
                yield f"{command}: {done.stderr.strip()}"
        for setting, value in self.settings(advice).items():
            now = int(content(files[setting]))
            if now < int(value):
                yield f"{setting} is {now}, not {value}"
        if "stops" in effect:
            yield from of_stopped(self.lab, effect["stops"], effect.get("probe"))
        elif "probe" in effect:
            self.lab.traffic(effect["probe"])
        more = len(self.lab.list("expect").splitlines()) - expectations
        if more < effect.get("more_expectations", 0):
            yield f"{more} expectations more"


def without_counters(rules):
    """The rules without what packets change in them."""
    return re.sub(r"packets \d+ bytes \d+", "", rules)


def of_stopped(lab, counter, probe=None):
    """A loss that has stopped: the counter stands still while the traffic goes on."""
    before = lab.counter(counter)
    if probe:
        lab.traffic(probe)
    else:
        until, was = time.monotonic() + PATIENCE_SECS, None
        while was != before and time.monotonic() < until:  # packets on their way
            was, before = before, lab.counter(counter)
        time.sleep(0.5)
    after = lab.counter(counter)
    if after != before:
        yield f"{counter} still grows: {before}, {after}"


class Snapshot:
    """The entries before an advice: those that it is about, and all others."""

    def __init__(self, lab, effect, keeps):
        self.lab, self.effect, self.keeps = lab, effect, keeps
        self.text = lab.list() if "deletes" in effect else None
        self.count = self.kept()

    def kept(self):
        """How many entries remain as long as nothing deletes them: those of some source, where the others end soon."""
        return len(self.lab.list("-s", self.keeps).splitlines()) if self.keeps else self.lab.count()

    def split(self, text):
        """The entries that are meant, and the others that neither expire soon nor can be evicted; without what changes."""
        meant, others = set(), set()
        pattern = re.compile(self.effect["deletes"])
        settings = {"ESTABLISHED": int(self.lab.setting("tcp_timeout_established"))}
        for line in text.splitlines():
            words = line.split()
            left, state = int(words[2]), words[3]
            is_meant = pattern.search(line) is not None
            if is_meant and "idle_secs" in self.effect:
                is_meant = left <= settings[state] - self.effect["idle_secs"]
            if is_meant and "over_secs" in self.effect:
                is_meant = left > self.effect["over_secs"]
            key = " ".join(words[4:])
            if is_meant:
                meant.add(key)
            elif "[ASSURED]" in line and left > 60:
                others.add(key)
        return meant, others

    def unchanged(self):
        if self.text and not self.split(self.text)[0] <= self.split(self.lab.list())[0]:
            yield "entries are missing"

    def changes(self, advice):
        """What is wrong with the changes that the advice made."""
        if self.text is None:
            # No advice without `frees_now` takes entries away; those that end by themselves are few in so short a time.
            now = self.kept()
            if not advice["frees_now"] and advice["risk"] < 3 and now < self.count * 0.9:
                yield f"{self.count} entries before, {now} after"
            return
        meant, others = self.split(self.text)
        meant_now, others_now = self.split(self.lab.list())
        if not meant:
            yield "no entry was meant"
        if not others and not self.effect.get("all"):
            yield "every entry was meant: nothing shows that others remain"
        if len(meant & meant_now) > len(meant) // 100:
            yield f"{len(meant & meant_now)} of {len(meant)} entries remain"
        if others - others_now:
            yield f"{len(others - others_now)} other entries are gone, for example {min(others - others_now)}"


def main():
    gc.disable()  # hundreds of thousands of objects, none in a cycle
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a script's background job ignores it, and its programs would
    path, tool, original, schema = sys.argv[1:]
    expected, lab = judge.read(path), Lab(tool, original)
    report = Report(expected["scenario"])
    with open(schema, encoding="utf-8") as file:
        out, faults = says(lab, expected, json.load(file))
    report.part("says", faults)
    report.part("apart", apart(path, out))
    report.part("truth", truth(lab))
    if expected.get("trace"):
        report.part("only reads", only_reads.faults(lab, expected.get("options", [[]])[0]))
    if not os.environ.get("AS"):
        with tempfile.TemporaryDirectory(prefix="scenario-") as work:
            Advice(lab, report, expected, out, work).check()
    sys.exit(report.failed)


main()
