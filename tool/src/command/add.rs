// SPDX-License-Identifier: GPL-2.0-or-later
//! `-A`: makes an entry, or updates the one that there is.

#![forbid(unsafe_code)]

use super::registry::{self, Verb};
use super::{Done, Session};
use crate::line::options::Table;
use crate::line::{Line, objects};
use crate::show::message::Complaint;
use crate::show::refusal;
use netfilter_conntrack::Flow;

/// The entry.
#[derive(Debug)]
pub struct Job(pub Flow);

pub fn job(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Add(Job(objects::new_entry(&line)?)))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        session.check_ports_of(Verb::Add, &self.0)?;
        let (handle, _) = session.handle()?;
        let made = handle.create_or_update(&self.0);
        made.map_err(|error| refusal::of(Verb::Add, Table::Conntrack, error))?;
        Ok(Done::CountedOrFailed(1, "flow entries have been added."))
    }
}
