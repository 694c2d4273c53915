// SPDX-License-Identifier: GPL-2.0-or-later
//! `-C`: the number of entries, from the kernel's answer or, where that is refused, from `/proc`; or the number of
//! expectations of IPv4.

#![forbid(unsafe_code)]

use super::registry::{self, Verb};
use super::{Done, Session, namespaces};
use crate::line::Line;
use crate::line::options::{Param, Table};
use crate::line::value::Family;
use crate::show::message::Complaint;
use crate::show::refusal;
use netfilter_conntrack::Handle;

const PROC: &str = "/proc/sys/net/netfilter/nf_conntrack_count";

/// What is counted.
#[derive(Debug)]
pub enum Counted {
    Entries,
    Expectations,
}

/// What is counted, where, and whether the number is shown as JSON.
#[derive(Debug)]
pub struct Job {
    counted: Counted,
    json: bool,
    everywhere: bool,
}

pub fn entries(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Count(Job::of(Counted::Entries, &line)))
}

pub fn expectations(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Count(Job::of(Counted::Expectations, &line)))
}

impl Job {
    fn of(counted: Counted, line: &Line) -> Job {
        Job { counted, json: line.writes_json(), everywhere: line.has(Param::AllNetns) }
    }

    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        namespaces::each(session, self.everywhere, |session| self.count(session))?;
        Ok(Done::Quietly)
    }

    fn count(&self, session: &mut Session) -> Result<(), Complaint> {
        let (handle, out) = session.handle()?;
        let count = match self.counted {
            Counted::Entries => count_entries(handle)?,
            Counted::Expectations => count_expectations(handle)?,
        };
        if self.json {
            return out.object(|json| json.member("count", count));
        }
        out.text(format_args!("{count}"))?;
        out.end_text()
    }
}

fn count_entries(handle: &mut Handle) -> Result<u64, Complaint> {
    match handle.statistics() {
        Ok(statistics) => Ok(u64::from(statistics.entries)),
        Err(error) => {
            let counted = std::fs::read_to_string(PROC).ok().and_then(|text| text.trim().parse().ok());
            counted.ok_or_else(|| refusal::of(Verb::Count, Table::Conntrack, error))
        }
    }
}

fn count_expectations(handle: &mut Handle) -> Result<u64, Complaint> {
    let refused = |error| refusal::of(Verb::Count, Table::Expect, error);
    let (mut list, mut count) = (handle.list_expectations(Family::Ipv4 as u8).map_err(refused)?, 0);
    while list.next().map_err(refused)?.is_some() {
        count += 1;
    }
    Ok(count)
}
