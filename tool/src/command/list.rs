// SPDX-License-Identifier: GPL-2.0-or-later
//! `-L`: the selected entries of the table, or of one of the two lists beside it.

#![forbid(unsafe_code)]

use super::{Done, Session, has_room_for_a_reader, walk};
use crate::line::objects;
use crate::line::options::{Param, Table, Verb};
use crate::line::parse::Request;
use crate::show::message::Complaint;
use crate::show::output::View;
use netfilter_conntrack::DumpFilter;
use netfilter_conntrack::filter::Pushdown;
use netfilter_conntrack::request;
use std::ops::ControlFlow;

pub fn run(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    // The other two lists zero nothing.
    let zero = request.has(Param::Zero) && request.table == Table::Conntrack;
    let selector = objects::selector(request)?;
    // The kernel zeroes whatever passes its filter; of all conditions only the family is wholly in its hands.
    if zero && (request.has(Param::Status) || !objects::is_family_only(&selector)) {
        return Err(Complaint::ZeroWithFilter);
    }
    // The other two lists, and the zeroing one, know no filter but the family.
    let unfiltered = match request.table {
        Table::Dying => Some(request::Table::Dying),
        Table::Unconfirmed => Some(request::Table::Unconfirmed),
        _ => zero.then_some(request::Table::Conntrack),
    };
    let family = DumpFilter { family: selector.family, ..DumpFilter::new() };
    let view = View::new(request);
    let (handle, out) = session.handle()?;
    if zero {
        // The kernel has zeroed what the signal would keep from being shown, so the list goes on to its end.
        out.promise()?;
    }
    handle.read_ahead(has_room_for_a_reader());
    let mut shown = 0;
    walk(
        Verb::List,
        |each| match unfiltered {
            Some(table) => handle.list(table, zero, &family, |flow| match selector.matches(flow) {
                true => each(flow),
                false => ControlFlow::Continue(()),
            }),
            None => handle.select(&selector, Pushdown::Kernel, each),
        },
        |flow| {
            shown += 1;
            out.flow(&view, flow)
        },
    )?;
    Ok(Done::Counted(shown, "flow entries have been shown."))
}
