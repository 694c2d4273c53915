// SPDX-License-Identifier: GPL-2.0-or-later
//! Subscriptions to the kernel's events about flows and expectations.

#![forbid(unsafe_code)]

use crate::codec::event::EventKind;
use crate::codec::{expect_decode, flow_decode};
use crate::error::{Error, Result};
use crate::exchange::Netns;
use crate::exchange::inbox::Inbox;
use crate::expect::Expectation;
use crate::flow::Flow;
use crate::sys::process::memory_bytes;
use crate::sys::socket::{LARGEST_RECEIVE_BUFFER, MOST_DATAGRAMS};
use crate::sys::{Socket, namespace};
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
    /// The kind of change.
    pub kind: EventKind,
    /// The flow or the expectation.
    pub subject: EventSubject<'a>,
    /// Port id of the socket whose request caused it; 0 for packets and timers.
    pub port_id: u32,
}

/// The settings of a subscription; made by [`Events::builder`].
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing is opened before `open`"]
pub struct EventsBuilder {
    groups: Groups,
    receive_buffer: Option<u32>,
    reliable: bool,
}

impl EventsBuilder {
    /// Asks for a receive buffer of this many bytes, beyond the system's limit where privilege allows. The kernel
    /// doubles the number. An event that waits takes 1280 bytes or more of the buffer, and only events that wait take
    /// memory. The system's default buffer holds some 160 events.
    pub fn receive_buffer(mut self, bytes: u32) -> EventsBuilder {
        self.receive_buffer = Some(bytes.min(LARGEST_RECEIVE_BUFFER));
        self
    }

    /// As [`receive_buffer`](Self::receive_buffer), but the kernel gets the number unchanged. The kernel takes 2^31 or
    /// more as a negative number, and sets the smallest buffer.
    #[doc(hidden)] // for the tool of this tree, whose option has always been that of the kernel
    pub fn unchecked_receive_buffer(mut self, bytes: u32) -> EventsBuilder {
        self.receive_buffer = Some(bytes);
        self
    }

    /// Asks for a receive buffer that loses no event of a flood. Some 100,000 events can wait in it, and then they take
    /// 128 MiB of kernel memory, which no control group counts. The buffer takes at most an eighth of the machine's
    /// memory and of the control group's limit.
    pub fn large_receive_buffer(self) -> EventsBuilder {
        self.receive_buffer(large_receive_buffer())
    }

    /// Asks the kernel to deliver the end of every flow, again and again until the buffer has room. Other events may be
    /// missing, or several may arrive as one. No [`Overrun`](Error::Overrun) is reported; [`Events::lost`] counts every
    /// delivery that failed, including those that the kernel repeated later.
    ///
    /// This is dangerous: as long as the end of a flow is not delivered, its entry takes up a place in the table. A
    /// subscriber that does not read fills the table, and then no connection can be made.
    pub fn reliable(mut self) -> EventsBuilder {
        self.reliable = true;
        self
    }

    /// The same for a subscriber that follows the table: with the groups that following needs, and without groups of
    /// expectations.
    pub(crate) fn for_table(mut self) -> EventsBuilder {
        self.groups = self.groups.intersection(Groups::FLOWS) | Groups::NEW | Groups::DESTROY;
        self
    }

    /// Subscribes to the events of another network namespace; as [`open`](Self::open). The calling thread stays where it is.
    ///
    /// The subscription keeps the namespace in existence, with its interfaces and flows, after the last process has left
    /// and the name was removed.
    ///
    /// # Errors
    /// As [`open`](Self::open), and as [`HandleBuilder::open`](crate::HandleBuilder::open) for a namespace.
    pub fn open_in(self, netns: &Netns) -> Result<Events> {
        namespace::within(netns.open()?, move || self.open())
    }

    /// Subscribes. The buffer is set before the first event can arrive.
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
        Events::on(socket)
    }
}

/// The size of a receive buffer that loses no event: some 100,000 events can wait in it, and then they take 128 MiB of
/// kernel memory, which no control group counts. The size is at most an eighth of the machine's memory and of the
/// control group's limit.
#[must_use]
pub fn large_receive_buffer() -> u32 {
    large_of(memory_bytes())
}

/// The same for a machine with this many bytes of memory.
fn large_of(memory_bytes: u64) -> u32 {
    const LARGE: u64 = 64 << 20;
    let of_memory = memory_bytes / 8 / 2; // the kernel doubles what is asked for
    u32::try_from(of_memory.min(LARGE)).unwrap_or(u32::MAX)
}

/// How many receive calls in a row may bring no event before a call that does not wait returns. Other datagrams than
/// events come from other processes.
const MOST_RECEIVES: usize = 16;

/// The largest number of events in a queue whose events take this many bytes of kernel memory, and in this process.
fn most_in(queued_bytes: u32) -> usize {
    /// Kernel memory that even an empty datagram takes, at least.
    const LEAST: u32 = 512;
    MOST_DATAGRAMS + (queued_bytes / LEAST) as usize
}

/// Which events the socket receives when all received ones have been read.
#[derive(Debug)]
enum More<'l> {
    /// The next events, however long they take.
    Any,
    /// The events that wait in the queue, after at most this many receive calls without an event.
    Waiting(&'l mut usize),
    Nothing,
}

/// The kind of an event, the port id of its cause, and whether it is about an expectation.
type Step = (EventKind, u32, bool);

/// A subscription to events.
///
/// A subscription has a socket of its own, because events could crowd the answers of requests out. A loss of events is
/// never silent: it is [`Error::Overrun`].
///
/// The kernel makes events only for entries that are created while a program listens (`nf_conntrack_events` = 2, the
/// default since Linux 5.19). It also makes none, now and then, for an entry that is created while a program of another
/// namespace stops listening (seen with Linux 6.18, for 6 of 50,000 entries). With `nf_conntrack_events` = 1 every new
/// entry has events. A [`Mirror`](crate::Mirror) finds entries without events by reading the table.
#[derive(Debug)]
pub struct Events {
    socket: Socket,
    inbox: Inbox,
    flow: Flow,
    expect: Expectation,
    losses: Losses,
    /// The last receive call has found the queue empty.
    is_empty: bool,
    /// What the socket had dropped when an overrun was reported, until the queue is empty: meanwhile the kernel drops all
    /// further events and reports none of them, but counts them.
    dropped_at_overrun: Option<u64>,
}

/// The losses of a subscription, by the way in which each became known.
#[derive(Debug, Default)]
struct Losses {
    /// The socket's count of drops when it was read last: it wraps.
    drops: u32,
    /// The drops that the socket has counted.
    dropped: u64,
    /// The drops that a receive call has reported, which may stand for several.
    overruns: u64,
    /// Messages that could not be read.
    unreadable: u64,
}

impl Losses {
    fn note(&mut self, error: Error) {
        match error {
            Error::Overrun => self.overruns += 1,
            Error::Malformed(_) | Error::Truncated => self.unreadable += 1,
            _ => {}
        }
    }

    /// Adds the drops that the socket has counted.
    fn note_drops(&mut self, drops: u32) {
        self.dropped += u64::from(drops.wrapping_sub(self.drops));
        self.drops = drops;
    }

    /// How many events were lost, at least.
    fn count(&self) -> u64 {
        self.dropped.max(self.overruns) + self.unreadable
    }
}

/// An item of a backlog.
#[derive(Debug)]
pub enum Heard<'a> {
    /// An event.
    Event(Event<'a>),
    /// Something was lost or could not be read; [`Events::lost`] counts it.
    Loss,
}

/// The events that wait, read one by one; made by [`Events::backlog`].
///
/// At the end of the backlog no received event is left in this process: the descriptor becomes readable for all later
/// events.
#[derive(Debug)]
pub struct Backlog<'e> {
    events: &'e mut Events,
    quota: Quota,
}

/// How much of a backlog can be unread.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Quota {
    /// At most this many items can be waiting.
    left: usize,
    /// An overrun was reported.
    has_overrun: bool,
}

impl Backlog<'_> {
    /// The next item, or `None` when all have been read.
    ///
    /// # Errors
    /// The system's error.
    #[allow(clippy::should_implement_trait)] // the event borrows from the subscription
    pub fn next(&mut self) -> Result<Option<Heard<'_>>> {
        self.events.waiting(&mut self.quota)
    }

    /// How many events have been lost; as [`Events::lost`].
    pub fn lost(&mut self) -> u64 {
        self.events.lost()
    }
}

impl Events {
    fn on(socket: Socket) -> Result<Events> {
        Ok(Events {
            socket,
            inbox: Inbox::for_entries()?,
            flow: Flow::new(),
            expect: Expectation::new(),
            losses: Losses::default(),
            is_empty: false,
            dropped_at_overrun: None,
        })
    }

    /// A subscription on a socket that plays a script.
    #[cfg(any(test, feature = "internals"))]
    pub(crate) fn scripted(socket: Socket) -> Result<Events> {
        Events::on(socket)
    }

    /// Subscribes to groups of events, with the system's default receive buffer.
    ///
    /// # Errors
    /// The system's error; `EPERM` without privilege.
    pub fn open(groups: Groups) -> Result<Events> {
        Events::builder(groups).open()
    }

    /// The settings of a subscription, to be opened with [`EventsBuilder::open`].
    pub fn builder(groups: Groups) -> EventsBuilder {
        EventsBuilder { groups, receive_buffer: None, reliable: false }
    }

    /// The socket, for its options (receive buffer, non-blocking) and its descriptor.
    #[doc(hidden)] // for the tests of this tree
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// How many datagrams of other senders than the kernel were received and dropped. Only a privileged process can
    /// send such datagrams, and no ordinary program does.
    #[must_use]
    pub fn foreign_datagrams(&self) -> u64 {
        self.inbox.foreign()
    }

    /// How many events have been lost: those that found no room in the receive buffer, by the kernel's count, and those
    /// that could not be read. A kernel without this count (before Linux 4.12) adds at least one for each
    /// [`Overrun`](Error::Overrun).
    pub fn lost(&mut self) -> u64 {
        self.dropped();
        self.losses.count()
    }

    /// The drops that the socket has counted; none where the kernel has no such count.
    fn dropped(&mut self) -> u64 {
        if let Ok(queue) = self.socket.queue() {
            self.losses.note_drops(queue.drops);
        }
        self.losses.dropped
    }

    /// The largest number of events that can be waiting now. A caller that reads this many has read all events before
    /// this call.
    #[must_use]
    pub fn most_waiting(&self) -> usize {
        most_in(self.socket.queue().map_or(0, |queue| queue.bytes))
    }

    /// Waits for the next event.
    ///
    /// One call of the system receives several events, and the later ones wait in this process. A caller that polls the
    /// descriptor therefore reads until `EAGAIN` before it polls again.
    ///
    /// # Errors
    /// [`Error::Overrun`] when events were lost (the next call goes on; events that came before the loss may still
    /// follow, and where more were lost until these were read, another overrun follows them); [`Error::Os`] with `EINTR` when a signal came, `EAGAIN` on a non-blocking socket without events;
    /// [`Error::Malformed`] or [`Error::Truncated`] for one message.
    #[allow(clippy::should_implement_trait)] // the event borrows from the subscription
    pub fn next(&mut self) -> Result<Event<'_>> {
        let step = self.step(More::Any)?;
        Ok(self.event(step))
    }

    /// The next event, or `None` when none is waiting. The call never waits, even on a socket that does. It also returns
    /// `None` after some hundred datagrams that are no events, which other processes can send; then the descriptor is still
    /// readable, and [`may_have_more`](Self::may_have_more) returns true.
    ///
    /// # Errors
    /// As [`next`](Self::next), but for `EAGAIN`.
    pub fn try_next(&mut self) -> Result<Option<Event<'_>>> {
        match self.step(More::Waiting(&mut { MOST_RECEIVES })) {
            Ok(step) => Ok(Some(self.event(step))),
            Err(error) if error.is_would_block() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether events may wait although [`try_next`](Self::try_next) has returned `None` or a backlog has ended: the socket
    /// was not empty. `poll` shows such events again. A program that hears of the descriptor only when it becomes readable
    /// (edge-triggered epoll, tokio) reads again where this function returns true.
    #[must_use]
    pub fn may_have_more(&self) -> bool {
        !self.is_empty
    }

    /// The events that wait now, even on a socket that waits. A loop over them ends, however fast further events
    /// arrive.
    pub fn backlog(&mut self) -> Backlog<'_> {
        let quota = self.quota();
        Backlog { events: self, quota }
    }

    /// The quota of a backlog that begins now.
    pub(super) fn quota(&self) -> Quota {
        Quota { left: self.most_waiting(), has_overrun: false }
    }

    /// The next item of the backlog with this quota, or `None` when all have been read.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn waiting(&mut self, quota: &mut Quota) -> Result<Option<Heard<'_>>> {
        let more = match quota.left.checked_sub(1) {
            Some(left) => {
                quota.left = left;
                More::Waiting(&mut quota.left)
            }
            None => More::Nothing,
        };
        match self.step(more) {
            Ok(step) => Ok(Some(Heard::Event(self.event(step)))),
            Err(Error::Os(libc::EAGAIN | libc::EINTR)) => Ok(None),
            Err(error @ (Error::Overrun | Error::Malformed(_) | Error::Truncated)) => {
                // After an overrun the kernel queues no event until all waiting ones have been read. A second overrun
                // means that events arrive faster than they are read, and the backlog would not end.
                if error == Error::Overrun && !quota.has_overrun {
                    quota.has_overrun = true;
                    quota.left = quota.left.max(self.most_waiting());
                }
                Ok(Some(Heard::Loss))
            }
            Err(error) => Err(error),
        }
    }

    /// The flow of the last event.
    pub(super) fn flow(&self) -> &Flow {
        &self.flow
    }

    fn event(&self, (kind, port_id, is_expectation): Step) -> Event<'_> {
        let subject = match is_expectation {
            true => EventSubject::Expectation(&self.expect),
            false => EventSubject::Flow(&self.flow),
        };
        Event { kind, subject, port_id }
    }

    /// Reads the next event into its object, and counts losses.
    fn step(&mut self, more: More<'_>) -> Result<Step> {
        let found = self.find(more);
        if let Err(error) = found {
            self.losses.note(error);
            if error == Error::Overrun {
                self.dropped_at_overrun = Some(self.dropped());
            }
        }
        found
    }

    /// Receives the next datagrams; `again` where the last ones had no event.
    fn receive(&mut self, more: &mut More<'_>, again: bool) -> Result<()> {
        let may_receive = match more {
            More::Any => true,
            More::Waiting(left) if again => left.checked_sub(1).map(|less| **left = less).is_some(),
            More::Waiting(_) => true,
            More::Nothing => false,
        };
        if !may_receive {
            return Err(Error::Os(libc::EAGAIN));
        }
        if let Some(dropped) = self.dropped_at_overrun {
            let received = self.inbox.receive(&self.socket, false);
            self.is_empty = received.is_err_and(Error::is_would_block);
            if !self.is_empty {
                return received;
            }
            self.dropped_at_overrun = None;
            if self.dropped() > dropped {
                return Err(Error::Overrun);
            }
            if !matches!(more, More::Any) {
                return received;
            }
        }
        let received = self.inbox.receive(&self.socket, matches!(more, More::Any));
        self.is_empty = received.is_err_and(Error::is_would_block);
        received
    }

    fn find(&mut self, mut more: More<'_>) -> Result<Step> {
        let mut has_received = false;
        loop {
            let Some(frame) = self.inbox.next() else {
                self.receive(&mut more, has_received)?;
                has_received = true;
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
    use crate::sys::script::Arrival;
    use crate::wire::frame::bare;

    const FLOW: u16 = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW]);
    const EXPECTATION: u16 = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_CT_DELETE]);

    #[test]
    fn a_loss_is_counted_once_whether_the_socket_counts_or_reports_it() {
        let mut losses = Losses { drops: u32::MAX, ..Losses::default() };
        losses.note_drops(2); // it wraps
        losses.note(Error::Overrun);
        losses.note_drops(2); // no more since
        assert_eq!(losses.count(), 3, "the report is about them");
        losses.note(Error::Truncated);
        losses.note(Error::Malformed(""));
        losses.note(Error::Os(libc::EAGAIN));
        assert_eq!(losses.count(), 5);
        let mut losses = Losses::default(); // of a kernel that does not count
        losses.note_drops(0);
        (0..2).for_each(|_| losses.note(Error::Overrun));
        assert_eq!(losses.count(), 2);
    }

    #[test]
    fn a_backlog_is_read_up_to_its_end() {
        let lost = Arrival::Failure(Error::Overrun);
        let event = || Arrival::Kernel(answer(FLOW, 0));
        let script = [event(), lost, event(), Arrival::Failure(Error::Os(libc::EAGAIN)), event()];
        let mut events = subscription(script);
        let mut seen = String::new();
        for _ in 0..2 {
            let mut backlog = events.backlog();
            while let Some(heard) = backlog.next().unwrap() {
                seen.push(if matches!(heard, Heard::Event(_)) { 'e' } else { '-' });
            }
            seen.push('.');
        }
        assert_eq!((&seen[..], events.lost()), ("e-e.e.", 1));
        assert!(events.inbox.is_read());
        let mut events = subscription([event(), event()]);
        assert!(
            events.backlog().next().is_ok() && !events.inbox.is_read(),
            "it was left after the first of two"
        );
        let mut events = subscription([Arrival::Failure(Error::Os(9))]);
        assert_eq!(events.backlog().next().map(drop), Err(Error::Os(9)));
    }

    fn subscription(script: impl IntoIterator<Item = Arrival>) -> Events {
        Events::scripted(Socket::scripted(script).unwrap()).unwrap()
    }

    /// The numbers of events and of losses in the next backlog.
    fn next_backlog(events: &mut Events) -> (usize, u64) {
        let (mut backlog, mut heard) = (events.backlog(), (0, 0));
        while let Some(next) = backlog.next().unwrap() {
            match next {
                Heard::Event(_) => heard.0 += 1,
                Heard::Loss => heard.1 += 1,
            }
        }
        assert_eq!(backlog.lost(), heard.1);
        heard
    }

    #[test]
    fn a_backlog_ends_however_fast_others_follow() {
        let event = || Arrival::Kernel(answer(FLOW, 0));
        let mut events = subscription(vec![event(); 2 * MOST_DATAGRAMS]);
        assert_eq!(next_backlog(&mut events), (MOST_DATAGRAMS, 0));
        let mut events = subscription(vec![event(); 3 * MOST_DATAGRAMS]);
        assert!(events.next().is_ok(), "received with others");
        let all = 2 * MOST_DATAGRAMS - 1;
        assert_eq!(next_backlog(&mut events), (all, 0), "what was received last is not kept");
        let storm = (0..99).flat_map(|_| [Arrival::Failure(Error::Overrun), event()]);
        let (heard, lost) = next_backlog(&mut subscription(storm));
        assert!(heard + lost as usize <= 2 * MOST_DATAGRAMS, "{heard} {lost}");
    }

    #[test]
    fn a_flood_of_other_datagrams_does_not_hold_a_program_that_polls() {
        let foreign = Arrival::Foreign(answer(FLOW, 0));
        let other = Arrival::Kernel(answer(0xa02, 0)); // of another subsystem
        let flood = (MOST_RECEIVES + 1) * MOST_DATAGRAMS;
        for datagram in [foreign, other] {
            let arrivals =
                || vec![datagram.clone(); flood].into_iter().chain([Arrival::Kernel(answer(FLOW, 0))]);
            let mut events = subscription(arrivals());
            assert!(events.try_next().unwrap().is_none(), "a part of the flood");
            assert!(events.inbox.is_read() && events.may_have_more(), "the descriptor shows the others");
            assert!(events.try_next().unwrap().is_some(), "the next call goes on");
            assert!(events.try_next().unwrap().is_none() && !events.may_have_more());
            let mut events = subscription(arrivals());
            assert!(events.next().is_ok(), "a call that waits does");
            let mut events = subscription(vec![datagram.clone(); 3 * flood]);
            assert_eq!(next_backlog(&mut events), (0, 0));
            assert!(events.may_have_more());
            let more = events.inbox.receive(&events.socket, false);
            assert!(
                more.is_ok() && events.inbox.next().is_none_or(|frame| frame.is_ok()),
                "it ended in the flood"
            );
        }
    }

    #[test]
    fn what_is_lost_or_malformed_is_reported_and_its_neighbours_are_read() {
        let datagrams = [
            answer(FLOW, 0),
            [bare(&answer(FLOW, 0)), bare(&answer(EXPECTATION, 0)), answer(EXPECTATION, 0)].concat(),
            answer(0xa02, 0), // of another subsystem, whose group the socket may have joined
            [answer(NLMSG_OVERRUN, 0), answer(FLOW, 0)].concat(),
            [answer(FLOW, 0), vec![9; 16]].concat(),
            [answer(FLOW, 0), vec![0; 8192]].concat(),
            answer(FLOW, 0),
        ];
        let script = Socket::scripted(datagrams.map(Arrival::Kernel)).unwrap();
        let mut events = Events::scripted(script).unwrap();
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

    /// An event about a flow or an expectation whose timeout this is, if it has one.
    fn about(kind: u16, timeout: Option<u32>) -> Arrival {
        let mut buf = [0; 64];
        let header = crate::wire::Header { kind, ..Default::default() };
        let mut b = crate::wire::Builder::message(&mut buf, header, AF_INET, 0).unwrap();
        let number = if kind == FLOW { CTA_TIMEOUT } else { CTA_EXPECT_TIMEOUT };
        timeout.map_or(Ok(()), |secs| b.be32(number, secs)).unwrap();
        let len = b.finish();
        Arrival::Kernel(buf[..len].to_vec())
    }

    #[test]
    fn each_event_shows_its_own_object() {
        let secs = [Some(5), None, Some(6)];
        for kind in [FLOW, EXPECTATION] {
            let mut events = subscription(secs.map(|secs| about(kind, secs)));
            for secs in secs {
                let seen = match events.next().unwrap().subject {
                    EventSubject::Flow(flow) => flow.timeout_secs(),
                    EventSubject::Expectation(expect) => expect.number(crate::expect::ExpectAttr::Timeout),
                };
                assert_eq!(seen, secs, "{kind:#x}");
            }
        }
    }

    #[test]
    fn where_no_event_waits_there_is_none_and_that_is_no_error() {
        let mut events = subscription([about(FLOW, None), Arrival::Failure(Error::Os(9))]);
        assert!(events.try_next().is_ok_and(|event| event.is_some()));
        assert!(matches!(events.try_next(), Err(Error::Os(9))));
        assert!(matches!(events.try_next(), Ok(None)));
    }

    #[test]
    fn after_the_first_overrun_all_that_waits_is_read_and_after_another_no_more() {
        let (event, lost) = (|| about(FLOW, None), || Arrival::Failure(Error::Overrun));
        let events = |count| std::iter::repeat_with(event).take(count);
        let once = events(MOST_DATAGRAMS - 1).chain([lost()]).chain(events(MOST_DATAGRAMS));
        assert_eq!(next_backlog(&mut subscription(once)), (2 * MOST_DATAGRAMS - 1, 1));
        let single = || [event(), lost()].into_iter().chain(events(MOST_DATAGRAMS - 2)).chain([lost()]);
        let (heard, lost) = next_backlog(&mut subscription(single().chain(events(4 * MOST_DATAGRAMS))));
        assert!(heard <= 2 * MOST_DATAGRAMS && lost == 2, "{heard} {lost}");
    }

    #[test]
    fn the_settings_are_those_that_were_asked_for() {
        let plain = Events::builder(Groups::UPDATE | Groups::EXPECT_NEW);
        assert_eq!((plain.receive_buffer, plain.reliable), (None, false));
        assert!(plain.reliable().reliable);
        assert_eq!(plain.receive_buffer(1 << 20).receive_buffer, Some(1 << 20));
        assert_eq!(plain.receive_buffer(u32::MAX).receive_buffer, Some(LARGEST_RECEIVE_BUFFER));
        assert_eq!(plain.for_table().groups, Groups::FLOWS);
        assert_eq!(Events::builder(Groups::EXPECT_NEW).for_table().groups, Groups::NEW | Groups::DESTROY);
        assert_eq!(plain.large_receive_buffer().receive_buffer, Some(large_of(memory_bytes())));
        let rows =
            [(1 << 30, 64 << 20), (1 << 40, 64 << 20), ((1 << 30) - 16, (64 << 20) - 1), (160, 10), (0, 0)];
        for (memory, buffer) in rows {
            assert_eq!(large_of(memory), buffer, "{memory}");
        }
        let most = [0, 511, 512, 212_992].map(most_in);
        assert_eq!(most, [0, 0, 1, 416].map(|queued| MOST_DATAGRAMS + queued));
    }

    mod on_a_socket {
        use super::*;

        #[test]
        fn a_subscription_has_its_receive_buffer() {
            let size = |builder: EventsBuilder| builder.open().unwrap().socket().receive_buffer();
            assert_eq!(size(Events::builder(Groups::empty()).receive_buffer(10_000)), Ok(20_000));
            assert_eq!(size(Events::builder(Groups::empty()).unchecked_receive_buffer(10_000)), Ok(20_000));
            let unchecked = Events::builder(Groups::empty()).unchecked_receive_buffer(u32::MAX);
            assert_eq!(unchecked.receive_buffer, Some(u32::MAX));
        }
    }
}
