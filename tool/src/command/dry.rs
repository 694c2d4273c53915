// SPDX-License-Identifier: GPL-2.0-or-later
//! `--dry-run`: the lines that a command would print, and nothing sent but questions.
//!
//! In a dry run of a file, an entry that a line would delete does not exist for the lines after it. A single line that is
//! dry, in a file that is not, changes nothing for the lines after it.

#![forbid(unsafe_code)]

use super::registry::Verb;
use super::{Done, Session};
use crate::line::Line;
use crate::line::options::{Param, Table};
use crate::show::message::Complaint;
use crate::show::output::{Output, View};
use crate::show::refusal;
use netfilter_conntrack::{Dir, Flow, Handle, Selector};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// How a command that changes entries is meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Manner {
    /// It shows what would change, and changes nothing.
    pub is_dry: bool,
    /// It succeeds where it finds no entry.
    pub may_miss: bool,
}

impl Manner {
    pub fn of(line: &Line) -> Manner {
        Manner { is_dry: line.has(Param::DryRun), may_miss: line.has(Param::IgnoreMissing) }
    }

    /// The result for a number of entries, with the words `done`, or with the words `dry` after a dry run.
    pub fn counted(self, entries: u64, done: &'static str, dry: &'static str) -> Done {
        let what = if self.is_dry { dry } else { done };
        match self.may_miss {
            true => Done::Counted(entries, what),
            false => Done::CountedOrFailed(entries, what),
        }
    }
}

/// Where a dry run gets entries from.
pub enum Source<'s> {
    /// From the table.
    Table(&'s Selector),
    /// From a walk before.
    Found(&'s [Rc<Flow>]),
}

/// The entries that a dry run has shown as deleted, each as a hash of its id and original tuple.
#[derive(Debug, Default)]
pub struct Gone(HashSet<u64>);

impl Gone {
    fn key(flow: &Flow) -> u64 {
        let (tuple, mut hasher) = (flow.tuple(Dir::Orig), DefaultHasher::new());
        (flow.id(), tuple.src(), tuple.dst(), tuple.l4(), tuple.l4_src(), tuple.l4_dst()).hash(&mut hasher);
        hasher.finish()
    }

    fn has(&self, flow: &Flow) -> bool {
        self.0.contains(&Gone::key(flow))
    }

    /// Notes an entry; whether it was there until now.
    fn add(&mut self, flow: &Flow) -> bool {
        self.0.insert(Gone::key(flow))
    }
}

/// Shows the entries that would be deleted, and returns their number.
pub fn deleted(
    session: &mut Session,
    verb: Verb,
    source: &Source<'_>,
    view: &View,
) -> Result<u64, Complaint> {
    let mut count = 0;
    each(session, verb, source, |_, out, gone, flow| match gone.add(flow) {
        true => {
            count += 1;
            out.flow(view, flow)
        }
        false => Ok(()),
    })?;
    Ok(count)
}

/// Hands each entry to `show` that an earlier line would not have deleted, with a handle for questions about it.
pub fn each_left(
    session: &mut Session,
    verb: Verb,
    source: &Source<'_>,
    mut show: impl FnMut(&mut Handle, &mut Output, &Flow) -> Result<(), Complaint>,
) -> Result<(), Complaint> {
    each(session, verb, source, |handle, out, gone, flow| match gone.has(flow) {
        true => Ok(()),
        false => show(handle, out, flow),
    })
}

fn each(
    session: &mut Session,
    verb: Verb,
    source: &Source<'_>,
    mut take: impl FnMut(&mut Handle, &mut Output, &mut Gone, &Flow) -> Result<(), Complaint>,
) -> Result<(), Complaint> {
    let kept = session.gone.take();
    let (is_run, mut gone) = (kept.is_some(), kept.unwrap_or_default());
    let (reader, handle, out) = session.handles()?;
    let refused = |error| refusal::of(verb, Table::Conntrack, error);
    match source {
        Source::Table(selector) => {
            let mut list = reader.entries().selector(selector).open().map_err(refused)?;
            while let Some(flow) = list.next().map_err(refused)? {
                take(handle, out, &mut gone, flow)?;
            }
        }
        Source::Found(found) => found.iter().try_for_each(|flow| take(handle, out, &mut gone, flow))?,
    }
    session.gone = is_run.then_some(gone);
    Ok(())
}
