// SPDX-License-Identifier: GPL-2.0-or-later
//! The soak: everything at the same time in one table, for as long as `SOAK_SECS` says. Memory and descriptors of
//! every process that goes through it stay where they were after the first half.
//!
//! In this process, a thread each: 100,000 flows of both families that are deleted and made anew one after the
//! other, every third updated; lists read whole, in part and not at all, with look-ups and statistics; events read
//! and printed; handles, subscriptions and label maps opened and closed. Beside it: `conntrack -E` all the time,
//! short runs of every other command, and, where `SOAK_PROGRAM` names it, a C program on the C library
//! (`capi-tests/soak/soak.c`; `scripts/soak.sh` builds it).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use netfilter_conntrack::format::{self, Style, Syntax};
use netfilter_conntrack::label::LabelMap;
use netfilter_conntrack::{Bitmask, Error, EventSubject, Events, Flow, Groups, Handle, L4};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use testing::{flow, isolated, load};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");
/// Flows that turn over; fewer where the kernel's limit is low.
const FLOWS: u32 = 100_000;
/// Duration and flows without `SOAK_SECS`: a short run that shows that all parts work.
const SHORT: (u64, u32) = (5, 5000);
/// How much more memory, in KiB, the second half may take than the first.
const GROWTH_KIB: u64 = 2048;
/// How many descriptors more: what one round of work holds open, and a look at the first half may have missed.
const GROWTH_FDS: u64 = 12;

/// What was done, for the report.
#[derive(Default)]
struct Work {
    over: AtomicBool,
    made: AtomicU64,
    updated: AtomicU64,
    lists: AtomicU64,
    listed: AtomicU64,
    events: AtomicU64,
    overruns: AtomicU64,
    opened: AtomicU64,
    commands: AtomicU64,
}

impl Work {
    /// Repeats a step, with a pause behind each, until the soak is over.
    fn repeat(&self, pause: Duration, mut step: impl FnMut()) {
        while !self.over.load(Relaxed) {
            step();
            std::thread::sleep(pause);
        }
    }
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Relaxed);
}

/// Flow `n` of those that turn over.
fn nth(n: u32) -> Flow {
    let (sport, host) = (u16::try_from(1024 + n % 50_000).unwrap(), n / 50_000);
    let l4 = if n % 2 == 0 { L4::Udp { sport, dport: 53 } } else { L4::Tcp { sport, dport: 443 } };
    let mut flow = match n % 3 {
        0 => flow(&format!("fd00::{host}"), "fd00::ffff", l4),
        _ => flow(&format!("10.0.0.{host}"), "10.0.255.255", l4),
    };
    flow.set_timeout_secs(100_000);
    flow
}

fn turn_over(work: &Work, flows: u32) {
    let (mut handle, mut next) = (Handle::open().unwrap(), 0);
    work.repeat(Duration::from_millis(1), || {
        for _ in 0..50 {
            let mut flow = nth(next);
            handle.delete(&flow).unwrap();
            handle.create(&flow).unwrap();
            if next % 3 == 0 {
                flow.set_mark(next);
                handle.update(&flow).unwrap();
                add(&work.updated, 1);
            }
            next = (next + 1) % flows;
        }
        add(&work.made, 50);
    });
}

/// Lists whole, in part by cursor, in part by iterator; what stands between them must get its own answer.
fn list(work: &Work) {
    let (mut handle, mut line) = (Handle::open().unwrap(), Vec::new());
    work.repeat(Duration::from_millis(300), || {
        let mut seen = 0;
        let mut list = handle.entries().open().unwrap();
        while let Some(flow) = list.next().unwrap() {
            line.clear();
            let syntax = if seen % 2 == 0 { Syntax::Text } else { Syntax::Xml };
            format::append_flow(&mut line, flow, &Style { syntax, ..Style::default() }).unwrap();
            seen += 1;
        }
        drop(list);
        assert_eq!(handle.get(&nth(FLOWS)).map(drop), Err(Error::Kernel(libc::ENOENT)));
        assert!(handle.entries().open().unwrap().next().unwrap().is_some());
        assert!(handle.statistics().unwrap().entries > 0);
        assert_eq!(handle.flows().unwrap().take(500).filter(Result::is_ok).count(), 500);
        handle.cpu_statistics().unwrap();
        let mut list = handle.list_expectations(0).unwrap();
        while list.next().unwrap().is_some() {}
        drop(list);
        add(&work.lists, 3);
        add(&work.listed, seen);
    });
}

fn follow(work: &Work) {
    let mut line = Vec::new();
    while !work.over.load(Relaxed) {
        let mut events = Events::open(Groups::FLOWS).unwrap();
        events.socket().set_non_blocking(true).unwrap();
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until && !work.over.load(Relaxed) {
            match events.next() {
                Ok(event) => {
                    let EventSubject::Flow(flow) = event.subject else { continue };
                    line.clear();
                    let style = Style { event: Some(event.kind), ..Style::default() };
                    format::append_flow(&mut line, flow, &style).unwrap();
                    add(&work.events, 1);
                }
                Err(Error::Overrun) => add(&work.overruns, 1),
                Err(Error::Os(libc::EAGAIN)) => std::thread::sleep(Duration::from_millis(5)),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn open_and_close(work: &Work, labels: &Path) {
    work.repeat(Duration::from_millis(20), || {
        let (handle, events) = (Handle::open().unwrap(), Events::open(Groups::all()).unwrap());
        assert_ne!(handle.socket().port_id(), events.socket().port_id());
        let map = LabelMap::open(Some(labels)).unwrap();
        let mut flow = nth(7);
        let mut set = Bitmask::new(127).unwrap();
        set.set(map.bit("far").unwrap());
        flow.set_labels(set);
        assert_eq!(flow.clone().labels().unwrap().iter().next(), Some(64));
        add(&work.opened, 2);
    });
}

/// Command lines of a round, and their exit status.
const COMMANDS: &[&str] = &[
    "-C",
    "-S",
    "-I -p tcp -s 10.2.0.1 -d 10.2.0.2 --sport 1 --dport 2 --state ESTABLISHED -t 1000",
    "-G -p tcp -s 10.2.0.1 -d 10.2.0.2 --sport 1 --dport 2",
    "-U -s 10.2.0.1 -m 5",
    "-L -s 10.2.0.1 -o xml",
    "-L -f ipv6 -o extended,id",
    "-L -o save",
    "-A -p udp -s fd02::1 -d fd02::2 --sport 1 --dport 2 -t 1000",
    "-D -s 10.2.0.1",
    "-D -f ipv6 -s fd02::1",
    "-L expect",
];

fn command(line: &str) -> Command {
    let mut command = Command::new(TOOL);
    command.args(line.split(' ')).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn run_commands(work: &Work) {
    let mut lines = COMMANDS.iter().cycle();
    work.repeat(Duration::from_millis(200), || {
        let line = lines.next().unwrap();
        assert_eq!(command(line).status().unwrap().code(), Some(0), "{line}");
        add(&work.commands, 1);
    });
    // What the round would have deleted, had it not been cut short.
    for line in ["-D -s 10.2.0.1", "-D -f ipv6 -s fd02::1"] {
        command(line).status().unwrap();
    }
}

/// A process beside this one; it is ended with the test, however that ends.
struct Beside {
    child: Child,
    input: Option<ChildStdin>,
    /// Who reads what it prints, where that goes through a pipe.
    reader: Option<JoinHandle<()>>,
}

impl Beside {
    fn start(command: &mut Command) -> Beside {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        Beside { input: child.stdin.take(), child, reader: None }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.reader.take().map(JoinHandle::join); // and its end of the pipe is closed
    }
}

/// `conntrack -E`. Its output goes through a pipe of this process, so that it ends with this process in any case.
fn follower() -> Beside {
    let mut beside = Beside::start(command("-E -o timestamp").stdout(Stdio::piped()));
    let mut output = beside.child.stdout.take().unwrap();
    beside.reader = Some(std::thread::spawn(move || {
        let _ = std::io::copy(&mut output, &mut std::io::sink());
    }));
    beside
}

/// The C program, on the library it shall run on.
fn c_program(labels: &Path) -> Option<Beside> {
    let program = std::env::var_os("SOAK_PROGRAM")?;
    let beside = Beside::start(Command::new(program).arg(labels));
    let library = std::env::var("SOAK_LIBRARY").unwrap();
    let maps = || std::fs::read_to_string(format!("/proc/{}/maps", beside.child.id())).unwrap();
    let until = Instant::now() + testing::CEILING;
    while !maps().contains(&library) {
        assert!(Instant::now() < until, "it does not run on {library}");
        std::thread::sleep(Duration::from_millis(10));
    }
    Some(beside)
}

/// Memory in KiB and open descriptors of a process.
fn look(pid: u32) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a living process");
    let kib = resident.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    let fds = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    (kib, fds as u64)
}

/// The most that was seen in each half.
#[derive(Default)]
struct Most {
    kib: [u64; 2],
    fds: [u64; 2],
}

/// Looks at all processes again and again until the time is over.
fn watch(processes: &BTreeMap<&'static str, u32>, time: Duration) -> BTreeMap<&'static str, Most> {
    let mut most: BTreeMap<&str, Most> = BTreeMap::new();
    let begin = Instant::now();
    while begin.elapsed() < time {
        let half = usize::from(begin.elapsed() >= time / 2);
        for (&name, &pid) in processes {
            let (kib, fds) = look(pid);
            let most = most.entry(name).or_default();
            most.kib[half] = most.kib[half].max(kib);
            most.fds[half] = most.fds[half].max(fds);
        }
        std::thread::sleep(Duration::from_millis(250).min(time / 40));
    }
    most
}

fn report(work: &Work, flows: u32, time: Duration, most: &BTreeMap<&str, Most>) {
    let of = |counter: &AtomicU64| counter.load(Relaxed);
    println!(
        "soaked {} s: {flows} flows in the table, {} deleted and made anew, {} updated; {} lists with {} entries; \
         {} events read, {} overruns; {} sockets opened and closed; {} command lines",
        time.as_secs(),
        of(&work.made),
        of(&work.updated),
        of(&work.lists),
        of(&work.listed),
        of(&work.events),
        of(&work.overruns),
        of(&work.opened),
        of(&work.commands),
    );
    for (name, Most { kib, fds }) in most {
        println!(
            "soaked {name}: at most {} KiB in the first half, {} KiB in the second; {} descriptors, {}",
            kib[0], kib[1], fds[0], fds[1]
        );
    }
}

#[test]
fn mixed_work_keeps_memory_and_descriptors() {
    let asked = std::env::var("SOAK_SECS").ok();
    let (secs, flows) = asked.map_or(SHORT, |secs| (secs.parse().expect("seconds"), FLOWS));
    let time = Duration::from_secs(secs);
    isolated(|| {
        let limit = Handle::open().unwrap().statistics().unwrap().max_entries.unwrap_or(0);
        let flows = if limit == 0 { flows } else { flows.min(limit / 2) };
        load((0..flows).map(nth));
        let labels = std::env::temp_dir().join(format!("soak-labels-{}", std::process::id()));
        std::fs::File::create(&labels).unwrap().write_all(b"0 zero\n1 one\n64 far\n").unwrap();
        let (_, fds_before) = look(std::process::id());

        let follower = follower();
        let c_program = c_program(&labels);
        let mut processes =
            BTreeMap::from([("Rust program", std::process::id()), ("conntrack -E", follower.child.id())]);
        processes.extend(c_program.iter().map(|beside| ("C program", beside.child.id())));
        let work = Work::default();
        let most = std::thread::scope(|scope| {
            let works: [Box<dyn Fn() + Send>; 5] = [
                Box::new(|| turn_over(&work, flows)),
                Box::new(|| list(&work)),
                Box::new(|| follow(&work)),
                Box::new(|| open_and_close(&work, &labels)),
                Box::new(|| run_commands(&work)),
            ];
            let threads = works.map(|work| scope.spawn(work));
            let most = watch(&processes, time);
            let died = threads.iter().any(std::thread::ScopedJoinHandle::is_finished);
            work.over.store(true, Relaxed);
            assert!(!died, "a part of the work has ended early");
            most
        });
        report(&work, flows, time, &most);
        drop(follower);
        if let Some(mut beside) = c_program {
            drop(beside.input.take());
            assert!(beside.child.wait().unwrap().success(), "the C program has met something unexpected");
        }
        std::fs::remove_file(&labels).unwrap();

        for (name, most) in &most {
            assert!(most.kib[1] <= most.kib[0] + GROWTH_KIB, "{name}: memory grows: {:?} KiB", most.kib);
            assert!(most.fds[1] <= most.fds[0] + GROWTH_FDS, "{name}: descriptors grow: {:?}", most.fds);
        }
        assert_eq!(look(std::process::id()).1, fds_before, "a descriptor was left open");
        assert_eq!(
            Handle::open().unwrap().flows().unwrap().count(),
            flows as usize,
            "the table is as it was"
        );
        for counter in [&work.made, &work.updated, &work.lists, &work.events, &work.opened, &work.commands] {
            assert_ne!(counter.load(Relaxed), 0, "a part of the work was not done");
        }
    });
}
