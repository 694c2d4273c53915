// SPDX-License-Identifier: GPL-2.0-or-later
//! `-E`: events as they happen, until SIGINT or SIGTERM.
//!
//! Lines are written as soon as nothing more waits to be read. When the kernel had to drop events, a warning says
//! so and the rest goes on; how many were lost stands behind the summary, and the exit status tells it. What happened
//! before the signal is still shown, to a reader who takes it.

#![forbid(unsafe_code)]

use super::origin::Origins;
use super::{Done, Loss, Session};
use crate::line::objects;
use crate::line::options::{Param, Table, Verb};
use crate::line::parse::{Request, event_groups};
use crate::show::message::{self, Complaint};
use crate::show::output::{Happening, Output, View, say};
use crate::show::refusal;
use crate::sys::signals::StopSignals;
use netfilter_conntrack::events::{EventsBuilder, large_receive_buffer};
use netfilter_conntrack::filter::selector::Selector;
use netfilter_conntrack::sys::Socket;
use netfilter_conntrack::{Error, Event, EventKind, EventSubject, Events, Flow, Groups};
use std::time::{Duration, Instant};

/// What the first loss is answered with.
const OVERRUN: &str = "WARNING: We have hit ENOBUFS! We are losing events.
This message means that the current netlink socket buffer size is too small.
Please, check --buffer-size in conntrack(8) manpage.";

/// A later loss is told when so much time has passed since it was told last.
const QUIET: Duration = Duration::from_secs(1);

/// What follows events: it prints them, and remembers nothing between two bursts.
pub trait Follower {
    /// Takes an event.
    fn take(&mut self, event: Event<'_>, out: &mut Output) -> Result<(), Complaint>;

    /// Nothing more waits.
    fn rest(&mut self) {}
}

/// Prints the events about flows that pass the selector.
pub struct Flows<'r> {
    selector: Selector,
    view: View<'r>,
    origins: Origins,
    pub shown: u64,
}

impl<'r> Flows<'r> {
    pub fn new(request: &'r Request) -> Result<Flows<'r>, Complaint> {
        let (selector, view) = (objects::selector(request)?, View::new(request));
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

impl Follower for Flows<'_> {
    fn take(&mut self, event: Event<'_>, out: &mut Output) -> Result<(), Complaint> {
        match event.subject {
            EventSubject::Flow(flow) => self.show(event.kind, flow, event.port_id, out),
            EventSubject::Expectation(_) => Ok(()),
        }
    }

    fn rest(&mut self) {
        self.origins.doubt();
    }
}

pub fn run(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let mut flows = Flows::new(request)?;
    let groups = event_groups(request);
    let lost = follow(groups, request, &mut session.out, &mut flows)?;
    let loss = match request.has(Param::Reliable) {
        true if groups == Groups::DESTROY => Loss::AllRepeated,
        true => Loss::EndsRepeated,
        false => Loss::Final,
    };
    Ok(Done::Followed { shown: flows.shown, what: "flow events", lost, loss })
}

pub fn refused(error: Error) -> Complaint {
    Complaint::EventSocket(refusal::words(Verb::Event, Table::Conntrack, error))
}

/// A subscription as the command line wants it.
pub fn subscription(groups: Groups, request: &Request) -> EventsBuilder {
    let wanted = request.buffer_size.unwrap_or_else(large_receive_buffer);
    let events = Events::builder(groups).receive_buffer(wanted);
    if request.has(Param::Reliable) { events.reliable() } else { events }
}

/// Says how large the receive buffer has become, to those who asked for a size.
pub fn tell_size(socket: &Socket, request: &Request) -> Result<(), Complaint> {
    if request.buffer_size.is_some() {
        let size = socket.receive_buffer().map_err(refused)?;
        say(&format!("NOTICE: Netlink socket buffer size has been set to {size} bytes."));
    }
    Ok(())
}

/// Subscribes and hands every event to the follower, until a signal asks to stop or the follower complains. Gives the
/// number of lost events.
pub fn follow(
    groups: Groups,
    request: &Request,
    out: &mut Output,
    follower: &mut impl Follower,
) -> Result<u64, Complaint> {
    let mut events = subscription(groups, request).open().map_err(refused)?;
    tell_size(events.socket(), request)?;
    events.socket().set_non_blocking(true).map_err(refused)?;
    let signals = StopSignals::catch().map_err(refused)?;
    out.only_reports();
    let (mut losses, mut foreign) = (Losses::default(), 0);
    // After the signal: how many events may still have come before it.
    let mut left = None;
    while left != Some(0) {
        if signals.requested() {
            left = Some(left.map_or_else(|| events.most_waiting(), |left| left - 1));
        }
        match events.next() {
            Ok(event) => follower.take(event, out)?,
            Err(Error::Os(libc::EAGAIN)) => {
                out.flush()?;
                follower.rest();
                losses.tell(events.lost()); // a reliable subscription does not report an overrun
                if foreign == 0 {
                    foreign = told_foreign(events.foreign_datagrams(), foreign);
                }
                if left.is_some() {
                    break;
                }
                signals.wait_readable(events.socket().as_fd(), None).map_err(refused)?;
            }
            Err(Error::Os(libc::EINTR) | Error::Malformed(_) | Error::Truncated) => {}
            Err(Error::Overrun) => losses.tell(events.lost()),
            Err(error) => return Err(Complaint::Events(error.to_string())),
        }
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
