// SPDX-License-Identifier: GPL-2.0-or-later
//! Entries that were found earlier, as they are now: what has changed in the meantime must not be changed or deleted
//! because of what it was.

#![forbid(unsafe_code)]

use super::registry::Verb;
use crate::certain::Certain as _;
use crate::line::options::Table;
use crate::show::message::Complaint;
use crate::show::refusal;
use netfilter_conntrack::{Batch, Error, Flow, Handle, Request, Selector};
use std::rc::Rc;

/// Looks the entries up, many at a time, and hands those to `each` that are still there and still selected, as a list
/// would show them.
pub fn as_now(
    handle: &mut Handle,
    verb: Verb,
    selector: &Selector,
    found: &[Rc<Flow>],
    mut each: impl FnMut(&Flow) -> Result<(), Complaint>,
) -> Result<(), Complaint> {
    let refused = |error| refusal::of(verb, Table::Conntrack, error);
    let (mut batch, mut asked) = (handle.batch().map_err(refused)?, found.iter());
    for (number, flow) in found.iter().enumerate() {
        batch.push(Request::Lookup(flow)).map_err(refused)?;
        if !batch.is_full() && number + 1 < found.len() {
            continue;
        }
        for flow in looked_up(handle, &mut batch, &mut asked).map_err(refused)? {
            if selector.matches(&flow) {
                each(&flow)?;
            }
        }
    }
    Ok(())
}

/// The entries of a batch that are still there.
fn looked_up<'f>(
    handle: &mut Handle,
    batch: &mut Batch,
    asked: &mut impl Iterator<Item = &'f Rc<Flow>>,
) -> netfilter_conntrack::Result<Vec<Flow>> {
    let (mut flows, mut wrong) = (Vec::with_capacity(batch.len()), Ok(()));
    handle.carry_out(batch, |_, answer| match (answer, asked.next().certain()) {
        (Ok(Some(now)), Some(before)) if now.id() == before.id() => {
            let mut now = now.clone();
            now.discount_lookup();
            flows.push(now);
        }
        (Ok(_) | Err(Error::Kernel(libc::ENOENT)), _) => {}
        (Err(error), _) => wrong = wrong.and(Err(error)),
    })?;
    wrong.map(|()| flows)
}
