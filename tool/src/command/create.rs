// SPDX-License-Identifier: GPL-2.0-or-later
//! `-I`: makes an entry or an expectation that must not exist.

#![forbid(unsafe_code)]

use super::registry::{self, Verb};
use super::{Done, Session};
use crate::line::options::Table;
use crate::line::{Line, objects};
use crate::show::message::Complaint;
use crate::show::refusal;
use netfilter_conntrack::{Expectation, Flow};

/// What is made.
#[derive(Debug)]
pub enum Job {
    Entry(Flow),
    Expectation(Expectation),
}

pub fn entry(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Create(Job::Entry(objects::new_entry(&line)?)))
}

pub fn expectation(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Create(Job::Expectation(objects::new_expectation(&line)?)))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        match self {
            Job::Entry(flow) => {
                session.check_ports_of(Verb::Create, &flow)?;
                let (handle, _) = session.handle()?;
                let made = handle.create(&flow);
                made.map_err(|error| refusal::of(Verb::Create, Table::Conntrack, error))?;
                Ok(Done::CountedOrFailed(1, "flow entries have been created."))
            }
            Job::Expectation(expect) => {
                let (handle, _) = session.handle()?;
                let made = handle.create_expectation(&expect);
                made.map_err(|error| refusal::of(Verb::Create, Table::Expect, error))?;
                Ok(Done::Quietly)
            }
        }
    }
}
