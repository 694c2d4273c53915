// SPDX-License-Identifier: GPL-2.0-or-later
//! `-F`: empties a table.
//!
//! With a family the entries are deleted one by one: a kernel that does not know how to flush one family
//! would flush both.

#![forbid(unsafe_code)]

use super::dry::{self, Manner, Source};
use super::registry::{self, Verb};
use super::{Done, Session, delete};
use crate::line::options::Table;
use crate::line::{Line, objects};
use crate::show::message::Complaint;
use crate::show::output::View;
use crate::show::refusal;
use netfilter_conntrack::Selector;

/// What is deleted.
#[derive(Debug)]
pub enum Job {
    AllEntries,
    Entries(Box<Selector>),
    Expectations,
    /// Nothing: these entries are shown.
    Nothing(Box<Selector>, View),
}

pub fn entries(line: Line) -> Result<registry::Job, Complaint> {
    let selector = objects::delete_selector(&line)?;
    if Manner::of(&line).is_dry {
        return Ok(registry::Job::Flush(Job::Nothing(Box::new(selector), View::deleted(&line))));
    }
    let all = selector.is_everything();
    Ok(registry::Job::Flush(if all { Job::AllEntries } else { Job::Entries(Box::new(selector)) }))
}

pub fn expectations(_: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Flush(Job::Expectations))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        match self {
            Job::AllEntries => {
                let (handle, _) = session.handle()?;
                handle.flush().map_err(|error| refusal::of(Verb::Flush, Table::Conntrack, error))?;
            }
            Job::Entries(selector) => {
                delete::each_deleted(session, Verb::Flush, &selector, |_, _| Ok(()))?;
            }
            Job::Nothing(selector, view) => {
                let count = dry::deleted(session, Verb::Flush, &Source::Table(&selector), &view)?;
                return Ok(Done::Counted(count, "flow entries would have been deleted."));
            }
            Job::Expectations => {
                let (handle, _) = session.handle()?;
                let flushed = handle.flush_expectations();
                flushed.map_err(|error| refusal::of(Verb::Flush, Table::Expect, error))?;
                return Ok(Done::Saying("expectation table has been emptied."));
            }
        }
        Ok(Done::Saying("connection tracking table has been emptied."))
    }
}
