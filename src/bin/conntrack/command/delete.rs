// SPDX-License-Identifier: GPL-2.0-or-later
//! `-D`: deletes the selected entries one by one and shows what it deleted.
//!
//! Each request names tuple, zone and id, so it meets the entry that was looked at or none. An entry that has
//! gone meanwhile is neither shown nor counted.

#![forbid(unsafe_code)]

use super::{Done, Session, walk};
use crate::message::Complaint;
use crate::options::{Table, Verb};
use crate::output::{Output, View};
use crate::parse::Request;
use crate::{entry, refusal};
use netfilter_conntrack::filter::{Pushdown, Selector};
use netfilter_conntrack::{Error, Flow};

pub fn run(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let selector = entry::delete_selector(request)?;
    let view = View::new(request);
    let mut deleted = 0;
    each_deleted(session, Verb::Delete, &selector, |out, flow| {
        deleted += 1;
        out.flow(&view, flow)
    })?;
    Ok(Done::CountedOrFailed(deleted, "flow entries have been deleted."))
}

/// Deletes every selected entry and hands those that were still there to `report`.
pub fn each_deleted(
    session: &mut Session,
    verb: Verb,
    selector: &Selector,
    mut report: impl FnMut(&mut Output, &Flow) -> Result<(), Complaint>,
) -> Result<(), Complaint> {
    let (reader, handle, out) = session.handles()?;
    walk(
        verb,
        |each| reader.select(selector, Pushdown::Kernel, each),
        |flow| match handle.delete(flow) {
            Ok(()) => report(out, flow),
            Err(Error::Kernel(libc::ENOENT)) => Ok(()),
            Err(error) => Err(refusal::of(verb, Table::Conntrack, error)),
        },
    )
}
