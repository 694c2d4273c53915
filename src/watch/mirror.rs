// SPDX-License-Identifier: GPL-2.0-or-later
//! A copy of the table: a stream of changes that leads to the kernel's table even when events are lost.

#![forbid(unsafe_code)]

use super::known::{News, Told};
use crate::codec::EventKind;
use crate::error::{Error, Result};
use crate::exchange::handle::Handle;
use crate::flow::Flow;
use crate::sys::Socket;
use crate::watch::events::{EventSubject, Events, EventsBuilder, Heard};
use crate::wire::consts::IPS_DYING;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// The answer of a receiver of changes: continue or stop.
pub type Verdict = ControlFlow<()>;

/// A change of the table.
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
/// Needs up to 150 bytes of memory for each entry of the table.
///
/// ```no_run
/// use netfilter_conntrack::{Dir, EventKind, Events, Groups, Mirror};
/// use std::collections::HashSet;
/// use std::ops::ControlFlow;
///
/// let mut mirror = Mirror::open(Events::builder(Groups::FLOWS).receive_buffer(1 << 20))?;
/// let mut table = HashSet::new();
/// mirror.follow(|change| {
///     let tuple = change.flow.tuple(Dir::Orig);
///     let key = (tuple.src(), tuple.dst(), tuple.protocol(), change.flow.zone());
///     match change.kind {
///         EventKind::New => assert!(table.insert(key)),
///         EventKind::Update => assert!(table.contains(&key)),
///         EventKind::Destroy => assert!(table.remove(&key)),
///     }
///     ControlFlow::Continue(())
/// })?;
/// # Ok::<(), netfilter_conntrack::Error>(())
/// ```
#[derive(Debug)]
pub struct Mirror {
    events: Events,
    handle: Handle,
    told: Told,
    /// Events were lost since the table was last read.
    due: bool,
    /// The number of losses that were noted.
    lost: u64,
    /// When the table was read last, and how long that took.
    looked: Option<Instant>,
    took: Duration,
    looks: u64,
}

impl Mirror {
    /// The table is read again after this time even without a loss; less often where reading would take more than a
    /// fiftieth of the time.
    pub const INTERVAL: Duration = Duration::from_secs(30);

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
            told: Told::default(),
            due: true,
            lost: 0,
            looked: None,
            took: Duration::ZERO,
            looks: 0,
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
        self.told.len()
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

    /// How often the table has been read.
    #[must_use]
    pub fn looks(&self) -> u64 {
        self.looks
    }

    /// Whether events were lost and the table has not been read since.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.due
    }

    /// The longest time until the next call of [`read`](Self::read), even when no event arrives. It is zero after a
    /// call that was stopped and left events, because the descriptor does not show them.
    #[must_use]
    pub fn rest(&self) -> Duration {
        if self.events.keeps_some() {
            return Duration::ZERO;
        }
        // At once after a loss; but reading the table takes at most half of the time.
        let pause = if self.due { self.took } else { Mirror::INTERVAL.max(self.took * 50) };
        self.looked.map_or(Duration::ZERO, |at| pause.saturating_sub(at.elapsed()))
    }

    /// Reports the changes so far, without waiting for more. `each` may stop the call; the next call reports the other
    /// changes.
    ///
    /// # Errors
    /// The system's error, or the kernel's. The next call continues.
    pub fn read(&mut self, each: impl FnMut(Change<'_>) -> Verdict) -> Result<()> {
        self.read_while(|| true, each)
    }

    /// The same as long as `go_on` returns true. `go_on` is called for every event and for every entry of the table
    /// that is read, also for those without a change. The next call reads a table again that was not read to its end.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_while(
        &mut self,
        mut go_on: impl FnMut() -> bool,
        mut each: impl FnMut(Change<'_>) -> Verdict,
    ) -> Result<()> {
        match self.drain(&mut go_on, &mut each)? {
            Verdict::Continue(()) if self.rest().is_zero() => self.look(&mut go_on, &mut each).map(drop),
            _ => Ok(()),
        }
    }

    /// Reports all changes up to now, including those that only reading the table can show: after the call the stream
    /// has led to the table as it was during the call.
    ///
    /// # Errors
    /// [`Error::Overrun`] when events are lost faster than the table can be read; else as [`read`](Self::read).
    pub fn settle(&mut self, each: impl FnMut(Change<'_>) -> Verdict) -> Result<()> {
        self.settle_while(|| true, each).map(drop)
    }

    /// The same as long as `go_on` returns true, as in [`read_while`](Self::read_while). Returns whether the call
    /// finished without being stopped.
    ///
    /// # Errors
    /// As [`settle`](Self::settle).
    pub fn settle_while(
        &mut self,
        mut go_on: impl FnMut() -> bool,
        mut each: impl FnMut(Change<'_>) -> Verdict,
    ) -> Result<bool> {
        const TRIES: usize = 10;
        self.due = true;
        for _ in 0..TRIES {
            if self.drain(&mut go_on, &mut each)?.is_break() || self.look(&mut go_on, &mut each)?.is_break() {
                return Ok(false);
            }
            // The events that arrived while the table was read.
            if self.drain(&mut go_on, &mut each)?.is_break() {
                return Ok(false);
            }
            if !self.due {
                return Ok(true);
            }
        }
        Err(Error::Overrun)
    }

    /// Reports every change and waits for more, until `each` stops it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn follow(&mut self, mut each: impl FnMut(Change<'_>) -> Verdict) -> Result<()> {
        loop {
            let mut verdict = Verdict::Continue(());
            self.read(|change| {
                verdict = each(change);
                verdict
            })?;
            if verdict.is_break() {
                return Ok(());
            }
            match self.socket().wait_readable(self.rest()) {
                Err(Error::Os(libc::EINTR)) => {}
                waited => waited?,
            }
        }
    }

    /// Reads the waiting events.
    fn drain(
        &mut self,
        go_on: &mut impl FnMut() -> bool,
        each: &mut impl FnMut(Change<'_>) -> Verdict,
    ) -> Result<Verdict> {
        let mut backlog = self.events.backlog();
        loop {
            if !go_on() {
                return Ok(Verdict::Break(()));
            }
            let event = match backlog.next()? {
                None => break,
                Some(Heard::Loss) => {
                    self.due = true;
                    continue;
                }
                Some(Heard::Event(event)) => event,
            };
            let EventSubject::Flow(flow) = event.subject else { continue };
            let news = self.told.event(event.kind, flow);
            if tell(news, flow, event.port_id, false, each).is_break() {
                return Ok(Verdict::Break(()));
            }
        }
        // A reliable subscription reports no loss.
        let lost = self.events.lost();
        self.due |= lost != self.lost;
        self.lost = lost;
        Ok(Verdict::Continue(()))
    }

    /// Reads the table and reports each difference from the earlier reports.
    fn look(
        &mut self,
        go_on: &mut impl FnMut() -> bool,
        each: &mut impl FnMut(Change<'_>) -> Verdict,
    ) -> Result<Verdict> {
        let begun = Instant::now();
        let mut verdict = Verdict::Continue(());
        self.due = true; // until the table has been read
        self.told.begin_listing();
        let mut list = self.handle.entries().open()?;
        while let (Some(flow), true) = (list.next()?, verdict.is_continue()) {
            // An entry that the kernel is about to remove has already sent its end.
            if flow.status().unwrap_or(0) & IPS_DYING == 0 {
                verdict = tell(self.told.listed(flow), flow, 0, true, each);
            }
            if !go_on() {
                verdict = Verdict::Break(());
            }
        }
        drop(list);
        if verdict.is_continue() {
            self.told.end_listing(|flow| {
                verdict = each(Change { kind: EventKind::Destroy, flow, port_id: 0, found: true });
                verdict.is_continue()
            });
        }
        self.due = verdict.is_break();
        self.looks += 1;
        self.took = begun.elapsed();
        self.looked = Some(Instant::now());
        Ok(verdict)
    }
}

/// Reports the changes that concern a flow.
fn tell(
    news: News,
    flow: &Flow,
    port_id: u32,
    found: bool,
    each: &mut impl FnMut(Change<'_>) -> Verdict,
) -> Verdict {
    let mut verdict = Verdict::Continue(());
    if let Some(ended) = &news.ended {
        verdict = each(Change { kind: EventKind::Destroy, flow: ended, port_id: 0, found: true });
    }
    if let Some(kind) = news.flow {
        // Reported even after a stop: the two changes belong together.
        let last = each(Change { kind, flow, port_id, found });
        if verdict.is_continue() {
            verdict = last;
        }
    }
    verdict
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::codec::flow_encode;
    use crate::exchange::inbox::answer;
    use crate::flow::{Dir, L4};
    use crate::sys::script::Arrival;
    use crate::wire::consts::*;
    use crate::wire::{Builder, Header};

    const LOSS: Arrival = Arrival::Failure(Error::Overrun);
    const NO_MORE: Arrival = Arrival::Failure(Error::Os(libc::EAGAIN));

    /// A message about the flow of this port, whose id is the port's too.
    fn message(kind: u16, flags: u16, seq: u32, port: u16, status: u32) -> Arrival {
        with_id(kind, flags, seq, port, status, port.into())
    }

    fn with_id(kind: u16, flags: u16, seq: u32, port: u16, status: u32, id: u32) -> Arrival {
        let (mut buf, mut flow) = ([0; 256], Flow::new());
        let (src, dst) = ("192.0.2.1".parse().unwrap(), "198.51.100.2".parse().unwrap());
        flow.set_tuple(Dir::Orig, src, dst, L4::Udp { sport: port, dport: 53 });
        flow.set_reply_from_original();
        let head = Header { kind, flags, seq, port_id: 5, ..Header::default() };
        let mut b = Builder::message(&mut buf, head, AF_INET, 0).unwrap();
        flow_encode::attributes(&mut b, &flow).unwrap();
        b.be32(CTA_STATUS, status).unwrap();
        b.be32(CTA_ID, id).unwrap();
        let len = b.finish();
        Arrival::Kernel(buf[..len].to_vec())
    }

    fn event(kind: EventKind, port: u16) -> Arrival {
        let (message_number, flags) = match kind {
            EventKind::New => (IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL),
            EventKind::Update => (IPCTNL_MSG_CT_NEW, 0),
            EventKind::Destroy => (IPCTNL_MSG_CT_DELETE, 0),
        };
        message(u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK, message_number]), flags, 0, port, 0)
    }

    /// The answer to request `seq` that lists the flows of these ports.
    fn listed(seq: u32, ports: &[u16]) -> Vec<Arrival> {
        let kind = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW]);
        let entries = ports.iter().map(|&port| message(kind, NLM_F_MULTI, seq, port, 0));
        entries.chain([Arrival::Kernel(answer(NLMSG_DONE, seq))]).collect()
    }

    fn mirror(events: Vec<Arrival>, lists: Vec<Vec<Arrival>>) -> Mirror {
        let events = Events::scripted(Socket::scripted(events).unwrap()).unwrap();
        Mirror::on(events, Handle::scripted(Socket::scripted(lists.concat()).unwrap()).unwrap())
    }

    /// A change in a few letters: its kind, the flow's port, where it is from, and the port id of its cause.
    fn line(change: Change<'_>) -> String {
        let kind = match change.kind {
            EventKind::New => '+',
            EventKind::Update => '~',
            EventKind::Destroy => '-',
        };
        let from = if change.found { "table" } else { "event" };
        format!("{kind}{} {from} {}", change.flow.tuple(Dir::Orig).l4_src(), change.port_id)
    }

    /// The changes that a call of `read` reports, or of `settle`, at most `most` of them.
    fn changes(mirror: &mut Mirror, settle: bool, most: usize) -> (Vec<String>, Result<()>) {
        let mut lines = Vec::new();
        let each = |change: Change<'_>| {
            lines.push(line(change));
            if lines.len() == most { Verdict::Break(()) } else { Verdict::Continue(()) }
        };
        let result = if settle { mirror.settle(each) } else { mirror.read(each) };
        (lines, result)
    }

    fn read(mirror: &mut Mirror) -> Vec<String> {
        let (lines, result) = changes(mirror, false, usize::MAX);
        assert_eq!(result, Ok(()));
        lines
    }

    #[test]
    fn the_table_is_read_once_then_events_follow_and_a_loss_lets_it_be_read_again() {
        use EventKind::{Destroy, New, Update};
        let first = vec![event(New, 1), NO_MORE];
        let then = vec![event(Update, 1), event(Destroy, 2), NO_MORE];
        let lost = vec![event(New, 4), LOSS, NO_MORE];
        let mut mirror =
            mirror([first, then, lost].concat(), vec![listed(1, &[1, 2, 3]), listed(2, &[1, 5])]);
        assert_eq!((mirror.len(), mirror.looks(), mirror.is_behind()), (0, 0, true));
        assert_eq!(read(&mut mirror), ["+1 event 5", "+2 table 0", "+3 table 0"]);
        assert_eq!((mirror.len(), mirror.looks(), mirror.is_behind(), mirror.lost()), (3, 1, false, 0));
        assert!(!mirror.is_empty());
        assert_eq!(read(&mut mirror), ["~1 event 5", "-2 event 5"]);
        assert_eq!((mirror.len(), mirror.looks()), (2, 1));
        let mut lines = Vec::new();
        while mirror.looks() == 1 {
            lines.extend(read(&mut mirror)); // reading the table takes at most half of the time
        }
        lines[1..].sort();
        assert_eq!(lines, ["+4 event 5", "+5 table 0", "-3 table 0", "-4 table 0"]);
        assert_eq!((mirror.len(), mirror.lost(), mirror.is_behind()), (2, 1, false));
    }

    #[test]
    fn a_loss_that_is_counted_and_not_reported_lets_the_table_be_read_again() {
        let mut mirror = mirror(vec![], vec![listed(1, &[]), listed(2, &[])]);
        assert!(read(&mut mirror).is_empty() && !mirror.is_behind());
        mirror.lost = 1; // another number than the subscription's
        assert!(read(&mut mirror).is_empty());
        assert!(mirror.is_behind() || mirror.looks() == 2);
        assert_eq!(mirror.lost(), 0);
    }

    #[test]
    fn an_entry_that_ends_is_not_read_from_the_table() {
        let kind = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW]);
        let entry = |port, status| message(kind, NLM_F_MULTI, 1, port, status);
        let list = [entry(1, 0), entry(2, IPS_DYING), entry(3, !IPS_DYING)];
        let mut mirror = mirror(vec![], vec![list.to_vec(), listed(1, &[])]);
        assert_eq!(read(&mut mirror), ["+1 table 0", "+3 table 0"]);
    }

    #[test]
    fn the_end_of_a_predecessor_precedes_its_successor_and_both_belong_together() {
        let kind = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW]);
        let new = NLM_F_CREATE | NLM_F_EXCL;
        let events = || vec![event(EventKind::New, 1), with_id(kind, new, 0, 1, 0, 9), NO_MORE];
        let list = vec![with_id(kind, NLM_F_MULTI, 1, 1, 0, 10), Arrival::Kernel(answer(NLMSG_DONE, 1))];
        let mut mirror = mirror(events(), vec![list]);
        let lines = ["+1 event 5", "-1 table 0", "+1 event 5", "-1 table 0", "+1 table 0"];
        assert_eq!(read(&mut mirror), lines);
        let mut stopped = self::mirror(events(), vec![]);
        assert_eq!(
            changes(&mut stopped, false, 2),
            (lines[..3].iter().map(|&line| line.into()).collect(), Ok(()))
        );
        assert_eq!(stopped.looks(), 0, "the call was stopped");
    }

    #[test]
    fn the_table_is_read_again_after_thirty_seconds_or_fifty_times_as_long_as_it_took() {
        let mut mirror = mirror(vec![], vec![listed(1, &[]), listed(2, &[])]);
        assert_eq!(mirror.rest(), Duration::ZERO, "before the first time");
        assert!(read(&mut mirror).is_empty());
        let rows = [
            (0, false, [(0, 30), (20, 10), (30, 0)]),
            (100, false, [(0, 5000), (4980, 20), (5000, 0)]),
            (100, true, [(0, 100), (80, 20), (100, 0)]),
        ];
        for (took, due, rests) in rows {
            (mirror.took, mirror.due) = (Duration::from_secs(took), due);
            for (ago, expected) in rests {
                mirror.looked = Instant::now().checked_sub(Duration::from_secs(ago));
                let rest = mirror.rest().as_secs_f64();
                assert!(
                    rest <= expected as f64 && rest + 9.0 > expected as f64,
                    "{took} {due} {ago}: {rest}"
                );
            }
        }
        assert!(read(&mut mirror).is_empty());
        assert_eq!(mirror.looks(), 2);
        assert!(
            mirror.took < Duration::from_secs(2)
                && mirror.looked.is_some_and(|at| at.elapsed() < Mirror::INTERVAL)
        );
        assert!(mirror.rest() > Duration::ZERO);
    }

    #[test]
    fn a_call_that_is_stopped_continues_with_the_next_one() {
        let waiting = vec![event(EventKind::New, 1), event(EventKind::New, 2), NO_MORE];
        let lists = vec![listed(1, &[1, 2, 3, 4]), listed(2, &[1, 2, 4]), listed(3, &[])];
        let mut mirror = mirror(waiting, lists);
        assert_eq!(changes(&mut mirror, false, 1), (vec!["+1 event 5".to_owned()], Ok(())));
        assert_eq!((mirror.rest(), mirror.looks()), (Duration::ZERO, 0), "an event is left");
        let (lines, _) = changes(&mut mirror, false, 2);
        assert_eq!(lines, ["+2 event 5", "+3 table 0"]);
        assert!(mirror.is_behind() && mirror.looks() == 1, "the table was not read to its end");
        let mut lines = Vec::new();
        while mirror.is_behind() {
            lines.extend(read(&mut mirror));
        }
        assert_eq!(lines, ["+4 table 0", "-3 table 0"]);
        // A stop between the ends that the table shows.
        let (lines, _) = changes(&mut mirror, true, 2);
        assert!(lines.iter().all(|line| line.starts_with('-') && line.ends_with(" table 0")), "{lines:?}");
        assert_eq!((lines.len(), mirror.len(), mirror.is_behind()), (2, 1, true));
    }

    #[test]
    fn a_call_ends_where_its_caller_does_not_go_on() {
        let waiting = || vec![event(EventKind::New, 1), event(EventKind::New, 2)];
        for (calls, events, looks) in [(0, 0, 0), (1, 1, 0), (2, 2, 0), (3, 2, 1), (4, 2, 1), (5, 2, 1)] {
            let (mut left, mut lines) = (calls, Vec::new());
            let mut mirror = mirror(waiting(), vec![listed(1, &[1, 2, 3])]);
            let go_on = || {
                left -= 1;
                left >= 0
            };
            let each = |change: Change<'_>| {
                lines.push(line(change));
                Verdict::Continue(())
            };
            mirror.read_while(go_on, each).unwrap();
            assert_eq!(
                (lines.len() >= events, mirror.looks(), mirror.is_behind()),
                (true, looks, true),
                "{calls}"
            );
        }
        let mut mirror = mirror(waiting(), vec![listed(1, &[1, 2, 3])]);
        assert_eq!(mirror.settle_while(|| false, |_| Verdict::Continue(())), Ok(false));
        assert_eq!((mirror.len(), mirror.looks()), (0, 0));
        assert_eq!(mirror.settle_while(|| true, |_| Verdict::Continue(())), Ok(true));
    }

    #[test]
    fn a_mirror_settles_where_nothing_is_lost_while_the_table_is_read() {
        use EventKind::{Destroy, New};
        let events = [NO_MORE, event(Destroy, 1), event(New, 2), NO_MORE, NO_MORE, NO_MORE, LOSS, NO_MORE];
        let lists = vec![listed(1, &[1]), listed(2, &[2]), listed(3, &[2])];
        let mut mirror = mirror(events.to_vec(), lists);
        let (lines, result) = changes(&mut mirror, true, usize::MAX);
        assert_eq!(
            (lines, result),
            (vec!["+1 table 0".into(), "-1 event 5".into(), "+2 event 5".into()], Ok(()))
        );
        assert_eq!((mirror.looks(), mirror.is_behind()), (1, false));
        assert_eq!(changes(&mut mirror, true, usize::MAX), (vec![], Ok(())));
        assert_eq!(
            (mirror.looks(), mirror.is_behind()),
            (2, false),
            "it reads the table, although none was lost"
        );
        // A loss while it is read: once more.
        let mut lost = self::mirror(
            vec![NO_MORE, LOSS, NO_MORE, NO_MORE, NO_MORE],
            (1..3).map(|seq| listed(seq, &[])).collect(),
        );
        assert_eq!(changes(&mut lost, true, usize::MAX), (vec![], Ok(())));
        assert_eq!((lost.looks(), lost.is_behind()), (2, false));
        let always = [NO_MORE, LOSS].iter().cycle().take(80).cloned().collect();
        let mut lost = self::mirror(always, (1..20).map(|seq| listed(seq, &[])).collect());
        assert_eq!(changes(&mut lost, true, usize::MAX), (vec![], Err(Error::Overrun)));
        assert_eq!(lost.looks(), 10);
    }

    #[test]
    fn an_error_of_either_socket_is_the_call_s() {
        let failure = Arrival::Failure(Error::Os(libc::EBADF));
        let mut broken = mirror(vec![failure.clone()], vec![listed(1, &[])]);
        assert_eq!(changes(&mut broken, false, 9), (vec![], Err(Error::Os(libc::EBADF))));
        let mut broken = mirror(vec![], vec![vec![failure, NO_MORE], listed(2, &[1])]);
        assert_eq!(changes(&mut broken, false, 9), (vec![], Err(Error::Os(libc::EBADF))));
        assert!(broken.is_behind() && broken.looks() == 0);
        assert_eq!(changes(&mut broken, false, 9), (vec!["+1 table 0".to_owned()], Ok(())));
    }

    #[test]
    fn datagrams_of_other_processes_are_counted_on_both_sockets() {
        let foreign = || Arrival::Foreign(answer(NLMSG_DONE, 1));
        let mut mirror = mirror(vec![foreign(), foreign()], vec![vec![foreign()], listed(1, &[1])]);
        assert_eq!(read(&mut mirror), ["+1 table 0"]);
        assert_eq!(mirror.foreign_datagrams(), 3);
    }

    #[test]
    fn a_mirror_that_follows_reports_until_it_is_stopped() {
        let events = vec![event(EventKind::New, 1), event(EventKind::New, 2), event(EventKind::New, 3)];
        let mut mirror = mirror(events, vec![listed(1, &[])]);
        let mut seen = 0;
        let followed = mirror.follow(|_| {
            seen += 1;
            if seen == 2 { Verdict::Break(()) } else { Verdict::Continue(()) }
        });
        assert_eq!((followed, seen), (Ok(()), 2));
    }
}
