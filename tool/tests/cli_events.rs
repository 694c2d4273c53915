// SPDX-License-Identifier: GPL-2.0-or-later
//! Events as both tools tell them: many `conntrack -E`, the original's and ours, listen in one namespace at the same
//! time, so that they see the same events; what they print is compared line by line.
//!
//! What happens: entries and expectations are made, changed and deleted by requests; and the namespace is the router
//! between a client and a server in two others, whose packets it translates, marks and labels ([`parity::router`]).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may
#![allow(clippy::print_stdout)] // the counts

#[path = "parity/mod.rs"]
mod parity;
#[path = "support/words.rs"]
mod words;

use netfilter_conntrack::{Attr, Dir, Handle};
use parity::differences::{ROWS, Want};
use parity::fixture::Extras;
use parity::judge::Judge;
use parity::router::{Router, SEEN};
use parity::{Case, Outcome, differences, fixture, lines, normal, runner};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use testing::isolated;

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
        // It ends with the thread that started it, whatever becomes of the test.
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(tool)
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
        let text = |reader: JoinHandle<Vec<u8>>, normal: fn(&[u8]) -> Vec<String>| {
            let text = reader.join().unwrap();
            // The name of the program may be missed, but not always.
            let times = |word| String::from_utf8_lossy(&text).matches(word).count();
            assert!(times(" portid=") < 30 || times(" progname=cli_events") > 0);
            normal(&text)
        };
        Outcome {
            status: status.code().map_or("signal".into(), |code| code.to_string()),
            stdout: text(self.stdout, normal::heard),
            stderr: text(self.stderr, normal::lines),
            table: Vec::new(),
        }
    }
}

/// Runs followers while something happens; their outcomes.
fn follow(followers: &[(&Path, &Case)], happens: impl FnOnce()) -> Vec<Outcome> {
    let mut running: Vec<Follower> =
        followers.iter().map(|(tool, case)| Follower::start(tool, case)).collect();
    let until = Instant::now() + testing::CEILING;
    for follower in &mut running {
        while follower.child.try_wait().unwrap().is_none()
            && !testing::catches_interrupts(follower.child.id())
        {
            assert!(Instant::now() < until, "a program neither ends nor follows events");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    happens();
    let pids: Vec<u32> = running.iter().map(|follower| follower.child.id()).collect();
    let mut quiet = 0;
    testing::wait_until("the events are all read", || {
        std::thread::sleep(Duration::from_millis(10));
        quiet = if all_is_read() && pids.iter().all(|&pid| rests(pid)) { quiet + 1 } else { 0 };
        quiet == 5
    });
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
        let mut change = testing::key(flow, Dir::Orig);
        [Attr::Zone, Attr::OrigZone].into_iter().for_each(|attr| change.copy_attr(flow, attr));
        change.set_mark(5);
        handle.update(&change).unwrap();
    }
    handle.flush_expectations().unwrap();
    handle.flush().unwrap();
}

/// A namespace in which all of that works.
fn stage() -> Handle {
    fixture::prepare(Extras::On);
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
const FORMATS: [&str; 28] = [
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
    "-E -e NEW -o extended,labels",
    "-E -e UPDATES -o xml,labels",
    "-E -e DESTROY -o ktimestamp,id",
    "-E -e UPDATES,DESTROY -o timestamp,userspace",
    "-E -e ALL -o xml",
    "-E expect",
    "-E expect -o xml",
    "-E expect -o timestamp",
    "-E expect -o xml,timestamp",
    "-E expect -o id,extended",
];

fn with_original(test: &str, body: impl FnOnce() + Send) {
    if parity::original().is_none() {
        return testing::report(test, "the original conntrack is not installed");
    }
    parity::with_label_file(test, || isolated(body));
}

#[test]
fn the_same_events_in_every_format() {
    with_original("the_same_events_in_every_format", || {
        let cases = FORMATS.map(Case::new);
        let mut handle = stage();
        let router = Router::new();
        let (pairs, known) = both(&cases, || {
            requests(&mut handle);
            // The original has a small receive buffer, and so many programs at once take their time.
            testing::wait_until("the events of the requests are read", all_is_read);
            router.play(&mut handle);
        });
        for text in SEEN {
            let mut lines = pairs.iter().flat_map(|[_, ours]| &ours.stdout);
            assert!(lines.any(|line| line.contains(text)), "no event tells of {text}");
        }
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
