// SPDX-License-Identifier: GPL-2.0-or-later
//! Handles: opening, callbacks, queries, the receive loop.
//!
//! Every query has a sequence number of its own, so that an event, or what an abandoned query left behind, is
//! never taken for an answer. While C code runs, no part of the handle is borrowed for writing: a callback may
//! register, query and even close the handle that calls it. An inner loop sets aside what belongs to an outer
//! one, which then finds it first.

use super::border::{Object, array, boundary, checked, give_box, message, shared, take};
use super::layout::*;
use super::nfnl::{Delivery, Netfilter, nfnl_handle};
use crate::codec::{EventKind, expect_decode, flow_decode};
use crate::error::{Error, Result};
use crate::expect::Expectation;
use crate::flow::Flow;
use crate::handle::{Outcome, RECEIVE_LEN};
use crate::request::{self, Query, Subject};
use crate::sys::socket::{Socket, raw};
use crate::sys::{errno, memory};
use crate::wire::consts::*;
use crate::wire::{Frame, Frames, Header};
use libc::{c_int, c_uint, c_void, nlmsghdr};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::os::fd::IntoRawFd;
use std::ptr::{self, NonNull};

const NFCT_T_NEW: MessageType = 1;
const NFCT_T_UPDATE: MessageType = 2;
const NFCT_T_DESTROY: MessageType = 4;
const NFCT_CB_STOP: c_int = 0;
const NFCT_CB_CONTINUE: c_int = 1;
const NFCT_CB_STOLEN: c_int = 2;

/// The number of an event's kind in C.
pub(super) const fn message_type(kind: EventKind) -> MessageType {
    match kind {
        EventKind::New => NFCT_T_NEW,
        EventKind::Update => NFCT_T_UPDATE,
        EventKind::Destroy => NFCT_T_DESTROY,
    }
}

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

type Callback<C> = Option<unsafe extern "C" fn(MessageType, *mut C, *mut c_void) -> c_int>;
type Callback2<C> = Option<unsafe extern "C" fn(*const nlmsghdr, MessageType, *mut C, *mut c_void) -> c_int>;

/// What is registered for one kind of object. Both versions of the callback share mask and data.
struct Registration<C: Delivered> {
    mask: Cell<MessageType>,
    data: Cell<*mut c_void>,
    first: Cell<Callback<C>>,
    second: Cell<Callback2<C>>,
    /// The object of the last message, for the next one.
    spare: Cell<Option<Box<C::Inner>>>,
    /// Why a message could not be delivered.
    failed: Cell<Option<Error>>,
}

impl<C: Delivered> Registration<C> {
    fn new() -> Registration<C> {
        Registration {
            mask: Cell::new(0),
            data: Cell::new(ptr::null_mut()),
            first: Cell::new(None),
            second: Cell::new(None),
            spare: Cell::new(None),
            failed: Cell::new(None),
        }
    }

    /// Decodes a message that somebody waits for and calls them; the verdict.
    fn deliver(&self, nlh: *const nlmsghdr, frame: &Frame<'_>) -> Result<c_int> {
        let kind = EventKind::of(&frame.header).map_or(0, message_type);
        if self.mask.get() & kind == 0 {
            return Ok(NFCT_CB_CONTINUE);
        }
        let mut object = self.spare.take().map_or_else(|| memory::boxed(C::Inner::default()), Ok)?;
        if let Err(error) = C::decode(&mut object, frame) {
            self.failed.set(Some(error));
            return Ok(NFCT_CB_CONTINUE);
        }
        let object: *mut C = give_box(object);
        let data = self.data.get();
        let verdict = match (self.first.get(), self.second.get()) {
            // SAFETY: C registered the function for these arguments.
            (Some(call), _) => unsafe { call(kind, object, data) },
            // SAFETY: likewise.
            (None, Some(call)) => unsafe { call(nlh, kind, object, data) },
            (None, None) => NFCT_CB_STOP,
        };
        if verdict != NFCT_CB_STOLEN {
            let errno = errno::get(); // the callback's own, which the caller of a query sees
            // SAFETY: made above, and C has not kept it.
            let mut object = unsafe { take(object) }?;
            *object = C::Inner::default();
            self.spare.set(Some(object));
            errno::set(errno);
        }
        Ok(verdict)
    }
}

/// The function in the callback slots.
unsafe extern "C" fn on_message<C: Delivered>(
    nlh: *mut nlmsghdr,
    _attrs: *mut *mut c_void,
    data: *mut c_void,
) -> c_int {
    boundary(|| {
        let registration = checked(data.cast::<Registration<C>>())?;
        // SAFETY: the slot's data is the registration inside a live handle.
        let registration = unsafe { &*registration };
        // SAFETY: whoever calls a slot's function gives a whole message.
        let frame = unsafe { message(nlh) }?;
        registration.deliver(nlh, &frame)
    })
}

/// Whose messages a loop waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// The answer to the query with this number; events pass by and are delivered.
    Answer(u32),
    /// Events, and what requests without a number brought.
    Anything,
}

/// What becomes of a datagram.
enum Fate {
    Deliver,
    SetAside,
    Drop,
}

/// How far a loop has come.
#[derive(Default)]
struct Progress {
    /// The kernel has said that the request is over.
    over: bool,
    outcome: Outcome,
}

impl Progress {
    fn note(&mut self, error: Error) {
        self.outcome.note(error);
    }

    /// The end of a request that the kernel ends with `errno`.
    fn end(&mut self, errno: i32) -> Result<c_int> {
        self.over = true;
        std::mem::take(&mut self.outcome).finish(errno)?;
        errno::set(0); // as C callers know it
        Ok(0)
    }
}

/// What stands behind `struct nfct_handle`.
pub struct Handle {
    netfilter: NonNull<Netfilter>,
    conntrack: Registration<nf_conntrack>,
    expect: Registration<nf_expect>,
    /// The first sequence number that this handle's queries may have used, less one.
    seq_before: u32,
    /// The sequence number of the latest query.
    asked: Cell<u32>,
    /// The number of a dump that nobody reads any more but the kernel may still send.
    unread_dump: Cell<Option<u32>>,
    /// Datagrams that an inner loop has read for an outer one.
    set_aside: RefCell<VecDeque<Box<[u8]>>>,
    inbox: Cell<Option<Box<[u8]>>>,
    outbox: Cell<Option<Box<[u8]>>>,
    /// How many loops run, one inside the other.
    loops: Cell<u32>,
    /// Closed while a loop runs; the outermost one releases it.
    closing: Cell<bool>,
}

/// A handle's buffer, taken for the time of one call; a second call meanwhile gets one of its own.
struct Buffer<'h> {
    home: &'h Cell<Option<Box<[u8]>>>,
    bytes: Box<[u8]>,
}

impl<'h> Buffer<'h> {
    fn take(home: &'h Cell<Option<Box<[u8]>>>, len: usize) -> Result<Buffer<'h>> {
        let bytes = home.take().map_or_else(|| memory::filled(0, len).map(Vec::into_boxed_slice), Ok)?;
        Ok(Buffer { home, bytes })
    }
}

impl Drop for Buffer<'_> {
    fn drop(&mut self) {
        self.home.set(Some(std::mem::take(&mut self.bytes)));
    }
}

impl Handle {
    fn new(netfilter: NonNull<Netfilter>) -> Result<Box<Handle>> {
        let mut handle = memory::boxed(Handle {
            netfilter,
            conntrack: Registration::new(),
            expect: Registration::new(),
            seq_before: 0,
            asked: Cell::new(0),
            unread_dump: Cell::new(None),
            set_aside: RefCell::default(),
            inbox: Cell::new(None),
            outbox: Cell::new(None),
            loops: Cell::new(0),
            closing: Cell::new(false),
        })?;
        handle.seq_before = handle.netfilter().seq();
        handle.asked.set(handle.seq_before);
        Ok(handle)
    }

    fn netfilter(&self) -> &Netfilter {
        // SAFETY: the block lives as long as the handle; its members are cells.
        unsafe { self.netfilter.as_ref() }
    }

    /// Opens what the subsystem argument of nfct_open() means; all or nothing.
    fn open_subsystems(&self, subsys: u8, groups: u32) -> Result<()> {
        let (conntrack, expect) = (&nf_conntrack::DELIVERY, &nf_expect::DELIVERY);
        let all = [conntrack, expect];
        let wanted = all.into_iter().filter(|delivery| subsys == 0 || subsys == delivery.id);
        for delivery in wanted.clone() {
            if let Err(error) = self.netfilter().open(delivery, groups) {
                wanted.take_while(|opened| opened.id != delivery.id).for_each(|opened| {
                    self.netfilter().close(opened.id);
                });
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whether a sequence number is one of this handle's queries'.
    fn is_own(&self, seq: u32) -> bool {
        let age = seq.wrapping_sub(self.seq_before);
        age != 0 && age <= self.asked.get().wrapping_sub(self.seq_before)
    }

    /// What a loop does with a datagram, judged by the sequence number of its first message.
    fn fate(&self, wanted: Wanted, datagram: &[u8]) -> Result<Fate> {
        let seq = Header::read(datagram).map_or(0, |header| header.seq);
        let not_mine = if self.loops.get() > 1 { Fate::SetAside } else { Fate::Drop };
        Ok(match wanted {
            Wanted::Answer(mine) if seq == mine => Fate::Deliver,
            Wanted::Answer(_) if seq == 0 && self.loops.get() <= 1 => Fate::Deliver,
            Wanted::Answer(_) => not_mine,
            Wanted::Anything if seq == 0 => Fate::Deliver,
            Wanted::Anything if self.is_own(seq) => not_mine,
            Wanted::Anything if seq == self.netfilter().seq() => Fate::Deliver,
            Wanted::Anything if self.netfilter().checks_sequence() => return Err(Error::Os(libc::EILSEQ)),
            Wanted::Anything => Fate::Deliver,
        })
    }

    /// The next datagram for a loop: one that was set aside, or one from the socket.
    fn fetch(&self, wanted: Wanted, inbox: &mut [u8], progress: &mut Progress) -> Result<usize> {
        loop {
            if let Some(found) = self.take_set_aside(wanted) {
                inbox.iter_mut().zip(found.iter()).for_each(|(to, from)| *to = *from);
                return Ok(found.len());
            }
            let datagram = match raw::receive(self.netfilter().fd(), inbox, true) {
                Err(Error::Os(libc::EINTR)) => continue,
                other => other?,
            };
            if datagram.sender != 0 {
                return Err(Error::ForeignSender);
            }
            let bytes = inbox.get(..datagram.len).unwrap_or_default();
            match self.fate(wanted, bytes)? {
                Fate::Deliver => {
                    if datagram.truncated {
                        progress.note(Error::Truncated);
                    }
                    return Ok(datagram.len);
                }
                Fate::SetAside => self.keep_for_later(bytes)?,
                Fate::Drop => {}
            }
        }
    }

    fn keep_for_later(&self, datagram: &[u8]) -> Result<()> {
        let copy = memory::copied(datagram)?.into_boxed_slice();
        let mut set_aside = self.set_aside.borrow_mut();
        set_aside.try_reserve(1).map_err(|_| Error::NoMemory)?;
        set_aside.push_back(copy);
        Ok(())
    }

    fn take_set_aside(&self, wanted: Wanted) -> Option<Box<[u8]>> {
        let mut set_aside = self.set_aside.borrow_mut();
        let at = set_aside.iter().position(|bytes| matches!(self.fate(wanted, bytes), Ok(Fate::Deliver)))?;
        set_aside.remove(at)
    }

    /// Receives until the wanted answer is complete or a callback's verdict ends it.
    fn receive(&self, wanted: Wanted, progress: &mut Progress) -> Result<c_int> {
        let mut inbox = Buffer::take(&self.inbox, RECEIVE_LEN)?;
        loop {
            let len = self.fetch(wanted, &mut inbox.bytes, progress)?;
            let datagram = inbox.bytes.get(..len).unwrap_or_default();
            if let Some(verdict) = self.deliver(wanted, datagram, progress)? {
                return Ok(verdict);
            }
            match progress.outcome.error.take() {
                Some(error) if wanted == Wanted::Anything => return Err(error),
                error => progress.outcome.error = error,
            }
        }
    }

    /// Acts on the messages of one datagram; a verdict when the loop is over.
    fn deliver(&self, wanted: Wanted, datagram: &[u8], progress: &mut Progress) -> Result<Option<c_int>> {
        if datagram.is_empty() {
            progress.note(Error::Os(libc::EBADMSG));
        }
        for frame in Frames::new(datagram) {
            let Ok(frame) = frame else {
                progress.note(Error::Os(libc::EBADMSG));
                break;
            };
            let header = &frame.header;
            let mine = !matches!(wanted, Wanted::Answer(seq) if seq != header.seq);
            let is_end =
                header.kind == NLMSG_ERROR || header.kind == NLMSG_DONE && header.flags & NLM_F_MULTI != 0;
            if !mine && (is_end || header.seq != 0) {
                continue; // of a request that was sent without waiting for its answer, or abandoned
            }
            if is_end {
                return end_errno(&frame).and_then(|errno| progress.end(errno)).map(Some);
            }
            progress.outcome.interrupted |= mine && header.flags & NLM_F_DUMP_INTR != 0;
            let verdict =
                self.netfilter().dispatch(&frame, &[on_message::<nf_conntrack>, on_message::<nf_expect>])?;
            [self.conntrack.failed.take(), self.expect.failed.take()]
                .into_iter()
                .flatten()
                .for_each(|error| progress.note(error));
            if verdict <= NFCT_CB_STOP || self.closing.get() {
                return Ok(Some(verdict.min(NFCT_CB_STOP)));
            }
        }
        Ok(None)
    }

    /// Reads away what the kernel still sends of an abandoned dump: it refuses a second dump while one runs.
    /// Never waits: a running dump always has something to read. What is not the dump's is set aside.
    fn settle(&self) -> Result<()> {
        if let Some(seq) = self.unread_dump.get() {
            self.read_away(seq)?;
            self.unread_dump.set(None);
        }
        Ok(())
    }

    fn read_away(&self, seq: u32) -> Result<()> {
        let mut inbox = Buffer::take(&self.inbox, RECEIVE_LEN)?;
        loop {
            let datagram = match raw::receive(self.netfilter().fd(), &mut inbox.bytes, false) {
                Err(Error::Os(libc::EAGAIN)) => return Ok(()),
                Err(Error::Os(libc::EINTR)) => continue,
                other => other?,
            };
            let bytes = inbox.bytes.get(..datagram.len).unwrap_or_default();
            let is_dumps = |header: &Header| header.seq == seq;
            match Header::read(bytes) {
                Some(header) if is_dumps(&header) => {}
                _ if datagram.sender != 0 => {}
                _ => self.keep_for_later(bytes)?,
            }
            let ends = |frame: Frame<'_>| is_dumps(&frame.header) && frame.header.kind < NLMSG_MIN_TYPE;
            if Frames::new(bytes).flatten().any(ends) {
                return Ok(());
            }
        }
    }

    /// Builds a request and sends it; the bytes sent.
    fn send(&self, build: impl FnOnce(&mut [u8]) -> Result<usize>) -> Result<usize> {
        let mut outbox = Buffer::take(&self.outbox, request::MAX_LEN)?;
        let len = build(&mut outbox.bytes)?;
        self.settle()?;
        raw::send(self.netfilter().fd(), outbox.bytes.get(..len).unwrap_or_default())
    }

    /// Sends a query and receives its answer.
    fn query(&self, query: Query, subject: Subject<'_>) -> Result<c_int> {
        let seq = self.netfilter().next_seq();
        self.asked.set(seq);
        self.send(|buf| build(buf, query, subject, seq))?;
        let mut progress = Progress::default();
        let answer = self.receive(Wanted::Answer(seq), &mut progress);
        if query.is_dump() && !progress.over {
            self.unread_dump.set(Some(seq));
        }
        answer
    }
}

/// The errno that a control message carries.
fn end_errno(frame: &Frame<'_>) -> Result<i32> {
    let number = frame.payload.first_chunk().ok_or(Error::Os(libc::EBADMSG))?;
    Ok(i32::from_ne_bytes(*number).wrapping_neg())
}

/// Builds a query's message. An object that cannot be sent whole is an error, and nothing of it is sent.
pub(super) fn build(buf: &mut [u8], query: Query, subject: Subject<'_>, seq: u32) -> Result<usize> {
    request::build(buf, query, subject, seq).map_err(|error| match error {
        Error::Unsupported(_) if query.wants_object() && is_known(query, subject) => {
            Error::Invalid("the object cannot be sent whole")
        }
        Error::NoSpace => Error::Os(libc::EMSGSIZE),
        other => other,
    })
}

fn is_known(query: Query, subject: Subject<'_>) -> bool {
    !matches!(subject, Subject::Expectation(_)) || query.for_expectations()
}

fn query_of(number: QueryNumber) -> Result<Query> {
    Query::from_number(number).ok_or(Error::Unsupported("query number"))
}

/// What a query on the flow table is about; the caller passes on that C's pointer fits the query.
pub(super) unsafe fn flow_subject<'a>(
    number: QueryNumber,
    data: *const c_void,
) -> Result<(Query, Subject<'a>)> {
    let query = query_of(number)?;
    let subject = match (query.wants_object(), query.wants_filter()) {
        // SAFETY: as for this function.
        (true, _) => Subject::Flow(unsafe { shared(data.cast::<nf_conntrack>()) }?),
        // SAFETY: as for this function.
        (_, true) => Subject::Filter(unsafe { shared(data.cast::<nfct_filter_dump>()) }?),
        // Of the 32-bit family the low byte counts, and no more is read: some callers have just that.
        // SAFETY: as for this function.
        _ => Subject::FlowFamily(unsafe { array::<1>(low_byte(data)) }?[0]),
    };
    Ok((query, subject))
}

fn low_byte(family: *const c_void) -> *const c_void {
    let at = if cfg!(target_endian = "big") && !family.is_null() { 3 } else { 0 };
    family.cast::<u8>().wrapping_add(at).cast()
}

/// What a query on the expectation table is about; the caller passes on that C's pointer fits the query.
pub(super) unsafe fn expect_subject<'a>(
    number: QueryNumber,
    data: *const c_void,
) -> Result<(Query, Subject<'a>)> {
    let query = query_of(number)?;
    if !query.for_expectations() {
        return Err(Error::Unsupported("query on expectations"));
    }
    let subject = match query.wants_object() {
        // SAFETY: as for this function.
        true => Subject::Expectation(unsafe { shared(data.cast::<nf_expect>()) }?),
        // SAFETY: as for this function: an 8-bit family.
        false => Subject::ExpectationFamily(unsafe { array::<1>(data) }?[0]),
    };
    Ok((query, subject))
}

/// A loop on a handle: the outermost one releases a handle that was closed meanwhile.
struct Loop {
    cth: *mut nfct_handle,
}

impl Loop {
    unsafe fn enter(cth: *mut nfct_handle) -> Result<Loop> {
        // SAFETY: as for this function: C gives a live handle.
        let handle = unsafe { shared(cth) }?;
        handle.loops.set(handle.loops.get() + 1);
        Ok(Loop { cth })
    }

    fn handle(&self) -> Result<&Handle> {
        // SAFETY: live since `enter`; a close in between is put off until the last loop has gone.
        unsafe { shared(self.cth) }
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let Ok(handle) = self.handle() else { return };
        handle.loops.set(handle.loops.get() - 1);
        if handle.loops.get() == 0 && handle.closing.get() {
            // SAFETY: C has closed the handle and no loop uses it any more.
            let _ = unsafe { close(self.cth) };
        }
    }
}

unsafe fn close(cth: *mut nfct_handle) -> Result<c_int> {
    // SAFETY: as for this function: C gives a live handle.
    let handle = unsafe { shared(cth) }?;
    if handle.loops.get() > 0 {
        handle.closing.set(true);
        return Ok(0);
    }
    let netfilter = handle.netfilter;
    // SAFETY: C gives the handle up, and no loop uses it.
    drop(unsafe { take(cth) }?);
    // SAFETY: the block was the handle's alone.
    unsafe { Netfilter::destroy(netfilter) }.map(|()| 0)
}

/// Opens a connection to the kernel.
///
/// `subsys_id` is CONNTRACK, EXPECT, or 0 for both; `subscriptions` are the groups of events to listen to
/// (NFCT_ALL_CT_GROUPS, NF_NETLINK_CONNTRACK_*). The socket is closed on exec.
///
/// Returns the handle, to be released with nfct_close(), or NULL with errno set, EPERM for events without
/// privilege.
#[unsafe(no_mangle)]
pub extern "C" fn nfct_open(subsys_id: u8, subscriptions: c_uint) -> *mut nfct_handle {
    boundary(|| {
        let socket = Socket::open(0)?;
        let port_id = socket.port_id();
        let fd = socket.into_fd().into_raw_fd();
        let netfilter = Netfilter::make(fd, port_id).or_else(|error| raw::close(fd).and(Err(error)))?;
        let opened = Handle::new(netfilter).and_then(|handle| {
            handle.open_subsystems(subsys_id, subscriptions)?;
            Ok(give_box(handle))
        });
        if opened.is_err() {
            // SAFETY: made above and used by nobody else.
            let _ = unsafe { Netfilter::destroy(netfilter) };
        }
        opened
    })
}

/// Opens conntrack on a handle that libnfnetlink made; nfct_close() releases that one too.
///
/// Returns the handle, or NULL with errno set, EBUSY when the subsystem is in use on it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_open_nfnl(
    nfnlh: *mut nfnl_handle,
    subsys_id: u8,
    subscriptions: c_uint,
) -> *mut nfct_handle {
    boundary(|| {
        // SAFETY: C gives a live handle of libnfnetlink.
        let handle = Handle::new(unsafe { Netfilter::adopt(nfnlh) }?)?;
        handle.open_subsystems(subsys_id, subscriptions)?;
        handle.netfilter().at_least_receive();
        Ok(give_box(handle))
    })
}

/// Closes a handle and its socket. Returns 0, or -1 with errno of close(2); the handle is gone in any case.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_close(cth: *mut nfct_handle) -> c_int {
    boundary(|| {
        // SAFETY: C gives a handle up.
        unsafe { close(cth) }
    })
}

/// Returns the descriptor of a handle's socket, for poll(2) and the like.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_fd(cth: *mut nfct_handle) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live handle.
        unsafe { shared(cth) }.map(|handle| handle.netfilter().fd())
    })
}

/// Returns the handle that the functions of libnfnetlink take; it belongs to the conntrack handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_nfnlh(cth: *mut nfct_handle) -> *const nfnl_handle {
    boundary(|| {
        // SAFETY: C gives a live handle.
        unsafe { shared(cth) }.map(|handle| handle.netfilter.as_ptr().cast_const().cast())
    })
}

fn register<C: Delivered>(
    handle: &Handle,
    registration: &Registration<C>,
    mask: MessageType,
    data: *mut c_void,
) -> Result<c_int> {
    let record = ptr::from_ref(registration).cast_mut().cast();
    handle.netfilter().register(&C::DELIVERY, on_message::<C>, record)?;
    registration.mask.set(mask);
    registration.data.set(data);
    Ok(0)
}

fn unregister<C: Delivered>(handle: &Handle, registration: &Registration<C>) -> Result<()> {
    registration.mask.set(0);
    registration.data.set(ptr::null_mut());
    handle.netfilter().unregister(&C::DELIVERY)
}

/// Registers a function for conntrack messages: it gets what happened, the object and `data`.
///
/// The object is released after the call unless the function returns NFCT_CB_STOLEN. A handle has one
/// registration: a new one replaces the old. Returns 0, or -1 with errno EINVAL when the handle was not
/// opened for conntrack.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_callback_register(
    h: *mut nfct_handle,
    r#type: MessageType,
    cb: Option<unsafe extern "C" fn(r#type: MessageType, ct: *mut nf_conntrack, data: *mut c_void) -> c_int>,
    data: *mut c_void,
) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        register(handle, &handle.conntrack, r#type, data).inspect(|_| handle.conntrack.first.set(cb))
    })
}

/// Ends the delivery of conntrack messages.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_callback_unregister(h: *mut nfct_handle) {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        handle.conntrack.first.set(None);
        unregister(handle, &handle.conntrack)
    })
}

/// As nfct_callback_register(), for a function that gets the netlink message, too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_callback_register2(
    h: *mut nfct_handle,
    r#type: MessageType,
    cb: Option<
        unsafe extern "C" fn(
            nlh: *const nlmsghdr,
            r#type: MessageType,
            ct: *mut nf_conntrack,
            data: *mut c_void,
        ) -> c_int,
    >,
    data: *mut c_void,
) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        register(handle, &handle.conntrack, r#type, data).inspect(|_| handle.conntrack.second.set(cb))
    })
}

/// Ends the delivery of conntrack messages.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_callback_unregister2(h: *mut nfct_handle) {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        handle.conntrack.second.set(None);
        unregister(handle, &handle.conntrack)
    })
}

/// Registers a function for expectation messages; as nfct_callback_register().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_callback_register(
    h: *mut nfct_handle,
    r#type: MessageType,
    cb: Option<unsafe extern "C" fn(r#type: MessageType, exp: *mut nf_expect, data: *mut c_void) -> c_int>,
    data: *mut c_void,
) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        register(handle, &handle.expect, r#type, data).inspect(|_| handle.expect.first.set(cb))
    })
}

/// Ends the delivery of expectation messages.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_callback_unregister(h: *mut nfct_handle) {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        handle.expect.first.set(None);
        unregister(handle, &handle.expect)
    })
}

/// As nfexp_callback_register(), for a function that gets the netlink message, too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_callback_register2(
    h: *mut nfct_handle,
    r#type: MessageType,
    cb: Option<
        unsafe extern "C" fn(
            nlh: *const nlmsghdr,
            r#type: MessageType,
            exp: *mut nf_expect,
            data: *mut c_void,
        ) -> c_int,
    >,
    data: *mut c_void,
) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        register(handle, &handle.expect, r#type, data).inspect(|_| handle.expect.second.set(cb))
    })
}

/// Ends the delivery of expectation messages.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_callback_unregister2(h: *mut nfct_handle) {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        handle.expect.second.set(None);
        unregister(handle, &handle.expect)
    })
}

/// Asks the kernel, and receives its answer: objects go to the registered function.
///
/// `data` points to a conntrack object (NFCT_Q_CREATE, UPDATE, DESTROY, GET, CREATE_UPDATE), to a 32-bit
/// family (FLUSH, DUMP, DUMP_RESET) or to a dump filter (DUMP_FILTER, DUMP_FILTER_RESET, FLUSH_FILTER).
///
/// Returns 0, or -1 with errno set: the kernel's error; EINTR when the table changed under a dump, EMSGSIZE
/// when a part of the answer was lost; EINVAL when the object cannot be sent whole, and then nothing is sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_query(h: *mut nfct_handle, query: QueryNumber, data: *const c_void) -> c_int {
    boundary(|| {
        check_arguments(h, data)?;
        // SAFETY: C gives data that fits the query.
        let (query, subject) = unsafe { flow_subject(query, data) }?;
        // SAFETY: C gives a live handle.
        let inside = unsafe { Loop::enter(h) }?;
        inside.handle()?.query(query, subject)
    })
}

/// Sends a query without waiting for an answer. `data` is as for nfct_query().
///
/// Returns the number of bytes sent, or -1 with errno set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_send(h: *mut nfct_handle, query: QueryNumber, data: *const c_void) -> c_int {
    boundary(|| {
        check_arguments(h, data)?;
        // SAFETY: C gives data that fits the query.
        let (query, subject) = unsafe { flow_subject(query, data) }?;
        // SAFETY: C gives a live handle.
        sent(unsafe { shared(h) }?.send(|buf| build(buf, query, subject, 0)))
    })
}

/// Receives messages and gives them to the registered functions, until one of them says NFCT_CB_STOP or
/// the answer to something that was sent is complete.
///
/// Returns 0, or -1 with errno set: ENOBUFS when events were lost (the next call goes on), EAGAIN when a
/// non-blocking socket has no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_catch(h: *mut nfct_handle) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let inside = unsafe { Loop::enter(h) }?;
        inside.handle()?.receive(Wanted::Anything, &mut Progress::default())
    })
}

/// Asks the kernel about expectations; as nfct_query(). `data` points to an expectation object
/// (NFCT_Q_CREATE, DESTROY, GET, CREATE_UPDATE) or to an 8-bit family (FLUSH, DUMP).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_query(h: *mut nfct_handle, qt: QueryNumber, data: *const c_void) -> c_int {
    boundary(|| {
        check_arguments(h, data)?;
        // SAFETY: C gives data that fits the query.
        let (query, subject) = unsafe { expect_subject(qt, data) }?;
        // SAFETY: C gives a live handle.
        let inside = unsafe { Loop::enter(h) }?;
        inside.handle()?.query(query, subject)
    })
}

/// Sends a query about expectations without waiting for an answer; as nfct_send().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_send(h: *mut nfct_handle, qt: QueryNumber, data: *const c_void) -> c_int {
    boundary(|| {
        check_arguments(h, data)?;
        // SAFETY: C gives data that fits the query.
        let (query, subject) = unsafe { expect_subject(qt, data) }?;
        // SAFETY: C gives a live handle.
        sent(unsafe { shared(h) }?.send(|buf| build(buf, query, subject, 0)))
    })
}

/// Receives messages; the same as nfct_catch().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_catch(h: *mut nfct_handle) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let inside = unsafe { Loop::enter(h) }?;
        inside.handle()?.receive(Wanted::Anything, &mut Progress::default())
    })
}

fn check_arguments(h: *mut nfct_handle, data: *const c_void) -> Result<()> {
    if h.is_null() || data.is_null() { Err(Error::Invalid("NULL")) } else { Ok(()) }
}

fn sent(bytes: Result<usize>) -> Result<c_int> {
    bytes.map(|bytes| c_int::try_from(bytes).unwrap_or(c_int::MAX))
}
