// SPDX-License-Identifier: GPL-2.0-or-later
//! `-E`: events about entries or expectations as they happen, until SIGINT or SIGTERM.
//!
//! Lines are written as soon as nothing more waits to be read. When the kernel had to drop events, a warning says
//! so and the rest goes on; how many were lost stands behind the summary, and the exit status tells it. What happened
//! before the signal is still shown, to a reader who takes it. With `--all-netns` the events are those of all namespaces:
//! see [`everywhere`].

#![forbid(unsafe_code)]

use super::namespaces::titled;
use super::origin::{Origin, Origins};
use super::registry::{self, Verb};
use super::{Done, Loss, Session, everywhere, resync};
use crate::line::options::{Param, Table};
use crate::line::{Line, objects};
use crate::show::message::{self, Complaint};
use crate::show::output::{Happening, Output, View, say};
use crate::show::refusal;
use crate::sys::signals::StopSignals;
use netfilter_conntrack::Selector;
use netfilter_conntrack::{
    Error, Event, EventKind, EventSubject, Events, EventsBuilder, Flow, Groups, Heard, Netns,
};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// What the first loss is answered with.
const OVERRUN: &str = "WARNING: We have hit ENOBUFS! We are losing events.
This message means that the current netlink socket buffer size is too small.
Please, check --buffer-size in conntrack(8) manpage.";

/// A later loss is told when so much time has passed since it was told last.
const QUIET: Duration = Duration::from_secs(1);

/// What follows events: it prints them, and remembers nothing between two backlogs.
pub trait Follower {
    /// Takes an event; `origins` knows the programs of its namespace.
    fn take(&mut self, event: Event<'_>, origins: &mut Origins, out: &mut Output) -> Result<(), Complaint>;

    /// How events are shown.
    fn view(&self) -> &View;
}

/// Prints the events about flows that pass the selector.
#[derive(Debug)]
pub struct Flows {
    selector: Selector,
    view: View,
    pub shown: u64,
}

impl Flows {
    fn new(line: &Line) -> Result<Flows, Complaint> {
        let (selector, view) = (objects::selector(line)?, View::events(line));
        Ok(Flows { selector, view, shown: 0 })
    }

    /// Shows an event that is selected, with the program that caused it.
    pub fn show<'o>(
        &mut self,
        kind: EventKind,
        flow: &Flow,
        origin: impl FnOnce() -> Option<&'o Origin>,
        out: &mut Output,
    ) -> Result<(), Complaint> {
        if !self.selector.matches(flow) {
            return Ok(());
        }
        self.shown += 1;
        out.flow_event(&self.view, flow, Happening { kind, origin: origin() })
    }
}

impl Follower for Flows {
    fn take(&mut self, event: Event<'_>, origins: &mut Origins, out: &mut Output) -> Result<(), Complaint> {
        match event.subject {
            EventSubject::Flow(flow) => self.show(event.kind, flow, || origins.of(event.port_id), out),
            EventSubject::Expectation(_) => Ok(()),
        }
    }

    fn view(&self) -> &View {
        &self.view
    }
}

/// Prints every event about expectations.
#[derive(Debug)]
pub struct Expectations {
    view: View,
    shown: u64,
}

impl Follower for Expectations {
    fn take(&mut self, event: Event<'_>, _: &mut Origins, out: &mut Output) -> Result<(), Complaint> {
        let EventSubject::Expectation(expect) = event.subject else { return Ok(()) };
        self.shown += 1;
        out.expectation(&self.view, expect, Some(event.kind))
    }

    fn view(&self) -> &View {
        &self.view
    }
}

/// A subscription as the command line wants it.
#[derive(Debug, Clone, Copy)]
pub struct Subscription {
    groups: Groups,
    /// The size of the receive buffer, where one was asked for.
    buffer_size: Option<u32>,
    is_reliable: bool,
    /// To the events of all namespaces.
    is_everywhere: bool,
}

impl Subscription {
    fn to(groups: Groups, line: &Line) -> Subscription {
        Subscription {
            groups,
            buffer_size: line.buffer_size,
            is_reliable: line.has(Param::Reliable),
            is_everywhere: line.has(Param::AllNetns),
        }
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
    pub fn loss(&self) -> Loss {
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
                let what = "flow events";
                let lost = follow(&subscription, session, what, &mut *flows)?;
                Ok(Done::Followed { shown: flows.shown, what, lost, loss: subscription.loss() })
            }
            Job::Resynced(subscription, flows) => resync::run(session, &subscription, *flows),
            Job::Expectations(subscription, mut expectations) => {
                let what = "expectation events";
                let lost = follow(&subscription, session, what, &mut expectations)?;
                let shown = expectations.shown;
                Ok(Done::Followed { shown, what, lost, loss: Loss::Final })
            }
        }
    }
}

pub fn refused(error: Error) -> Complaint {
    Complaint::EventSocket(refusal::words(Verb::Event, Table::Conntrack, error))
}

/// A subscription that is read.
#[derive(Debug)]
pub struct Stream {
    events: Events,
    losses: Losses,
    origins: Origins,
    /// Datagrams of other senders than the kernel that were reported.
    foreign: u64,
}

impl Stream {
    pub fn new(events: Events, losses: Losses, origins: Origins) -> Stream {
        Stream { events, losses, origins, foreign: 0 }
    }

    /// Subscribes where the caller is; `named` may name the losses.
    pub fn open(
        subscription: &Subscription,
        view: &View,
        named: impl FnOnce(Losses) -> Losses,
    ) -> Result<Stream, Complaint> {
        let events = subscription.builder().open().map_err(refused)?;
        subscription.tell_size(|| events.receive_buffer())?;
        Ok(Stream::new(events, named(Losses::of(subscription, view)), Origins::default()))
    }

    /// The namespace of the events has another name now, and another file stands for it.
    pub fn rename(&mut self, name: &str, netns: Netns) {
        self.losses.netns = Some(titled(name));
        self.origins.move_to(netns);
    }

    /// Hands all that waits to the follower, and writes it.
    pub fn read(&mut self, follower: &mut impl Follower, out: &mut Output) -> Result<(), Complaint> {
        let mut backlog = self.events.backlog();
        while let Some(heard) = backlog.next().map_err(|error| Complaint::Events(error.to_string()))? {
            match heard {
                Heard::Event(event) => follower.take(event, &mut self.origins, out)?,
                Heard::Loss => self.losses.tell(backlog.lost(), out)?,
            }
        }
        out.flush()?;
        self.origins.expire();
        self.losses.tell(self.events.lost(), out)?; // a reliable subscription does not report an overrun
        if self.foreign == 0 {
            self.foreign = told_foreign(self.events.foreign_datagrams(), self.foreign);
        }
        Ok(())
    }

    /// Ends the subscription, and gives the number of lost events.
    pub fn end(mut self, out: &mut Output) -> Result<u64, Complaint> {
        told_foreign(self.events.foreign_datagrams(), self.foreign);
        let lost = self.events.lost();
        self.losses.show(lost, out)?;
        Ok(lost)
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }
}

/// Subscribes and hands every event to the follower, until a signal asks to stop or the follower complains. Gives the
/// number of lost events.
fn follow(
    subscription: &Subscription,
    session: &mut Session,
    what: &str,
    follower: &mut impl Follower,
) -> Result<u64, Complaint> {
    if subscription.is_everywhere {
        return everywhere::follow(subscription, session, what, follower);
    }
    let out = &mut session.out;
    let mut stream = Stream::open(subscription, follower.view(), |losses| losses)?;
    let signals = StopSignals::catch().map_err(refused)?;
    out.only_reports();
    loop {
        let is_last = signals.requested(); // what has come before the signal is in the next backlog
        stream.read(follower, out)?;
        if is_last {
            return stream.end(out);
        }
        signals.wait_readable(stream.as_fd(), None).map_err(refused)?;
    }
}

/// Tells of datagrams that the kernel had not sent, where there are more than were told; all of them.
pub fn told_foreign(count: u64, told: u64) -> u64 {
    if count > told {
        say(&message::foreign(count));
    }
    count
}

/// Prints losses of events on standard error, and writes them into a stream of JSON.
#[derive(Debug, Default)]
pub struct Losses {
    /// Whether the stream shows losses.
    in_stream: bool,
    /// How many it has shown.
    shown: u64,
    /// How many were told, and when.
    told: Option<(u64, Instant)>,
    /// The namespace in which they happen, where there are several.
    netns: Option<String>,
}

impl Losses {
    /// The losses of a subscription, whose stream shows those that are not delivered again.
    pub fn of(subscription: &Subscription, view: &View) -> Losses {
        let in_stream = view.is_json() && subscription.loss() != Loss::AllRepeated;
        Losses { in_stream, ..Losses::default() }
    }

    /// The same in one of several namespaces.
    pub fn in_namespace(self, name: &str) -> Losses {
        Losses { netns: Some(titled(name)), ..self }
    }

    /// Tells of a loss, once at length, then in short and not too often; the stream shows each at once.
    pub fn tell(&mut self, lost: u64, out: &mut Output) -> Result<(), Complaint> {
        self.show(lost, out)?;
        match self.told {
            _ if lost == 0 => return Ok(()),
            None => {
                say(OVERRUN);
                self.netns.iter().for_each(|netns| say(&format!("The events are those of {netns}.")));
            }
            Some((told, at)) if lost == told || at.elapsed() < QUIET => return Ok(()),
            Some(_) => {
                let whose = self.netns.as_ref().map(|netns| format!(" of {netns}")).unwrap_or_default();
                say(&format!("WARNING: {lost} events{whose} have been lost by now."));
            }
        }
        self.told = Some((lost, Instant::now()));
        Ok(())
    }

    /// Shows in the stream the losses that it has not shown yet.
    pub fn show(&mut self, lost: u64, out: &mut Output) -> Result<(), Complaint> {
        if !self.in_stream || lost <= self.shown {
            return Ok(());
        }
        out.loss(lost - self.shown)?;
        self.shown = lost;
        out.flush()
    }
}
