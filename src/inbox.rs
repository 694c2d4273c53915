// SPDX-License-Identifier: GPL-2.0-or-later
//! Where datagrams arrive: one receive buffer for the life of a socket, and a cursor over the messages in it.
//!
//! Only what the kernel sent gets in: a datagram of another process is dropped, and counted. A malformed message ends its
//! datagram with one error.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::sys::Socket;
use crate::sys::socket::{Datagram, MOST_DATAGRAMS};
use crate::wire::{Frame, Frames, align4};
use std::ops::Range;

/// Bytes of a socket's receive buffer: no datagram of a dump is longer than 32448.
pub const RECEIVE_LEN: usize = 32768;

/// Bytes for one event: the longest, with a security context and all else, needs less than half of it.
const EVENT_LEN: usize = 8192;

/// A receive buffer with the datagrams that are being read.
#[derive(Debug)]
pub(crate) struct Inbox {
    /// One part for each place in `datagrams`.
    buffer: Box<[u8]>,
    part: usize,
    datagrams: Box<[Datagram]>,
    /// The datagrams that have arrived and that nobody has looked into.
    unopened: Range<usize>,
    /// What is unread of the datagram that is being read.
    unread: Range<usize>,
    /// How many datagrams of other processes were dropped.
    foreign: u64,
}

impl Inbox {
    /// An inbox for answers: one datagram with many messages at a time.
    pub(crate) fn for_answers() -> Inbox {
        Inbox::new(1, RECEIVE_LEN)
    }

    /// An inbox for events, which come one in a datagram: many datagrams at a time.
    pub(crate) fn for_events() -> Inbox {
        Inbox::new(MOST_DATAGRAMS, EVENT_LEN)
    }

    fn new(places: usize, part: usize) -> Inbox {
        Inbox {
            buffer: vec![0; places * part].into(),
            part,
            datagrams: vec![Datagram::default(); places].into(),
            unopened: 0..0,
            unread: 0..0,
            foreign: 0,
        }
    }

    /// How many datagrams that the kernel had not sent were dropped so far.
    pub(crate) fn foreign(&self) -> u64 {
        self.foreign
    }

    /// Forgets what has not been read.
    pub(crate) fn clear(&mut self) {
        (self.unopened, self.unread) = (0..0, 0..0);
    }

    /// What has not been read of the datagram that is being read.
    pub(crate) fn rest(&self) -> Frames<'_> {
        Frames::new(self.buffer.get(self.unread.clone()).unwrap_or_default())
    }

    /// The next message, or nothing when other datagrams have to be received. A datagram that was too long for its
    /// part of the buffer is one error.
    pub(crate) fn next(&mut self) -> Option<Result<Frame<'_>>> {
        while self.unread.is_empty() {
            let index = self.unopened.next()?;
            let datagram = self.datagrams.get(index).copied().unwrap_or_default();
            if datagram.sender != 0 {
                self.foreign += 1;
                continue;
            }
            if datagram.truncated {
                return Some(Err(Error::Truncated));
            }
            self.unread = index * self.part..index * self.part + datagram.len;
        }
        let frame = Frame::read(self.buffer.get(self.unread.clone()).unwrap_or_default());
        let read = frame.as_ref().map_or(self.unread.len(), |frame| align4(frame.bytes.len()));
        self.unread.start += read.min(self.unread.len());
        Some(frame)
    }

    /// Receives what waits in place of what was there; waits for the first datagram.
    ///
    /// # Errors
    /// As [`Socket::receive`].
    pub(crate) fn receive(&mut self, socket: &Socket) -> Result<()> {
        self.clear();
        self.unopened = 0..socket.receive_several(&mut self.buffer, &mut self.datagrams)?;
        Ok(())
    }
}
