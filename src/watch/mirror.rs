// SPDX-License-Identifier: GPL-2.0-or-later
//! A copy of the table: a stream of changes that leads to the kernel's table even when events are lost.

#![forbid(unsafe_code)]

use super::known::{Changes, Known};
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
    known: Known,
    /// Events were lost since the table was last read.
    due: bool,
    /// The number of losses that were noted.
    lost: u64,
    /// When the table was read last, and how long that took.
    read_at: Option<Instant>,
    took: Duration,
    rescans: u64,
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
        Ok(Mirror {
            events,
            handle: Handle::open()?,
            known: Known::default(),
            due: true,
            lost: 0,
            read_at: None,
            took: Duration::ZERO,
            rescans: 0,
        })
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
        self.known.len()
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
    pub fn rescans(&self) -> u64 {
        self.rescans
    }

    /// Whether events were lost and the table has not been read since.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.due
    }

    /// The longest time until the next call of [`read`](Self::read), even when no event arrives. It is zero after a
    /// call that was stopped and left events, because the descriptor does not show them.
    #[must_use]
    pub fn longest_wait(&self) -> Duration {
        if self.events.keeps_some() {
            return Duration::ZERO;
        }
        // At once after a loss; but reading the table takes at most half of the time.
        let pause = if self.due { self.took } else { Mirror::INTERVAL.max(self.took * 50) };
        self.read_at.map_or(Duration::ZERO, |at| pause.saturating_sub(at.elapsed()))
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
            Verdict::Continue(()) if self.longest_wait().is_zero() => {
                self.rescan(&mut go_on, &mut each).map(drop)
            }
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
            if self.drain(&mut go_on, &mut each)?.is_break() || self.rescan(&mut go_on, &mut each)?.is_break()
            {
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
            match self.socket().wait_readable(self.longest_wait()) {
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
            let changes = self.known.event(event.kind, flow);
            if report(changes, flow, event.port_id, false, each).is_break() {
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
    fn rescan(
        &mut self,
        go_on: &mut impl FnMut() -> bool,
        each: &mut impl FnMut(Change<'_>) -> Verdict,
    ) -> Result<Verdict> {
        let begun = Instant::now();
        let mut verdict = Verdict::Continue(());
        self.due = true; // until the table has been read
        self.known.begin_listing();
        let mut list = self.handle.entries().open()?;
        while let (Some(flow), true) = (list.next()?, verdict.is_continue()) {
            // An entry that the kernel is about to remove has already sent its end.
            if flow.status().unwrap_or(0) & IPS_DYING == 0 {
                verdict = report(self.known.listed(flow), flow, 0, true, each);
            }
            if !go_on() {
                verdict = Verdict::Break(());
            }
        }
        drop(list);
        if verdict.is_continue() {
            self.known.end_listing(|flow| {
                verdict = each(Change { kind: EventKind::Destroy, flow, port_id: 0, found: true });
                verdict.is_continue()
            });
        }
        self.due = verdict.is_break();
        self.rescans += 1;
        self.took = begun.elapsed();
        self.read_at = Some(Instant::now());
        Ok(verdict)
    }
}

/// Reports the changes that concern a flow.
fn report(
    changes: Changes,
    flow: &Flow,
    port_id: u32,
    found: bool,
    each: &mut impl FnMut(Change<'_>) -> Verdict,
) -> Verdict {
    let mut verdict = Verdict::Continue(());
    if let Some(ended) = &changes.ended {
        verdict = each(Change { kind: EventKind::Destroy, flow: ended, port_id: 0, found: true });
    }
    if let Some(kind) = changes.flow {
        // Reported even after a stop: the two changes belong together.
        let last = each(Change { kind, flow, port_id, found });
        if verdict.is_continue() {
            verdict = last;
        }
    }
    verdict
}
