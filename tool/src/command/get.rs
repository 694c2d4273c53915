// SPDX-License-Identifier: GPL-2.0-or-later
//! `-G`: one entry, looked up by its tuple and then held against everything that was asked.

#![forbid(unsafe_code)]

use super::{Done, Session};
use crate::line::objects;
use crate::line::options::{Table, Verb};
use crate::line::parse::Request;
use crate::show::message::Complaint;
use crate::show::output::View;
use crate::show::refusal;

pub fn run(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let (selector, key) = (objects::selector(request)?, objects::key(request)?);
    let (handle, out) = session.handle()?;
    let flow = handle.get(&key).map_err(|error| refusal::of(Verb::Get, Table::Conntrack, error))?;
    let shown = selector.matches(&flow);
    if shown {
        out.flow(&View::new(request), &flow)?;
    }
    Ok(Done::CountedOrFailed(shown.into(), "flow entries have been shown."))
}
