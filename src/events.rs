// SPDX-License-Identifier: GPL-2.0-or-later
//! Listening to the kernel: what happens to flows and expectations, as it happens.
//!
//! [`Events`] is a socket of its own, because events could crowd the answers of requests out. What the kernel had
//! to drop is never passed over in silence: it is [`Error::Overrun`](crate::Error::Overrun).

#![forbid(unsafe_code)]

use crate::codec::event::EventKind;
use crate::codec::{expect_decode, flow_decode};
use crate::error::Result;
use crate::expect::Expectation;
use crate::flow::Flow;
use crate::inbox::Inbox;
use crate::sys::Socket;
use crate::wire::consts::*;

bitflags::bitflags! {
    /// Multicast groups of events.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Groups: u32 {
        /// New flows.
        const NEW = 1;
        /// Changed flows.
        const UPDATE = 2;
        /// Ended flows.
        const DESTROY = 4;
        /// New expectations.
        const EXPECT_NEW = 8;
        /// Changed expectations (the kernel has none).
        const EXPECT_UPDATE = 0x10;
        /// Ended expectations.
        const EXPECT_DESTROY = 0x20;
        /// Everything about flows.
        const FLOWS = 7;
        /// Everything about expectations.
        const EXPECTATIONS = 0x38;
    }
}

/// What an event is about; valid until the next one is read.
#[derive(Debug, Clone, Copy)]
pub enum EventSubject<'a> {
    /// A flow.
    Flow(&'a Flow),
    /// An expectation.
    Expectation(&'a Expectation),
}

/// One event; valid until the next one is read.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// What happened.
    pub kind: EventKind,
    /// What it happened to.
    pub subject: EventSubject<'a>,
    /// Port id of the socket whose request caused it; 0 for packets and timers.
    pub port_id: u32,
}

/// A subscription to events.
///
/// The kernel makes events only for entries created while somebody listens (`nf_conntrack_events` = 2).
#[derive(Debug)]
pub struct Events {
    socket: Socket,
    inbox: Inbox,
    flow: Flow,
    expect: Expectation,
}

impl Events {
    /// Subscribes to groups of events.
    ///
    /// # Errors
    /// The system's error; `EPERM` without privilege.
    pub fn open(groups: Groups) -> Result<Events> {
        Ok(Events {
            socket: Socket::open(groups.bits())?,
            inbox: Inbox::new(),
            flow: Flow::new(),
            expect: Expectation::new(),
        })
    }

    /// The socket, for its options (receive buffer, non-blocking) and its descriptor.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Waits for the next event.
    ///
    /// # Errors
    /// [`Overrun`](crate::Error::Overrun) when events were lost (the next call goes on);
    /// [`Os`](crate::Error::Os) with `EINTR` when a signal came, `EAGAIN` on a non-blocking socket without
    /// events; [`Malformed`](crate::Error::Malformed) for one message.
    #[allow(clippy::should_implement_trait)] // the event borrows from the subscription
    pub fn next(&mut self) -> Result<Event<'_>> {
        let (kind, port_id, expectation) = self.step()?;
        let subject = if expectation {
            EventSubject::Expectation(&self.expect)
        } else {
            EventSubject::Flow(&self.flow)
        };
        Ok(Event { kind, subject, port_id })
    }

    fn step(&mut self) -> Result<(EventKind, u32, bool)> {
        loop {
            let Some(frame) = self.inbox.next() else {
                self.inbox.receive(&self.socket)?;
                continue;
            };
            let frame = frame?;
            let Some(kind) = EventKind::of(&frame.header) else {
                continue;
            };
            let port_id = frame.header.port_id;
            match frame.header.subsystem() {
                NFNL_SUBSYS_CTNETLINK => {
                    self.flow.clear();
                    flow_decode::message(&mut self.flow, &frame)?;
                    return Ok((kind, port_id, false));
                }
                NFNL_SUBSYS_CTNETLINK_EXP => {
                    self.expect = Expectation::new();
                    expect_decode::message(&mut self.expect, &frame)?;
                    return Ok((kind, port_id, true));
                }
                _ => {}
            }
        }
    }
}
