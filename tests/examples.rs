// SPDX-License-Identifier: GPL-2.0-or-later
//! The Rust examples, run as a user runs them, on the running kernel. `cargo test` builds them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use netfilter_conntrack::wire::consts::{IPS_ASSURED, IPS_SEEN_REPLY};
use netfilter_conntrack::{Flow, Handle, L4};
use std::process::{Command, Output, Stdio};
use testing::{flow, isolated, table};

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
    flow.set_tcp_state(3);
    flow.set_status(IPS_SEEN_REPLY | IPS_ASSURED);
    flow.set_mark(5);
    flow
}

const TUPLES: &str =
    "src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40000";

/// A line without its third word, the seconds left.
fn timeless(line: &str) -> String {
    let (seconds, rest): (Vec<_>, Vec<_>) =
        line.split(' ').filter(|word| !word.is_empty()).enumerate().partition(|(place, _)| *place == 2);
    assert!(
        seconds[0].1.parse::<u32>().is_ok_and(|left| (1..=testing::TIMEOUT_SECS).contains(&left)),
        "{line}"
    );
    rest.iter().map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

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
            format!("tcp 6 ESTABLISHED {TUPLES} [ASSURED] mark=5 use=1"),
            "udp 17 src=fd00::1 dst=fd00::2 sport=1 dport=53 [UNREPLIED] \
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

#[test]
fn events_prints_what_happens_and_ends() {
    isolated(|| {
        let child = example("events").arg("3").spawn().unwrap();
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
fn events_refuses_what_is_no_count() {
    for args in [&["many"][..], &["-1"], &["1", "2"]] {
        let output = example("events").args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(text(&output.stderr), "usage: events [COUNT]\n");
    }
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
