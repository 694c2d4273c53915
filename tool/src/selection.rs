// SPDX-License-Identifier: GPL-2.0-or-later
//! Compares the tool with the model of the manual page in `tool/tests/model`: random command lines about tables on paper.
//! Each line goes the way of a real one: the parser, its selector, the filters and look-ups that are left to the
//! kernel, the check of each entry that the kernel sends, and the requests that delete.

#![forbid(unsafe_code)]

#[path = "../tests/model/mod.rs"]
mod model;

use crate::command::registry::Job;
use crate::command::{delete, flush, list};
use crate::line::parse::Parser;
use crate::show::message::Complaint;
use model::entry::{Entry, Home, LABEL_FILE};
use model::line::Line;
use model::meaning::Meaning;
use model::{LINES_OF_A_TABLE, Tally, kernel};
use netfilter_conntrack::batch;
use netfilter_conntrack::codec::flow_decode;
use netfilter_conntrack::filter::Selector;
use netfilter_conntrack::wire::Frame;
use netfilter_conntrack::{DumpFilter, Flow, LabelMap, request};
use std::ops::Range;
use std::path::Path;

const SIZE: usize = 60;
const LINES: u64 = 100_000;

/// Entries, and what the tool makes of the messages in which the kernel shows them.
struct Paper {
    entries: Vec<Entry>,
    flows: Vec<Flow>,
}

impl Paper {
    fn of_seed(seed: u64) -> Paper {
        let entries = model::table(Home::Paper, SIZE, seed);
        let flows: Vec<Flow> = entries.iter().map(read).collect();
        let paper = Paper { entries, flows };
        paper.assert_deletions_are_exact();
        paper
    }

    /// Every entry is deleted by a request that meets it and no other.
    fn assert_deletions_are_exact(&self) {
        let mut request = [0; 4096];
        for (at, flow) in self.flows.iter().enumerate() {
            let len = batch::Request::Delete(flow).encode(&mut request).unwrap();
            assert_eq!(
                kernel::look_up(&request[..len], &self.entries),
                Ok(Some(at)),
                "{:?}",
                self.entries[at]
            );
        }
    }

    /// The entries that a selector chooses here.
    fn matching(&self, selector: &Selector) -> Vec<usize> {
        (0..self.flows.len()).filter(|&at| selector.matches(&self.flows[at])).collect()
    }

    /// The entries that the tool meets where the kernel chooses first, as [`netfilter_conntrack::ListBuilder::selector`]
    /// asks it, and the tool then those that are `matching`. An entry that comes twice stands there twice.
    fn met(&self, selector: &Selector, matching: &[usize]) -> Vec<usize> {
        let mut request = [0; 4096];
        if let Some(key) = selector.lookup_key() {
            let len = request::build_lookup(&mut request, &key, 0, 1).unwrap();
            if let Ok(found) = kernel::look_up(&request[..len], &self.entries) {
                return found.into_iter().filter(|at| matching.contains(at)).collect();
            }
        }
        let mut list = |filter: &DumpFilter| {
            let len = request::build_list(&mut request, request::Table::Conntrack, false, filter, 1).unwrap();
            kernel::list(&request[..len], &self.entries)
        };
        let mut met = Vec::new();
        for filter in selector.kernel_filters() {
            let plain = || DumpFilter { family: filter.family, ..DumpFilter::new() };
            let sent = list(&filter).or_else(|_| list(&plain())).unwrap();
            met.extend(sent.into_iter().filter(|at| matching.binary_search(at).is_ok()));
        }
        met.sort_unstable();
        met
    }

    /// How many entries a line is for, where it is not refused; or what is wrong with what the tool makes of it.
    fn judge(&self, line: &Line) -> Result<Option<usize>, String> {
        let meaning = line.meaning();
        let found = selector(line);
        let (Meaning::Selects(_), Ok(selector)) = (&meaning, &found) else {
            return judge_refusal(&meaning, found.map(drop)).map(|()| None);
        };
        let expected: Vec<usize> =
            (0..self.entries.len()).filter(|&at| meaning.selects(&self.entries[at])).collect();
        let matching = self.matching(selector);
        if let Some(at) = (0..self.entries.len()).find(|at| expected.contains(at) != matching.contains(at)) {
            let wrong = if matching.contains(&at) { "chosen but not meant" } else { "meant but not chosen" };
            return Err(format!("{wrong}: {:?}\nmeaning: {meaning:?}", self.entries[at]));
        }
        let met = self.met(selector, &matching);
        if met != expected {
            let filters = selector.kernel_filters();
            return Err(format!(
                "the kernel's part leads to {met:?} instead of {expected:?}: {filters:?}\nmeaning: {meaning:?}"
            ));
        }
        Ok(Some(expected.len()))
    }
}

/// Reads an entry from the kernel's message, as the tool does.
fn read(entry: &Entry) -> Flow {
    let message = kernel::shown(entry);
    let mut flow = Flow::new();
    flow_decode::message(&mut flow, &Frame::read(&message).unwrap()).unwrap();
    flow
}

fn labels(_: Option<&Path>) -> netfilter_conntrack::Result<LabelMap> {
    LabelMap::read(LABEL_FILE.as_bytes())
}

/// The selector that the tool makes of a line.
fn selector(line: &Line) -> Result<Selector, Complaint> {
    let job = Parser::with_maps(line.posix, labels).parse(&line.words())?.job()?;
    Ok(match job {
        Job::Delete(delete::Job::Entries(selector, ..)) | Job::Flush(flush::Job::Entries(selector)) => {
            *selector
        }
        Job::Flush(flush::Job::AllEntries) => Selector::default(),
        Job::Update(job) => job.selector().clone(),
        Job::List(list::Job { listed: list::Listed::Entries(entries), .. }) => entries.selector().clone(),
        other => panic!("no selection: {other:?}"),
    })
}

fn judge_refusal(meaning: &Meaning, found: Result<(), Complaint>) -> Result<(), String> {
    match (meaning, found) {
        (Meaning::Refused(statuses), Err(complaint)) if statuses.contains(&complaint.exit_status()) => Ok(()),
        (Meaning::Refused(statuses), Err(complaint)) => {
            Err(format!("exit status {}, not one of {statuses:?}: {complaint}", complaint.exit_status()))
        }
        (Meaning::Refused(_), Ok(())) => Err("accepted but to be refused".into()),
        (Meaning::Selects(_), Err(complaint)) => {
            Err(format!("refused but to be accepted: {complaint}\nmeaning: {meaning:?}"))
        }
        (Meaning::Selects(_), Ok(())) => Ok(()),
    }
}

/// Tries the lines of some seeds.
fn tally(seeds: Range<u64>) -> Tally {
    let mut tally = Tally::default();
    let mut paper: Option<(u64, Paper)> = None;
    for seed in seeds {
        let number = seed / LINES_OF_A_TABLE;
        let table = match paper.take() {
            Some((of, table)) if of == number => table,
            _ => Paper::of_seed(seed),
        };
        let line = model::line(Home::Paper, &table.entries, seed);
        match table.judge(&line) {
            Ok(selected) => tally.count(selected, SIZE),
            Err(_) => {
                let line = line.shortest(|line| table.judge(line).is_err());
                let fault = table.judge(&line).unwrap_err();
                panic!("{}", model::failure(seed, &line, &fault));
            }
        }
        paper = Some((number, table));
    }
    tally
}

#[test]
fn the_tool_selects_what_the_manual_says() {
    let seeds = model::seeds(0..LINES);
    let half = seeds.start + (seeds.end - seeds.start) / 2;
    let mut all = Tally::default();
    std::thread::scope(|scope| {
        let halves = [seeds.start..half, half..seeds.end].map(|part| scope.spawn(|| tally(part)));
        for half in halves {
            match half.join() {
                Ok(tally) => all.add(tally),
                Err(payload) => std::panic::resume_unwind(payload),
            }
        }
    });
    println!("{all:?}");
    if all.lines == LINES {
        all.assert_sharp();
    }
}
