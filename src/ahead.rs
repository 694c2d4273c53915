// SPDX-License-Identifier: GPL-2.0-or-later
//! Receiving ahead: one thread receives a long answer while the caller's reads what has come of it.
//!
//! The kernel makes a list in the calls that receive it, so this thread is at work all the time, and what the
//! caller does with the list takes no time of its own where there is another processor.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::inbox::{Inbox, receive};
use crate::sys::Socket;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

/// Gets more of the answer into an inbox.
pub(crate) type More<'m> = dyn FnMut(&mut Inbox) -> Result<()> + 'm;

/// Lets `read` read the answer to request `seq`. Tells what it returned, and whether the end of the answer has been
/// received, read or not. Where no thread is to be had this one receives, and the end is not looked for.
pub(crate) fn read<T>(
    socket: &Socket,
    seq: u32,
    inbox: &mut Inbox,
    read: impl FnOnce(&mut Inbox, &mut More<'_>) -> T,
) -> (T, bool) {
    thread::scope(|scope| {
        let (full, received) = sync_channel::<Result<Inbox>>(1);
        let (empty, emptied) = channel();
        let receiver = move || receive_all(socket, seq, &full, &emptied);
        let Ok(receiver) = thread::Builder::new().spawn_scoped(scope, receiver) else {
            return (read(inbox, &mut |inbox| receive(socket, inbox)), false);
        };
        let result = read(inbox, &mut |inbox| {
            let other = received.recv().map_err(|_| Error::Malformed("an answer without end"))?;
            let mut other = other?;
            inbox.exchange(&mut other);
            let _ = empty.send(other); // nobody needs it at the end
            Ok(())
        });
        drop(received); // where reading was stopped, the receiver ends because nobody takes the rest
        (result, receiver.join().unwrap_or_else(|panicked| std::panic::resume_unwind(panicked)))
    })
}

/// Receives until the end of the answer, an error, or until nobody takes it; whether the end has come.
fn receive_all(
    socket: &Socket,
    seq: u32,
    full: &SyncSender<Result<Inbox>>,
    emptied: &Receiver<Inbox>,
) -> bool {
    loop {
        let mut inbox = emptied.try_recv().unwrap_or_else(|_| Inbox::for_lists());
        let received = receive(socket, &mut inbox);
        let over = received.is_ok() && inbox.holds_end(seq);
        let goes_on = received.is_ok() && !over;
        let taken = full.send(received.map(|()| inbox)).is_ok();
        if !goes_on || !taken {
            return over;
        }
    }
}
