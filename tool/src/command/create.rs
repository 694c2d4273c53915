// SPDX-License-Identifier: GPL-2.0-or-later
//! `-I`: makes an entry or an expectation that must not exist. JSON shows it as the kernel then has it.

#![forbid(unsafe_code)]

use super::registry::{self, Verb};
use super::{Done, Session};
use crate::line::options::Table;
use crate::line::{Line, objects};
use crate::show::message::Complaint;
use crate::show::output::{Output, View};
use crate::show::refusal;
use netfilter_conntrack::{Error, Expectation, Flow, Handle};

/// What is made.
#[derive(Debug)]
pub enum Job {
    Entry(Flow, Shown),
    Expectation(Expectation, Shown),
}

/// How the result is shown, if it is.
pub type Shown = Option<Box<View>>;

/// The result is shown as JSON, and not as text.
pub fn shown(line: &Line) -> Shown {
    line.writes_json().then(|| Box::new(View::entries(line)))
}

pub fn entry(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Create(Job::Entry(objects::new_entry(&line)?, shown(&line))))
}

pub fn expectation(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Create(Job::Expectation(objects::new_expectation(&line)?, shown(&line))))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        match self {
            Job::Entry(flow, shown) => {
                session.check_ports_of(Verb::Create, &flow)?;
                let (handle, out) = session.handle()?;
                shown.as_ref().map_or(Ok(()), |_| out.promise())?;
                let made = handle.create(&flow);
                made.map_err(|error| refusal::of(Verb::Create, Table::Conntrack, error))?;
                show(handle, out, Verb::Create, &flow, shown)?;
                Ok(Done::CountedOrFailed(1, "flow entries have been created."))
            }
            Job::Expectation(expect, shown) => {
                let refused = |error| refusal::of(Verb::Create, Table::Expect, error);
                let (handle, out) = session.handle()?;
                shown.as_ref().map_or(Ok(()), |_| out.promise())?;
                handle.create_expectation(&expect).map_err(refused)?;
                let Some(view) = shown else { return Ok(Done::Quietly) };
                if let Some(made) = unless_gone(handle.expectation(&expect)).map_err(refused)? {
                    out.expectation(&view, &made, None)?;
                }
                Ok(Done::Quietly)
            }
        }
    }
}

/// Shows an entry that was made, unless it has gone meanwhile.
pub fn show(
    handle: &mut Handle,
    out: &mut Output,
    verb: Verb,
    flow: &Flow,
    shown: Shown,
) -> Result<(), Complaint> {
    let Some(view) = shown else { return Ok(()) };
    let found = unless_gone(handle.get(flow));
    match found.map_err(|error| refusal::of(verb, Table::Conntrack, error))? {
        Some(made) => out.flow(&view, &made),
        None => Ok(()),
    }
}

/// What was looked up; nothing where it is no more there.
pub fn unless_gone<T>(found: netfilter_conntrack::Result<T>) -> netfilter_conntrack::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::Kernel(libc::ENOENT)) => Ok(None),
        Err(error) => Err(error),
    }
}
