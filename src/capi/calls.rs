// SPDX-License-Identifier: GPL-2.0-or-later
//! The receive loops that are running in this thread, the innermost one last.
//!
//! A callback may query, and close, the handle that called it. So a loop asks this list whether it is an inner one, and
//! whether its handle still exists. A program may also leave a loop without its return: by `longjmp`, by an exception,
//! by the end of the thread. No code cleans up then, and none needs to: the list is the thread's own, and the next loop
//! detects a loop that no longer stands on the stack.
//!
//! The list can be wrong where a thread has several stacks (coroutines, alternate stacks of signals). So the list does
//! not decide which memory may be used: the numbers of the open handles decide that, and they are kept elsewhere.

#![forbid(unsafe_code)]

use super::receive::receive_loop;
use crate::error::{Error, Result};
use crate::sys::lock::Lock;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How deep loops may stand one inside the other.
const MOST: usize = 16;

/// One running loop.
#[derive(Clone, Copy)]
struct Call {
    /// The handle's number.
    handle: usize,
    /// The sequence number of the answer that the loop waits for; 0 when it waits for anything.
    awaited: u32,
    /// Where it stands on the stack.
    place: usize,
}

/// The loops of one thread.
struct Calls {
    len: Cell<usize>,
    calls: [Cell<Call>; MOST],
}

thread_local! {
    static CALLS: Calls = const {
        Calls {
            len: Cell::new(0),
            calls: [const { Cell::new(Call { handle: 0, awaited: 0, place: 0 }) }; MOST],
        }
    };
}

impl Calls {
    fn running(&self) -> &[Cell<Call>] {
        self.calls.get(..self.len.get()).unwrap_or_default()
    }

    /// Forgets the loops that were left: those that stand where the stack is free or used by another function.
    fn forget_left(&self, place: usize) {
        let left = |call: &Cell<Call>| receive_loop().has_left(call.get().place, place);
        while self.running().last().is_some_and(left) {
            self.len.set(self.len.get() - 1);
        }
    }
}

/// The numbers of the handles that are open in this process.
static OPEN: Lock<Vec<usize>> = Lock::new(Vec::new());
/// How many handles have been closed so far.
static CLOSED: AtomicUsize = AtomicUsize::new(0);

/// The number of a new handle: no other handle of the process has it, or had it.
pub(super) fn opened() -> Result<usize> {
    static NUMBERS: AtomicUsize = AtomicUsize::new(1);
    OPEN.with(|open| {
        open.try_reserve(1).map_err(|_| Error::NoMemory)?;
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        open.push(number);
        Ok(number)
    })
}

/// Tells the running loops of a handle that it is gone.
pub(super) fn closed(handle: usize) {
    OPEN.with(|open| {
        open.retain(|&number| number != handle);
        if open.is_empty() {
            *open = Vec::new();
        }
    });
    CLOSED.fetch_add(1, Ordering::Release);
}

/// A running loop's entry in the list. It must be [`leave`](Running::leave)d when the loop returns.
pub(super) struct Running {
    at: usize,
    handle: usize,
    /// How many handles had been closed when this one was last known to be open.
    closed_before: Cell<usize>,
    /// The loop runs in a callback of another loop on the same handle.
    pub(super) is_inner: bool,
}

impl Running {
    /// Notes a loop on a handle. `place` is the stack pointer of the loop's own function.
    ///
    /// # Errors
    /// `ELOOP` when too many stand one inside the other.
    pub(super) fn enter(handle: usize, awaited: u32, place: usize) -> Result<Running> {
        CALLS.with(|calls| {
            calls.forget_left(place);
            let at = calls.len.get();
            let free = calls.calls.get(at).ok_or(Error::Os(libc::ELOOP))?;
            let is_inner = calls.running().iter().any(|call| call.get().handle == handle);
            free.set(Call { handle, awaited, place });
            calls.len.set(at + 1);
            Ok(Running { at, handle, closed_before: Cell::new(CLOSED.load(Ordering::Acquire)), is_inner })
        })
    }

    /// Whether a callback has closed the loop's handle.
    pub(super) fn is_closed(&self) -> bool {
        let closed = CLOSED.load(Ordering::Acquire);
        if closed == self.closed_before.get() {
            return false;
        }
        let is_open = OPEN.with(|open| open.contains(&self.handle));
        if is_open {
            self.closed_before.set(closed);
        }
        !is_open
    }

    /// The loop returns.
    pub(super) fn leave(&self) {
        CALLS.with(|calls| calls.len.set(self.at));
    }
}

/// Whether a loop of this thread, below `place` on the stack, waits for the answer with this number.
pub(super) fn awaits(handle: usize, seq: u32, place: usize) -> bool {
    CALLS.with(|calls| {
        calls.forget_left(place);
        calls.running().iter().map(Cell::get).any(|call| call.handle == handle && call.awaited == seq)
    })
}

/// Whether one more loop may run, of which the caller stands at `place` on the stack: a query asks before it sends.
///
/// # Errors
/// `ELOOP` when too many stand one inside the other.
pub(super) fn has_room(place: usize) -> Result<()> {
    CALLS.with(|calls| {
        calls.forget_left(place);
        if calls.len.get() < MOST { Ok(()) } else { Err(Error::Os(libc::ELOOP)) }
    })
}
