// SPDX-License-Identifier: GPL-2.0-or-later
//! `--dry-run` prints the lines that the command without it prints, and leaves every entry as it is; `--ignore-missing`
//! makes a success of a command that finds no entry.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

use netfilter_conntrack::wire::consts::IPS_FIXED_TIMEOUT;
use netfilter_conntrack::{Events, Flow, Groups, Handle, L4};
use std::process::Output;
use testing::random::{Dice, random_flow};
use testing::{flow, isolated, keep_labels, run, table};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");

fn tool(words: &str) -> Output {
    run(TOOL, &words.split(' ').collect::<Vec<_>>(), "")
}

/// Lines without what differs from moment to moment: timeouts, and ids.
fn lasting(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    let is_timeout =
        |word: &str| ["4000", "3999", "5000", "4999"].iter().any(|start| word.starts_with(start));
    let line = |line: &str| {
        let words = line.split(' ').map(|word| if is_timeout(word) { "T" } else { word });
        words.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect()
}

fn entries() -> Vec<String> {
    lasting(&tool("-L -o extended,id").stdout)
}

fn random_table() -> Vec<Flow> {
    let mut dice = Dice(99);
    let flow = |n| {
        let mut flow = random_flow(n, &mut dice);
        flow.set_timeout_secs(4_000_000);
        flow.set_status(flow.status().unwrap_or(0) & !IPS_FIXED_TIMEOUT);
        flow.set_mark(dice.roll(4) as u32);
        flow
    };
    (0..120).map(flow).collect()
}

/// Runs a command without and with `--dry-run`: the dry run changes nothing, causes no event, and prints
/// what the command prints.
fn assert_dry(flows: &[Flow], words: &str, input: &str) {
    let mut handle = Handle::open().unwrap();
    handle.flush().unwrap();
    drop(table(flows));
    let before = entries();
    let mut events = Events::open(Groups::FLOWS).unwrap();
    let all: Vec<&str> = words.split(' ').collect();
    let dry = run(TOOL, &[all.as_slice(), &["--dry-run"]].concat(), input);
    assert!(events.try_next().unwrap().is_none(), "{words}: an event");
    assert_eq!(entries(), before, "{words}");
    let real = run(TOOL, &all, input);
    assert_eq!(lasting(&dry.stdout), lasting(&real.stdout), "{words}\n{input}");
    assert_eq!(dry.status.code(), real.status.code(), "{words}: {dry:?}");
    let said = |output: &Output| String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(said(&dry), said(&real).replace(" have been ", " would have been "), "{words}");
}

#[test]
fn a_dry_run_prints_what_the_command_prints_and_changes_nothing() {
    isolated(|| {
        let flows = random_table();
        for words in [
            "-D",
            "-D -p tcp",
            "-D -s 10.0.0.0/27 -o save",
            "-D -u ASSURED -o extended",
            "-D -s 203.0.113.9",
            "-D -f ipv6 -o id",
            "-U -p tcp -m 5 -o extended",
            "-U -m 1/2",
            "-U -p tcp -u SEEN_REPLY,ASSURED",
            "-U -t 5000000",
            "-U -p tcp --state CLOSE",
            "-U -s 203.0.113.9 -m 1",
        ] {
            assert_dry(&flows, words, "");
        }
        let lines: String =
            (0..60).map(|host| format!("-D -s 10.0.0.{host}\n-D -s 10.0.0.{host}/31\n")).collect();
        assert_dry(&flows, "-R -", &lines);
        assert_dry(&flows, "-R -", "-D -s 10.0.0.0/27\n-D -s 10.0.0.0/26\n-D -p tcp\n");
        assert_dry(&flows, "-R -", "-D -p udp\n-U -s 10.0.0.0/27 -m 9\n-U -s 10.0.0.64/27 -m 9\n");
    });
}

#[test]
fn a_dry_flush_shows_the_entries_and_a_dry_file_makes_none() {
    isolated(|| {
        drop(table(&random_table()));
        let before = entries();
        let listed = tool("-L");
        let dry = tool("-F --dry-run");
        let mut lines = lasting(&dry.stdout);
        let mut all = lasting(&listed.stdout);
        lines.sort();
        all.sort();
        assert_eq!((lines, dry.status.code()), (all, Some(0)));
        assert!(
            String::from_utf8(dry.stderr).unwrap().ends_with(": 120 flow entries would have been deleted.\n")
        );
        let file = "-A -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 2 -t 100\n-D -p tcp\n-F\n";
        for words in ["-R - --dry-run", "--dry-run -R -"] {
            let dry = run(TOOL, &words.split(' ').collect::<Vec<_>>(), file);
            assert_eq!(
                (dry.stdout.split(|&byte| byte == b'\n').count(), dry.status.code()),
                (121, Some(0)),
                "{words}"
            );
            assert!(dry.stderr.is_empty(), "{dry:?}");
        }
        for words in ["-R - --dry", "-R - --dryrun", "-R - x --dry-ru"] {
            let refused = run(TOOL, &words.split(' ').collect::<Vec<_>>(), "");
            assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{words}");
        }
        assert_eq!(entries(), before);
    });
}

#[test]
fn a_line_that_is_dry_leaves_the_entries_to_the_lines_after_it() {
    isolated(|| {
        let mut handle = table(&random_table());
        let wide = "-D -s 10.0.0.0/16";
        let output =
            run(TOOL, &["-R", "-"], &format!("{wide} --dry-run\n{wide} --dry-run\n{wide}\n{wide}\n"));
        let lines = lasting(&output.stdout);
        let (first, others) = lines.split_at(lines.len() / 3);
        let (second, real) = others.split_at(first.len());
        assert!(first == real && second == real && real.len() > 50, "{}", lines.len());
        let left = handle.flows().unwrap().map(Result::unwrap);
        let ipv4 = left.filter(|flow| flow.tuple(netfilter_conntrack::Dir::Orig).l3() == 2).count();
        assert_eq!(ipv4, 0);
    });
}

/// Line by line: what a line has deleted or changed is not shown as it was by a dry line after it, although the lines
/// could have found their entries together.
#[test]
fn a_line_that_is_dry_shows_what_the_lines_before_it_have_left() {
    isolated(|| {
        let others = (0..20).map(|n| flow("10.9.0.1", "10.0.1.1", L4::Udp { sport: n, dport: 53 }));
        let named = (1..4).map(|n| flow("10.0.0.1", "10.0.1.1", L4::Udp { sport: n, dport: 53 }));
        let mut flows: Vec<Flow> = named.chain(others).collect();
        flows.iter_mut().for_each(|flow| flow.set_timeout_secs(4_000_000));
        for file in [
            "-D -s 10.0.0.0/25 -m 0\n-D -s 10.0.0.0/24 --dry-run\n-D -s 10.0.0.0/26 --dry-run\n",
            "-U -s 10.0.0.0/25 -m 7\n-U -s 10.0.0.0/24 -m 0/8 --dry-run\n-U -s 10.0.0.0/26 -m 7 --dry-run\n",
        ] {
            Handle::open().unwrap().flush().unwrap();
            drop(table(&flows));
            let together = run(TOOL, &["-R", "-"], file);
            Handle::open().unwrap().flush().unwrap();
            drop(table(&flows));
            let alone = |line: &str| run(TOOL, &["-R", "-"], line).stdout;
            let alone: Vec<u8> = file.lines().flat_map(alone).collect();
            assert_eq!(lasting(&together.stdout), lasting(&alone), "{file}");
            assert!(together.status.success() && alone.len() > 100, "{file}");
        }
    });
}

#[test]
fn labels_are_shown_as_they_would_be() {
    isolated(|| {
        keep_labels();
        let flows: Vec<Flow> = (1..20u16)
            .map(|sport| {
                let mut flow = flow("10.0.0.1", "10.0.0.2", L4::Udp { sport, dport: 53 });
                flow.set_timeout_secs(4_000_000);
                flow
            })
            .collect();
        let map = std::env::temp_dir().join(format!("conntrack-dry-{}", std::process::id()));
        std::fs::write(&map, "1 one\n2 two\n").unwrap();
        let map_path = map.to_str().unwrap();
        assert_dry(&flows, &format!("-U -p udp --label-add one,two -o labels -M {map_path}"), "");
        assert_dry(&flows, &format!("-U -p udp -m 3 --label-add one -o labels -M {map_path}"), "");
        let add = format!("-U -p udp --label-add one,two -M {map_path}\n");
        run(TOOL, &["-R", "-"], &add);
        let dry = tool(&format!("-U --label-del one -o labels -M {map_path} --dry-run"));
        let real = tool(&format!("-U --label-del one -o labels -M {map_path}"));
        assert_eq!(lasting(&dry.stdout), lasting(&real.stdout));
        std::fs::remove_file(&map).unwrap();
    });
}

#[test]
fn no_message_of_a_dry_run_changes_anything() {
    isolated(|| {
        drop(table(&random_table()));
        let sent = |words: &str| {
            let trace = ["-f", "-v", "-e", "trace=sendto,sendmsg,sendmmsg", TOOL];
            let words: Vec<&str> = trace.into_iter().chain(words.split(' ')).collect();
            String::from_utf8(
                run("strace", &words, "-D -p tcp\n-U -m 9\n-I -p 50 -s 1.1.1.1 -d 2.2.2.2 -t 9\n").stderr,
            )
            .unwrap()
        };
        let changes =
            |text: &str| text.contains("IPCTNL_MSG_CT_DELETE") || text.contains("IPCTNL_MSG_CT_NEW");
        for words in ["-D -p udp", "-U -m 77", "-F", "-F -f ipv4", "-R -"] {
            let text = sent(&format!("{words} --dry-run"));
            assert!(text.contains("IPCTNL_MSG_CT_GET") && !changes(&text), "{words}: {text}");
        }
        for words in ["-D -p udp", "-U -m 77", "-R -"] {
            assert!(changes(&sent(words)), "{words}");
        }
    });
}

#[test]
fn no_entry_is_no_failure_where_it_is_ignored() {
    isolated(|| {
        for words in ["-D -s 192.0.2.1", "-U -s 192.0.2.1 -m 1", "-D -s 192.0.2.1 --dry-run"] {
            assert_eq!(tool(words).status.code(), Some(1), "{words}");
            let ignored = tool(&format!("{words} --ignore-missing"));
            assert_eq!(ignored.status.code(), Some(0), "{words}");
            assert_eq!(ignored.stderr, tool(words).stderr, "the count stays");
        }
        for words in [
            "-L --ignore-missing",
            "-G --dry-run",
            "-D --ignore-missing",
            "-D expect --dry-run",
            "-D -p tcp --dry",
        ] {
            assert_eq!(tool(words).status.code(), Some(2), "{words}");
        }
    });
}
