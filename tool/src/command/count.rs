// SPDX-License-Identifier: GPL-2.0-or-later
//! `-C`: the number of entries, from the kernel's answer or, where that is refused, from `/proc`.

#![forbid(unsafe_code)]

use super::{Done, Session};
use crate::line::options::{Table, Verb};
use crate::show::message::Complaint;
use crate::show::refusal;

const PROC: &str = "/proc/sys/net/netfilter/nf_conntrack_count";

pub fn run(session: &mut Session) -> Result<Done, Complaint> {
    let (handle, out) = session.handle()?;
    let entries = match handle.statistics() {
        Ok(statistics) => u64::from(statistics.entries),
        Err(error) => {
            let counted = std::fs::read_to_string(PROC).ok().and_then(|text| text.trim().parse().ok());
            counted.ok_or_else(|| refusal::of(Verb::Count, Table::Conntrack, error))?
        }
    };
    out.text(format_args!("{entries}\n"))?;
    Ok(Done::Quietly)
}
