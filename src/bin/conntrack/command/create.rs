// SPDX-License-Identifier: GPL-2.0-or-later
//! `-I` makes an entry that must not exist; `-A` makes it or updates the one that does.

#![forbid(unsafe_code)]

use super::{Done, Session};
use crate::message::Complaint;
use crate::options::{Table, Verb};
use crate::parse::Request;
use crate::{entry, refusal};

pub fn run(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let flow = entry::new_entry(request)?;
    let (handle, _) = session.handle()?;
    let (verb, result, done) = match request.verb {
        Some(Verb::Add) => (Verb::Add, handle.create_or_update(&flow), "flow entries have been added."),
        _ => (Verb::Create, handle.create(&flow), "flow entries have been created."),
    };
    result.map_err(|error| refusal::of(verb, Table::Conntrack, error))?;
    Ok(Done::CountedOrFailed(1, done))
}
