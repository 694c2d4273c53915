// SPDX-License-Identifier: GPL-2.0-or-later
//! `-E`: events about entries or expectations as they happen, until SIGINT or SIGTERM.
//!
//! Lines are written as soon as nothing more waits to be read. When the kernel had to drop events, a warning says
//! so and the rest goes on; how many were lost stands behind the summary, and the exit status tells it. What happened
//! before the signal is still shown, to a reader who takes it.

#![forbid(unsafe_code)]

use super::origin::Origins;
use super::registry::{self, Verb};
use super::{Done, Loss, Session, resync};
use crate::line::options::{Param, Table};
use crate::line::{Line, objects};
use crate::show::message::{self, Complaint};
use crate::show::output::{Happening, Output, View, say};
use crate::show::refusal;
use crate::sys::signals::StopSignals;
use netfilter_conntrack::Selector;
use netfilter_conntrack::{
    Error, Event, EventKind, EventSubject, Events, EventsBuilder, Flow, Groups, Heard,
};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// What the first loss is answered with.
const OVERRUN: &str = "WARNING: We have hit ENOBUFS! We are losing events.
This message means that the current netlink socket buffer size is too small.
Please, check --buffer-size in conntrack(8) manpage.";

/// A later loss is told when so much time has passed since it was told last.
const QUIET: Duration = Duration::from_secs(1);

/// What follows events: it prints them, and remembers nothing between two backlogs.
pub trait Follower {
    /// Takes an event.
    fn take(&mut self, event: Event<'_>, out: &mut Output) -> Result<(), Complaint>;

    /// All that waited has been taken.
    fn caught_up(&mut self) {}
}

/// Prints the events about flows that pass the selector.
#[derive(Debug)]
pub struct Flows {
    selector: Selector,
    view: View,
    origins: Origins,
    pub shown: u64,
}

impl Flows {
    fn new(line: &Line) -> Result<Flows, Complaint> {
        let (selector, view) = (objects::selector(line)?, View::events(line));
        Ok(Flows { selector, view, origins: Origins::default(), shown: 0 })
    }

    pub fn show(
        &mut self,
        kind: EventKind,
        flow: &Flow,
        port_id: u32,
        out: &mut Output,
    ) -> Result<(), Complaint> {
        if !self.selector.matches(flow) {
            return Ok(());
        }
        self.shown += 1;
        let origin = self.origins.of(port_id);
        out.flow_event(&self.view, flow, Happening { kind, origin })
    }
}

impl Follower for Flows {
    fn take(&mut self, event: Event<'_>, out: &mut Output) -> Result<(), Complaint> {
        match event.subject {
            EventSubject::Flow(flow) => self.show(event.kind, flow, event.port_id, out),
            EventSubject::Expectation(_) => Ok(()),
        }
    }

    fn caught_up(&mut self) {
        self.origins.expire();
    }
}

/// Prints every event about expectations.
#[derive(Debug)]
pub struct Expectations {
    view: View,
    shown: u64,
}

impl Follower for Expectations {
    fn take(&mut self, event: Event<'_>, out: &mut Output) -> Result<(), Complaint> {
        let EventSubject::Expectation(expect) = event.subject else { return Ok(()) };
        self.shown += 1;
        out.expectation(&self.view, expect, Some(event.kind))
    }
}

/// A subscription as the command line wants it.
#[derive(Debug, Clone, Copy)]
pub struct Subscription {
    groups: Groups,
    /// The size of the receive buffer, where one was asked for.
    buffer_size: Option<u32>,
    is_reliable: bool,
}

impl Subscription {
    fn to(groups: Groups, line: &Line) -> Subscription {
        Subscription { groups, buffer_size: line.buffer_size, is_reliable: line.has(Param::Reliable) }
    }

    /// The library's subscription.
    pub fn builder(&self) -> EventsBuilder {
        let events = Events::builder(self.groups);
        let events = match self.buffer_size {
            Some(size) => events.unchecked_receive_buffer(size),
            None => events.large_receive_buffer(),
        };
        if self.is_reliable { events.reliable() } else { events }
    }

    /// Says how large the receive buffer has become, to those who asked for a size.
    pub fn tell_size(&self, size: impl FnOnce() -> Result<u32, Error>) -> Result<(), Complaint> {
        if self.buffer_size.is_some() {
            let size = size().map_err(refused)?;
            say(&format!("NOTICE: Netlink socket buffer size has been set to {size} bytes."));
        }
        Ok(())
    }

    /// What a loss of events means.
    fn loss(&self) -> Loss {
        match self.is_reliable {
            true if self.groups == Groups::DESTROY => Loss::AllRepeated,
            true => Loss::EndsRepeated,
            false => Loss::Final,
        }
    }
}

/// Which events are followed, and how they are shown.
#[derive(Debug)]
pub enum Job {
    Entries(Subscription, Box<Flows>),
    /// Those about entries, with losses made good.
    Resynced(Subscription, Box<Flows>),
    Expectations(Subscription, Expectations),
}

pub fn entries(line: Line) -> Result<registry::Job, Complaint> {
    let subscription = Subscription::to(line.event_groups(), &line);
    if line.has(Param::Resync) {
        resync::check(&line)?;
        return Ok(registry::Job::Event(Job::Resynced(subscription, Box::new(Flows::new(&line)?))));
    }
    Ok(registry::Job::Event(Job::Entries(subscription, Box::new(Flows::new(&line)?))))
}

/// No filters.
pub fn expectations(line: Line) -> Result<registry::Job, Complaint> {
    let followed = Expectations { view: View::expectations(&line), shown: 0 };
    Ok(registry::Job::Event(Job::Expectations(Subscription::to(Groups::EXPECTATIONS, &line), followed)))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        match self {
            Job::Entries(subscription, mut flows) => {
                let lost = follow(&subscription, &mut session.out, &mut *flows)?;
                let loss = subscription.loss();
                Ok(Done::Followed { shown: flows.shown, what: "flow events", lost, loss })
            }
            Job::Resynced(subscription, flows) => resync::run(session, &subscription, *flows),
            Job::Expectations(subscription, mut expectations) => {
                let lost = follow(&subscription, &mut session.out, &mut expectations)?;
                let shown = expectations.shown;
                Ok(Done::Followed { shown, what: "expectation events", lost, loss: Loss::Final })
            }
        }
    }
}

pub fn refused(error: Error) -> Complaint {
    Complaint::EventSocket(refusal::words(Verb::Event, Table::Conntrack, error))
}

/// Subscribes and hands every event to the follower, until a signal asks to stop or the follower complains. Gives the
/// number of lost events.
fn follow(
    subscription: &Subscription,
    out: &mut Output,
    follower: &mut impl Follower,
) -> Result<u64, Complaint> {
    let mut events = subscription.builder().open().map_err(refused)?;
    subscription.tell_size(|| events.receive_buffer())?;
    let signals = StopSignals::catch().map_err(refused)?;
    out.only_reports();
    let (mut losses, mut foreign) = (Losses::default(), 0);
    loop {
        let is_last = signals.requested(); // what has come before the signal is in the next backlog
        let mut backlog = events.backlog();
        while let Some(heard) = backlog.next().map_err(|error| Complaint::Events(error.to_string()))? {
            match heard {
                Heard::Event(event) => follower.take(event, out)?,
                Heard::Loss => losses.tell(backlog.lost()),
            }
        }
        out.flush()?;
        follower.caught_up();
        losses.tell(events.lost()); // a reliable subscription does not report an overrun
        if foreign == 0 {
            foreign = told_foreign(events.foreign_datagrams(), foreign);
        }
        if is_last {
            break;
        }
        signals.wait_readable(events.as_fd(), None).map_err(refused)?;
    }
    told_foreign(events.foreign_datagrams(), foreign);
    Ok(events.lost())
}

/// Tells of datagrams that the kernel had not sent, where there are more than were told; all of them.
pub fn told_foreign(count: u64, told: u64) -> u64 {
    if count > told {
        say(&message::foreign(count));
    }
    count
}

/// Losses told on standard error.
#[derive(Debug, Default)]
pub struct Losses {
    /// How many were told, and when.
    told: Option<(u64, Instant)>,
}

impl Losses {
    /// Tells of a loss, once at length, then in short and not too often.
    pub fn tell(&mut self, lost: u64) {
        match self.told {
            _ if lost == 0 => return,
            None => say(OVERRUN),
            Some((told, at)) if lost == told || at.elapsed() < QUIET => return,
            Some(_) => say(&format!("WARNING: {lost} events have been lost by now.")),
        }
        self.told = Some((lost, Instant::now()));
    }
}
