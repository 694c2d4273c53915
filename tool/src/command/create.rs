// SPDX-License-Identifier: GPL-2.0-or-later
//! `-I` makes an entry that must not exist; `-A` makes it or updates the one that does.

#![forbid(unsafe_code)]

use super::{Done, Session};
use crate::line::objects;
use crate::line::options::{Table, Verb};
use crate::line::parse::Request;
use crate::show::message::Complaint;
use crate::show::refusal;
use netfilter_conntrack::Dir;

pub fn run(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let flow = objects::new_entry(request)?;
    let verb = request.verb.unwrap_or(Verb::Create);
    let tuple = flow.tuple(Dir::Orig);
    session.check_ports(verb, tuple.l4(), [tuple.l4_src(), tuple.l4_dst()])?;
    let (handle, _) = session.handle()?;
    let (result, done) = match verb {
        Verb::Add => (handle.create_or_update(&flow), "flow entries have been added."),
        _ => (handle.create(&flow), "flow entries have been created."),
    };
    result.map_err(|error| refusal::of(verb, Table::Conntrack, error))?;
    Ok(Done::CountedOrFailed(1, done))
}
