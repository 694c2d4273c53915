// SPDX-License-Identifier: GPL-2.0-or-later
//! `-E --resync`: events from which the table can be followed, whatever is lost.
//!
//! Who adds the entries of NEW lines to a set that is empty at first and takes those of DESTROY lines away holds what
//! the kernel's table holds: the entries that are there at the start are told as new, and after a loss the
//! table is read and the difference told. With conditions it is that part of the table which meets them, so
//! only conditions that hold for an entry's whole life are allowed.

#![forbid(unsafe_code)]

use super::event::{Flows, Follower as _, Losses, Subscription, refused, told_foreign};
use super::{Done, Loss, Session};
use crate::line::Line;
use crate::line::options::Param;
use crate::line::protocols::Field;
use crate::show::message::Complaint;
use crate::show::output::Output;
use crate::sys::signals::StopSignals;
use netfilter_conntrack::{Change, Error, Groups, Mirror};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How long the table is read after a signal.
const LAST_RESCAN: Duration = Duration::from_millis(500);

/// Conditions on what changes while an entry lives.
const CHANGING: &[Param] =
    &[Param::Mark, Param::Secmark, Param::Label, Param::SrcNat, Param::DstNat, Param::AnyNat];

pub fn run(session: &mut Session, events: &Subscription, mut flows: Flows) -> Result<Done, Complaint> {
    let out = &mut session.out;
    let mut mirror = Mirror::open(events.builder()).map_err(refused)?;
    events.tell_size(mirror.socket())?;
    let signals = StopSignals::catch().map_err(refused)?;
    out.only_reports();
    // A list that is stopped is read to its end before the next one starts. So a list that runs when the signal comes
    // goes on, in the half second of the last rescan.
    let mut end = None;
    let mut go_on =
        || !signals.requested() || Instant::now() < *end.get_or_insert_with(|| Instant::now() + LAST_RESCAN);
    let (mut losses, mut foreign) = (Losses::default(), 0);
    while !signals.requested() {
        show(out, &mut flows, |each| mirror.read_while(&mut go_on, each))?;
        losses.tell(mirror.lost());
        if foreign == 0 {
            foreign = told_foreign(mirror.foreign_datagrams(), foreign);
        }
        out.flush()?;
        flows.caught_up();
        if !mirror.longest_wait().is_zero() {
            signals.wait_readable(mirror.socket().as_fd(), Some(mirror.longest_wait())).map_err(refused)?;
        }
    }
    // What is shown leads to the table as it is now, unless reading that takes too long.
    let mut settled = false;
    show(out, &mut flows, |each| {
        let looked = mirror.settle_while(&mut go_on, each);
        settled = looked == Ok(true);
        looked.or_else(|error| if error == Error::Overrun { Ok(false) } else { Err(error) }).map(drop)
    })?;
    told_foreign(mirror.foreign_datagrams(), foreign);
    let loss = if settled { Loss::MadeGood } else { Loss::Unsettled };
    Ok(Done::Followed { shown: flows.shown, what: "flow events", lost: mirror.lost(), loss })
}

/// Whether the command line asks for what can be followed.
pub fn check(line: &Line) -> Result<(), Complaint> {
    if !line.event_groups().contains(Groups::NEW | Groups::DESTROY) {
        return Err(Complaint::ResyncEvents);
    }
    if line.field(Field::State).is_some() {
        return Err(Complaint::WithResync("state"));
    }
    let changing = CHANGING.iter().find(|&&param| line.has(param));
    match changing {
        Some(param) => Err(Complaint::WithResync(param.row().name())),
        None => Ok(()),
    }
}

/// Shows the changes that `read` finds, until the output fails.
fn show(
    out: &mut Output,
    flows: &mut Flows,
    read: impl FnOnce(&mut dyn FnMut(Change<'_>) -> ControlFlow<()>) -> netfilter_conntrack::Result<()>,
) -> Result<(), Complaint> {
    let mut shown = Ok(());
    let result = read(&mut |change| {
        if shown.is_ok() {
            shown = flows.show(change.kind, change.flow, change.port_id, out);
        }
        if shown.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    shown?;
    result.map_err(|error| Complaint::Events(error.to_string()))
}
