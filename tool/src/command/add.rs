// SPDX-License-Identifier: GPL-2.0-or-later
//! `-A`: makes an entry, or updates the one that there is. JSON shows it as the kernel then has it.

#![forbid(unsafe_code)]

use super::create::{self, Shown};
use super::registry::{self, Verb};
use super::{Done, Session};
use crate::line::options::Table;
use crate::line::{Line, objects};
use crate::show::message::Complaint;
use crate::show::refusal;
use netfilter_conntrack::Flow;

/// The entry, and how it is shown.
#[derive(Debug)]
pub struct Job(pub Flow, pub Shown);

pub fn job(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Add(Job(objects::new_entry(&line)?, create::shown(&line))))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        session.check_ports_of(Verb::Add, &self.0)?;
        let Job(flow, shown) = self;
        let (handle, out) = session.handle()?;
        shown.as_ref().map_or(Ok(()), |_| out.promise())?;
        let made = handle.create_or_update(&flow);
        made.map_err(|error| refusal::of(Verb::Add, Table::Conntrack, error))?;
        create::show(handle, out, Verb::Add, &flow, shown)?;
        Ok(Done::CountedOrFailed(1, "flow entries have been added."))
    }
}
