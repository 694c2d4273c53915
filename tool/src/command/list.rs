// SPDX-License-Identifier: GPL-2.0-or-later
//! `-L`: the selected entries of the table, or of one of the two lists next to it; or the expectations, those of IPv4
//! unless another family is asked for.

#![forbid(unsafe_code)]

use super::registry::{self, Verb};
use super::{Done, Session, namespaces};
use crate::line::options::{Param, Table};
use crate::line::value::Family;
use crate::line::{Line, objects};
use crate::show::message::Complaint;
use crate::show::output::View;
use crate::show::refusal;
use netfilter_conntrack::Selector;
use netfilter_conntrack::Table as KernelTable;

/// What is listed, and whether of all namespaces.
#[derive(Debug)]
pub struct Job {
    pub listed: Listed,
    everywhere: bool,
}

/// What is listed.
#[derive(Debug)]
pub enum Listed {
    Entries(Box<Entries>),
    Expectations(Family, View),
}

/// The entries that are listed.
#[derive(Debug)]
pub struct Entries {
    selector: Selector,
    source: Source,
    view: View,
}

/// Where the entries come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The table, of which the kernel shows a part.
    Table,
    /// The table, whose counters are zeroed. This list and the following know no filter but the family.
    Zeroed,
    Dying,
    Unconfirmed,
}

pub fn entries(line: Line) -> Result<registry::Job, Complaint> {
    let selector = objects::list_selector(&line)?;
    let source = match line.table {
        Table::Dying => Source::Dying,
        Table::Unconfirmed => Source::Unconfirmed, // as the list before it zeroes nothing
        _ if line.has(Param::Zero) => Source::Zeroed,
        _ => Source::Table,
    };
    // The kernel zeroes whatever passes its filter; of all conditions only the family is wholly in its hands.
    let is_filtered = line.has(Param::Status) || !objects::is_family_only(&selector);
    if source == Source::Zeroed && is_filtered {
        return Err(Complaint::ZeroWithFilter);
    }
    let view = View::entries(&line);
    let listed = Listed::Entries(Box::new(Entries { selector, source, view }));
    Ok(registry::Job::List(Job { listed, everywhere: line.has(Param::AllNetns) }))
}

pub fn expectations(line: Line) -> Result<registry::Job, Complaint> {
    let family = line.family.unwrap_or(Family::Ipv4);
    let listed = Listed::Expectations(family, View::expectations(&line));
    Ok(registry::Job::List(Job { listed, everywhere: line.has(Param::AllNetns) }))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        let mut shown = 0;
        namespaces::each(session, self.everywhere, |session| match &self.listed {
            Listed::Entries(entries) => entries.list(session, &mut shown),
            Listed::Expectations(family, view) => list_expectations(session, *family, view, &mut shown),
        })?;
        Ok(Done::Counted(
            shown,
            match self.listed {
                Listed::Entries(_) => "flow entries have been shown.",
                Listed::Expectations(..) => "expectations have been shown.",
            },
        ))
    }
}

impl Entries {
    /// The entries that are listed.
    #[cfg(test)]
    pub fn selector(&self) -> &Selector {
        &self.selector
    }

    /// Shows and counts them.
    fn list(&self, session: &mut Session, shown: &mut u64) -> Result<(), Complaint> {
        let Entries { selector, source, view } = self;
        let table = match source {
            Source::Table | Source::Zeroed => KernelTable::Conntrack,
            Source::Dying => KernelTable::Dying,
            Source::Unconfirmed => KernelTable::Unconfirmed,
        };
        let is_zeroed = *source == Source::Zeroed;
        let refused = |error| refusal::of(Verb::List, Table::Conntrack, error);
        let (handle, out) = session.handle()?;
        if is_zeroed {
            // The kernel has zeroed what the signal would keep from being shown, so the list goes on to its end.
            out.promise()?;
        }
        let list = handle.entries().table(table).zero_counters(is_zeroed).selector(selector);
        let mut list = list.read_ahead(true).open().map_err(refused)?;
        while let Some(flow) = list.next().map_err(refused)? {
            out.flow(view, flow)?;
            *shown += 1;
        }
        Ok(())
    }
}

fn list_expectations(
    session: &mut Session,
    family: Family,
    view: &View,
    shown: &mut u64,
) -> Result<(), Complaint> {
    let (handle, out) = session.handle()?;
    let refused = |error| refusal::of(Verb::List, Table::Expect, error);
    let mut list = handle.list_expectations(family as u8).map_err(refused)?;
    while let Some(expect) = list.next().map_err(refused)? {
        out.expectation(view, expect, None)?;
        *shown += 1;
    }
    Ok(())
}
