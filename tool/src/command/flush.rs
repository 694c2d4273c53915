// SPDX-License-Identifier: GPL-2.0-or-later
//! `-F`: empties the table.
//!
//! With a family the entries are deleted one by one: a kernel that does not know how to flush one family
//! would flush both.

#![forbid(unsafe_code)]

use super::{Done, Session, delete};
use crate::line::objects;
use crate::line::options::{Table, Verb};
use crate::line::parse::Request;
use crate::show::message::Complaint;
use crate::show::refusal;

pub fn run(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let selector = objects::delete_selector(request)?;
    if selector.is_everything() {
        let (handle, _) = session.handle()?;
        handle.flush().map_err(|error| refusal::of(Verb::Flush, Table::Conntrack, error))?;
    } else {
        delete::each_deleted(session, Verb::Flush, &selector, |_, _| Ok(()))?;
    }
    Ok(Done::Saying("connection tracking table has been emptied."))
}
