// SPDX-License-Identifier: GPL-2.0-or-later
//! `-F`: empties a table.
//!
//! With a family the entries are deleted one by one: a kernel that does not know how to flush one family
//! would flush both.

#![forbid(unsafe_code)]

use super::registry::{self, Verb};
use super::{Done, Session, delete};
use crate::line::options::Table;
use crate::line::{Line, objects};
use crate::show::message::Complaint;
use crate::show::refusal;
use netfilter_conntrack::Selector;

/// What is deleted.
#[derive(Debug)]
pub enum Job {
    AllEntries,
    Entries(Box<Selector>),
    Expectations,
}

pub fn entries(line: Line) -> Result<registry::Job, Complaint> {
    let selector = objects::delete_selector(&line)?;
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
