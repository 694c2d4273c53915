// SPDX-License-Identifier: GPL-2.0-or-later
//! Where datagrams arrive: a receive buffer, and a cursor over the messages in it.
//!
//! Only what the kernel sent gets in: a datagram of another process is dropped, and counted. A malformed message ends its
//! datagram with one error; a datagram that was too long for the buffer is read as far as it goes, and then one error.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::exchange::answers::{Awaited, Glance, RUST, glance};
use crate::sys::socket::{Datagram, MOST_DATAGRAMS};
use crate::sys::{Socket, memory};
use crate::wire::{Frame, align4};
use std::ops::Range;

/// Bytes of a socket's receive buffer: no datagram of a dump is longer than 32448.
pub const RECEIVE_LEN: usize = 32768;

/// Bytes for one entry: the longest, with a security context and all else, needs less than half of it.
const ENTRY_LEN: usize = 8192;

/// Datagrams of a long list that are received at a time, at most.
const LIST_DATAGRAMS: usize = 4;

/// A receive buffer with the datagrams that are being read.
#[derive(Debug)]
pub(crate) struct Inbox {
    /// One part for each place in `datagrams`.
    buffer: Box<[u8]>,
    part: usize,
    datagrams: Box<[Datagram]>,
    /// The datagrams that have arrived and have not been opened.
    unopened: Range<usize>,
    /// What is unread of the datagram that is being read.
    unread: Range<usize>,
    /// This datagram was longer than its part of the buffer, which has not been reported yet.
    is_cut: bool,
    /// How many datagrams of other processes were dropped.
    foreign: u64,
}

impl Inbox {
    /// An inbox for answers: one datagram with many messages at a time.
    ///
    /// # Errors
    /// [`Error::NoMemory`].
    pub(crate) fn for_answers() -> Result<Inbox> {
        Inbox::new(1, RECEIVE_LEN)
    }

    /// An inbox for events and the answers to a batch, which come one in a datagram: many datagrams at a time.
    ///
    /// # Errors
    /// [`Error::NoMemory`].
    pub(crate) fn for_entries() -> Result<Inbox> {
        Inbox::new(MOST_DATAGRAMS, ENTRY_LEN)
    }

    /// An inbox for a long list: a few datagrams at a time.
    ///
    /// # Errors
    /// [`Error::NoMemory`].
    pub(crate) fn for_lists() -> Result<Inbox> {
        Inbox::new(LIST_DATAGRAMS, RECEIVE_LEN)
    }

    fn new(places: usize, part: usize) -> Result<Inbox> {
        Ok(Inbox {
            buffer: memory::zeros(places * part)?,
            part,
            datagrams: memory::filled(Datagram::default(), places)?.into(),
            unopened: 0..0,
            unread: 0..0,
            is_cut: false,
            foreign: 0,
        })
    }

    /// How many datagrams that the kernel had not sent were dropped so far.
    pub(crate) fn foreign(&self) -> u64 {
        self.foreign
    }

    /// Forgets what has not been read.
    pub(crate) fn clear(&mut self) {
        (self.unopened, self.unread, self.is_cut) = (0..0, 0..0, false);
    }

    /// Exchanges the messages of another inbox for those that have been read here. Counts stay where they are.
    pub(crate) fn exchange(&mut self, other: &mut Inbox) {
        std::mem::swap(self, other);
        std::mem::swap(&mut self.foreign, &mut other.foreign);
    }

    /// The facts about the unread datagrams, for some answers.
    pub(crate) fn glance(&self, awaited: Awaited) -> Glance {
        let unopened = self.unopened.clone().filter_map(|index| Some((index, *self.datagrams.get(index)?)));
        let unopened = unopened.filter(|(_, datagram)| RUST.admits(datagram.sender) == Ok(true));
        let unopened = unopened.map(|(index, datagram)| (self.place(index, datagram), datagram.truncated));
        let datagrams = std::iter::once((self.unread.clone(), self.is_cut)).chain(unopened);
        let bytes = |place| self.buffer.get(place).unwrap_or_default();
        glance(RUST, awaited, datagrams.map(|(place, truncated)| (bytes(place), truncated)))
    }

    /// Where the bytes of a datagram are.
    fn place(&self, index: usize, datagram: Datagram) -> Range<usize> {
        index * self.part..index * self.part + datagram.len
    }

    /// The next message, or `None` when other datagrams have to be received.
    ///
    /// # Errors
    /// [`Error::Malformed`] for the rest of a datagram; [`Error::Truncated`] for what its part of the buffer did not
    /// take. The next call goes on.
    pub(crate) fn next(&mut self) -> Option<Result<Frame<'_>>> {
        while self.unread.is_empty() {
            if std::mem::take(&mut self.is_cut) {
                return Some(Err(Error::Truncated));
            }
            let index = self.unopened.next()?;
            let datagram = self.datagrams.get(index).copied().unwrap_or_default();
            if RUST.admits(datagram.sender) != Ok(true) {
                self.foreign += 1;
                continue;
            }
            (self.unread, self.is_cut) = (self.place(index, datagram), datagram.truncated);
        }
        let frame = Frame::read(self.buffer.get(self.unread.clone()).unwrap_or_default());
        let read = frame.as_ref().map_or(self.unread.len(), |frame| align4(frame.bytes.len()));
        self.unread.start += read.min(self.unread.len());
        Some(frame.map_err(|error| if std::mem::take(&mut self.is_cut) { Error::Truncated } else { error }))
    }

    /// Replaces the read datagrams with those in the queue; with `wait` it waits for the first datagram.
    ///
    /// # Errors
    /// As [`Socket::receive_several`].
    pub(crate) fn receive(&mut self, socket: &Socket, wait: bool) -> Result<()> {
        self.clear();
        self.unopened = 0..socket.receive_several(&mut self.buffer, &mut self.datagrams, wait)?;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
impl Inbox {
    /// Whether everything that was received has been read.
    pub(crate) fn is_read(&self) -> bool {
        self.unopened.is_empty() && self.unread.is_empty() && !self.is_cut
    }

    /// Has the effect of receiving these datagrams from these senders.
    pub(crate) fn fill(&mut self, datagrams: &[(&[u8], u32)]) {
        self.clear();
        for (place, &(bytes, sender)) in datagrams.iter().enumerate() {
            let (at, len) = (place * self.part, bytes.len().min(self.part));
            self.buffer[at..at + len].copy_from_slice(&bytes[..len]);
            self.datagrams[place] = Datagram { len, sender, truncated: bytes.len() > self.part };
        }
        self.unopened = 0..datagrams.len();
    }
}

/// A datagram with a message of this type that answers request `seq`.
#[cfg(test)]
pub(crate) fn answer(kind: u16, seq: u32) -> Vec<u8> {
    let mut bytes = 20u32.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(crate::wire::consts::NLM_F_MULTI.to_ne_bytes());
    bytes.extend(seq.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::consts::NLMSG_DONE;

    fn message(len: u32) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&len.to_ne_bytes());
        bytes
    }

    /// An inbox in which datagrams have arrived: their bytes and their senders.
    fn inbox(datagrams: &[(&[u8], u32)]) -> Inbox {
        let mut inbox = Inbox::new(4, 64).unwrap();
        inbox.fill(datagrams);
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
    fn a_datagram_that_is_cut_is_read_as_far_as_it_goes() {
        let whole = [message(16); 5].concat();
        let mut inbox = inbox(&[(&whole, 0), (&message(16), 0)]);
        let seen = read(&mut inbox);
        assert_eq!(seen, [Ok(()), Ok(()), Ok(()), Ok(()), Err(Error::Truncated), Ok(())], "cut between two");
        inbox.fill(&[(&[message(16).as_slice(), &message(64), &[0; 48]].concat(), 0), (&message(16), 0)]);
        assert_eq!(read(&mut inbox), [Ok(()), Err(Error::Truncated), Ok(())], "cut in one");
        inbox.fill(&[(&whole, 0)]);
        inbox.clear();
        assert!(inbox.next().is_none());
    }

    #[test]
    fn a_cleared_inbox_is_empty() {
        let mut inbox = inbox(&[(&message(16), 0), (&message(16), 0)]);
        assert!(inbox.next().is_some());
        inbox.clear();
        assert!(inbox.next().is_none());
    }

    #[test]
    fn an_end_is_found_in_any_datagram_that_is_not_read() {
        let (data, end) = (answer(17, 7), answer(NLMSG_DONE, 7));
        let mut inbox = inbox(&[(&data, 0), (&end, 9), (&end, 0), (&data, 0)]);
        for _ in 0..2 {
            let ends = |seq| inbox.glance(Awaited::one(seq)).ends;
            assert!(ends(7) && !ends(8));
            assert_eq!(inbox.next().map(|frame| frame.map(drop)), Some(Ok(())));
        }
        assert!(!inbox.glance(Awaited::one(7)).ends, "it has been read");
    }

    #[test]
    fn inboxes_exchange_what_they_hold() {
        let mut read = inbox(&[(&message(16), 77)]);
        assert!(read.next().is_none());
        let mut other = inbox(&[(&message(16), 0), (&message(16), 78)]);
        read.exchange(&mut other);
        assert!(other.next().is_none() && other.foreign() == 0);
        assert!(read.next().is_some() && read.next().is_none());
        assert_eq!(read.foreign(), 2);
    }
}
