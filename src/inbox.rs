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

/// Bytes for one entry: the longest, with a security context and all else, needs less than half of it.
const ENTRY_LEN: usize = 8192;

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

    /// An inbox for events and the answers to a batch, which come one in a datagram: many datagrams at a time.
    pub(crate) fn for_entries() -> Inbox {
        Inbox::new(MOST_DATAGRAMS, ENTRY_LEN)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn message(len: u32) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&len.to_ne_bytes());
        bytes
    }

    /// An inbox in which datagrams have arrived: their bytes and their senders.
    fn inbox(datagrams: &[(&[u8], u32)]) -> Inbox {
        let mut inbox = Inbox::new(4, 64);
        for (place, &(bytes, sender)) in datagrams.iter().enumerate() {
            let len = bytes.len().min(64);
            inbox.buffer[place * 64..place * 64 + len].copy_from_slice(&bytes[..len]);
            inbox.datagrams[place] = Datagram { len, sender, truncated: bytes.len() > 64 };
        }
        inbox.unopened = 0..datagrams.len();
        inbox
    }

    /// Reads everything: `Ok` for a message, else the error.
    fn read(inbox: &mut Inbox) -> Vec<Result<()>> {
        std::iter::from_fn(|| inbox.next().map(|frame| frame.map(drop))).collect()
    }

    #[test]
    fn messages_come_from_one_datagram_after_the_other() {
        let two = [message(16), message(16)].concat();
        let mut inbox = inbox(&[(&two, 0), (&message(16), 0), (&[], 0), (&two, 0)]);
        assert_eq!(read(&mut inbox), [Ok(()); 5]);
        assert!(inbox.next().is_none());
    }

    #[test]
    fn what_another_process_sent_is_passed_over() {
        let mut inbox = inbox(&[(&message(16), 77), (&message(16), 0), (&message(16), 78)]);
        assert_eq!(read(&mut inbox), [Ok(())]);
        assert_eq!(inbox.foreign(), 2);
    }

    #[test]
    fn a_bad_datagram_is_one_error_and_leaves_its_neighbours_alone() {
        let malformed = [message(16), message(99), message(16)].concat();
        let mut inbox = inbox(&[(&malformed, 0), (&[0; 65], 0), (&message(16), 0)]);
        let seen = read(&mut inbox);
        assert!(
            matches!(seen[..], [Ok(()), Err(Error::Malformed(_)), Err(Error::Truncated), Ok(())]),
            "{seen:?}"
        );
    }

    #[test]
    fn a_cleared_inbox_is_empty() {
        let mut inbox = inbox(&[(&message(16), 0), (&message(16), 0)]);
        assert!(inbox.next().is_some());
        inbox.clear();
        assert!(inbox.next().is_none() && inbox.rest().next().is_none());
    }
}
