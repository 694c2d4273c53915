// SPDX-License-Identifier: GPL-2.0-or-later
//! `-E --resync`: events from which the table can be followed, whatever is lost.
//!
//! Who adds the entries of NEW lines to a set that is empty at first and takes those of DESTROY lines away holds what
//! the kernel's table holds: the entries that are there at the start are told as new, and after a loss the
//! table is read and the difference told. With conditions it is that part of the table which meets them, so
//! only conditions that hold for an entry's whole life are allowed.

#![forbid(unsafe_code)]

use super::event::{Flows, Follower as _, Losses, Subscription, refused, told_foreign};
use super::origin::Origins;
use super::{Done, Loss, Session};
use crate::line::Line;
use crate::line::options::Param;
use crate::line::protocols::Field;
use crate::show::message::Complaint;
use crate::show::output::Output;
use crate::sys::signals::StopSignals;
use netfilter_conntrack::{Groups, Mirror};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// How long the table is read after a signal.
const LAST_RESCAN: Duration = Duration::from_millis(500);

/// Conditions on what changes while an entry lives.
const CHANGING: &[Param] =
    &[Param::Mark, Param::Secmark, Param::Label, Param::SrcNat, Param::DstNat, Param::AnyNat];

pub fn run(session: &mut Session, events: &Subscription, mut flows: Flows) -> Result<Done, Complaint> {
    let out = &mut session.out;
    let mut mirror = Mirror::open(events.builder()).map_err(refused)?;
    events.tell_size(|| mirror.receive_buffer())?;
    let signals = StopSignals::catch().map_err(refused)?;
    out.only_reports();
    let (mut losses, mut foreign) = (Losses::of(events, flows.view()), 0);
    let mut origins = Origins::default();
    while !signals.requested() {
        show(out, &mut flows, &mut origins, &mut mirror, || !signals.requested())?;
        losses.tell(mirror.lost(), out)?;
        if foreign == 0 {
            foreign = told_foreign(mirror.foreign_datagrams(), foreign);
        }
        out.flush()?;
        origins.expire();
        if !mirror.longest_wait().is_zero() {
            signals.wait_readable(mirror.as_fd(), Some(mirror.longest_wait())).map_err(refused)?;
        }
    }
    // What is shown leads to the table as it is now, unless reading that takes too long.
    let end = Instant::now() + LAST_RESCAN;
    mirror.rescan();
    while mirror.is_behind() && Instant::now() < end {
        show(out, &mut flows, &mut origins, &mut mirror, || Instant::now() < end)?;
    }
    losses.show(mirror.lost(), out)?;
    told_foreign(mirror.foreign_datagrams(), foreign);
    let loss = if mirror.is_behind() { Loss::Unsettled } else { Loss::MadeGood };
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

/// Shows the changes that are known without waiting, as long as `go_on` returns true.
fn show(
    out: &mut Output,
    flows: &mut Flows,
    origins: &mut Origins,
    mirror: &mut Mirror,
    go_on: impl Fn() -> bool,
) -> Result<(), Complaint> {
    while go_on() {
        let change = mirror.try_next().map_err(|error| Complaint::Events(error.to_string()))?;
        let Some(change) = change else { break };
        flows.show(change.kind, change.flow, || origins.of(change.port_id), out)?;
    }
    Ok(())
}
