// SPDX-License-Identifier: GPL-2.0-or-later
//! Receiving ahead: one thread receives a long answer while the caller's thread reads the entries received so far.
//!
//! The kernel makes a list in the calls that receive it, so the receiving thread works all the time. Where there is
//! another processor, the caller's own work with the list takes no additional time.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::exchange::answers::{Awaited, Failure};
use crate::exchange::inbox::Inbox;
use crate::sys::memory;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// Fills an inbox with more of the answer, and waits for it where it may.
type Receive = dyn FnMut(&mut Inbox, bool) -> std::result::Result<(), Failure> + Send;

/// Bytes of the receiving thread's stack.
const STACK: usize = 256 << 10;

/// The address space that must be left for a thread: the system ends a process whose new thread finds no room for its
/// signal stack.
const NEEDED: usize = STACK + (1 << 20);

/// A full inbox, or why it could not be filled.
type Piece = std::result::Result<Inbox, Failure>;

/// The thread that receives, as its reader sees it. The thread ends with the answer, and when this is dropped.
#[derive(Debug)]
pub(crate) struct Ahead {
    /// Full inboxes come from the thread, empty ones go back; none where reading has ended. No code waits for the lock:
    /// it only makes the owner `Sync`.
    inboxes: Option<(Mutex<Receiver<Piece>>, Sender<Inbox>)>,
    thread: Option<JoinHandle<bool>>,
}

impl Ahead {
    /// Starts a thread that receives the awaited answer, and gives `inbox` as much room as the other inboxes have.
    /// Returns `None` where the system has no thread, or no memory for one.
    pub(crate) fn start(
        mut receive: impl FnMut(&mut Inbox, bool) -> std::result::Result<(), Failure> + Send + 'static,
        awaited: Awaited,
        inbox: &mut Inbox,
    ) -> Option<Ahead> {
        let [mut first, second, third] = inboxes().ok()?;
        let (full, received) = sync_channel(1);
        let (empty, emptied) = channel();
        for inbox in [second, third] {
            let _ = empty.send(inbox); // the other end is still open
        }
        let receiver = move || receive_all(&mut receive, awaited, &full, &emptied);
        let thread = thread::Builder::new().stack_size(STACK).spawn(receiver).ok()?;
        inbox.exchange(&mut first);
        Some(Ahead { inboxes: Some((Mutex::new(received), empty)), thread: Some(thread) })
    }

    /// Takes what the thread has received in exchange for an inbox that has been read.
    pub(crate) fn more(&mut self, inbox: &mut Inbox) -> std::result::Result<(), Failure> {
        let without_end = || Failure::End(Error::Malformed("an answer without end"));
        let (received, empty) = self.inboxes.as_mut().ok_or_else(without_end)?;
        let received = received.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut other = received.recv().map_err(|_| without_end())??;
        inbox.exchange(&mut other);
        let _ = empty.send(other); // fails when the thread has ended and needs no inbox
        Ok(())
    }

    /// Ends the thread. Returns whether the whole answer has been received, read or not.
    pub(crate) fn stop(&mut self) -> bool {
        self.inboxes = None; // the thread ends because both channels are closed
        self.thread.take().is_some_and(|thread| thread.join().unwrap_or(false))
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The inboxes in use: the caller reads one, one waits, the thread fills one.
///
/// # Errors
/// [`Error::NoMemory`], also where the inboxes would leave too little memory for the thread.
fn inboxes() -> Result<[Inbox; 3]> {
    let inboxes = [Inbox::for_lists()?, Inbox::for_lists()?, Inbox::for_lists()?];
    if memory::has_room(NEEDED) { Ok(inboxes) } else { Err(Error::NoMemory) }
}

/// Receives until the end of the answer, an error, or the end of the reader. Returns whether the whole answer has been
/// received.
fn receive_all(
    receive: &mut Receive,
    awaited: Awaited,
    full: &SyncSender<Piece>,
    emptied: &Receiver<Inbox>,
) -> bool {
    let (mut spare, mut may_lack_end) = (None, false);
    loop {
        let Some(mut inbox) = spare.take().or_else(|| emptied.recv().ok()) else { return false };
        let (piece, goes_on, is_over) = match receive(&mut inbox, !may_lack_end) {
            Ok(()) => {
                let seen = inbox.glance(awaited);
                may_lack_end |= seen.has_losses;
                (Ok(inbox), !seen.ends, seen.ends)
            }
            Err(failure) => {
                spare = Some(inbox);
                may_lack_end = true;
                (Err(failure), failure == Failure::Loss, failure == Failure::NothingLeft)
            }
        };
        let is_taken = full.send(piece).is_ok();
        if !goes_on || !is_taken {
            return is_over;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::inbox::answer;
    use crate::wire::consts::{NLMSG_DONE, NLMSG_ERROR};
    use crate::wire::frame;
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};
    use std::thread::ThreadId;

    const SEQ: u32 = 7;
    /// The type of a message that is part of an answer.
    const DATA: u16 = 0x100;

    /// A datagram, or the failure of the call.
    type Received = std::result::Result<Vec<u8>, Failure>;

    /// A source that gives these items, and reports its thread. No call asks for more items.
    #[derive(Clone, Default)]
    struct Script {
        pieces: Arc<Mutex<VecDeque<Received>>>,
        threads: Arc<Mutex<Vec<ThreadId>>>,
    }

    impl Script {
        fn new(pieces: impl IntoIterator<Item = Received>) -> Script {
            Script { pieces: Arc::new(Mutex::new(pieces.into_iter().collect())), ..Script::default() }
        }

        fn start(&self, inbox: &mut Inbox) -> Ahead {
            let script = self.clone();
            let receive = move |inbox: &mut Inbox, _: bool| {
                script.threads.lock().unwrap().push(thread::current().id());
                let piece = script.pieces.lock().unwrap().pop_front().expect("it receives after the end");
                inbox.fill(&[(&piece?, 0)]);
                Ok(())
            };
            Ahead::start(receive, Awaited::one(SEQ), inbox).expect("a thread")
        }

        /// Reads all messages, or at most `most`. Returns the messages, the failure that ended the reading, and whether
        /// the whole answer has been received.
        fn read(&self, most: usize) -> (Vec<u16>, Option<Failure>, bool) {
            let (mut kinds, mut failed) = (Vec::new(), None);
            let mut inbox = Inbox::for_answers().unwrap();
            let mut ahead = self.start(&mut inbox);
            while kinds.len() < most && failed.is_none() && kinds.last().is_none_or(|&kind| kind == DATA) {
                match inbox.next() {
                    None => failed = ahead.more(&mut inbox).err(),
                    Some(frame) => kinds.push(frame.unwrap().header.kind),
                }
            }
            (kinds, failed, ahead.stop())
        }

        fn left(&self) -> usize {
            self.pieces.lock().unwrap().len()
        }
    }

    fn message(kind: u16) -> Vec<u8> {
        answer(kind, SEQ)
    }

    fn data(pieces: usize) -> impl Iterator<Item = Received> {
        std::iter::repeat_with(|| Ok(message(DATA))).take(pieces)
    }

    #[test]
    fn everything_is_read_in_order_and_another_thread_receives() {
        let script = Script::new(data(100).chain([Ok(message(NLMSG_DONE))]));
        let (kinds, failed, over) = script.read(usize::MAX);
        assert_eq!((kinds.len(), kinds.last(), failed, over), (101, Some(&NLMSG_DONE), None, true));
        let threads = script.threads.lock().unwrap();
        assert!(threads.len() == 101 && !threads.contains(&thread::current().id()));
    }

    #[test]
    fn an_error_may_be_all_there_is() {
        let script = Script::new([Ok(message(NLMSG_ERROR))]);
        assert_eq!(script.read(usize::MAX), (vec![NLMSG_ERROR], None, true));
        let short = frame::bare(&message(NLMSG_ERROR)); // without its number
        assert_eq!(Script::new([Ok(short)]).read(usize::MAX), (vec![NLMSG_ERROR], None, true));
    }

    const GONE: Failure = Failure::End(Error::Os(libc::EBADF));

    #[test]
    fn what_cannot_be_received_ends_it() {
        let script = Script::new(data(3).chain([Err(GONE)]));
        assert_eq!(script.read(usize::MAX), (vec![DATA; 3], Some(GONE), false), "more may be left");
        let script = Script::new(data(3).chain([Err(GONE)]));
        assert_eq!(script.read(1), (vec![DATA], None, false), "where reading stops before it, too");
    }

    #[test]
    fn a_loss_is_reported_in_its_place_and_the_rest_received() {
        let lost = || std::iter::repeat_with(|| Err(Failure::Loss)).take(9);
        let pieces = data(2).chain(lost()).chain(data(3)).chain(lost()).chain([Ok(message(NLMSG_DONE))]);
        let script = Script::new(pieces);
        let (mut inbox, mut seen) = (Inbox::for_answers().unwrap(), Vec::new());
        let mut ahead = script.start(&mut inbox);
        while seen.last() != Some(&NLMSG_DONE) {
            match inbox.next() {
                None => ahead.more(&mut inbox).unwrap_or_else(|_| seen.push(NLMSG_ERROR)),
                Some(frame) => seen.push(frame.unwrap().header.kind),
            }
        }
        let lost = [NLMSG_ERROR; 9];
        let expected = [&[DATA; 2][..], &lost, &[DATA; 3], &lost, &[NLMSG_DONE]].concat();
        assert_eq!((seen, ahead.stop()), (expected, true));
    }

    #[test]
    fn reading_may_stop_anywhere() {
        for most in [0, 1, 5, 99] {
            let script = Script::new(data(100).chain([Ok(message(NLMSG_DONE))]));
            let (kinds, failed, over) = script.read(most);
            let left = script.left();
            assert_eq!((kinds.len(), failed, over), (most, None, left == 0), "{left} are left");
            assert!(101 - left <= most + 3, "{left} are left of {most}");
        }
    }

    #[test]
    fn an_end_that_the_reader_does_not_see_is_an_error() {
        let datagram = [message(NLMSG_DONE), message(DATA)].concat();
        let script = Script::new([Ok(datagram)]);
        let mut inbox = Inbox::for_answers().unwrap();
        let mut ahead = script.start(&mut inbox);
        assert_eq!(ahead.more(&mut inbox), Ok(()));
        assert!(matches!(ahead.more(&mut inbox), Err(Failure::End(Error::Malformed(_)))) && ahead.stop());
    }

    #[test]
    fn a_panic_of_the_reader_ends_the_thread() {
        let script = Script::new(data(100));
        let mut inbox = Inbox::for_answers().unwrap();
        let reader = script.clone();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let mut ahead = reader.start(&mut inbox);
            ahead.more(&mut inbox).unwrap();
            panic!("at once");
        }));
        assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"at once"));
        assert_eq!(Arc::strong_count(&script.pieces), 1, "the thread is gone, and what it held");
    }

    #[test]
    fn an_answer_whose_reader_has_gone_was_not_received_whole() {
        let (full, received) = sync_channel(2);
        let (empty, emptied) = channel();
        empty.send(Inbox::for_answers().unwrap()).unwrap();
        drop(empty);
        let mut receive = |inbox: &mut Inbox, _: bool| {
            inbox.fill(&[(&message(DATA), 0)]);
            Ok(())
        };
        assert!(!receive_all(&mut receive, Awaited::one(SEQ), &full, &emptied));
        assert_eq!(received.iter().take(1).count(), 1, "what had been received before");
    }
}
