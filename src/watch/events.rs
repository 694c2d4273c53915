// SPDX-License-Identifier: GPL-2.0-or-later
//! Listening to the kernel: what happens to flows and expectations, as it happens.
//!
//! [`Events`] is a socket of its own, because events could crowd the answers of requests out. What the kernel had
//! to drop is never passed over in silence: it is [`Error::Overrun`].

#![forbid(unsafe_code)]

use crate::codec::event::EventKind;
use crate::codec::{expect_decode, flow_decode};
use crate::error::{Error, Result};
use crate::exchange::inbox::Inbox;
use crate::expect::Expectation;
use crate::flow::Flow;
use crate::sys::Socket;
use crate::sys::process::memory_bytes;
use crate::sys::socket::MOST_DATAGRAMS;
use crate::wire::consts::*;
use crate::wire::frame::FrameKind;

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
#[non_exhaustive]
pub struct Event<'a> {
    /// What happened.
    pub kind: EventKind,
    /// What it happened to.
    pub subject: EventSubject<'a>,
    /// Port id of the socket whose request caused it; 0 for packets and timers.
    pub port_id: u32,
}

/// How to listen; made by [`Events::builder`].
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing is opened before `open`"]
pub struct EventsBuilder {
    groups: Groups,
    receive_buffer: Option<u32>,
    reliable: bool,
}

impl EventsBuilder {
    /// Asks for a receive buffer of so many bytes, beyond the system's limit where privilege allows. The kernel
    /// doubles the number, and an event that waits takes 1280 bytes or more of it; memory is used only by what
    /// waits. Without this the system's default holds some 160 events.
    pub fn receive_buffer(mut self, bytes: u32) -> EventsBuilder {
        self.receive_buffer = Some(bytes);
        self
    }

    /// Asks for a receive buffer that loses nothing in a storm of events: some 100,000 events can wait, and then they take
    /// 128 MiB of kernel memory, which no control group counts. Where there is little memory, an eighth of it is taken at
    /// most, of the machine's and of what the control group allows.
    pub fn large_receive_buffer(self) -> EventsBuilder {
        self.receive_buffer(large_receive_buffer())
    }

    /// Asks the kernel to deliver the end of every flow, again and again until it finds room; other events may be
    /// missing or come as one. No [`Overrun`](Error::Overrun) is reported; [`Events::lost`] counts every delivery that
    /// failed, those that were made good later too.
    ///
    /// This is dangerous: as long as the end of a flow is not delivered, its entry takes up a place in the table. A
    /// subscriber that does not read fills the table, and then no connection can be made.
    pub fn reliable(mut self) -> EventsBuilder {
        self.reliable = true;
        self
    }

    /// The same for somebody who follows the table: the groups without which that cannot be done, and none about
    /// expectations.
    pub(crate) fn for_table(mut self) -> EventsBuilder {
        self.groups = self.groups.intersection(Groups::FLOWS) | Groups::NEW | Groups::DESTROY;
        self
    }

    /// Subscribes. The buffer is set before the first event can come.
    ///
    /// # Errors
    /// The system's error; `EPERM` without privilege.
    pub fn open(self) -> Result<Events> {
        let mut socket = Socket::open(0)?;
        if let Some(bytes) = self.receive_buffer {
            socket.set_receive_buffer(bytes)?;
        }
        if self.reliable {
            socket.set_reliable()?;
        }
        if !self.groups.is_empty() {
            socket.bind_groups(self.groups.bits())?;
        }
        Ok(Events {
            socket,
            inbox: Inbox::for_entries()?,
            flow: Flow::new(),
            expect: Expectation::new(),
            drops: 0,
            lost: 0,
            overruns: 0,
        })
    }
}

/// A receive buffer to ask for where no event is to be lost: with it some 100,000 events can wait, and then they take
/// 128 MiB of kernel memory, which no control group counts. Less is asked for where there is little memory: an eighth of
/// what the machine has, and of what the control group allows, is taken at most.
#[must_use]
pub fn large_receive_buffer() -> u32 {
    const LARGE: u64 = 64 << 20;
    let of_memory = memory_bytes() / 8 / 2; // the kernel doubles what is asked for
    u32::try_from(of_memory.min(LARGE)).unwrap_or(u32::MAX)
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
    /// The socket's count of drops when it was looked at last.
    drops: u32,
    lost: u64,
    overruns: u64,
}

impl Events {
    /// Subscribes to groups of events, with the system's default receive buffer.
    ///
    /// # Errors
    /// The system's error; `EPERM` without privilege.
    pub fn open(groups: Groups) -> Result<Events> {
        Events::builder(groups).open()
    }

    /// A subscription with more to say about it.
    pub fn builder(groups: Groups) -> EventsBuilder {
        EventsBuilder { groups, receive_buffer: None, reliable: false }
    }

    /// The socket, for its options (receive buffer, non-blocking) and its descriptor.
    #[doc(hidden)] // for the tests of this tree
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// How many datagrams have come that the kernel had not sent. They are dropped: only a privileged process can
    /// send them, and none has reason to.
    #[must_use]
    pub fn foreign_datagrams(&self) -> u64 {
        self.inbox.foreign()
    }

    /// How many events have been lost so far: those that found no room in the receive buffer, by the kernel's own
    /// count, and those that could not be read. A kernel that does not count (before Linux 4.12) gives at least one
    /// for each [`Overrun`](Error::Overrun).
    pub fn lost(&mut self) -> u64 {
        if let Ok(queue) = self.socket.queue() {
            self.lost += u64::from(queue.drops.wrapping_sub(self.drops));
            self.drops = queue.drops;
        }
        self.lost.max(self.overruns)
    }

    /// No more events than this can be waiting now: reading so many reads all that happened before.
    #[must_use]
    pub fn most_waiting(&self) -> usize {
        /// Kernel memory that even an empty datagram takes, at least.
        const LEAST: u32 = 512;
        let queued = self.socket.queue().map_or(0, |queue| queue.bytes / LEAST);
        MOST_DATAGRAMS + queued as usize
    }

    /// Waits for the next event.
    ///
    /// Several are received at once and kept: a caller that polls the descriptor reads until `EAGAIN` first.
    ///
    /// # Errors
    /// [`Error::Overrun`] when events were lost (the next call goes on; events that came before the loss may still
    /// follow); [`Error::Os`] with `EINTR` when a signal came, `EAGAIN` on a non-blocking socket without events;
    /// [`Error::Malformed`] or [`Error::Truncated`] for one message.
    #[allow(clippy::should_implement_trait)] // the event borrows from the subscription
    pub fn next(&mut self) -> Result<Event<'_>> {
        self.event(true)
    }

    /// The next event, or nothing when none has come. Never waits, whatever the socket is set to.
    ///
    /// # Errors
    /// As [`next`](Self::next), but for `EAGAIN`.
    pub fn try_next(&mut self) -> Result<Option<Event<'_>>> {
        match self.event(false) {
            Ok(event) => Ok(Some(event)),
            Err(error) if error.is_would_block() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn event(&mut self, wait: bool) -> Result<Event<'_>> {
        let step = self.step(wait);
        match step {
            Err(Error::Overrun) => self.overruns += 1,
            Err(Error::Malformed(_) | Error::Truncated) => self.lost += 1,
            _ => {}
        }
        let (kind, port_id, expectation) = step?;
        let subject = if expectation {
            EventSubject::Expectation(&self.expect)
        } else {
            EventSubject::Flow(&self.flow)
        };
        Ok(Event { kind, subject, port_id })
    }

    fn step(&mut self, wait: bool) -> Result<(EventKind, u32, bool)> {
        loop {
            let Some(frame) = self.inbox.next() else {
                self.inbox.receive(&self.socket, wait)?;
                continue;
            };
            let frame = frame?;
            if frame.kind() == Ok(FrameKind::Overrun) {
                return Err(Error::Overrun);
            }
            let Some(kind) = EventKind::of(&frame.header) else {
                continue;
            };
            let port_id = frame.header.port_id;
            match frame.header.subsystem() {
                NFNL_SUBSYS_CTNETLINK => {
                    frame.must_be_whole()?;
                    self.flow.clear();
                    flow_decode::message(&mut self.flow, &frame)?;
                    return Ok((kind, port_id, false));
                }
                NFNL_SUBSYS_CTNETLINK_EXP => {
                    frame.must_be_whole()?;
                    self.expect = Expectation::new();
                    expect_decode::message(&mut self.expect, &frame)?;
                    return Ok((kind, port_id, true));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::exchange::inbox::answer;

    const FLOW: u16 = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW]);
    const EXPECTATION: u16 = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_CT_DELETE]);

    /// A message without what should follow its netlink header.
    fn bare(kind: u16) -> Vec<u8> {
        let mut message = answer(kind, 0)[..16].to_vec();
        message[0] = 16;
        message
    }

    #[test]
    fn what_is_lost_or_malformed_is_reported_and_its_neighbours_are_read() {
        let datagrams = [
            answer(FLOW, 0),
            [bare(FLOW), bare(EXPECTATION), answer(EXPECTATION, 0)].concat(),
            answer(0xa02, 0), // of another subsystem, whose group the socket may have joined
            [answer(NLMSG_OVERRUN, 0), answer(FLOW, 0)].concat(),
            [answer(FLOW, 0), vec![9; 16]].concat(),
            [answer(FLOW, 0), vec![0; 8192]].concat(),
            answer(FLOW, 0),
        ];
        let mut events = Events {
            socket: Socket::scripted(&datagrams),
            inbox: Inbox::for_entries().unwrap(),
            flow: Flow::new(),
            expect: Expectation::new(),
            drops: 0,
            lost: 0,
            overruns: 0,
        };
        let mut seen = String::new();
        loop {
            seen.push(match events.next() {
                Ok(Event { subject: EventSubject::Flow(_), .. }) => 'f',
                Ok(Event { subject: EventSubject::Expectation(_), .. }) => 'x',
                Err(Error::Malformed(_)) => 'm',
                Err(Error::Truncated) => 't',
                Err(Error::Overrun) => 'o',
                Err(error) => break assert_eq!(error, Error::Os(libc::EAGAIN)),
            });
        }
        assert_eq!(seen, "fmmxoffmftf");
    }
}
