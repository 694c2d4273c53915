// SPDX-License-Identifier: GPL-2.0-or-later
//! Events as both tools tell them: many `conntrack -E`, the original's and ours, listen in one namespace at the same
//! time, so that they see the same events; what they print is compared line by line.
//!
//! What happens: entries are made, changed and deleted by requests, and TCP connections, UDP exchanges, an echo,
//! translations, marks, labels and a timeout by traffic on the loopback interface.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may
#![allow(clippy::print_stdout)] // the counts

mod netns;
#[path = "parity/mod.rs"]
mod parity;
#[path = "support/words.rs"]
mod words;

use netfilter_conntrack::{Attr, Dir, DumpFilter, Handle, L4};
use netns::{flow, isolated, rules, sysctl};
use parity::differences::{ROWS, Want};
use parity::fixture::Extras;
use parity::judge::Judge;
use parity::traffic::{connect, echo, exchange};
use parity::{Case, Outcome, differences, fixture, lines, normal, runner};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What is translated, marked and labelled.
const RULES: &str = "
table ip n {
    chain o { type nat hook output priority -100;
        ip daddr 127.0.0.5 udp dport 5000 dnat to 127.0.0.1:5001;
        ip daddr 127.0.0.5 tcp dport 5000 dnat to 127.0.0.1:5001; };
    chain p { type nat hook postrouting priority 100;
        ip saddr 127.0.0.7 ip daddr 127.0.0.1 snat to 127.0.0.8; };
};
table inet m { chain c { type filter hook output priority 0;
    ct state new udp dport 5002 ct mark set 9;
    ct state new udp dport 5002 ct label set 7; }; };
";

/// A program that follows events, and what it prints.
struct Follower {
    child: Child,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
}

fn reader(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        pipe.read_to_end(&mut text).unwrap();
        text
    })
}

impl Follower {
    fn start(tool: &Path, case: &Case) -> Follower {
        let mut child = Command::new(tool)
            .args(case.words())
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdout, stderr) = (reader(child.stdout.take().unwrap()), reader(child.stderr.take().unwrap()));
        Follower { child, stdout, stderr }
    }

    fn outcome(mut self) -> Outcome {
        let status = self.child.wait().unwrap();
        let text = |reader: JoinHandle<Vec<u8>>| {
            let text = reader.join().unwrap();
            // The name of the program may be missed, but not always.
            let times = |word| String::from_utf8_lossy(&text).matches(word).count();
            assert!(times(" portid=") < 30 || times(" progname=cli_events") > 0);
            normal::lines(&text)
        };
        Outcome {
            status: status.code().map_or("signal".into(), |code| code.to_string()),
            stdout: text(self.stdout),
            stderr: text(self.stderr),
            table: Vec::new(),
        }
    }
}

/// Runs followers while something happens; their outcomes.
fn follow(followers: &[(&Path, &Case)], happens: impl FnOnce()) -> Vec<Outcome> {
    let mut running: Vec<Follower> =
        followers.iter().map(|(tool, case)| Follower::start(tool, case)).collect();
    let until = Instant::now() + Duration::from_secs(60);
    for follower in &mut running {
        while follower.child.try_wait().unwrap().is_none() && !runner::catches_interrupts(follower.child.id())
        {
            assert!(Instant::now() < until, "a program neither ends nor follows events");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    happens();
    let pids: Vec<u32> = running.iter().map(|follower| follower.child.id()).collect();
    let mut quiet = 0;
    while quiet < 5 {
        assert!(Instant::now() < until, "the events are never all read");
        std::thread::sleep(Duration::from_millis(10));
        quiet = if all_is_read() && pids.iter().all(|&pid| rests(pid)) { quiet + 1 } else { 0 };
    }
    runner::interrupt(running.iter_mut().map(|follower| &mut follower.child));
    running.into_iter().map(Follower::outcome).collect()
}

/// Whether nothing waits in the netfilter sockets of this namespace, and nothing was lost.
fn all_is_read() -> bool {
    let text = std::fs::read_to_string("/proc/thread-self/net/netlink").unwrap();
    let mut sockets = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    sockets.by_ref().filter(|columns| columns[1] == "12").all(|columns| {
        assert_eq!(columns[8], "0", "events were lost");
        columns[4] == "0"
    })
}

/// Whether a process sleeps, or is over.
fn rests(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().unwrap_or_default();
    !state.starts_with(['R', 'D'])
}

/// Makes the fixture's entries and expectations, changes some, and deletes all, by requests. The handle lives on: tools
/// look up who made a request.
fn requests(handle: &mut Handle) {
    let flows = fixture::flows();
    flows.iter().for_each(|(_, flow)| handle.create(flow).unwrap());
    fixture::expectations().iter().for_each(|expect| handle.create_expectation(expect).unwrap());
    for (_, flow) in flows.iter().step_by(3) {
        let mut change = netns::key(flow, Dir::Orig);
        [Attr::Zone, Attr::OrigZone].into_iter().for_each(|attr| change.copy_attr(flow, attr));
        change.set_mark(5);
        handle.update(&change).unwrap();
    }
    handle.flush_expectations().unwrap();
    handle.flush().unwrap();
}

/// Connections over TCP, exchanges over UDP, an echo, an entry that expires; then everything is deleted.
fn traffic(handle: &mut Handle) {
    let mut brief = flow("10.7.0.1", "10.7.0.2", L4::Udp { sport: 7, dport: 7 });
    brief.set_timeout_secs(1);
    handle.create(&brief).unwrap();
    let begun = Instant::now();
    connect("127.0.0.1:0", None);
    connect("[::1]:0", None);
    connect("127.0.0.1:5001", Some("127.0.0.5:5000"));
    exchange("127.0.0.1:5003", "127.0.0.1:5004", None);
    exchange("[::1]:5003", "[::1]:5004", None);
    exchange("127.0.0.1:5003", "127.0.0.1:5002", None);
    exchange("127.0.0.6:5003", "127.0.0.1:5001", Some("127.0.0.5:5000"));
    exchange("127.0.0.7:5003", "127.0.0.1:5006", None);
    echo();
    std::thread::sleep(Duration::from_millis(2200).saturating_sub(begun.elapsed()));
    // Whoever looks at an expired entry removes it.
    handle.dump(&DumpFilter::new(), |_| ControlFlow::Continue(())).unwrap();
    handle.flush().unwrap();
}

/// A namespace in which all of that works.
fn stage() -> Handle {
    fixture::prepare(Extras::On);
    rules(RULES);
    sysctl("nf_conntrack_events", 1);
    Handle::open().unwrap()
}

/// Runs command lines through both tools at once; what came of them, and of what rows lead to.
fn both(cases: &[Case], happens: impl FnOnce()) -> (Vec<[Outcome; 2]>, HashMap<Case, Outcome>) {
    let original = parity::original().unwrap();
    let ours = parity::ours();
    let led_to: Vec<Case> = cases.iter().flat_map(leads_to).filter(|case| !cases.contains(case)).collect();
    let mut followers: Vec<(&Path, &Case)> = Vec::new();
    followers.extend(cases.iter().chain(&led_to).map(|case| (original.as_path(), case)));
    followers.extend(cases.iter().map(|case| (ours.as_path(), case)));
    let mut outcomes = follow(&followers, happens);
    let ours = outcomes.split_off(cases.len() + led_to.len());
    let known = cases.iter().chain(&led_to).cloned().zip(outcomes.iter().cloned()).collect();
    (outcomes.into_iter().zip(ours).map(|(theirs, ours)| [theirs, ours]).collect(), known)
}

/// The command lines that rows lead a case to, at any remove.
fn leads_to(case: &Case) -> Vec<Case> {
    let mut all = vec![case.clone()];
    let mut at = 0;
    while let Some(case) = all.get(at).cloned() {
        for row in ROWS.iter().filter(|row| row.is_about(&case)) {
            let others = match row.want {
                Want::Like(other) | Want::Those(other, _) => other(&case).into_iter().collect(),
                Want::Both(others) => others(&case).map(Vec::from).unwrap_or_default(),
                _ => Vec::new(),
            };
            let new: Vec<Case> = others.into_iter().filter(|other| !all.contains(other)).collect();
            all.extend(new);
        }
        at += 1;
    }
    all.split_off(1)
}

/// The counts, and what is not explained.
#[derive(Default)]
struct Tally {
    compared: usize,
    events: usize,
    different: usize,
    rows: BTreeSet<&'static str>,
    report: String,
}

impl Tally {
    fn add(&mut self, cases: &[Case], pairs: Vec<[Outcome; 2]>, known: HashMap<Case, Outcome>) {
        let mut judge = Judge::of(known);
        for (case, [theirs, ours]) in cases.iter().zip(pairs) {
            self.compared += 1;
            self.events += ours.stdout.len();
            self.different += usize::from(theirs != ours);
            if !judge.explains(case, &theirs, &ours) {
                writeln!(self.report, "$ {case}\n  original\n{theirs}  ours\n{ours}").unwrap();
            }
        }
        self.rows.extend(judge.used.into_iter().filter(|(_, count)| *count > 0).map(|(row, _)| row));
    }

    fn finish(self, test: &str, at_least: usize, row: &str) {
        let Tally { compared, events, different, rows, report } = self;
        println!("{test}: {compared} command lines, {events} lines of output, {different} differ as listed");
        assert!(report.is_empty(), "{report}");
        assert!(events >= at_least, "only {events} lines");
        assert!(rows.contains(row), "a row that explains nothing: {row}");
    }
}

/// Every format, and combinations of several.
const FORMATS: [&str; 24] = [
    "-E",
    "-E -o extended",
    "-E -o id",
    "-E -o timestamp",
    "-E -o ktimestamp",
    "-E -o labels",
    "-E -o userspace",
    "-E -o xml",
    "-E -o save",
    "-E -o save,userspace",
    "-E -o xml,timestamp",
    "-E -o xml,ktimestamp,labels,id",
    "-E -o extended,id,timestamp,ktimestamp,labels,userspace",
    "-E -o extended,xml",
    "-E -e NEW",
    "-E -e UPDATES -o id",
    "-E -e DESTROY",
    "-E -e NEW,DESTROY -o save",
    "-E -e ALL -o xml",
    "-E expect",
    "-E expect -o xml",
    "-E expect -o timestamp",
    "-E expect -o xml,timestamp",
    "-E expect -o id,extended",
];

fn with_original(test: &str, body: impl FnOnce() + Send) {
    if parity::original().is_none() {
        return netns::report(test, "the original conntrack is not installed");
    }
    parity::with_label_file(test, || isolated(body));
}

#[test]
fn the_same_events_in_every_format() {
    with_original("the_same_events_in_every_format", || {
        let cases = FORMATS.map(Case::new);
        let mut handle = stage();
        let (pairs, known) = both(&cases, || {
            requests(&mut handle);
            traffic(&mut handle);
        });
        let mut tally = Tally::default();
        tally.add(&cases, pairs, known);
        tally.finish("parity: formats of events", 2000, differences::OF_EVENTS[0]);
    });
}

#[test]
fn the_same_events_pass_every_filter() {
    with_original("the_same_events_pass_every_filter", || {
        let mut tally = Tally::default();
        let cases: Vec<Case> = lines::event_filters().into_iter().map(Case::new).collect();
        let mut handle = stage();
        for cases in cases.chunks(48) {
            let (pairs, known) = both(cases, || requests(&mut handle));
            tally.add(cases, pairs, known);
        }
        tally.finish("parity: filters of events", 2000, differences::OF_EVENTS[1]);
    });
}
