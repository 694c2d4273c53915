// SPDX-License-Identifier: GPL-2.0-or-later
//! Connection tracking events as a [`Stream`], for programs that wait for several things at once.
//!
//! The package brings no runtime. `EventStream::with_tokio` (feature `tokio`) waits in tokio's,
//! `EventStream::with_async_io` (feature `async-io`) in async-io's, which smol and others use;
//! [`EventStream::with`] takes any other [`Readiness`].
//!
//! - A loss of events is an item, and the stream continues after it.
//! - Waiting for an item and dropping the wait loses nothing: an event leaves the subscription only as an item.
//! - Other tasks have their turn while events wait: after 128 items in a row the stream lets them run once.
//! - Requests and lists do not wait for anything but the kernel's answer, which it makes at once; `Handle` has no async form.

#![forbid(unsafe_code)]

#[cfg(any(feature = "tokio", feature = "async-io"))]
mod runtimes;

#[cfg(feature = "async-io")]
pub use runtimes::AsyncIo;
#[cfg(feature = "tokio")]
pub use runtimes::Tokio;

use futures_core::Stream;
use netfilter_conntrack::{Error, Event, EventKind, EventSubject, Events, Expectation, Flow};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The object of an event.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)] // a box for each event would be an allocation for each event
pub enum Subject {
    /// A flow.
    Flow(Flow),
    /// An expectation.
    Expectation(Expectation),
}

/// An event that owns its object.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Change {
    /// The kind of change.
    pub kind: EventKind,
    /// The flow or the expectation.
    pub subject: Subject,
    /// Port id of the socket whose request caused it; 0 for packets and timers.
    pub port_id: u32,
}

impl Change {
    /// The flow, when the event is about one.
    #[must_use]
    pub fn flow(&self) -> Option<&Flow> {
        match &self.subject {
            Subject::Flow(flow) => Some(flow),
            Subject::Expectation(_) => None,
        }
    }
}

impl From<Event<'_>> for Change {
    fn from(event: Event<'_>) -> Change {
        let subject = match event.subject {
            EventSubject::Flow(flow) => Subject::Flow(flow.clone()),
            EventSubject::Expectation(expectation) => Subject::Expectation(*expectation),
        };
        Change { kind: event.kind, subject, port_id: event.port_id }
    }
}

/// Whether a read left the socket empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The socket is empty.
    Nothing,
    /// More may be there.
    Something,
}

/// Waits in a runtime until the socket of a subscription is readable.
pub trait Readiness {
    /// When the socket may be readable, calls `read` once and returns; otherwise the runtime wakes the task when the socket
    /// becomes readable. A runtime that hears of a socket only when it becomes readable forgets, after
    /// [`Left::Nothing`], the readiness that it knew before the call, and none that came during it.
    ///
    /// # Errors
    /// The runtime's error, for example that it has ended.
    fn poll_read(&mut self, cx: &mut Context<'_>, read: &mut dyn FnMut() -> Left) -> Poll<io::Result<()>>;
}

/// The events of a subscription. Its items are events and losses: after a loss ([`Error::is_loss`]) the stream continues,
/// and after any other error it ends.
#[derive(Debug)]
pub struct EventStream<R> {
    events: Events,
    readiness: R,
    has_ended: bool,
    in_a_row: u32,
}

/// Items that a task may take without a wait between them. A runtime sees timers and signals between the tasks only.
const MOST_IN_A_ROW: u32 = 128;

impl<R: Readiness + Unpin> EventStream<R> {
    /// The stream of a subscription, whose socket this readiness waits for.
    pub fn with(events: Events, readiness: R) -> EventStream<R> {
        EventStream { events, readiness, has_ended: false, in_a_row: 0 }
    }

    /// The subscription, for its descriptor, its filter and its counts.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// The subscription without the runtime, for example for one that waits.
    #[must_use]
    pub fn into_events(self) -> Events {
        self.events
    }

    /// The next item, without a crate for streams. Cancel safe: a dropped future has taken no event.
    pub async fn next(&mut self) -> Option<Result<Change, Error>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Change, Error>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        if self.in_a_row == MOST_IN_A_ROW {
            self.in_a_row = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = self.poll_change(cx);
        self.in_a_row = if polled.is_ready() { self.in_a_row + 1 } else { 0 };
        let item = ready!(polled);
        self.has_ended = item.as_ref().is_err_and(|error| !error.is_loss());
        Poll::Ready(Some(item))
    }

    fn poll_change(&mut self, cx: &mut Context<'_>) -> Poll<Result<Change, Error>> {
        // Those that a receive call has brought already, of which no runtime knows.
        let mut found = waiting(&mut self.events).transpose();
        while found.is_none() {
            // Datagrams that are no events come from other processes: other tasks have their turn between them.
            if self.events.may_have_more() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let mut read = || {
                found = waiting(&mut self.events).transpose();
                if self.events.may_have_more() { Left::Something } else { Left::Nothing }
            };
            if let Err(error) = ready!(self.readiness.poll_read(cx, &mut read)) {
                return Poll::Ready(Err(Error::Os(error.raw_os_error().unwrap_or(EIO))));
            }
        }
        found.map_or(Poll::Pending, Poll::Ready)
    }
}

/// The next event that has arrived.
fn waiting(events: &mut Events) -> Result<Option<Change>, Error> {
    Ok(events.try_next()?.map(Change::from))
}

/// The number of an error of a runtime that has no number.
const EIO: i32 = 5;

impl<R: Readiness + Unpin> Stream for EventStream<R> {
    type Item = Result<Change, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(cx)
    }
}
