// SPDX-License-Identifier: GPL-2.0-or-later
//! `-G`: one entry, looked up by its tuple and then compared with everything that was asked; or one expectation, by the
//! tuple that it expects.

#![forbid(unsafe_code)]

use super::registry::{self, Verb};
use super::{Done, Session};
use crate::line::options::Table;
use crate::line::{Line, objects};
use crate::show::message::Complaint;
use crate::show::output::View;
use crate::show::refusal;
use netfilter_conntrack::Selector;
use netfilter_conntrack::{Expectation, Flow};

/// What is looked up, and how it is shown.
#[derive(Debug)]
pub enum Job {
    Entry(Box<Selector>, Flow, View),
    Expectation(Expectation, View),
}

pub fn entry(line: Line) -> Result<registry::Job, Complaint> {
    let (selector, key) = (objects::selector(&line)?, objects::key(&line)?);
    Ok(registry::Job::Get(Job::Entry(Box::new(selector), key, View::entries(&line))))
}

pub fn expectation(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Get(Job::Expectation(objects::expectation_key(&line)?, View::expectations(&line))))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        let (handle, out) = session.handle()?;
        match self {
            Job::Entry(selector, key, view) => {
                let found = handle.get(&key);
                let flow = found.map_err(|error| refusal::of(Verb::Get, Table::Conntrack, error))?;
                let shown = selector.matches(&flow);
                if shown {
                    out.flow(&view, &flow)?;
                }
                Ok(Done::CountedOrFailed(shown.into(), "flow entries have been shown."))
            }
            Job::Expectation(key, view) => {
                let found = handle.expectation(&key);
                let expect = found.map_err(|error| refusal::of(Verb::Get, Table::Expect, error))?;
                out.expectation(&view, &expect, None)?;
                Ok(Done::Quietly)
            }
        }
    }
}
