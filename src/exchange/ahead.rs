// SPDX-License-Identifier: GPL-2.0-or-later
//! Receiving ahead: one thread receives a long answer while the caller's reads what has come of it.
//!
//! The kernel makes a list in the calls that receive it, so this thread is at work all the time, and what the
//! caller does with the list takes no time of its own where there is another processor.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::exchange::inbox::Inbox;
use crate::sys::memory;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::{panic, thread};

/// Gets more of the answer into an inbox, and returns whether there was any.
pub(crate) type More<'m> = dyn FnMut(&mut Inbox) -> Result<bool> + 'm;

/// Bytes of the receiving thread's stack.
const STACK: usize = 256 << 10;

/// What must be left of the address space for a thread: the system ends a process whose new thread finds no room for
/// its signal stack.
const NEEDED: usize = STACK + (1 << 20);

/// Lets `read` read the answer to request `seq`, which `receive` receives piece by piece; after [`Error::Overrun`] it
/// is asked for more. Returns what `read` returned, and whether nothing of the answer is left to be received, read or
/// not. Where there is no thread to be had, or no memory for one, this one receives, and what is left is not known.
pub(crate) fn read<T>(
    receive: impl Fn(&mut Inbox) -> Result<bool> + Sync,
    seq: u32,
    inbox: &mut Inbox,
    read: impl FnOnce(&mut Inbox, &mut More<'_>) -> T,
) -> (T, bool) {
    let receive = &receive;
    let Ok([mut first, second, third]) = inboxes() else {
        return (read(inbox, &mut |inbox| receive(inbox)), false);
    };
    inbox.exchange(&mut first); // all that go round hold as much
    thread::scope(|scope| {
        let (full, received) = sync_channel::<Result<Option<Inbox>>>(1);
        let (empty, emptied) = channel();
        for inbox in [second, third] {
            let _ = empty.send(inbox); // the other end is still here
        }
        let receiver = move || receive_all(receive, seq, &full, &emptied);
        let Ok(receiver) = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, receiver) else {
            return (read(inbox, &mut |inbox| receive(inbox)), false);
        };
        let result = read(inbox, &mut |inbox| {
            let other = received.recv().map_err(|_| Error::Malformed("an answer without end"))?;
            let Some(mut other) = other? else { return Ok(false) };
            inbox.exchange(&mut other);
            let _ = empty.send(other); // fails when the receiver has ended, which needs none
            Ok(true)
        });
        // Where reading was stopped, the receiver ends because both channels are closed.
        drop((received, empty));
        (result, receiver.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked)))
    })
}

/// The inboxes that go round: one is read, one waits, one is filled.
///
/// # Errors
/// [`Error::NoMemory`], also where they would leave too little for the thread.
fn inboxes() -> Result<[Inbox; 3]> {
    let inboxes = [Inbox::for_lists()?, Inbox::for_lists()?, Inbox::for_lists()?];
    if memory::has_room(NEEDED) { Ok(inboxes) } else { Err(Error::NoMemory) }
}

/// Receives until the end of the answer, an error, or until nobody takes it; whether nothing is left to receive.
fn receive_all(
    receive: impl Fn(&mut Inbox) -> Result<bool>,
    seq: u32,
    full: &SyncSender<Result<Option<Inbox>>>,
    emptied: &Receiver<Inbox>,
) -> bool {
    let mut spare = None;
    loop {
        let Some(mut inbox) = spare.take().or_else(|| emptied.recv().ok()) else { return false };
        let (piece, over) = match receive(&mut inbox) {
            Ok(true) => {
                let over = inbox.holds_end(seq);
                (Ok(Some(inbox)), over)
            }
            Ok(false) => (Ok(None), true),
            Err(error) => {
                spare = Some(inbox);
                (Err(error), error != Error::Overrun)
            }
        };
        let taken = full.send(piece).is_ok();
        if over || !taken {
            return over;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::inbox::answer;
    use crate::wire::consts::{NLMSG_DONE, NLMSG_ERROR};
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::thread::ThreadId;

    const SEQ: u32 = 7;
    /// The type of a message that is part of an answer.
    const DATA: u16 = 0x100;

    /// One that receives what is given here, and says in which thread. More than that is never asked for.
    struct Script {
        pieces: Mutex<VecDeque<Result<Vec<u8>>>>,
        threads: Mutex<Vec<ThreadId>>,
    }

    impl Script {
        fn new(pieces: impl IntoIterator<Item = Result<Vec<u8>>>) -> Script {
            Script { pieces: Mutex::new(pieces.into_iter().collect()), threads: Mutex::default() }
        }

        fn receive(&self, inbox: &mut Inbox) -> Result<bool> {
            self.threads.lock().unwrap().push(thread::current().id());
            let piece = self.pieces.lock().unwrap().pop_front().expect("it receives behind the end");
            inbox.fill(&[(&piece?, 0)]);
            Ok(true)
        }

        /// Reads it all, or so many messages; what was read, the error that ended it, and whether nothing is left.
        fn read(&self, most: usize) -> (Vec<u16>, Option<Error>, bool) {
            let mut kinds = Vec::new();
            let mut inbox = Inbox::for_answers().unwrap();
            let (ended, over) = read(
                |inbox| self.receive(inbox),
                SEQ,
                &mut inbox,
                |inbox, more| {
                    while kinds.len() < most {
                        match inbox.next() {
                            None => drop(more(inbox)?),
                            Some(frame) => kinds.push(frame?.header.kind),
                        }
                        if kinds.last().is_some_and(|&kind| kind != DATA) {
                            break;
                        }
                    }
                    Ok(())
                },
            );
            (kinds, ended.err(), over)
        }
    }

    fn message(kind: u16) -> Vec<u8> {
        answer(kind, SEQ)
    }

    fn data(pieces: usize) -> impl Iterator<Item = Result<Vec<u8>>> {
        std::iter::repeat_with(|| Ok(message(DATA))).take(pieces)
    }

    #[test]
    fn everything_is_read_in_order_and_another_thread_receives() {
        let script = Script::new(data(100).chain([Ok(message(NLMSG_DONE))]));
        let (kinds, error, over) = script.read(usize::MAX);
        assert_eq!((kinds.len(), kinds.last(), error, over), (101, Some(&NLMSG_DONE), None, true));
        let threads = script.threads.into_inner().unwrap();
        assert!(threads.len() == 101 && !threads.contains(&thread::current().id()));
    }

    #[test]
    fn an_error_may_be_all_there_is() {
        let script = Script::new([Ok(message(NLMSG_ERROR))]);
        assert_eq!(script.read(usize::MAX), (vec![NLMSG_ERROR], None, true));
        let mut short = message(NLMSG_ERROR)[..16].to_vec(); // without its number
        short[..4].copy_from_slice(&16u32.to_ne_bytes());
        assert_eq!(Script::new([Ok(short)]).read(usize::MAX), (vec![NLMSG_ERROR], None, true));
    }

    const GONE: Error = Error::Os(libc::EBADF);

    #[test]
    fn what_cannot_be_received_ends_it() {
        let script = Script::new(data(3).chain([Err(GONE)]));
        assert_eq!(script.read(usize::MAX), (vec![DATA; 3], Some(GONE), true));
        let script = Script::new(data(3).chain([Err(GONE)]));
        let (kinds, error, over) = script.read(1);
        let left = script.pieces.into_inner().unwrap().len();
        assert_eq!((kinds, error, over), (vec![DATA], None, left == 0), "where reading stops before it, too");
    }

    #[test]
    fn an_overrun_is_reported_in_its_place_and_the_rest_received() {
        let lost = || std::iter::repeat_with(|| Err(Error::Overrun)).take(9);
        let pieces = data(2).chain(lost()).chain(data(3)).chain(lost()).chain([Ok(message(NLMSG_DONE))]);
        let script = Script::new(pieces);
        let (mut inbox, mut seen) = (Inbox::for_answers().unwrap(), Vec::new());
        let ((), over) = read(
            |inbox| script.receive(inbox),
            SEQ,
            &mut inbox,
            |inbox, more| {
                while seen.last() != Some(&NLMSG_DONE) {
                    match inbox.next() {
                        None => drop(more(inbox).inspect_err(|_| seen.push(NLMSG_ERROR))),
                        Some(frame) => seen.push(frame.unwrap().header.kind),
                    }
                }
            },
        );
        let lost = [NLMSG_ERROR; 9];
        let expected = [&[DATA; 2][..], &lost, &[DATA; 3], &lost, &[NLMSG_DONE]].concat();
        assert_eq!((seen, over), (expected, true));
    }

    #[test]
    fn reading_may_stop_anywhere() {
        for most in [0, 1, 5, 99] {
            let script = Script::new(data(100).chain([Ok(message(NLMSG_DONE))]));
            let (kinds, error, over) = script.read(most);
            let left = script.pieces.into_inner().unwrap().len();
            assert_eq!((kinds.len(), error, over), (most, None, left == 0), "{left} are left");
            assert!(101 - left <= most + 3, "{left} are left of {most}");
        }
    }

    #[test]
    fn an_end_that_the_reader_does_not_see_is_an_error() {
        let datagram = [message(NLMSG_DONE), message(DATA)].concat();
        let script = Script::new([Ok(datagram)]);
        let mut inbox = Inbox::for_answers().unwrap();
        let (ended, over) = read(
            |inbox| script.receive(inbox),
            SEQ,
            &mut inbox,
            |inbox, more| {
                more(inbox)?;
                more(inbox)
            },
        );
        assert!(matches!(ended, Err(Error::Malformed(_))) && over);
    }

    #[test]
    fn a_panic_of_the_reader_goes_on() {
        let script = Script::new(data(100));
        let mut inbox = Inbox::for_answers().unwrap();
        let panicked = panic::catch_unwind(panic::AssertUnwindSafe(|| {
            read(
                |inbox| script.receive(inbox),
                SEQ,
                &mut inbox,
                |inbox, more| {
                    more(inbox).unwrap();
                    panic!("at once");
                },
            )
        }));
        assert_eq!(panicked.map(|((), _)| ()).unwrap_err().downcast_ref(), Some(&"at once"));
    }
}
