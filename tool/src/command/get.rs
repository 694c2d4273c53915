// SPDX-License-Identifier: GPL-2.0-or-later
//! `-G`: one entry, looked up by its tuple and then held against everything that was asked.

#![forbid(unsafe_code)]

use super::{Done, Session};
use crate::message::Complaint;
use crate::options::{Table, Verb};
use crate::output::View;
use crate::parse::Request;
use crate::{entry, refusal};

pub fn run(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let (selector, key) = (entry::selector(request)?, entry::key(request)?);
    let (handle, out) = session.handle()?;
    let flow = handle.get(&key).map_err(|error| refusal::of(Verb::Get, Table::Conntrack, error))?;
    let shown = selector.matches(&flow);
    if shown {
        out.flow(&View::new(request), &flow)?;
    }
    Ok(Done::CountedOrFailed(shown.into(), "flow entries have been shown."))
}
