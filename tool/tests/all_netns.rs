// SPDX-License-Identifier: GPL-2.0-or-later
//! `--all-netns`: what is shown of all namespaces, each line with the name of its own. The machine has other namespaces
//! than those of the tests, so the tests look at the lines of theirs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

#[path = "support/follower.rs"]
mod follower;

use follower::{Ended, Follower, nth, requests, send};
use netfilter_conntrack::request::Query;
use netfilter_conntrack::{Handle, L4, Netns};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use testing::json::Json;
use testing::{flow, isolated, need_root, run, skip, table, timeless, udp, wait_until};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");

/// A namespace with a name in /run/netns and without a process.
struct Named(String);

impl Named {
    fn new(what: &str) -> Named {
        let named = Named(format!("all-{what}-{}", std::process::id()));
        named.add();
        named
    }

    fn add(&self) {
        assert!(run("ip", &["netns", "add", &self.0], "").status.success(), "{}", self.0);
    }

    fn delete(&self) {
        assert!(run("ip", &["netns", "delete", &self.0], "").status.success(), "{}", self.0);
    }

    fn handle(&self) -> Handle {
        Handle::builder().namespace_name(&self.0).open().unwrap()
    }

    /// The last word of its lines.
    fn word(&self) -> String {
        format!(" netns={}", self.0)
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.0]).stderr(Stdio::null()).status();
    }
}

/// A process in a namespace of its own.
struct Inhabitant(Child);

impl Inhabitant {
    fn new() -> Inhabitant {
        let words = ["--net", "sleep", "1000"];
        let child = Inhabitant(Command::new("unshare").args(words).stdin(Stdio::null()).spawn().unwrap());
        let command = format!("/proc/{}/comm", child.0.id());
        wait_until("it has its namespace", || {
            std::fs::read_to_string(&command).is_ok_and(|name| name == "sleep\n")
        });
        child
    }

    fn handle(&self) -> Handle {
        Handle::builder().namespace_of_process(self.0.id()).open().unwrap()
    }
}

impl Drop for Inhabitant {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A thread that adds and deletes a name all the time.
struct Churn {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Churn {
    fn start(what: &'static str) -> Churn {
        let stop = Arc::new(AtomicBool::new(false));
        let has_ended = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !has_ended.load(Ordering::Relaxed) {
                Named::new(what).delete();
            }
        });
        Churn { stop, thread: Some(thread) }
    }
}

impl Drop for Churn {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))), "adding or deleting has failed");
    }
}

fn conntrack(words: &str) -> Output {
    Command::new(TOOL).args(words.split(' ')).output().unwrap()
}

/// Lines of the output, of a run that has shown everything. On a busy machine it may have no time for the last processes;
/// then it is repeated.
fn lines(words: &str) -> Vec<String> {
    let mut shown = Vec::new();
    wait_until("it looks at all processes in time", || {
        let output = conntrack(words);
        let said = String::from_utf8(output.stderr).unwrap();
        shown = output.stdout;
        let is_late = said.contains("not looked at in time");
        assert!(is_late || output.status.code() == Some(0), "{words}: {said}");
        !is_late
    });
    String::from_utf8(shown).unwrap().lines().map(str::to_owned).collect()
}

/// Lines of the output once this holds for them. A namespace is named for the lowest of its processes, which for a moment
/// may be the tool of another test that walks through all namespaces.
fn unvisited(words: &str, holds: impl Fn(&[String]) -> bool) -> Vec<String> {
    let mut shown = Vec::new();
    wait_until("a process has its own name", || {
        shown = lines(words);
        holds(&shown)
    });
    shown
}

/// Those that end so.
fn ending<'l>(lines: &'l [String], end: &str) -> Vec<&'l str> {
    lines.iter().map(String::as_str).filter(|line| line.ends_with(end)).collect()
}

#[test]
fn lists_and_counters_of_all_namespaces_name_them() {
    isolated(|| {
        need_root("/run/netns");
        let _own = table(&[udp(1), udp(2)]);
        let (web, inhabitant) = (Named::new("lists"), Inhabitant::new());
        let _churn = Churn::start("lists-churn");
        // Entries in namespaces of other programs have other addresses.
        let [_, second, third, last] = std::process::id().to_be_bytes();
        let address = format!("10.{second}.{third}.{last}");
        let entry = |sport| flow(&address, "10.0.0.2", L4::Udp { sport, dport: 53 });
        web.handle().create(&entry(3)).unwrap();
        (4..7).for_each(|port| inhabitant.handle().create(&entry(port)).unwrap());
        let with_port = |listed: &[String], port: u16| -> Vec<String> {
            let words = [format!(" src={address} dst=10.0.0.2 "), format!(" sport={port} dport=53 [")];
            listed.iter().filter(|line| words.iter().all(|word| line.contains(word))).cloned().collect()
        };
        let listed = unvisited("-L -p udp --all-netns", |listed| {
            with_port(listed, 5).first().is_some_and(|line| line.contains(" netns=sleep"))
        });
        assert_eq!(ending(&listed, " netns=").len(), 2, "{listed:#?}");
        assert_eq!(ending(&listed, &web.word()), with_port(&listed, 3), "{listed:#?}");
        let [process] = &with_port(&listed, 5)[..] else { panic!("{listed:#?}") };
        let name = process.rsplit(" netns=").next().unwrap();
        assert_eq!(ending(&listed, &format!(" netns={name}")).len(), 3);
        let plain = lines(&format!("-L -p udp --netns {}", web.0));
        let of_web = ending(&listed, &web.word())[0];
        assert_eq!(timeless(of_web), timeless(&plain[0]) + &web.word(), "nothing else is different");
        // Its name may have a number now: another test has a process with this name, too.
        let counts =
            unvisited("-C --all-netns", |counts| counts.iter().any(|line| line.starts_with("3 netns=sleep")));
        for (name, count) in [("", 2), (&web.0, 1)] {
            assert!(counts.contains(&format!("{count} netns={name}")), "{name}: {counts:#?}");
        }
        assert!(lines("-C expect --all-netns").contains(&format!("0{}", web.word())));
        let stats = lines("-S --all-netns");
        let cpus = lines("-S").len();
        assert_eq!((ending(&stats, " netns=").len(), ending(&stats, &web.word()).len()), (cpus, cpus));
        assert!(!stats.iter().any(|line| line.contains("  netns=")), "{stats:#?}");
        assert!(lines("-L dying --all-netns").iter().all(|line| line.contains(" netns=")));
        lines("-L expect --all-netns");
    });
}

/// Checks each line of its input against the schema.
const CHECK: &str = r#"
import json, sys
try:
    import jsonschema
except ImportError:
    sys.exit(77)
check = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
for line in sys.stdin:
    check.validate(json.loads(line))
"#;

fn are_of_the_schema(lines: &[String]) {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/flow.schema.json");
    let output = run("python3", &["-c", CHECK, schema], &lines.join("\n"));
    match output.status.code() {
        Some(77) => skip("python3-jsonschema is missing"),
        code => assert_eq!(code, Some(0), "{}", String::from_utf8_lossy(&output.stderr)),
    }
}

#[test]
fn objects_have_the_namespace_as_a_key_and_are_of_the_schema() {
    isolated(|| {
        need_root("/run/netns");
        let _own = table(&[udp(1)]);
        let web = Named::new("json");
        web.handle().create(&udp(2)).unwrap();
        for command in ["-L -p udp", "-C", "-S", "-S expect", "-C expect"] {
            let objects = lines(&format!("{command} --all-netns -o json"));
            let of = |name: &str| {
                objects
                    .iter()
                    .filter(|line| {
                        Json::read(line).unwrap().at("netns").and_then(Json::text).unwrap() == name
                    })
                    .count()
            };
            assert!(of("") > 0 && of(&web.0) > 0, "{command}: {objects:#?}");
            are_of_the_schema(&objects);
        }
        let listed = lines("-L -p udp --all-netns -o json");
        let of_web: Vec<&str> =
            listed.iter().map(String::as_str).filter(|line| line.contains(&web.0)).collect();
        let loaded = run(TOOL, &["-R", "-"], &of_web.join("\n"));
        let said = String::from_utf8(loaded.stderr).unwrap();
        assert!(
            loaded.status.code() == Some(2) && said.contains("`netns': the entry is of another namespace"),
            "{said}"
        );
        let own = ending(&listed, r#","netns":""}"#).join("\n");
        assert_eq!(run(TOOL, &["-R", "-"], &own).status.code(), Some(0));
    });
}

#[test]
fn a_namespace_that_cannot_be_entered_is_reported_and_the_others_are_shown() {
    isolated(|| {
        need_root("/run/netns");
        let web = Named::new("closed");
        // Root of a user namespace may enter its own network namespace only.
        let within = |words: &str| {
            let words = ["-r", "--net", TOOL].into_iter().chain(words.split(' '));
            let output = Command::new("unshare").args(words).output().unwrap();
            (
                output.status.code(),
                String::from_utf8(output.stdout).unwrap(),
                String::from_utf8(output.stderr).unwrap(),
            )
        };
        let (status, shown, said) = within("-C --all-netns");
        assert_eq!((status, shown.as_str()), (Some(1), "0 netns=\n"), "{said}");
        let refused = said.contains(&format!("the network namespace {}: cannot be entered: ", web.0));
        assert!(refused || said.contains(" network namespaces: cannot be entered: "), "{said}");
    });
}

fn wait_for(follower: &mut Follower, text: &str) {
    follower.wait(text, |follower| follower.printed().contains(text));
}

/// Waits until the events of a namespace are shown, by making some with this port.
fn wait_until_followed(follower: &mut Follower, handle: &mut Handle, port: u16, name: &str) {
    let (port_word, name) = (format!("sport={port} "), format!(" netns={name}"));
    wait_until("it is followed", || {
        handle.create(&udp(port)).unwrap();
        handle.flush().unwrap();
        follower.printed().lines().any(|line| line.contains(&port_word) && line.contains(&name))
    });
}

#[test]
fn namespaces_that_appear_are_followed_and_those_that_go_are_dropped() {
    isolated(|| {
        need_root("/run/netns");
        let mut own = table(&[]);
        let (first, second) = (Named::new("first"), Named::new("second"));
        second.delete();
        let _churn = Churn::start("events-churn");
        let mut follower = Follower::start("-E -e NEW -p udp --all-netns");
        own.create(&udp(1)).unwrap();
        first.handle().create(&udp(2)).unwrap();
        wait_for(&mut follower, " netns=\n");
        wait_for(&mut follower, &(first.word() + "\n"));
        second.add();
        wait_until_followed(&mut follower, &mut second.handle(), 11, &second.0);
        // The namespace ends although the follower had a socket in it: its end of the cable takes the other one along.
        let cable = ["link", "add", "cable", "type", "veth", "peer", "name", "there", "netns", &first.0];
        assert!(run("ip", &cable, "").status.success());
        let there = || run("ip", &["link", "show", "cable"], "").status.success();
        assert!(there());
        first.delete();
        wait_until("it goes", || !there());
        first.add(); // the same name, and another namespace
        wait_until_followed(&mut follower, &mut first.handle(), 12, &first.0);
        let inhabitant = Inhabitant::new();
        wait_until_followed(&mut follower, &mut inhabitant.handle(), 13, "sleep");
        let late = Named(format!("all-late-{}", std::process::id()));
        let pid = inhabitant.0.id().to_string();
        assert!(run("ip", &["netns", "attach", &late.0, &pid], "").status.success());
        wait_until_followed(&mut follower, &mut inhabitant.handle(), 14, &late.0);
        drop((inhabitant, late));
        own.create(&udp(4)).unwrap();
        wait_for(&mut follower, "sport=4 ");
        let ended = follower.end();
        assert!(ended.number("flow events have been shown.") >= 6, "{}", ended.stderr);
        ends_well(&ended);
    });
}

/// Nothing was lost in a namespace of these tests, and nothing but the search ran short of time. In namespaces of other
/// programs events may be lost.
fn ends_well(ended: &Ended) {
    let places = [
        " of the caller's own network namespace ".to_owned(),
        format!("-{} have been lost", std::process::id()),
    ];
    let is_here = |line: &str| places.iter().any(|place| line.contains(place));
    let mut lost = ended.stderr.lines().filter(|line| line.ends_with(" have been lost."));
    let (of_all, here) = (lost.clone().count(), lost.any(is_here));
    let all = ended.status == Some(0) || ended.stderr.contains("not looked at in time") || of_all > 0;
    assert!(all && !here, "{:?}: {}", ended.status, ended.stderr);
}

#[test]
fn losses_are_those_of_a_namespace() {
    isolated(|| {
        need_root("/run/netns");
        let mut own = table(&[]);
        let web = Named::new("losses");
        let mut follower = Follower::start("-E -p udp -b 8192 -o json --all-netns");
        follower.signal("STOP");
        let flood = requests(Query::Create, (0..500).map(nth));
        let name = Netns::Name(web.0.clone());
        std::thread::spawn(move || {
            name.enter().unwrap();
            send(&flood);
        })
        .join()
        .unwrap();
        own.create(&udp(1)).unwrap();
        follower.signal("CONT");
        let lost = format!(r#","netns":"{}"}}"#, web.0);
        follower.wait("no loss", |follower| {
            follower
                .printed()
                .lines()
                .any(|line| line.starts_with(r#"{"event":"lost","#) && line.ends_with(&lost))
        });
        own.create(&udp(2)).unwrap();
        wait_for(&mut follower, r#""sport":2,"#);
        let ended = follower.end();
        ended
            .stdout
            .lines()
            .filter(|line| line.contains("lost"))
            .for_each(|line| are_of_the_schema(&[line.into()]));
        assert_eq!(ended.status, Some(3), "{}", ended.stderr);
        let objects = ended.stdout.lines().map(|line| Json::read(line).unwrap());
        let of_own = objects.filter(|object| object.at("netns").and_then(Json::text) == Some(""));
        assert_eq!(of_own.filter(|object| object.at("event").and_then(Json::text) == Some("new")).count(), 2);
        assert!(ended.stderr.contains(&format!("The events are those of the network namespace {}.", web.0)));
        let whose = format!(" flow events of the network namespace {} have been lost.", web.0);
        assert!(ended.stderr.contains(&whose), "{}", ended.stderr);
        assert!(!ended.stderr.contains("own network namespace"), "{}", ended.stderr);
    });
}

#[test]
fn the_program_that_caused_an_event_is_found_in_its_namespace() {
    isolated(|| {
        need_root("/run/netns");
        let web = Named::new("origin");
        assert!(Path::new("/run/netns").join(&web.0).exists());
        let mut follower = Follower::start("-E -p udp -o userspace --all-netns");
        let mut handle = web.handle();
        handle.create(&udp(77)).unwrap();
        wait_for(&mut follower, &(web.word() + "\n"));
        let printed = follower.printed();
        let line = printed.lines().find(|line| line.ends_with(&web.word())).unwrap();
        assert!(line.contains(" [USERSPACE] portid=") && line.contains(" progname="), "{line}");
        ends_well(&follower.end());
    });
}
