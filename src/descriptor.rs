// SPDX-License-Identifier: GPL-2.0-or-later
//! The descriptors of handles, subscriptions and mirrors, for `poll` and for event loops, and the options that a
//! program may set on them.

#![forbid(unsafe_code)]

use crate::error::Result;
use crate::exchange::handle::Handle;
use crate::filter::socket_filter::EventFilter;
use crate::watch::events::Events;
use crate::watch::mirror::Mirror;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

macro_rules! descriptors {
    ($($owner:ident)*) => {$(
        impl AsFd for $owner {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.socket().as_fd()
            }
        }

        impl AsRawFd for $owner {
            fn as_raw_fd(&self) -> RawFd {
                self.socket().as_raw_fd()
            }
        }
    )*};
}

descriptors! { Handle Events Mirror }

impl Handle {
    /// The port id by which the kernel knows this handle: events that its requests cause carry it.
    #[must_use]
    pub fn port_id(&self) -> u32 {
        self.socket().port_id()
    }
}

impl Events {
    /// Whether [`next`](Self::next) returns an error, for which [`is_would_block`](crate::Error::is_would_block) is
    /// true, instead of waiting. [`try_next`](Self::try_next) never waits.
    ///
    /// # Errors
    /// The system's error.
    pub fn set_non_blocking(&self, on: bool) -> Result<()> {
        self.socket().set_non_blocking(on)
    }

    /// Waits until an event arrives, at most for this time; returns success in both cases. The call does not see events
    /// that have been received already: read until [`try_next`](Self::try_next) returns `None` before.
    ///
    /// # Errors
    /// The system's error; [`is_signal`](crate::Error::is_signal) when a signal came.
    pub fn wait_readable(&self, longest: Duration) -> Result<()> {
        self.socket().wait_readable(longest)
    }

    /// The size of the receive buffer that took effect, in bytes; twice the requested size.
    ///
    /// # Errors
    /// The system's error.
    pub fn receive_buffer(&self) -> Result<u32> {
        self.socket().receive_buffer()
    }

    /// Makes the kernel drop the events that do not pass a filter. Replaces an older filter.
    ///
    /// # Errors
    /// The system's error: `ENOMEM` for a filter that is larger than `net.core.optmem_max` allows;
    /// [`Error::NoSpace`](crate::Error::NoSpace) for one that is larger than any program may be.
    pub fn set_filter(&self, filter: &EventFilter) -> Result<()> {
        self.socket().attach_filter(&filter.program()?)
    }
}

impl Mirror {
    /// Waits until an event arrives, at most for this time; returns success in both cases. A program that follows the
    /// table waits no longer than [`longest_wait`](Self::longest_wait), after [`try_next`](Self::try_next) has returned
    /// `None`.
    ///
    /// # Errors
    /// The system's error; [`is_signal`](crate::Error::is_signal) when a signal came.
    pub fn wait_readable(&self, longest: Duration) -> Result<()> {
        self.socket().wait_readable(longest)
    }
    /// The size of the receive buffer for events, in bytes; see [`Events::receive_buffer`].
    ///
    /// # Errors
    /// The system's error.
    pub fn receive_buffer(&self) -> Result<u32> {
        self.socket().receive_buffer()
    }
}
