// SPDX-License-Identifier: GPL-2.0-or-later
//! The receive loop of a handle: datagrams from the socket, messages to the registered functions.
//!
//! While C code runs, or the thread waits, no part of the handle is borrowed, and the functions here own nothing that
//! must be dropped: their data stands on the stack or in the handle. So a callback may register, query and even close
//! the handle that calls it, and it may be left by `longjmp`, by an exception or by the end of its thread. An inner
//! loop keeps datagrams that belong to an outer loop, and the outer loop reads them first.

use super::border::{Object, caught, checked, give_box, leavable_boundary, message, shared, take};
use super::calls::Running;
use super::handle::{Handle, message_type};
use super::layout::*;
use super::nfnl::{Call, Delivery, Filled, NO_ATTRS};
use crate::codec::{EventKind, expect_decode, flow_decode};
use crate::error::{Error, Result};
use crate::exchange::answers::{self, Answers, Awaited, Failure, Meaning, Place};
use crate::exchange::inbox::RECEIVE_LEN;
use crate::expect::Expectation;
use crate::flow::Flow;
use crate::sys::cancel::CancelType;
use crate::sys::socket::{Datagram, raw};
use crate::sys::{errno, memory, stack};
use crate::wire::consts::*;
use crate::wire::{Frame, Frames, Header};
use libc::{c_int, c_void, nlmsghdr};
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

const NFCT_CB_STOP: c_int = 0;
const NFCT_CB_CONTINUE: c_int = 1;
const NFCT_CB_STOLEN: c_int = 2;

/// An object that messages are about.
pub(super) trait Delivered: Object<Inner: Default> {
    const DELIVERY: Delivery;
    fn decode(object: &mut Self::Inner, frame: &Frame<'_>) -> Result<()>;
}

impl Delivered for nf_conntrack {
    const DELIVERY: Delivery =
        Delivery { id: NFNL_SUBSYS_CTNETLINK, slots: 8, attr_count: CTA_TIMESTAMP_EVENT, messages: [0, 2] };
    fn decode(object: &mut Flow, frame: &Frame<'_>) -> Result<()> {
        flow_decode::message(object, frame)
    }
}

impl Delivered for nf_expect {
    const DELIVERY: Delivery =
        Delivery { id: NFNL_SUBSYS_CTNETLINK_EXP, slots: 4, attr_count: CTA_EXPECT_FN, messages: [0, 2] };
    fn decode(object: &mut Expectation, frame: &Frame<'_>) -> Result<()> {
        expect_decode::message(object, frame)
    }
}

pub(super) type Callback<C> = Option<unsafe extern "C-unwind" fn(MessageType, *mut C, *mut c_void) -> c_int>;
pub(super) type Callback2<C> =
    Option<unsafe extern "C-unwind" fn(*const nlmsghdr, MessageType, *mut C, *mut c_void) -> c_int>;

/// What is registered for one kind of object. Both versions of the callback share mask and data.
pub(super) struct Registration<C: Delivered> {
    pub(super) mask: Cell<MessageType>,
    pub(super) data: Cell<*mut c_void>,
    pub(super) first: Cell<Callback<C>>,
    pub(super) second: Cell<Callback2<C>>,
    /// The object of the last message, for the next one; empty. NULL while a callback has it.
    spare: AtomicPtr<C>,
    /// Why a message could not be delivered.
    failed: Cell<Option<Error>>,
}

/// A message that a program waits for, decoded.
struct Prepared<C> {
    kind: MessageType,
    object: *mut C,
    data: *mut c_void,
    first: Callback<C>,
    second: Callback2<C>,
}

impl<C: Delivered> Registration<C> {
    pub(super) fn new() -> Registration<C> {
        Registration {
            mask: Cell::new(0),
            data: Cell::new(ptr::null_mut()),
            first: Cell::new(None),
            second: Cell::new(None),
            spare: AtomicPtr::new(ptr::null_mut()),
            failed: Cell::new(None),
        }
    }

    /// Puts an object, or NULL, in the place of the one that is kept, and takes that one.
    fn exchange(&self, object: *mut C) -> Option<Box<C::Inner>> {
        let former = self.spare.swap(object, Ordering::AcqRel);
        // SAFETY: `keep` put it there, and the swap made it this thread's alone.
        (!former.is_null()).then(|| unsafe { take(former) }.ok()).flatten()
    }

    /// An empty object.
    fn object(&self) -> Result<Box<C::Inner>> {
        self.exchange(ptr::null_mut()).map_or_else(|| memory::boxed(C::Inner::default()), Ok)
    }

    /// Decodes a message; nothing when no program waits for it or when it cannot be read.
    fn prepare(&self, frame: &Frame<'_>) -> Result<Option<Prepared<C>>> {
        let kind = EventKind::of(&frame.header).map_or(0, message_type);
        if self.mask.get() & kind == 0 {
            return Ok(None);
        }
        let mut object = self.object()?;
        if let Err(error) = C::decode(&mut object, frame) {
            self.failed.set(Some(error));
            return Ok(None);
        }
        Ok(Some(Prepared {
            kind,
            object: give_box(object),
            data: self.data.get(),
            first: self.first.get(),
            second: self.second.get(),
        }))
    }

    /// Keeps an object for the next message.
    fn keep(&self, mut object: Box<C::Inner>) {
        *object = C::Inner::default();
        drop(self.exchange(give_box(object)));
    }
}

impl<C: Delivered> Drop for Registration<C> {
    fn drop(&mut self) {
        drop(self.exchange(ptr::null_mut()));
    }
}

impl<C: Delivered> Prepared<C> {
    /// Calls the program.
    unsafe fn call(&self, nlh: *const nlmsghdr) -> c_int {
        match (self.first, self.second) {
            // SAFETY: C registered the function for these arguments.
            (Some(call), _) => unsafe { call(self.kind, self.object, self.data) },
            // SAFETY: as above.
            (None, Some(call)) => unsafe { call(nlh, self.kind, self.object, self.data) },
            (None, None) => NFCT_CB_STOP,
        }
    }
}

/// Gives a message to the program; the verdict. `is_closed` says whether the program has closed the handle, and the
/// registration with it.
unsafe fn deliver<C: Delivered>(
    registration: *const Registration<C>,
    nlh: *const nlmsghdr,
    cancel: CancelType,
    is_closed: impl Fn() -> bool,
) -> Result<c_int> {
    let prepared = caught(|| {
        // SAFETY: the caller passes on that the registration is that of a live handle.
        let registration = unsafe { &*checked(registration)? };
        // SAFETY: the caller passes on that the message is whole.
        registration.prepare(&unsafe { message(nlh) }?)
    })?;
    let Some(prepared) = prepared else {
        return Ok(NFCT_CB_CONTINUE);
    };
    // SAFETY: the object is the program's for the time of the call.
    let verdict = cancel.during(|| unsafe { prepared.call(nlh) });
    if verdict != NFCT_CB_STOLEN {
        let errno = errno::get(); // the callback's own, which the caller of a query sees
        caught(|| {
            // SAFETY: made above, and C has not kept it.
            let object = unsafe { take(prepared.object) }?;
            if !is_closed() {
                // SAFETY: as above; the handle is still there.
                unsafe { &*registration }.keep(object);
            }
            Ok(())
        })?;
        errno::set(errno);
    }
    Ok(verdict)
}

/// The function in the callback slots, for libnfnetlink: our own loop delivers by itself.
pub(super) unsafe extern "C-unwind" fn on_message<C: Delivered>(
    nlh: *mut nlmsghdr,
    _attrs: *mut *mut c_void,
    data: *mut c_void,
) -> c_int {
    leavable_boundary(|cancel| {
        // SAFETY: the slot's data is the registration inside a live handle, and the caller of a slot's function
        // gives a whole message. libnfnetlink uses the handle after the call, so the program may not close it.
        unsafe { deliver::<C>(data.cast(), nlh, cancel, || false) }
    })
}

/// Whose messages a loop waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The answer to the query with this number; events pass by and are delivered.
    Answer { seq: u32, is_dump: bool },
    /// Events, and what requests without a number brought.
    Anything,
}

impl Wanted {
    fn awaited(self) -> Awaited {
        match self {
            Wanted::Answer { seq, .. } => Awaited::one(seq),
            Wanted::Anything => Awaited::Anything,
        }
    }
}

/// A message's next step.
enum Step {
    /// The datagram has no more messages.
    Done,
    /// Nothing to do for it.
    Skip,
    /// It ends the loop with this value.
    End(c_int),
    /// It goes to a slot's function.
    Call { nlh: *mut nlmsghdr, call: Call, slot: Filled },
}

/// One receive loop.
struct Receiving<'h> {
    handle: &'h Handle,
    running: Running,
    wanted: Wanted,
    cancel: CancelType,
    answers: Answers,
}

/// Room for one datagram, on the stack of the loop.
type Inbox = MaybeUninit<[u8; RECEIVE_LEN]>;

/// Receives on a handle until the wanted answer is complete or a callback's verdict ends it.
///
/// A function of its own, not inlined: it is looked for on the stack.
#[inline(never)]
unsafe fn receive(cth: *mut nfct_handle, wanted: Wanted, cancel: CancelType) -> Result<c_int> {
    let place = stack::pointer();
    let mut inbox = Inbox::uninit();
    // SAFETY: C gives a live handle.
    let mut receiving = caught(|| Receiving::enter(unsafe { shared(cth) }?, wanted, cancel, place))?;
    let value = loop {
        match receiving.datagram(&mut inbox) {
            Ok(None) => {}
            Ok(Some(value)) => break Ok(value),
            Err(error) => break Err(error),
        }
    };
    receiving.leave();
    value
}

type Receive = unsafe fn(*mut nfct_handle, Wanted, CancelType) -> Result<c_int>;

/// As [`receive`], through a pointer that the compiler does not know: there is one copy of the function.
pub(super) unsafe fn run(cth: *mut nfct_handle, wanted: Wanted, cancel: CancelType) -> Result<c_int> {
    let function: Receive = std::hint::black_box(receive);
    // SAFETY: as for this function.
    unsafe { function(cth, wanted, cancel) }
}

/// The function that stands on the stack while a loop runs.
pub(super) fn receive_loop() -> stack::Function {
    // SAFETY: the pointer is a function's.
    unsafe { stack::Function::at(receive as Receive as *const ()) }
}

impl<'h> Receiving<'h> {
    fn enter(handle: &'h Handle, wanted: Wanted, cancel: CancelType, place: usize) -> Result<Receiving<'h>> {
        let awaited = if let Wanted::Answer { seq, .. } = wanted { seq } else { 0 };
        let running = Running::enter(handle.number, awaited, place)?;
        if !running.is_inner {
            handle.drop_left_answers();
        }
        if let Wanted::Answer { seq, is_dump: true } = wanted {
            handle.dump_begins(seq);
        }
        let answers = Answers::new(answers::C, wanted.awaited());
        Ok(Receiving { handle, running, wanted, cancel, answers })
    }

    /// The loop's end.
    fn leave(&self) {
        self.running.leave();
        match self.wanted {
            Wanted::Answer { seq, is_dump: true } if !self.running.is_closed() => {
                if self.answers.has_ended() {
                    self.handle.dump_has_ended(seq)
                } else {
                    self.handle.dump_is_left(seq)
                }
            }
            _ => {}
        }
    }

    /// Receives one datagram and acts on its messages; a value when the loop has ended.
    fn datagram(&mut self, inbox: &mut Inbox) -> Result<Option<c_int>> {
        let datagram = self.fetch(inbox)?;
        self.answers.note_datagram(datagram.len, datagram.truncated);
        // SAFETY: `fetch` has filled it.
        if let Some(value) = self.messages(unsafe { received(inbox, datagram) })? {
            return Ok(Some(value));
        }
        self.answers.report().map(|()| None)
    }

    /// The next datagram for the loop: one that was set aside, or one from the socket.
    fn fetch(&mut self, inbox: &mut Inbox) -> Result<Datagram> {
        loop {
            if let Some(len) = caught(|| Ok(self.take_set_aside(inbox)))? {
                return Ok(Datagram { len, ..Datagram::default() });
            }
            let datagram = match receive_one(self.handle, inbox, true, self.cancel) {
                Ok(datagram) => datagram,
                Err(Failure::End(error)) => return Err(error),
                Err(_) => continue,
            };
            // SAFETY: the kernel has filled it.
            if caught(|| self.judge(datagram, unsafe { received(inbox, datagram) }))? {
                return Ok(datagram);
            }
        }
    }

    /// Whether the loop reads a datagram; what is another loop's is set aside.
    fn judge(&self, datagram: Datagram, bytes: &[u8]) -> Result<bool> {
        if !answers::C.admits(datagram.sender)? {
            return Ok(false);
        }
        match self.place(bytes)? {
            Place::Read => Ok(true),
            Place::SetAside => self.handle.set_aside(bytes).map(|()| false),
            Place::Drop => Ok(false),
        }
    }

    /// What the loop does with a datagram, judged by the sequence number of its first message.
    fn place(&self, datagram: &[u8]) -> Result<Place> {
        let seq = Header::read(datagram).map_or(0, |header| header.seq);
        answers::place(self.wanted.awaited(), seq, self.running.is_inner, |seq| self.handle.origin(seq))
    }

    /// Copies the first datagram that was set aside for this loop into the inbox.
    fn take_set_aside(&self, inbox: &mut Inbox) -> Option<usize> {
        let found = self.handle.take_set_aside(|bytes| self.place(bytes) == Ok(Place::Read))?;
        let len = found.len().min(RECEIVE_LEN);
        // SAFETY: both blocks have that length, and they are different ones.
        unsafe { ptr::copy_nonoverlapping(found.as_ptr(), inbox.as_mut_ptr().cast(), len) };
        Some(len)
    }

    /// Acts on the messages of one datagram; a value when the loop has ended.
    fn messages(&mut self, datagram: &[u8]) -> Result<Option<c_int>> {
        let mut frames = Frames::new(datagram);
        loop {
            match caught(|| self.step(&mut frames))? {
                Step::Done => return Ok(None),
                Step::Skip => {}
                Step::End(value) => return Ok(Some(value)),
                Step::Call { nlh, call, slot } => {
                    // SAFETY: the message is whole, and the slot is one of a live handle.
                    let verdict = unsafe { self.call(nlh, call, slot) }?;
                    if verdict <= NFCT_CB_STOP || self.running.is_closed() {
                        return Ok(Some(verdict.min(NFCT_CB_STOP)));
                    }
                    self.note_failures();
                }
            }
        }
    }

    /// Decides about the next message.
    fn step(&mut self, frames: &mut Frames<'_>) -> Result<Step> {
        let frame = match frames.next() {
            None => return Ok(Step::Done),
            Some(Ok(frame)) => frame,
            Some(Err(error)) => {
                self.answers.note_unreadable(error);
                return Ok(Step::Done);
            }
        };
        match self.answers.message(&frame) {
            Meaning::Nothing => return Ok(Step::Skip),
            Meaning::Part(_) | Meaning::Event => {}
            Meaning::End(_, end) => {
                self.answers.result(end)?;
                errno::set(0); // as C callers know it
                return Ok(Step::End(0));
            }
        }
        let slot = self.handle.netfilter().slot(&frame)?;
        Ok(match slot.call {
            Some(call) => Step::Call { nlh: frame.bytes.as_ptr().cast::<nlmsghdr>().cast_mut(), call, slot },
            None => Step::Skip,
        })
    }

    /// Gives a message to a slot's function; the verdict.
    unsafe fn call(&self, nlh: *mut nlmsghdr, call: Call, slot: Filled) -> Result<c_int> {
        let is_closed = || self.running.is_closed();
        if ptr::fn_addr_eq(call, on_message::<nf_conntrack> as Call) {
            // SAFETY: as for this function: the data of our slots is the handle's registration.
            unsafe { deliver::<nf_conntrack>(slot.data.cast(), nlh, self.cancel, is_closed) }
        } else if ptr::fn_addr_eq(call, on_message::<nf_expect> as Call) {
            // SAFETY: as above.
            unsafe { deliver::<nf_expect>(slot.data.cast(), nlh, self.cancel, is_closed) }
        } else {
            // SAFETY: as for this function.
            unsafe { call_foreign(nlh, call, slot, self.cancel) }
        }
    }

    /// Notes messages that could not be decoded.
    fn note_failures(&mut self) {
        [self.handle.conntrack.failed.take(), self.handle.expect.failed.take()]
            .into_iter()
            .flatten()
            .for_each(|error| self.answers.note(error));
    }
}

/// Gives a message to a function that a program has put into a slot, with the table of its attributes.
#[inline(never)] // the table is large, and rarely used
unsafe fn call_foreign(nlh: *mut nlmsghdr, call: Call, slot: Filled, cancel: CancelType) -> Result<c_int> {
    let mut table = NO_ATTRS;
    // SAFETY: as for this function: the message is whole.
    caught(|| slot.table(&unsafe { message(nlh) }?, &mut table))?;
    // SAFETY: the function was registered for these arguments: a whole message, a table of as many attributes as its
    // slot says, and the slot's data.
    Ok(cancel.during(|| unsafe { call(nlh, table.as_mut_ptr(), slot.data) }))
}

/// Receives one datagram.
fn receive_one(
    handle: &Handle,
    inbox: &mut Inbox,
    wait: bool,
    cancel: CancelType,
) -> std::result::Result<Datagram, Failure> {
    let (fd, bytes) = (handle.netfilter().fd(), inbox.as_mut_ptr().cast::<u8>());
    // SAFETY: the inbox has this length.
    let received = cancel.during(|| unsafe { raw::receive_at(fd, bytes, RECEIVE_LEN, wait) });
    received.map_err(|error| answers::C.failure(error, wait))
}

/// The bytes of a datagram in an inbox.
///
/// # Safety
/// As many have been written there as it is long.
unsafe fn received(inbox: &Inbox, datagram: Datagram) -> &[u8] {
    // SAFETY: as for this function.
    unsafe { std::slice::from_raw_parts(inbox.as_ptr().cast::<u8>(), datagram.len) }
}

/// Reads away what the kernel still sends of an abandoned dump: it refuses a second dump while one runs. Never
/// waits: a running dump always has something to read. What is not the dump's is set aside.
#[inline(never)] // its buffer stands on the stack while it runs, not while its caller waits
pub(super) fn read_away(handle: &Handle, seq: u32, cancel: CancelType) -> Result<()> {
    let mut inbox = Inbox::uninit();
    loop {
        let datagram = match receive_one(handle, &mut inbox, false, cancel) {
            Ok(datagram) => datagram,
            Err(Failure::NothingLeft) => return Ok(()),
            Err(Failure::End(error)) => return Err(error),
            Err(_) => continue,
        };
        // SAFETY: the kernel has filled it.
        if caught(|| ends_dump(handle, seq, datagram, unsafe { received(&inbox, datagram) }))? {
            return Ok(());
        }
    }
}

/// Whether a datagram ends the dump with this number. Sets aside what is not the dump's.
fn ends_dump(handle: &Handle, seq: u32, datagram: Datagram, bytes: &[u8]) -> Result<bool> {
    if answers::C.admits(datagram.sender) != Ok(true) {
        return Ok(false);
    }
    let dump = Awaited::one(seq);
    let first = Header::read(bytes).map_or(0, |header| header.seq);
    match answers::place(dump, first, true, |seq| handle.origin(seq))? {
        Place::Read => {
            let datagrams = std::iter::once((bytes, datagram.truncated));
            Ok(answers::glance(answers::C, dump, datagrams).ends)
        }
        Place::SetAside | Place::Drop => handle.set_aside(bytes).map(|()| false),
    }
}
