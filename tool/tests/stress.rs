// SPDX-License-Identifier: GPL-2.0-or-later
//! The tool and the handle while others change the table under them: two processes that make and delete flows
//! during a list, a deletion and an update; a list that nobody reads for seconds; signals in every system call.
//!
//! What holds: an entry that lives through the walk is met; nothing is invented; nothing is changed or deleted
//! but what was selected. The kernel may tell an entry twice when its neighbours are deleted during the walk
//! (one in some ten thousand); a list shows it twice then, and no more than one in a thousand is taken here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use netfilter_conntrack::{Dir, DumpFilter, Error, Events, Flow, Groups, Handle, L4};
use std::collections::HashMap;
use std::io::Read;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use testing::{count, flow, isolated, load, sports, udp};

#[allow(dead_code, unsafe_code)]
#[path = "../src/sys/signals.rs"]
mod signals;

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");

/// Flows that stay, from 10.0.0.1: their source ports are 1 to this.
const STABLE: u16 = 3000;
/// Flows that a writer makes and deletes again and again.
const CHURN: u16 = 1500;
/// Set in a process that plays a part beside a test: a writer's host number, or the target of signals.
const PART: &str = "NETFILTER_CONNTRACK_TEST_PART";

/// Flow `port` of a writer, from 10.1.0.`host`.
fn passing(host: u8, port: u16) -> Flow {
    flow(&format!("10.1.0.{host}"), "10.0.0.9", L4::Udp { sport: port, dport: 53 })
}

/// Makes and deletes flows until standard input ends, then tells how often, and how many were deleted by others.
fn write(host: u8) {
    static STOP: AtomicBool = AtomicBool::new(false);
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        STOP.store(true, Ordering::Relaxed);
    });
    let flows: Vec<Flow> = (1..=CHURN).map(|port| passing(host, port)).collect();
    let (mut handle, mut rounds, mut lost) = (Handle::open().unwrap(), 0, 0);
    while !STOP.load(Ordering::Relaxed) {
        flows.iter().for_each(|flow| handle.create(flow).unwrap());
        for flow in &flows {
            match handle.delete(flow) {
                Err(Error::Kernel(libc::ENOENT)) => lost += 1,
                result => result.unwrap(),
            }
        }
        rounds += 1;
    }
    println!("rounds={rounds} lost={lost} end");
}

/// This test once more, in a process of its own that plays a part.
fn part(test: &str, part: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(PART, part)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// What stands behind `name=` in what a part printed.
fn told(output: &Output, name: &str) -> u32 {
    let text = String::from_utf8_lossy(&output.stdout);
    let value = text.split(&format!("{name}=")).nth(1).and_then(|rest| rest.split_whitespace().next());
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name}: {text}"))
}

/// A process that makes and deletes flows.
struct Writer(Child);

impl Writer {
    /// Lets it work until it is told to stop; gives its rounds and the flows that others deleted.
    fn stop(mut self) -> (u32, u32) {
        drop(self.0.stdin.take());
        let output = self.0.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        (told(&output, "rounds"), told(&output, "lost"))
    }
}

/// Two writers beside a table of flows that stay, once both have begun.
fn writers(test: &str) -> [Writer; 2] {
    load((1..=STABLE).map(udp));
    let writers = ["1", "2"].map(|host| Writer(part(test, host)));
    let mut handle = Handle::open().unwrap();
    let begun = |handle: &mut Handle, host: u8| handle.get(&passing(host, 1)).is_ok();
    for host in [1, 2] {
        testing::wait_until("a writer begins", || begun(&mut handle, host));
    }
    writers
}

/// Whether this process is a writer; then it has done its part.
fn was_writer() -> bool {
    let host = std::env::var(PART).ok().map(|host| host.parse().unwrap());
    host.map(write).is_some()
}

fn tool(line: &str) -> Output {
    let output = Command::new(TOOL).args(line.split(' ')).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// How often each flow is told, by source address and port; every line must be one of the flows that can be there.
fn shown(output: &Output) -> HashMap<(String, u16), u32> {
    let mut seen = HashMap::new();
    let text = String::from_utf8_lossy(&output.stdout);
    for line in text.lines() {
        let value = |name: &str| line.split(name).nth(1).unwrap().split(' ').next().unwrap();
        let (src, port) = (value("src="), value("sport=").parse().unwrap());
        let (dst, last) = match src {
            "10.0.0.1" => ("10.0.0.2", STABLE),
            "10.1.0.1" | "10.1.0.2" => ("10.0.0.9", CHURN),
            _ => panic!("an invented flow: {line}"),
        };
        assert!(line.starts_with("udp ") && value("dst=") == dst && (1..=last).contains(&port), "{line}");
        *seen.entry((src.to_owned(), port)).or_insert(0) += 1;
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let counted = said.split_whitespace().find_map(|word| word.parse().ok());
    assert_eq!(counted, Some(text.lines().count()), "{said}");
    seen
}

/// Checks that every flow from 10.0.0.1 that stays was shown, and counts those that were shown again.
fn repeated(seen: &HashMap<(String, u16), u32>) -> u32 {
    let times = |port| seen.get(&("10.0.0.1".to_owned(), port)).copied().unwrap_or(0);
    assert_eq!((1..=STABLE).find(|&port| times(port) == 0), None, "an entry that lived through was missed");
    (1..=STABLE).map(|port| times(port) - 1).sum()
}

fn only_the_stable_flows_are_left() {
    let mut handle = Handle::open().unwrap();
    assert_eq!(sports(&mut handle, &DumpFilter::new()), (1..=STABLE).collect::<Vec<_>>());
}

#[test]
fn a_list_beside_two_writers_misses_no_survivor_and_invents_nothing() {
    if was_writer() {
        return;
    }
    isolated(|| {
        let writers = writers("a_list_beside_two_writers_misses_no_survivor_and_invents_nothing");
        let (mut again, mut of_writers, rounds) = (0, 0, 8);
        for _ in 0..rounds {
            let seen = shown(&tool("-L"));
            again += repeated(&seen);
            of_writers += seen.len() - usize::from(STABLE);
        }
        let mut handle = Handle::open().unwrap();
        for _ in 0..rounds {
            let stays = |flow: &Result<Flow, Error>| {
                flow.as_ref().unwrap().tuple(Dir::Orig).src() == udp(1).tuple(Dir::Orig).src()
            };
            let mut ports: Vec<u16> = handle
                .flows()
                .unwrap()
                .filter(stays)
                .map(|flow| flow.unwrap().tuple(Dir::Orig).l4_src())
                .collect();
            let all = ports.len();
            ports.sort_unstable();
            ports.dedup();
            again += u32::try_from(all - ports.len()).unwrap();
            assert_eq!(ports, (1..=STABLE).collect::<Vec<_>>());
        }
        assert!(again <= u32::from(STABLE) * 2 * rounds / 1000, "{again} flows were shown twice");
        assert!(of_writers > 0, "the lists met the writers at work");
        writers.map(Writer::stop).into_iter().for_each(|(rounds, lost)| assert!(rounds > 0 && lost == 0));
        only_the_stable_flows_are_left();
    });
}

#[test]
fn a_deletion_beside_two_writers_takes_what_is_selected_and_nothing_else() {
    if was_writer() {
        return;
    }
    isolated(|| {
        let writers = writers("a_deletion_beside_two_writers_takes_what_is_selected_and_nothing_else");
        let marked = |port| {
            let mut flow = passing(1, port);
            flow.set_mark(7);
            flow
        };
        for _ in 0..3 {
            load((CHURN + 1..=CHURN + 500).map(marked));
            let output = tool("-D -s 10.1.0.1 -d 10.0.0.9");
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(text.lines().all(|line| line.contains(" src=10.1.0.1 dst=10.0.0.9 ")), "{text}");
            let lived_through = text.lines().filter(|line| line.contains("mark=7")).count();
            assert_eq!(lived_through, 500, "each of those that lived until then, once");
        }
        let [(rounds, lost), (_, lost_of_other)] = writers.map(Writer::stop);
        assert!(rounds > 0 && lost > 0, "the deletions met the first writer at work");
        assert_eq!(lost_of_other, 0, "flows of the other one were deleted");
        only_the_stable_flows_are_left();
    });
}

#[test]
fn an_update_beside_two_writers_changes_what_is_selected_and_nothing_else() {
    if was_writer() {
        return;
    }
    isolated(|| {
        let writers = writers("an_update_beside_two_writers_changes_what_is_selected_and_nothing_else");
        let (mut again, rounds) = (0, 3);
        for mark in 1..=rounds {
            let seen = shown(&tool(&format!("-U -s 10.0.0.1 -m {mark}")));
            assert!(seen.keys().all(|(src, _)| src == "10.0.0.1"));
            again += repeated(&seen);
            for flow in Handle::open().unwrap().flows().unwrap() {
                let flow = flow.unwrap();
                let stays = flow.tuple(Dir::Orig).src() == udp(1).tuple(Dir::Orig).src();
                assert_eq!(flow.mark(), Some(if stays { mark } else { 0 }));
            }
            // Without a condition it meets the writers' flows too, some of which are gone when it gets to them.
            repeated(&shown(&tool(&format!("-U -m {}", mark + 100))));
        }
        // One in ten thousand would be 0.9: of all walks together more than 9 come once in ten million runs.
        assert!(again <= u32::from(STABLE) * rounds / 1000, "{again} flows were shown twice");
        writers.map(Writer::stop).into_iter().for_each(|(rounds, lost)| assert!(rounds > 0 && lost == 0));
        only_the_stable_flows_are_left();
    });
}

#[test]
fn a_list_that_nobody_reads_for_long_is_whole_afterwards() {
    if was_writer() {
        return;
    }
    isolated(|| {
        let writers = writers("a_list_that_nobody_reads_for_long_is_whole_afterwards");
        let mut list = Command::new(TOOL);
        list.args(["-L", "-o", "extended"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = list.spawn().unwrap();
        testing::wait_until("it waits for its reader", || testing::sleeps_in_write(child.id()));
        let mut events = Events::open(Groups::NEW).unwrap();
        events.socket().set_non_blocking(true).unwrap();
        let mut made = 0;
        testing::wait_until("the table changes much", || {
            loop {
                match events.next() {
                    Ok(_) => made += 1,
                    Err(Error::Os(libc::EAGAIN)) => break made > 10_000,
                    Err(_) => {} // some were lost
                }
            }
        });
        assert!(child.try_wait().unwrap().is_none(), "it still waits");
        let mut output = child.wait_with_output().unwrap();
        output.stdout = String::from_utf8(output.stdout).unwrap().replace("ipv4     2 udp", "udp").into();
        repeated(&shown(&output));
        writers.into_iter().for_each(|writer| assert_eq!(writer.stop().1, 0));
    });
}

/// A program that is killed when the test ends, however it ends.
struct EndsWithTest(Child);

impl Drop for EndsWithTest {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Counts dumps, requests and events under signals that interrupt every call; each must be whole.
fn work_under_signals() {
    signals::StopSignals::catch().unwrap();
    let mut events = Events::open(Groups::NEW).unwrap();
    println!("ready");
    let (mut handle, mut interruptions, mut rounds) = (Handle::open().unwrap(), 0, 0);
    while rounds < 10 || interruptions < 100 {
        assert_eq!(count(&mut handle), usize::from(STABLE));
        let maker = std::thread::spawn(move || {
            let mut handle = Handle::open().unwrap();
            for port in 1..=100 {
                handle.create(&passing(3, port)).unwrap();
                std::thread::sleep(Duration::from_micros(100));
            }
        });
        for port in 1..=100 {
            let event = loop {
                match events.next() {
                    Err(Error::Os(libc::EINTR)) => interruptions += 1,
                    event => break event.unwrap(),
                }
            };
            let netfilter_conntrack::EventSubject::Flow(flow) = event.subject else { panic!("{event:?}") };
            assert_eq!(flow.tuple(Dir::Orig).l4_src(), port, "no event is lost to a signal");
        }
        maker.join().unwrap();
        (1..=100).for_each(|port| handle.delete(&passing(3, port)).unwrap());
        rounds += 1;
    }
    println!("rounds={rounds} interruptions={interruptions} end");
}

#[test]
fn interrupted_calls_lose_nothing() {
    if std::env::var_os(PART).is_some() {
        return work_under_signals();
    }
    isolated(|| {
        load((1..=STABLE).map(udp));
        let mut worker = EndsWithTest(part("interrupted_calls_lose_nothing", "signals"));
        let worker = &mut worker.0;
        let mut out = worker.stdout.take().unwrap();
        let mut text = String::new();
        while !text.contains("ready") {
            let mut chunk = [0; 512];
            let len = out.read(&mut chunk).unwrap();
            assert_ne!(len, 0, "{text}");
            text.push_str(std::str::from_utf8(&chunk[..len]).unwrap());
        }
        // Each turn starts a program, which takes longer than to handle two signals: without a pause, a shower that has a
        // processor to itself leaves its target no time for anything but signals.
        let shower = format!("while kill -s TERM {0} && kill -s INT {0}; do /bin/true; done", worker.id());
        let mut shower = Command::new("sh").args(["-c", &shower]).stderr(Stdio::null()).spawn().unwrap();
        testing::wait_until("the worker has done its rounds", || worker.try_wait().unwrap().is_some());
        let status = worker.wait().unwrap(); // and the shower ends with its target
        out.read_to_string(&mut text).unwrap();
        shower.wait().unwrap();
        assert!(status.success(), "{text}");
        let output = Output { status, stdout: text.into_bytes(), stderr: Vec::new() };
        assert!(told(&output, "rounds") > 0 && told(&output, "interruptions") > 0, "{output:?}");
    });
}
