// SPDX-License-Identifier: GPL-2.0-or-later
//! A copy of the table: a stream of changes that leads to the kernel's table even when events are lost.

#![forbid(unsafe_code)]

use super::events::{EventSubject, Events, EventsBuilder, Heard, Quota};
use super::known::{Changes, Known};
use crate::codec::EventKind;
use crate::error::Result;
use crate::exchange::handle::Handle;
use crate::exchange::list::Listing;
use crate::flow::Flow;
use crate::sys::Socket;
use crate::wire::consts::IPS_DYING;
use std::time::{Duration, Instant};

/// A change of the table; valid until the next one is read.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Change<'a> {
    /// The kind of change.
    pub kind: EventKind,
    /// The flow. An end that the mirror found by reading the table has only tuples, zone and id.
    pub flow: &'a Flow,
    /// Port id of the socket whose request caused it; 0 for packets and timers, and for a change found by reading the
    /// table.
    pub port_id: u32,
    /// The mirror found the change by reading the table; no event reported it.
    pub found: bool,
}

/// A copy of the table that follows the kernel's.
///
/// A mirror listens to events and reads the table once at the start, again whenever events were lost, and from time
/// to time, because some entries have no events: those that were created before a program listened, and those for which
/// a rule has switched events off. The mirror reports each difference between its earlier reports and the table as a
/// change. The reader adds each [`New`](EventKind::New) entry and removes each [`Destroy`](EventKind::Destroy)ed one.
///
/// Needs up to 200 bytes of memory for each entry of the table.
///
/// ```no_run
/// use netfilter_conntrack::{Dir, EventKind, Events, Groups, Mirror};
/// use std::collections::HashSet;
///
/// let mut mirror = Mirror::open(Events::builder(Groups::FLOWS).receive_buffer(1 << 20))?;
/// let mut table = HashSet::new();
/// loop {
///     let change = mirror.next()?;
///     let tuple = change.flow.tuple(Dir::Orig);
///     let key = (tuple.src(), tuple.dst(), tuple.protocol(), change.flow.zone());
///     match change.kind {
///         EventKind::New => assert!(table.insert(key)),
///         EventKind::Update => assert!(table.contains(&key)),
///         EventKind::Destroy => assert!(table.remove(&key)),
///     }
/// }
/// # #[allow(unreachable_code)]
/// # Ok::<(), netfilter_conntrack::Error>(())
/// ```
///
/// A program that also does other work reads with [`try_next`](Self::try_next), then waits for the descriptor, no longer
/// than [`longest_wait`](Self::longest_wait).
#[derive(Debug)]
pub struct Mirror {
    events: Events,
    handle: Handle,
    known: Known,
    list: Listing,
    phase: Phase,
    /// The end that was reported last, where reading the table found it.
    ended: Flow,
    /// One event, or one entry of a list, can give two changes: the second one.
    second: Option<Found>,
    /// Events were lost since the table was last read, or a program has asked for a rescan.
    due: bool,
    /// The rescan does not wait.
    at_once: bool,
    /// The number of losses that were noted.
    lost: u64,
    /// When the table was read last, and how long that took.
    read_at: Option<Instant>,
    took: Duration,
    rescans: u64,
}

/// What the mirror reads: a round begins with the events that wait and ends with `Idle`.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// Nothing is being read.
    Idle,
    /// The events that wait.
    Events(Quota),
    /// The table.
    Table,
    /// The entries that the table did not contain.
    Ends,
    /// The events that arrived while the table was read.
    LaterEvents(Quota),
}

/// A change whose flow stands in the mirror.
#[derive(Debug, Clone, Copy)]
struct Found {
    kind: EventKind,
    port_id: u32,
    place: Place,
}

/// Where the flow of a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Event,
    List,
    Ended,
}

/// The result of one step of reading.
enum Step {
    /// A change.
    Found(Found),
    /// No change; there is more to read.
    Unchanged,
    /// The round has ended.
    End,
}

impl Mirror {
    /// The table is read again after this time even without a loss; less often where reading would take more than a
    /// fiftieth of the time.
    pub const INTERVAL: Duration = Duration::from_secs(30);

    /// The most events and entries that one call of [`try_next`](Self::try_next) reads.
    const MOST_STEPS: usize = 1000;

    /// Subscribes. The mirror always follows new and ended flows, and changed ones when the builder has their group.
    /// The first call that reads reports the first change.
    ///
    /// # Errors
    /// The system's error; `EPERM` without privilege.
    pub fn open(builder: EventsBuilder) -> Result<Mirror> {
        let events = builder.for_table().open()?;
        events.socket().set_non_blocking(true)?;
        Ok(Mirror::on(events, Handle::open()?))
    }

    fn on(events: Events, handle: Handle) -> Mirror {
        Mirror {
            events,
            handle,
            known: Known::default(),
            list: Listing::default(),
            phase: Phase::Idle,
            ended: Flow::new(),
            second: None,
            due: true,
            at_once: false,
            lost: 0,
            read_at: None,
            took: Duration::ZERO,
            rescans: 0,
        }
    }

    /// The socket that receives events, for polling.
    #[doc(hidden)] // for the tests of this tree
    #[must_use]
    pub fn socket(&self) -> &Socket {
        self.events.socket()
    }

    /// How many entries a reader of the stream holds now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len() - usize::from(self.second.is_some())
    }

    /// Whether a reader of the stream holds no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many events were lost, see [`Events::lost`]. The mirror reports the effect of lost events on the table when
    /// it reads the table again; an entry that was created and ended in between is never reported.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// How many datagrams of other senders than the kernel were received, see [`Events::foreign_datagrams`].
    #[must_use]
    pub fn foreign_datagrams(&self) -> u64 {
        self.events.foreign_datagrams() + self.handle.foreign_datagrams()
    }

    /// How often the table has been read to its end.
    #[must_use]
    pub fn rescans(&self) -> u64 {
        self.rescans
    }

    /// Whether the changes so far may not lead to the kernel's table: the table has not been read to its end since the
    /// mirror was opened, since events were lost, or since the last call of [`rescan`](Self::rescan).
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.due || matches!(self.phase, Phase::Table | Phase::Ends | Phase::LaterEvents(_))
    }

    /// Makes the next calls of [`next`](Self::next) or [`try_next`](Self::try_next) read the table, without a pause even
    /// where events are lost meanwhile. The changes then lead to the table as it is after this call, including those
    /// that have no event: as soon as [`is_behind`](Self::is_behind) returns false. Where events are lost faster than
    /// the table can be read, that never happens; the program limits the time.
    ///
    /// ```no_run
    /// # use netfilter_conntrack::{Events, Groups, Mirror};
    /// # let mut mirror = Mirror::open(Events::builder(Groups::FLOWS))?;
    /// mirror.rescan();
    /// while mirror.is_behind() {
    ///     while let Some(change) = mirror.try_next()? {
    ///         println!("{:?}", change.kind);
    ///     }
    /// }
    /// # Ok::<(), netfilter_conntrack::Error>(())
    /// ```
    pub fn rescan(&mut self) {
        (self.due, self.at_once) = (true, true);
    }

    /// The longest time that a program waits for the descriptor before it calls [`try_next`](Self::try_next) again, even
    /// when no event arrives. It is zero where the last call has left something to read: the descriptor does not show
    /// that.
    #[must_use]
    pub fn longest_wait(&self) -> Duration {
        match self.phase {
            Phase::Idle if self.second.is_none() && !self.events.may_have_more() => self.pause(),
            _ => Duration::ZERO,
        }
    }

    /// The time until the table is read again. After a loss, reading the table takes at most half of the time.
    fn pause(&self) -> Duration {
        let pause = match (self.due, self.at_once) {
            (true, true) => Duration::ZERO,
            (true, false) => self.took,
            (false, _) => Mirror::INTERVAL.max(self.took * 50),
        };
        self.read_at.map_or(Duration::ZERO, |at| pause.saturating_sub(at.elapsed()))
    }

    /// The next change that is known without waiting, or `None`. After `None` the program waits for the descriptor, at
    /// most for [`longest_wait`](Self::longest_wait), and calls again; that time is zero where this call has read a part
    /// of the events or of the table without a change. One call reads at most some 1,000 of them, so a program that has
    /// other work never waits long for it.
    ///
    /// # Errors
    /// The system's error, or the kernel's. The next call continues; a list that failed is read again.
    pub fn try_next(&mut self) -> Result<Option<Change<'_>>> {
        Ok(self.find()?.map(|found| self.change(found)))
    }

    /// Waits for the next change.
    ///
    /// # Errors
    /// As [`try_next`](Self::try_next); [`is_signal`](crate::Error::is_signal) when a signal came.
    #[allow(clippy::should_implement_trait)] // the flow borrows from the mirror
    pub fn next(&mut self) -> Result<Change<'_>> {
        let found = loop {
            match self.find()? {
                Some(found) => break found,
                None => self.socket().wait_readable(self.longest_wait())?,
            }
        };
        Ok(self.change(found))
    }

    fn change(&self, found: Found) -> Change<'_> {
        let Found { kind, port_id, place } = found;
        let flow = match place {
            Place::Event => self.events.flow(),
            Place::List => self.list.flow(),
            Place::Ended => &self.ended,
        };
        Change { kind, flow, port_id, found: place != Place::Event }
    }

    /// Reads until the next change, the end of the round, or the most that one call reads.
    fn find(&mut self) -> Result<Option<Found>> {
        if let Some(second) = self.second.take() {
            return Ok(Some(second));
        }
        let (begun, reads_table) = (Instant::now(), self.reads_table());
        let found = self.steps();
        if reads_table || self.reads_table() {
            self.took += begun.elapsed();
        }
        found
    }

    fn reads_table(&self) -> bool {
        matches!(self.phase, Phase::Table | Phase::Ends)
    }

    fn steps(&mut self) -> Result<Option<Found>> {
        for _ in 0..Mirror::MOST_STEPS {
            let step = match self.phase {
                Phase::Idle => {
                    self.phase = Phase::Events(self.events.quota());
                    Step::Unchanged
                }
                Phase::Events(quota) | Phase::LaterEvents(quota) => self.hear(quota)?,
                Phase::Table => self.read_entry()?,
                Phase::Ends => self.report_end(),
            };
            match step {
                Step::Found(found) => return Ok(Some(found)),
                Step::Unchanged => {}
                Step::End => break,
            }
        }
        Ok(None)
    }

    /// Reads the next event of a backlog.
    fn hear(&mut self, mut quota: Quota) -> Result<Step> {
        let heard = self.events.waiting(&mut quota)?;
        let step = match heard {
            Some(Heard::Loss) => {
                self.due = true;
                Step::Unchanged
            }
            Some(Heard::Event(event)) => match event.subject {
                EventSubject::Flow(flow) => {
                    let changes = self.known.event(event.kind, flow);
                    let port_id = event.port_id;
                    self.take(changes, port_id, Place::Event)
                }
                EventSubject::Expectation(_) => Step::Unchanged,
            },
            None => return self.end_backlog(),
        };
        if let Phase::Events(left) | Phase::LaterEvents(left) = &mut self.phase {
            *left = quota;
        }
        Ok(step)
    }

    /// All events that waited have been read: the table follows, or the round has ended.
    fn end_backlog(&mut self) -> Result<Step> {
        let lost = self.events.lost(); // a reliable subscription reports no loss
        self.due |= lost != self.lost;
        self.lost = lost;
        let has_read_table = matches!(self.phase, Phase::LaterEvents(_));
        self.phase = Phase::Idle;
        if has_read_table || !self.pause().is_zero() {
            self.at_once &= self.due;
            return Ok(Step::End);
        }
        (self.due, self.took) = (true, Duration::ZERO); // due until the table is being read
        self.read_at = Some(Instant::now());
        self.list.begin(&mut self.handle)?;
        self.known.begin_listing();
        (self.due, self.phase) = (false, Phase::Table);
        Ok(Step::Unchanged)
    }

    /// Reads the next entry of the table.
    fn read_entry(&mut self) -> Result<Step> {
        let read = self.list.advance(&mut self.handle);
        match read {
            Ok(true) => {
                let flow = self.list.flow();
                // An entry that the kernel is about to remove has already sent its end.
                if flow.status().unwrap_or(0) & IPS_DYING != 0 {
                    return Ok(Step::Unchanged);
                }
                let changes = self.known.listed(flow);
                Ok(self.take(changes, 0, Place::List))
            }
            Ok(false) => {
                self.known.end_listing();
                self.phase = Phase::Ends;
                Ok(Step::Unchanged)
            }
            Err(error) => {
                (self.due, self.phase, self.read_at) = (true, Phase::Idle, Some(Instant::now()));
                Err(error)
            }
        }
    }

    /// Reports the next entry that the table did not contain.
    fn report_end(&mut self) -> Step {
        if let Some(ended) = self.known.next_end() {
            return self.take(Changes { ended: Some(ended), flow: None }, 0, Place::Ended);
        }
        self.rescans += 1;
        self.read_at = Some(Instant::now());
        self.phase = Phase::LaterEvents(self.events.quota());
        Step::Unchanged
    }

    /// Keeps the changes of an event or of a listed entry, and returns the first one.
    fn take(&mut self, changes: Changes, port_id: u32, place: Place) -> Step {
        let of_flow = changes.flow.map(|kind| Found { kind, port_id, place });
        match (changes.ended, of_flow) {
            (Some(ended), second) => {
                (self.ended, self.second) = (ended, second);
                Step::Found(Found { kind: EventKind::Destroy, port_id: 0, place: Place::Ended })
            }
            (None, Some(found)) => Step::Found(found),
            (None, None) => Step::Unchanged,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::exchange::inbox::answer;
    use crate::exchange::request::{self, Query, Subject};
    use crate::flow::{Dir, L4};
    use crate::sys::script::Arrival;
    use crate::wire::consts::{IPCTNL_MSG_CT_DELETE, NFNL_SUBSYS_CTNETLINK, NLMSG_DONE};

    /// A flow with this port, translated to another one.
    fn flow(port: u16, translated: u16) -> Flow {
        let mut flow = Flow::new();
        let (from, to) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        flow.set_tuple(Dir::Orig, from, to, L4::Udp { sport: port, dport: 53 });
        flow.set_tuple(Dir::Reply, to, from, L4::Udp { sport: 53, dport: translated });
        flow
    }

    /// The message that shows a flow as new, or as the answer to request `seq`.
    fn message(flow: &Flow, seq: u32) -> Vec<u8> {
        let mut buf = [0; 1024];
        let len = request::build(&mut buf, Query::Create, Subject::Flow(flow), seq).unwrap();
        buf.get(..len).unwrap().to_vec()
    }

    fn new(flow: &Flow) -> Arrival {
        Arrival::Kernel(message(flow, 0))
    }

    fn destroyed(flow: &Flow) -> Arrival {
        let mut message = message(flow, 0);
        let kind = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE]);
        message.splice(4..6, kind.to_ne_bytes());
        Arrival::Kernel(message)
    }

    /// No event waits.
    fn nothing() -> Arrival {
        Arrival::Failure(crate::Error::Os(libc::EAGAIN))
    }

    /// A mirror with these arrivals of events; the lists have these flows.
    fn mirror(events: impl IntoIterator<Item = Arrival>, lists: &[&[Flow]]) -> Mirror {
        let lists = (1..).zip(lists).flat_map(|(seq, list)| {
            let flows = list.iter().map(move |flow| message(flow, seq));
            flows.chain([answer(NLMSG_DONE, seq)]).map(Arrival::Kernel)
        });
        let events = Events::scripted(Socket::scripted(events).unwrap()).unwrap();
        Mirror::on(events, Handle::scripted(Socket::scripted(lists).unwrap()).unwrap())
    }

    /// A change: `+`, `*` or `-`, the port, `?` where reading the table found it, and the number of entries then.
    fn next(mirror: &mut Mirror) -> Option<String> {
        let change = mirror.try_next().unwrap()?;
        let kind = match change.kind {
            EventKind::New => '+',
            EventKind::Update => '*',
            EventKind::Destroy => '-',
        };
        let found = if change.found { "?" } else { "" };
        let port = change.flow.tuple(Dir::Reply).l4_dst();
        Some(format!("{kind}{port}{found}={}", mirror.len()))
    }

    /// The changes until a call returns none.
    fn round(mirror: &mut Mirror) -> String {
        std::iter::from_fn(|| next(mirror)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_event_that_gives_two_changes_gives_them_one_by_one() {
        let events = [nothing(), new(&flow(1, 1)), nothing(), new(&flow(1, 9)), destroyed(&flow(1, 9))];
        let mut mirror = mirror(events, &[&[]]);
        assert_eq!(round(&mut mirror), "+1=1", "it came while the table was read");
        assert!(!mirror.is_behind() && !mirror.longest_wait().is_zero());
        assert_eq!(next(&mut mirror).as_deref(), Some("-1?=0"));
        assert!(mirror.longest_wait().is_zero(), "the descriptor does not show the second change");
        assert_eq!(round(&mut mirror), "+9=1 -9=0");
        assert!(!mirror.longest_wait().is_zero());
    }

    #[test]
    fn an_entry_of_a_list_that_gives_two_changes_gives_them_one_by_one() {
        let mut mirror = mirror([], &[&[flow(1, 1), flow(2, 2), flow(3, 3)], &[flow(1, 7), flow(3, 3)]]);
        assert_eq!(round(&mut mirror), "+1?=1 +2?=2 +3?=3");
        assert_eq!(round(&mut mirror), "", "the table is not read without a reason");
        mirror.rescan();
        assert!(mirror.is_behind() && mirror.longest_wait().is_zero());
        assert_eq!(round(&mut mirror), "-1?=2 +7?=3 -2?=2");
        assert!(!mirror.is_behind() && mirror.rescans() == 2);
    }

    #[test]
    fn a_call_reads_a_part_of_a_table_that_has_not_changed() {
        const PARTS: usize = 3;
        let flows: Vec<Flow> = (1..).take(PARTS * Mirror::MOST_STEPS).map(|port| flow(port, port)).collect();
        let mut mirror = mirror([], &[&flows, &flows]);
        assert_eq!(round(&mut mirror).split(' ').count(), flows.len());
        mirror.rescan();
        for part in 0..PARTS {
            assert!(mirror.is_behind() && mirror.longest_wait().is_zero(), "{part}");
            assert_eq!(next(&mut mirror), None);
        }
        assert_eq!(next(&mut mirror), None, "the end of the table");
        assert_eq!((mirror.is_behind(), mirror.len(), mirror.rescans()), (false, flows.len(), 2));
    }

    #[test]
    fn a_rescan_counts_only_where_its_list_begins_later() {
        let mut mirror = mirror([], &[&[flow(1, 1), flow(2, 2)], &[flow(2, 2)]]);
        assert_eq!(next(&mut mirror).as_deref(), Some("+1?=1"));
        mirror.rescan(); // the entry may have ended since it was listed
        assert_eq!(round(&mut mirror), "+2?=2");
        assert!(mirror.is_behind() && mirror.longest_wait().is_zero());
        assert_eq!(round(&mut mirror), "-1?=1");
        assert!(!mirror.is_behind());
    }

    #[test]
    fn a_loss_makes_it_read_the_table() {
        let lost = || Arrival::Failure(crate::Error::Overrun);
        let events = [nothing(), nothing(), lost(), nothing(), lost(), nothing()];
        let mut mirror = mirror(events, &[&[], &[flow(1, 1)], &[flow(1, 1), flow(2, 2)]]);
        assert_eq!((round(&mut mirror), mirror.is_behind()), (String::new(), false));
        mirror.took = Duration::ZERO; // else it waits as long as reading the table has taken
        assert_eq!(
            (round(&mut mirror).as_str(), mirror.is_behind()),
            ("+1?=1", true),
            "another loss meanwhile"
        );
        mirror.took = Duration::ZERO;
        assert_eq!((round(&mut mirror).as_str(), mirror.is_behind()), ("+2?=2", false));
        assert_eq!((mirror.lost(), mirror.rescans()), (2, 3));
    }

    #[test]
    fn a_list_that_fails_is_read_again() {
        let answers = [answer(NLMSG_DONE, 1), answer(NLMSG_DONE, 2)].map(Arrival::Kernel);
        let broken =
            [Arrival::Kernel(message(&flow(1, 1), 1)), Arrival::Failure(crate::Error::Os(libc::EIO))];
        let events = Events::scripted(Socket::scripted([]).unwrap()).unwrap();
        let handle = Handle::scripted(Socket::scripted(broken.into_iter().chain(answers)).unwrap()).unwrap();
        let mut mirror = Mirror::on(events, handle);
        assert_eq!(next(&mut mirror).as_deref(), Some("+1?=1"));
        assert_eq!(mirror.try_next().err(), Some(crate::Error::Os(libc::EIO)));
        assert!(mirror.is_behind());
        mirror.rescan();
        assert_eq!(round(&mut mirror), "-1?=0");
        assert_eq!((mirror.is_behind(), mirror.rescans()), (false, 1));
    }
}
