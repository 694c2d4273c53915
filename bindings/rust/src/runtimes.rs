// SPDX-License-Identifier: GPL-2.0-or-later
//! Readiness in tokio and in async-io. Each watches a duplicate of the subscription's descriptor: the subscription itself
//! stays free of the runtime, and no runtime asks for a promise about descriptors that only unsafe code can give.

#![forbid(unsafe_code)]

use crate::{EventStream, Left, Readiness};
use netfilter_conntrack::Events;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll, ready};

fn duplicate(events: &Events) -> io::Result<OwnedFd> {
    events.as_fd().try_clone_to_owned()
}

/// Readiness in tokio.
#[cfg(feature = "tokio")]
#[derive(Debug)]
pub struct Tokio(tokio::io::unix::AsyncFd<OwnedFd>);

#[cfg(feature = "tokio")]
impl Readiness for Tokio {
    fn poll_read(&mut self, cx: &mut Context<'_>, read: &mut dyn FnMut() -> Left) -> Poll<io::Result<()>> {
        let mut guard = ready!(self.0.poll_read_ready(cx))?;
        match read() {
            Left::Nothing => guard.clear_ready(),
            Left::Something => guard.retain_ready(),
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(feature = "tokio")]
impl EventStream<Tokio> {
    /// The stream of a subscription in tokio's runtime.
    ///
    /// # Errors
    /// The system's error.
    ///
    /// # Panics
    /// As tokio does outside of a runtime whose I/O is enabled.
    pub fn with_tokio(events: Events) -> io::Result<EventStream<Tokio>> {
        // The function that newer versions of tokio have in place of this one is unsafe: the caller vouches that the
        // descriptor stays the same and open, which an OwnedFd does.
        #[allow(deprecated)]
        let watched =
            tokio::io::unix::AsyncFd::with_interest(duplicate(&events)?, tokio::io::Interest::READABLE)?;
        Ok(EventStream::with(events, Tokio(watched)))
    }
}

/// Readiness in async-io.
#[cfg(feature = "async-io")]
#[derive(Debug)]
pub struct AsyncIo(async_io::Async<OwnedFd>);

#[cfg(feature = "async-io")]
impl Readiness for AsyncIo {
    fn poll_read(&mut self, cx: &mut Context<'_>, read: &mut dyn FnMut() -> Left) -> Poll<io::Result<()>> {
        ready!(self.0.poll_readable(cx))?;
        read();
        Poll::Ready(Ok(()))
    }
}

#[cfg(feature = "async-io")]
impl EventStream<AsyncIo> {
    /// The stream of a subscription in async-io's reactor.
    ///
    /// # Errors
    /// The system's error.
    pub fn with_async_io(events: Events) -> io::Result<EventStream<AsyncIo>> {
        // The stream's reads never wait. Async::new would make the socket non-blocking, which it also is in a subscription
        // that the stream gives back.
        let watched = async_io::Async::new_nonblocking(duplicate(&events)?)?;
        Ok(EventStream::with(events, AsyncIo(watched)))
    }
}
