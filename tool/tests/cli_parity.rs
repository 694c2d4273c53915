// SPDX-License-Identifier: GPL-2.0-or-later
//! The same command lines, thousands of them, through the original tool and ours; see `parity/mod.rs`.
//!
//! What comes out differently is explained by the rows of `parity/differences.rs`, or it is a failure; so is a row
//! that explains nothing any more. The counts are printed at the end (`--nocapture` shows them).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may
#![allow(clippy::print_stdout)] // the counts

#[path = "parity/mod.rs"]
mod parity;
#[path = "support/words.rs"]
mod words;

use netfilter_conntrack::Handle;
use parity::differences::{OF_EVENTS, ROWS};
use parity::fixture::{self, Extras};
use parity::judge::Judge;
use parity::matrix::{self, Says};
use parity::{Case, Outcome, lines, normal, runner, traffic};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::UdpSocket;
use std::path::Path;
use std::sync::Mutex;
use testing::isolated;

/// Fewer command lines than this are no proof.
const AT_LEAST: usize = 5000;
/// How many namespaces are busy at a time.
const THREADS: usize = 2;
/// How many failures are shown in full.
const SHOWN: usize = 20;

#[test]
fn the_same_command_lines_through_both_tools() {
    with_original("the_same_command_lines_through_both_tools", compare);
}

/// Runs a test's body where the original and the label file are.
fn with_original(test: &str, body: impl FnOnce(&Path)) {
    let Some(original) = parity::original() else {
        return testing::report(test, "the original conntrack is not installed");
    };
    parity::with_label_file(test, || body(&original));
}

fn compare(original: &Path) {
    let cells = matrix::cells();
    let mut cases: Vec<Case> = cells.iter().map(|(case, _)| case.clone()).collect();
    cases.extend(lines::all());
    let outcomes = runner::run_both([original, &parity::ours()], &cases, Extras::On, THREADS);
    let mut report = String::new();
    for ((case, says), pair) in cells.iter().zip(&outcomes) {
        for (whose, outcome) in ["original", "ours"].into_iter().zip(pair) {
            let excused = if whose == "original" { older(case, says) } else { taken(case, says) };
            if !excused && !fits(says, outcome) {
                writeln!(report, "$ {case}\n  the matrix says {says:?}, {whose}\n{outcome}").unwrap();
            }
        }
    }
    let different: Vec<_> = cases.iter().zip(&outcomes).filter(|(_, [one, other])| one != other).collect();
    let (unexplained, used) = judge(original, &different);
    for (case, [theirs, ours]) in unexplained.iter().take(SHOWN) {
        writeln!(report, "$ {case}\n  original\n{theirs}  ours\n{ours}").unwrap();
    }
    let [all, differ, otherwise] = [cases.len(), different.len(), unexplained.len()];
    let (identical, listed) = (all - differ, differ - otherwise);
    println!(
        "parity: {all} command lines compared, {identical} identical, {listed} differ as listed, {otherwise} otherwise"
    );
    for (row, count) in &used {
        println!("{count:5} differ: {row}");
        if *count == 0 && !OF_EVENTS.contains(row) {
            writeln!(report, "a row that explains nothing: {row}").unwrap();
        }
    }
    assert!(cases.len() >= AT_LEAST, "only {} command lines", cases.len());
    assert!(report.is_empty(), "{} unexplained\n{report}", unexplained.len());
}

/// Whether an outcome is as the matrix says.
fn fits(says: &Says, outcome: &Outcome) -> bool {
    let said = |text: String| outcome.stderr.iter().any(|line| line.starts_with(&format!("P: {text}")));
    match says {
        Says::Illegal(option) => {
            outcome.status == "2" && said(format!("Illegal option `{option}' with this command"))
        }
        Says::Missing(option) => {
            outcome.status == "2"
                && said(format!("You need to supply the `{option}' option for this command"))
        }
        Says::Legal(_) => !said("Illegal option".into()) && !said("You need".into()),
        Says::Nothing => true,
    }
}

/// Whether the older original, which Debian ships, does not take this option as a word, or not to be one of a command.
fn older(case: &Case, says: &Says) -> bool {
    let option = match says {
        Says::Illegal(option) | Says::Legal(option) | Says::Missing(option) => *option,
        Says::Nothing => "",
    };
    ["--id", "--labelmap"].contains(&option) || (option == "--reply-zone" && case.line.starts_with(option))
}

/// Whether ours takes, by a row, what the original refuses.
fn taken(case: &Case, says: &Says) -> bool {
    matches!(says, Says::Illegal("--buffer-size")) && case.line.starts_with("-E expect")
}

type Different<'a> = (&'a Case, &'a [Outcome; 2]);

/// Those that no row explains, and how many each row explained.
fn judge<'a>(
    original: &Path,
    different: &[Different<'a>],
) -> (Vec<Different<'a>>, Vec<(&'static str, usize)>) {
    let result = Mutex::default();
    isolated(|| {
        let mut judge = Judge::new(original);
        let unexplained =
            different.iter().filter(|(case, [theirs, ours])| !judge.explains(case, theirs, ours));
        let unexplained: Vec<Different> = unexplained.copied().collect();
        *result.lock().unwrap() = (unexplained, judge.used.into_iter().collect());
    });
    result.into_inner().unwrap()
}

#[test]
fn entries_without_counters_and_times() {
    with_original("entries_without_counters_and_times", |original| {
        let cases = lines::plain();
        let outcomes = runner::run_both([original, &parity::ours()], &cases, Extras::Off, THREADS);
        let mut judge = Judge::of(HashMap::new());
        for (case, [theirs, ours]) in cases.iter().zip(&outcomes) {
            assert!(judge.explains(case, theirs, ours), "$ {case}\n  original\n{theirs}  ours\n{ours}");
        }
        println!("parity: {} command lines compared on entries without counters and times", cases.len());
    });
}

#[test]
fn counters_are_shown_and_zeroed() {
    with_original("counters_are_shown_and_zeroed", |original| {
        isolated(|| {
            fixture::prepare(Extras::On);
            let mut handle = Handle::open().unwrap();
            let shown = |tool: &Path, line: &str| {
                let output = testing::run(
                    tool.to_str().unwrap(),
                    &words::words(line).iter().map(String::as_str).collect::<Vec<_>>(),
                    "",
                );
                [normal::entries(&output.stdout), normal::lines(&output.stderr)]
            };
            let tools = [original, &parity::ours()];
            let mut zeroed = Vec::new();
            for zeroing in tools {
                // New entries each time: one that is older than two seconds becomes assured by its next packet.
                handle.flush().unwrap();
                for ends in [["127.0.0.1:5003", "127.0.0.1:5004"], ["[::1]:5003", "[::1]:5004"]] {
                    let [client, server] = ends.map(|end| UdpSocket::bind(end).unwrap());
                    traffic::exchange(&client, &server, ends[1]);
                }
                let [theirs, ours] = tools.map(|tool| shown(tool, "-L -o extended"));
                assert_eq!(theirs, ours);
                assert!(ours[0][0].contains(" packets=2 bytes=64 ") && ours[0].len() == 2, "{ours:?}");
                zeroed.push(shown(zeroing, "-L -z"));
                let [theirs, ours] = tools.map(|tool| shown(tool, "-L -o xml"));
                assert_eq!(theirs, ours);
                assert!(ours[0][2].contains("<packets>0</packets><bytes>0</bytes>"), "{ours:?}");
            }
            assert_eq!(zeroed[0], zeroed[1]);
        });
    });
}

#[test]
fn every_row_is_in_the_list_of_differences() {
    let list = include_str!("../../docs/differences.md");
    for row in ROWS.iter().filter(|row| !row.name.starts_with("1.4.7: ")) {
        assert!(list.contains(&format!("\n| {}", row.name)), "{}", row.name);
    }
}
