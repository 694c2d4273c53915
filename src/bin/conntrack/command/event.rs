// SPDX-License-Identifier: GPL-2.0-or-later
//! `-E`: events as they happen, until SIGINT or SIGTERM.
//!
//! Lines are written as soon as nothing more waits to be read. When the kernel had to drop events, a warning says
//! so and the rest goes on; how many were lost stands behind the summary, and the exit status tells it. What happened
//! before the signal is still shown.

#![forbid(unsafe_code)]

use super::origin::Origins;
use super::{Done, Session};
use crate::message::{self, Complaint};
use crate::options::{Table, Verb};
use crate::output::{Happening, Output, View};
use crate::parse::{Request, event_groups};
use crate::{entry, refusal, say};
use netfilter_conntrack::events::large_receive_buffer;
use netfilter_conntrack::filter::selector::Selector;
use netfilter_conntrack::sys::process::StopSignals;
use netfilter_conntrack::{Error, Event, EventSubject, Events, Groups};
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
struct Flows<'r> {
    selector: Selector,
    view: View<'r>,
    origins: Origins,
    shown: u64,
}

impl Follower for Flows<'_> {
    fn take(&mut self, event: Event<'_>, out: &mut Output) -> Result<(), Complaint> {
        let EventSubject::Flow(flow) = event.subject else { return Ok(()) };
        if !self.selector.matches(flow) {
            return Ok(());
        }
        self.shown += 1;
        let origin = self.origins.of(event.port_id);
        out.flow_event(&self.view, flow, Happening { kind: event.kind, origin })
    }

    fn rest(&mut self) {
        self.origins.doubt();
    }
}

pub fn run(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let mut flows = Flows {
        selector: entry::selector(request)?,
        view: View::new(request),
        origins: Origins::default(),
        shown: 0,
    };
    let lost = follow(event_groups(request), request.buffer_size, &mut session.out, &mut flows)?;
    Ok(Done::Followed { shown: flows.shown, lost, what: "flow events" })
}

/// Subscribes and hands every event to the follower, until a signal asks to stop or the follower complains. Gives the
/// number of lost events.
pub fn follow(
    groups: Groups,
    buffer_size: Option<u32>,
    out: &mut Output,
    follower: &mut impl Follower,
) -> Result<u64, Complaint> {
    let refused = |error| Complaint::EventSocket(refusal::words(Verb::Event, Table::Conntrack, error));
    let wanted = buffer_size.unwrap_or_else(large_receive_buffer);
    let mut events = Events::builder(groups).receive_buffer(wanted).open().map_err(refused)?;
    if buffer_size.is_some() {
        let size = events.socket().receive_buffer().map_err(refused)?;
        say(&format!("NOTICE: Netlink socket buffer size has been set to {size} bytes."));
    }
    events.socket().set_non_blocking(true).map_err(refused)?;
    let signals = StopSignals::catch().map_err(refused)?;
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
                if foreign == 0 {
                    foreign = told_foreign(&events, foreign);
                }
                if left.is_some() {
                    break;
                }
                signals.wait_readable(events.socket().as_fd()).map_err(refused)?;
            }
            Err(Error::Os(libc::EINTR) | Error::Malformed(_) | Error::Truncated) => {}
            Err(Error::Overrun) => losses.tell(events.lost()),
            Err(error) => return Err(Complaint::Events(error.to_string())),
        }
    }
    told_foreign(&events, foreign);
    Ok(events.lost())
}

/// Tells of datagrams that the kernel had not sent, where there are more than were told; all of them.
fn told_foreign(events: &Events, told: u64) -> u64 {
    let count = events.foreign_datagrams();
    if count > told {
        say(&message::foreign(count));
    }
    count
}

/// Losses told on standard error.
#[derive(Debug, Default)]
struct Losses {
    told: Option<Instant>,
}

impl Losses {
    fn tell(&mut self, lost: u64) {
        match self.told {
            None => say(OVERRUN),
            Some(told) if told.elapsed() < QUIET => return,
            Some(_) => say(&format!("WARNING: {lost} events have been lost by now.")),
        }
        self.told = Some(Instant::now());
    }
}
