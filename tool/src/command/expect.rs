// SPDX-License-Identifier: GPL-2.0-or-later
//! The commands on the table of expectations.

#![forbid(unsafe_code)]

use super::event::{self, Follower};
use super::{Done, Loss, Session, Stopped};
use crate::line::objects;
use crate::line::options::{Table, Verb};
use crate::line::parse::Request;
use crate::line::value::Family;
use crate::show::message::Complaint;
use crate::show::output::{Output, View};
use crate::show::refusal;
use netfilter_conntrack::{Error, Event, EventSubject, Groups};
use std::ops::ControlFlow;

fn refused(verb: Verb) -> impl Fn(Error) -> Complaint {
    move |error| refusal::of(verb, Table::Expect, error)
}

/// `-L expect`: IPv4 unless another family is asked for.
pub fn list(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let view = View::of_expectations(request);
    let family = request.family.unwrap_or(Family::Ipv4);
    let (handle, out) = session.handle()?;
    let (mut shown, mut stopped) = (0, Stopped::default());
    let result = handle.expectations(family as u8, |expect| {
        shown += 1;
        stopped.verdict(out.expectation(&view, expect, None))
    });
    stopped.or(result, Verb::List, Table::Expect)?;
    Ok(Done::Counted(shown, "expectations have been shown."))
}

/// `-G expect`: by the tuple expected.
pub fn get(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let key = objects::expectation_key(request)?;
    let (handle, out) = session.handle()?;
    let expect = handle.expectation(&key).map_err(refused(Verb::Get))?;
    out.expectation(&View::of_expectations(request), &expect, None)?;
    Ok(Done::Quietly)
}

/// `-I expect`.
pub fn create(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let expect = objects::new_expectation(request)?;
    let (handle, _) = session.handle()?;
    handle.create_expectation(&expect).map_err(refused(Verb::Create))?;
    Ok(Done::Quietly)
}

/// `-D expect`: by the tuple expected. The summary is the one that scripts know: it counts what was shown.
pub fn delete(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let key = objects::expectation_key(request)?;
    let (handle, _) = session.handle()?;
    handle.delete_expectation(&key).map_err(refused(Verb::Delete))?;
    Ok(Done::Counted(0, "expectations have been shown."))
}

/// `-F expect`.
pub fn flush(session: &mut Session) -> Result<Done, Complaint> {
    let (handle, _) = session.handle()?;
    handle.flush_expectations().map_err(refused(Verb::Flush))?;
    Ok(Done::Saying("expectation table has been emptied."))
}

/// `-C expect`: how many there are of IPv4.
pub fn count(session: &mut Session) -> Result<Done, Complaint> {
    let (handle, out) = session.handle()?;
    let mut count = 0u64;
    let counted = handle.expectations(Family::Ipv4 as u8, |_| {
        count += 1;
        ControlFlow::Continue(())
    });
    counted.map_err(refused(Verb::Count))?;
    out.text(format_args!("{count}\n"))?;
    Ok(Done::Quietly)
}

/// Prints every event about expectations.
struct Expectations<'r> {
    view: View<'r>,
    shown: u64,
}

impl Follower for Expectations<'_> {
    fn take(&mut self, event: Event<'_>, out: &mut Output) -> Result<(), Complaint> {
        let EventSubject::Expectation(expect) = event.subject else { return Ok(()) };
        self.shown += 1;
        out.expectation(&self.view, expect, Some(event.kind))
    }
}

/// `-E expect`: no filters.
pub fn events(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let mut expectations = Expectations { view: View::of_expectations(request), shown: 0 };
    let lost = event::follow(Groups::EXPECTATIONS, request, &mut session.out, &mut expectations)?;
    let (shown, what) = (expectations.shown, "expectation events");
    Ok(Done::Followed { shown, what, lost, loss: Loss::Final })
}
