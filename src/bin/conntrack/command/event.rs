// SPDX-License-Identifier: GPL-2.0-or-later
//! `-E`: events as they happen, until SIGINT or SIGTERM.
//!
//! Each line is written at once. When the kernel had to drop events, a warning says so and the rest goes on.

#![forbid(unsafe_code)]

use super::origin::Origins;
use super::{Done, Session};
use crate::message::Complaint;
use crate::options::{Table, Verb};
use crate::output::{Happening, View};
use crate::parse::{Request, event_groups};
use crate::{entry, refusal, say};
use netfilter_conntrack::sys::process::StopSignals;
use netfilter_conntrack::{Error, Event, EventSubject, Events, Groups};

const OVERRUN: &str = "WARNING: We have hit ENOBUFS! We are losing events.
This message means that the current netlink socket buffer size is too small.
Please, check --buffer-size in conntrack(8) manpage.";

pub fn run(session: &mut Session, request: &Request) -> Result<Done, Complaint> {
    let selector = entry::selector(request)?;
    let view = View::new(request);
    let out = &mut session.out;
    let (mut shown, mut origins) = (0, Origins::default());
    follow(event_groups(request), request.buffer_size, |event| {
        let EventSubject::Flow(flow) = event.subject else { return Ok(()) };
        if !selector.matches(flow) {
            return Ok(());
        }
        shown += 1;
        let origin = origins.of(event.port_id);
        out.flow_event(&view, flow, Happening { kind: event.kind, origin })?;
        out.flush()
    })?;
    Ok(Done::Counted(shown, "flow events have been shown."))
}

/// Subscribes and hands every event to `each`, until a signal asks to stop or `each` complains.
pub fn follow(
    groups: Groups,
    buffer_size: Option<u32>,
    mut each: impl FnMut(Event<'_>) -> Result<(), Complaint>,
) -> Result<(), Complaint> {
    let refused = |error| Complaint::EventSocket(refusal::words(Verb::Event, Table::Conntrack, error));
    let mut events = Events::open(groups).map_err(refused)?;
    if let Some(wanted) = buffer_size {
        let size = events.socket().set_receive_buffer(wanted).map_err(refused)?;
        say(&format!("NOTICE: Netlink socket buffer size has been set to {size} bytes."));
    }
    events.socket().set_non_blocking(true).map_err(refused)?;
    let signals = StopSignals::catch().map_err(refused)?;
    while !signals.requested() {
        match events.next() {
            Ok(event) => each(event)?,
            Err(Error::Os(libc::EAGAIN)) => {
                signals.wait_readable(events.socket().as_fd()).map_err(refused)?;
            }
            Err(Error::Os(libc::EINTR) | Error::Malformed(_)) => {}
            Err(Error::Overrun) => say(OVERRUN),
            Err(error) => return Err(Complaint::Events(error.to_string())),
        }
    }
    Ok(())
}
