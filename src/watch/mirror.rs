// SPDX-License-Identifier: GPL-2.0-or-later
//! The table, followed: a stream of changes that leads to the kernel's table even when events are lost.
//!
//! A [`Mirror`] listens to events and reads the table once at the start, again whenever events were lost, and now and
//! then because some entries have no events (those made before anybody listened, or for which a rule has switched
//! events off). Differences between what was told and what is there are told as changes. The reader's rule is
//! simple: add what is [`New`](EventKind::New), take away what is [`Destroy`](EventKind::Destroy)ed.

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

/// What a receiver of changes wants: more of them, or no more.
pub type Verdict = ControlFlow<()>;

/// A change of the table.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Change<'a> {
    /// What happened.
    pub kind: EventKind,
    /// What it happened to. An end that was found by looking has only tuples, zone and id.
    pub flow: &'a Flow,
    /// Port id of the socket whose request caused it; 0 for packets and timers, and when it was found by looking.
    pub port_id: u32,
    /// It was found by reading the table, not told by an event.
    pub found: bool,
}

/// A table that is followed.
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
    /// Something was lost since the last look at the table.
    due: bool,
    /// The losses that are known.
    lost: u64,
    /// When the table was read last, and how long that took.
    looked: Option<Instant>,
    took: Duration,
    looks: u64,
}

impl Mirror {
    /// The table is read again after this time, though nothing was lost; seldomer where that would take more than
    /// a fiftieth of the time.
    pub const INTERVAL: Duration = Duration::from_secs(30);

    /// Subscribes. New and ended flows are always followed, changed ones when the builder asks for them. Nothing is
    /// told before the first call that reads.
    ///
    /// # Errors
    /// The system's error; `EPERM` without privilege.
    pub fn open(builder: EventsBuilder) -> Result<Mirror> {
        let events = builder.for_table().open()?;
        events.socket().set_non_blocking(true)?;
        Ok(Mirror {
            events,
            handle: Handle::open()?,
            told: Told::default(),
            due: true,
            lost: 0,
            looked: None,
            took: Duration::ZERO,
            looks: 0,
        })
    }

    /// The socket on which events come, for polling.
    #[doc(hidden)] // for the tests of this tree
    #[must_use]
    pub fn socket(&self) -> &Socket {
        self.events.socket()
    }

    /// How many entries the reader of the stream holds now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.told.len()
    }

    /// Whether the reader of the stream holds no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many events were lost, see [`Events::lost`]. What they would have told about the table has been, or will
    /// be, told all the same; what came and went between is gone.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// How many datagrams have come that the kernel had not sent, see [`Events::foreign_datagrams`].
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

    /// In what time [`read`](Self::read) wants to be called, even though no event comes. It is no time where the last
    /// call was stopped and has left events: the descriptor does not tell of them.
    #[must_use]
    pub fn rest(&self) -> Duration {
        if self.events.keeps_some() {
            return Duration::ZERO;
        }
        // After a loss at once; but not more than half of the time is spent with reading the table.
        let pause = if self.due { self.took } else { Mirror::INTERVAL.max(self.took * 50) };
        self.looked.map_or(Duration::ZERO, |at| pause.saturating_sub(at.elapsed()))
    }

    /// Tells the changes that have happened, without waiting for more. `each` may stop it; the rest comes with the
    /// next call.
    ///
    /// # Errors
    /// The system's error, or the kernel's. The next call goes on.
    pub fn read(&mut self, each: impl FnMut(Change<'_>) -> Verdict) -> Result<()> {
        self.read_while(|| true, each)
    }

    /// The same as long as `go_on` says so, which is asked for every event and every entry of the table that is read,
    /// also for those without a change. A table that is not read to its end is read again by the next call.
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

    /// Tells all changes up to now, among them those that only a look at the table can show: behind this the stream
    /// has led to the table as it was during the call.
    ///
    /// # Errors
    /// [`Error::Overrun`] when events are lost faster than the table can be read; else as [`read`](Self::read).
    pub fn settle(&mut self, each: impl FnMut(Change<'_>) -> Verdict) -> Result<()> {
        self.settle_while(|| true, each).map(drop)
    }

    /// The same as long as `go_on` says so, as in [`read_while`](Self::read_while). Returns whether it was done, and not
    /// stopped before.
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
            // What happened during the look.
            if self.drain(&mut go_on, &mut each)?.is_break() {
                return Ok(false);
            }
            if !self.due {
                return Ok(true);
            }
        }
        Err(Error::Overrun)
    }

    /// Tells every change and waits for more, until `each` stops it.
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

    /// Reads the events that wait now.
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
        // A reliable subscription loses without a word.
        let lost = self.events.lost();
        self.due |= lost != self.lost;
        self.lost = lost;
        Ok(Verdict::Continue(()))
    }

    /// Reads the table and tells what differs from what was told.
    fn look(
        &mut self,
        go_on: &mut impl FnMut() -> bool,
        each: &mut impl FnMut(Change<'_>) -> Verdict,
    ) -> Result<Verdict> {
        let begun = Instant::now();
        let mut verdict = Verdict::Continue(());
        self.due = true; // until it is done
        self.told.begin_listing();
        let mut list = self.handle.entries().open()?;
        while let (Some(flow), true) = (list.next()?, verdict.is_continue()) {
            // An entry that is about to go has told its end already.
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

/// Tells what there is to tell about a flow.
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
        // Told even behind a stop: the two belong together.
        let last = each(Change { kind, flow, port_id, found });
        if verdict.is_continue() {
            verdict = last;
        }
    }
    verdict
}
