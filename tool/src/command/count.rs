// SPDX-License-Identifier: GPL-2.0-or-later
//! `-C`: the number of entries, from the kernel's answer or, where that is refused, from `/proc`; or the number of
//! expectations of IPv4.

#![forbid(unsafe_code)]

use super::registry::{self, Verb};
use super::{Done, Session};
use crate::line::Line;
use crate::line::options::Table;
use crate::line::value::Family;
use crate::show::message::Complaint;
use crate::show::refusal;
use netfilter_conntrack::Handle;

const PROC: &str = "/proc/sys/net/netfilter/nf_conntrack_count";

/// What is counted.
#[derive(Debug)]
pub enum Job {
    Entries,
    Expectations,
}

pub fn entries(_: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Count(Job::Entries))
}

pub fn expectations(_: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Count(Job::Expectations))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        let (handle, out) = session.handle()?;
        let count = match self {
            Job::Entries => count_entries(handle)?,
            Job::Expectations => count_expectations(handle)?,
        };
        out.text(format_args!("{count}\n"))?;
        Ok(Done::Quietly)
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
