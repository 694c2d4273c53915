// SPDX-License-Identifier: GPL-2.0-or-later
//! Reading answers: this module fills an inbox, takes messages from it and asks [`Answers`] for their meaning. It
//! decides nothing.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::exchange::answers::{Answers, Failure, Meaning, RUST};
use crate::exchange::inbox::Inbox;
use crate::sys::Socket;
use crate::wire::Frame;

/// Fills an inbox again; waits for a datagram only where the caller allows it.
pub(crate) type More<'m> = dyn FnMut(&mut Inbox, bool) -> std::result::Result<(), Failure> + 'm;

/// The result of one step of reading.
#[derive(Debug)]
pub(crate) enum Step<T> {
    /// A part of an answer, and the value that was read from it.
    Part(T),
    /// The request with this number has ended.
    Ended(u32, Result<()>),
    /// No more messages can be received, or none are left.
    Silence(Result<()>),
}

impl<T> Step<T> {
    /// The same with another value in place of the one that was read.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Step<U> {
        match self {
            Step::Part(part) => Step::Part(change(part)),
            Step::Ended(number, end) => Step::Ended(number, end),
            Step::Silence(end) => Step::Silence(end),
        }
    }
}

/// Reads until the next part of an answer that `read` can read, or an end. Losses are noted.
#[inline]
pub(crate) fn step<T>(
    answers: &mut Answers,
    inbox: &mut Inbox,
    more: &mut More<'_>,
    mut read: impl FnMut(u32, &Frame<'_>) -> Result<T>,
) -> Step<T> {
    loop {
        let frame = match inbox.next() {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => {
                answers.note_unreadable(error);
                continue;
            }
            None => match more(inbox, !answers.may_lack_end()) {
                Ok(()) | Err(Failure::Again) => continue,
                Err(Failure::Loss) => {
                    answers.note_loss(Error::Overrun);
                    continue;
                }
                Err(Failure::NothingLeft) => return Step::Silence(Ok(())),
                Err(Failure::End(error)) => return Step::Silence(Err(error)),
            },
        };
        match answers.message(&frame) {
            Meaning::Part(number) => match read(number, &frame) {
                Ok(part) => return Step::Part(part),
                Err(error) => answers.note(error),
            },
            Meaning::End(number, end) => return Step::Ended(number, end),
            Meaning::Nothing | Meaning::Event => {}
        }
    }
}

/// Receives as many datagrams as an inbox takes; an interrupted call is repeated.
pub(crate) fn receive(socket: &Socket, inbox: &mut Inbox, wait: bool) -> std::result::Result<(), Failure> {
    loop {
        match inbox.receive(socket, wait).map_err(|error| RUST.failure(error, wait)) {
            Err(Failure::Again) => {}
            received => return received,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::answers::Awaited;
    use crate::exchange::inbox::{RECEIVE_LEN, answer};
    use crate::sys::script::Arrival;

    #[test]
    fn nothing_is_waited_for_after_a_loss() {
        let data = answer(0x100, 7);
        let cut = [data.clone(), vec![0; RECEIVE_LEN]].concat();
        let unreadable = vec![9; 20];
        for (lossy, parts) in [(cut, 3), (unreadable, 2), (data.clone(), 3)] {
            let is_lossy = lossy != data;
            let script = [data.clone(), lossy, data.clone()].map(Arrival::Kernel);
            let socket = Socket::scripted(script).unwrap();
            let mut answers = Answers::new(RUST, Awaited::one(7));
            let (mut inbox, mut waits) = (Inbox::for_answers().unwrap(), Vec::new());
            let mut more = |inbox: &mut Inbox, wait| {
                waits.push(wait);
                receive(&socket, inbox, wait)
            };
            for _ in 0..parts {
                assert!(matches!(step(&mut answers, &mut inbox, &mut more, |_, _| Ok(())), Step::Part(())));
            }
            let last = step(&mut answers, &mut inbox, &mut more, |_, _| Ok(()));
            match last {
                Step::Silence(Ok(())) => assert!(is_lossy),
                Step::Silence(Err(Error::Os(libc::EAGAIN))) => assert!(!is_lossy, "it would wait"),
                other => panic!("{other:?}"),
            }
            assert_eq!(waits, [true, true, !is_lossy, !is_lossy]);
        }
    }
}
