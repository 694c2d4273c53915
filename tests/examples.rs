// SPDX-License-Identifier: GPL-2.0-or-later
//! The Rust examples, run as a user runs them, on the running kernel. `cargo test` builds them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use netfilter_conntrack::{DumpFilter, Flow, Handle, L4, State, Status, TcpState, Translation};
use std::process::{Command, Output, Stdio};
use testing::{flow, isolated, table, timeless};

/// An example, ended when it takes too long.
fn example(name: &str) -> Command {
    let mut command = Command::new("timeout");
    command.arg(testing::CEILING.as_secs().to_string()).arg(testing::example(name));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// An established connection.
fn connection() -> Flow {
    let mut flow = flow("10.0.0.1", "10.0.0.2", L4::Tcp { sport: 40000, dport: 80 });
    flow.set_state(State::Tcp(TcpState::Established));
    flow.set_status_flags(Status::SEEN_REPLY | Status::ASSURED);
    flow.set_mark(5);
    flow
}

const TUPLES: &str =
    "src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40000";

#[test]
fn list_prints_the_table() {
    isolated(|| {
        let v6 = flow("fd00::1", "fd00::2", L4::Udp { sport: 1, dport: 53 });
        let _handle = table(&[connection(), v6]);
        let Output { status, stdout, stderr } = example("list").output().unwrap();
        assert!(status.success(), "{}", text(&stderr));
        let mut lines: Vec<String> = text(&stdout).lines().map(timeless).collect();
        lines.sort();
        let expected = [
            format!("tcp      6 * ESTABLISHED {TUPLES} [ASSURED] mark=5 use=1"),
            "udp      17 * src=fd00::1 dst=fd00::2 sport=1 dport=53 [UNREPLIED] \
             src=fd00::2 dst=fd00::1 sport=53 dport=1 mark=0 use=1"
                .to_owned(),
        ];
        assert_eq!(lines, expected);
        assert_eq!(text(&stderr), "2 flows\n");
    });
}

#[test]
fn list_says_what_it_lacks() {
    isolated(|| {
        let list = testing::example("list");
        let args = ["--bounding-set=-all", "--inh-caps=-all", list.to_str().unwrap()];
        let output = testing::run("setpriv", &args, "");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stderr), "list: cannot list the flows: Operation not permitted\n");
        assert_eq!(text(&output.stdout), "");
    });
}

/// Waits until somebody in this namespace listens to a multicast group of netfilter (protocol 12).
fn wait_for_listener() {
    testing::wait_until("a program listens", || {
        let sockets = std::fs::read_to_string("/proc/thread-self/net/netlink").unwrap();
        let mut rows = sockets.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
        rows.any(|row| row[1] == "12" && row[3] != "00000000")
    });
}

fn follows_what_happens_and_ends(name: &str) {
    isolated(|| {
        let child = example(name).arg("3").spawn().unwrap();
        wait_for_listener();
        let mut handle: Handle = table(&[connection()]);
        handle.update(&connection()).unwrap();
        handle.delete(&connection()).unwrap();
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        assert!(status.success(), "{}", text(&stderr));
        let lines: Vec<String> =
            text(&stdout).lines().map(|line| line.split_once(']').unwrap().0.to_owned()).collect();
        assert_eq!(lines, ["    [NEW", " [UPDATE", "[DESTROY"]);
        assert_eq!(text(&stdout).matches(TUPLES).count(), 3, "{}", text(&stdout));
    });
}

#[test]
fn events_prints_what_happens_and_ends() {
    follows_what_happens_and_ends("events");
}

#[test]
fn events_are_a_task_of_tokio() {
    follows_what_happens_and_ends("events_tokio");
}

/// What every program of docs/bindings.md prints.
#[test]
fn the_tour_prints_what_it_does_in_every_language() {
    isolated(|| {
        let Output { status, stdout, stderr } = example("tour").output().unwrap();
        assert!(status.success(), "{}", text(&stderr));
        assert_eq!(text(&stdout), include_str!("../bindings/tour.txt"));
    });
}

#[test]
fn examples_refuse_what_they_do_not_understand() {
    let usages: [(&str, &[&[&str]], &str); 6] = [
        ("events", &[&["many"], &["-1"], &["1", "2"]], "[COUNT]"),
        ("events_tokio", &[&["many"], &["-1"], &["1", "2"]], "[COUNT]"),
        ("filter", &[&[], &["nowhere"], &["10.0.0.1", "2"]], "ADDRESS"),
        ("delete", &[&[], &["nowhere"], &["10.0.0.1", "2"]], "ADDRESS"),
        ("statistics", &[&["a", "b"]], "[NAMESPACE]"),
        ("diagnosis", &[&["a", "b"]], "[NAMESPACE]"),
    ];
    for (name, lines, usage) in usages {
        for args in lines {
            let output = example(name).args(*args).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{name} {args:?}");
            assert_eq!(text(&output.stderr), format!("usage: {name} {usage}\n"));
        }
    }
}

/// What an example prints that ends well.
fn printed(name: &str, args: &[&str]) -> String {
    let Output { status, stdout, stderr } = example(name).args(args).output().unwrap();
    assert!(status.success(), "{name}: {}", text(&stderr));
    text(&stdout).to_owned()
}

#[test]
fn filter_prints_the_flows_of_a_client() {
    isolated(|| {
        let router = Translation::to_port(testing::ip("10.0.0.9"), 50000);
        let mut translated = testing::udp(1);
        translated.set_source_nat(router);
        let _handle =
            table(&[connection(), translated, flow("10.0.0.3", "10.0.0.2", L4::Udp { sport: 9, dport: 9 })]);
        let mut lines: Vec<String> = printed("filter", &["10.0.0.1"]).lines().map(str::to_owned).collect();
        lines.sort();
        let expected = [
            "10.0.0.2 Tcp { sport: 40000, dport: 80 }, ESTABLISHED",
            "10.0.0.2 Udp { sport: 1, dport: 53 }, not answered; the source becomes 10.0.0.9, port 50000",
        ];
        assert_eq!(lines, expected);
        assert_eq!(printed("filter", &["10.0.0.4"]), "");
    });
}

#[test]
fn delete_deletes_the_flows_of_a_client() {
    isolated(|| {
        let other = flow("10.0.0.3", "10.0.0.2", L4::Udp { sport: 9, dport: 9 });
        let flows: Vec<Flow> = (1..=500).map(testing::udp).chain([connection(), other]).collect();
        let mut handle = table(&flows);
        assert_eq!(printed("delete", &["10.0.0.1"]), "501 flows deleted\n");
        assert_eq!(testing::sports(&mut handle, &DumpFilter::new()), [9]);
        assert_eq!(printed("delete", &["10.0.0.1"]), "0 flows deleted\n");
    });
}

#[test]
fn statistics_prints_how_full_the_table_is() {
    isolated(|| {
        let _handle = table(&[connection(), testing::udp(1)]);
        let printed = printed("statistics", &[]);
        assert!(printed.starts_with("2 flows, at most "), "{printed}");
        assert!(printed.lines().any(|line| line.starts_with("insert_failed: ")), "{printed}");
    });
}

#[test]
fn diagnosis_says_that_nothing_is_wrong() {
    isolated(|| {
        let _handle = table(&[connection(), testing::udp(1)]);
        assert_eq!(printed("diagnosis", &[]).lines().next(), Some("Ok"));
        let output = example("diagnosis").arg("no-such-namespace").output().unwrap();
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
        assert!(text(&output.stderr).starts_with("diagnosis: "), "{}", text(&output.stderr));
    });
}

#[test]
fn mirror_counts_what_is_in_the_table() {
    isolated(|| {
        let _handle = table(&[connection(), testing::udp(1), testing::udp(2)]);
        let Output { status, stdout, stderr } = example("mirror").arg("1").output().unwrap();
        assert!(status.success(), "{}", text(&stderr));
        assert_eq!(text(&stdout), "3 flows by protocol: 6: 1, 17: 2; 0 events lost\n");
    });
}
