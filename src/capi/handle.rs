// SPDX-License-Identifier: GPL-2.0-or-later
//! Handles: opening, callbacks, queries. The receive loop is in `receive.rs`.
//!
//! Every query has a sequence number of its own. The library never takes an event for an answer, nor the unread answer
//! to an abandoned query. Sending touches no state that threads share: one thread may receive while other threads send.

use super::border::{
    array, boundary, caught, give_box, leavable_boundary, shared, take, uncancelled_boundary,
};
use super::calls;
use super::conntrack::{Made, flow_of};
use super::layout::*;
use super::nfnl::{Netfilter, nfnl_handle};
use super::receive::{Delivered, Registration, Wanted, on_message, read_away, run};
use crate::codec::EventKind;
use crate::error::{Error, Result};
use crate::exchange::answers::Origin;
use crate::exchange::request::{self, Query, Subject};
use crate::sys::cancel::{self, CancelType};
use crate::sys::socket::Socket;
use crate::sys::{memory, stack};
use crate::wire::Header;
use libc::{c_int, c_uint, c_void, nlmsghdr};
use std::collections::VecDeque;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const NFCT_T_NEW: MessageType = 1;
const NFCT_T_UPDATE: MessageType = 2;
const NFCT_T_DESTROY: MessageType = 4;

/// The number of an event's kind in C.
pub(super) const fn message_type(kind: EventKind) -> MessageType {
    match kind {
        EventKind::New => NFCT_T_NEW,
        EventKind::Update => NFCT_T_UPDATE,
        EventKind::Destroy => NFCT_T_DESTROY,
    }
}

/// What stands behind `struct nfct_handle`.
pub struct Handle {
    netfilter: NonNull<Netfilter>,
    /// The handle's own number: no other handle of the process has it, at whatever address.
    pub(super) number: usize,
    pub(super) conntrack: Registration<nf_conntrack>,
    pub(super) expect: Registration<nf_expect>,
    /// The first sequence number that this handle's queries may have used, less one.
    seq_before: u32,
    /// The sequence number of the latest query.
    asked: AtomicU32,
    /// The number of a dump that the kernel may still send; 0 for none.
    running_dump: AtomicU32,
    /// Datagrams that an inner loop has read for an outer one.
    set_aside: Mutex<VecDeque<Box<[u8]>>>,
}

impl Handle {
    fn new(netfilter: NonNull<Netfilter>) -> Result<Box<Handle>> {
        let mut handle = memory::boxed(Handle {
            netfilter,
            number: calls::opened()?,
            conntrack: Registration::new(),
            expect: Registration::new(),
            seq_before: 0,
            asked: AtomicU32::new(0),
            running_dump: AtomicU32::new(0),
            set_aside: Mutex::default(),
        })?;
        handle.seq_before = handle.netfilter().seq();
        handle.asked.store(handle.seq_before, Ordering::Relaxed);
        Ok(handle)
    }

    pub(super) fn netfilter(&self) -> &Netfilter {
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
        age != 0 && age <= self.asked.load(Ordering::Relaxed).wrapping_sub(self.seq_before)
    }

    /// Whose a sequence number is that a message has.
    pub(super) fn origin(&self, seq: u32) -> Origin {
        let netfilter = self.netfilter();
        match self.is_own(seq) {
            true => Origin::Query,
            false if seq == netfilter.seq() => Origin::Latest,
            false => Origin::Unknown { refused: netfilter.checks_sequence() },
        }
    }

    /// The number of a new query.
    fn ask(&self) -> u32 {
        let seq = self.netfilter().next_seq();
        self.asked.store(seq, Ordering::Relaxed);
        seq
    }

    fn aside(&self) -> MutexGuard<'_, VecDeque<Box<[u8]>>> {
        self.set_aside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a copy of a datagram for another loop.
    pub(super) fn set_aside(&self, datagram: &[u8]) -> Result<()> {
        let copy = memory::copied(datagram)?.into_boxed_slice();
        let mut aside = self.aside();
        aside.try_reserve(1).map_err(|_| Error::NoMemory)?;
        aside.push_back(copy);
        Ok(())
    }

    /// The first datagram that was set aside for a loop.
    pub(super) fn take_set_aside(&self, is_for_it: impl Fn(&[u8]) -> bool) -> Option<Box<[u8]>> {
        let mut aside = self.aside();
        let at = aside.iter().position(|bytes| is_for_it(bytes))?;
        aside.remove(at)
    }

    /// Drops what was set aside for queries that were left without their return. For a loop that is no inner one:
    /// no other query waits then.
    pub(super) fn drop_left_answers(&self) {
        self.aside().retain(|bytes| !Header::read(bytes).is_some_and(|header| self.is_own(header.seq)));
    }

    /// A dump begins; one that runs already stays noted, for the kernel refuses a second one.
    pub(super) fn dump_begins(&self, seq: u32) {
        let _ = self.running_dump.compare_exchange(0, seq, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The kernel has sent the whole answer with this number.
    pub(super) fn dump_has_ended(&self, seq: u32) {
        let _ = self.running_dump.compare_exchange(seq, 0, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// No loop reads this dump any more, but the kernel may still send it.
    pub(super) fn dump_is_left(&self, seq: u32) {
        self.running_dump.store(seq, Ordering::Relaxed);
    }

    /// A dump that was left before its end, and that no loop below `place` on the stack reads.
    fn left_dump(&self, place: usize) -> Option<u32> {
        let seq = self.running_dump.load(Ordering::Relaxed);
        (seq != 0 && !calls::awaits(self.number, seq, place)).then_some(seq)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        calls::closed(self.number);
    }
}

/// Builds a request and sends it; the bytes sent. Reads and changes nothing that threads share.
#[inline(never)] // its buffer stands on the stack while it runs, not while its caller waits
unsafe fn send(
    cth: *mut nfct_handle,
    cancel: CancelType,
    build: impl FnOnce(&mut [u8]) -> Result<usize>,
) -> Result<usize> {
    let mut request = [0; request::MAX_LEN];
    // SAFETY: C gives a live handle.
    let (fd, len) = caught(|| Ok((unsafe { shared(cth) }?.netfilter().fd(), build(&mut request)?)))?;
    let request = request.get(..len).unwrap_or_default();
    // SAFETY: the descriptor is that of the live handle.
    cancel.during(|| unsafe { cancel::send(fd, request) })
}

/// Sends a query and receives its answer.
unsafe fn ask(
    cth: *mut nfct_handle,
    cancel: CancelType,
    query: Query,
    subject: Subject<'_>,
) -> Result<c_int> {
    let place = stack::pointer();
    // SAFETY: C gives a live handle; no callback runs before the answer is received.
    let handle = unsafe { shared(cth) }?;
    let (seq, left_dump) = caught(|| {
        calls::has_room(place)?; // before anything is sent
        Ok((handle.ask(), handle.left_dump(place)))
    })?;
    if let Some(left) = left_dump {
        read_away(handle, left, cancel)?;
        handle.dump_has_ended(left);
    }
    // SAFETY: as above.
    unsafe { send(cth, cancel, |buf| build(buf, query, subject, seq)) }?;
    // SAFETY: as above.
    unsafe { run(cth, Wanted::Answer { seq, is_dump: query.is_dump() }, cancel) }
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

/// What a query on the flow table is about; the caller passes on that C's pointer fits the query. `made` is for
/// the tuple of an expectation.
pub(super) unsafe fn flow_subject<'a>(
    number: QueryNumber,
    data: *const c_void,
    made: &'a mut Made,
) -> Result<(Query, Subject<'a>)> {
    let query = query_of(number)?;
    let subject = match (query.wants_object(), query.wants_filter()) {
        // SAFETY: as for this function.
        (true, _) => Subject::Flow(unsafe { flow_of(data.cast::<nf_conntrack>(), made) }?),
        // SAFETY: as for this function.
        (_, true) => Subject::Filter(unsafe { shared(data.cast::<nfct_filter_dump>()) }?),
        // Of the 32-bit family the low byte counts, and no more is read: some callers have just that.
        // SAFETY: as for this function.
        _ => Subject::FlowFamily(unsafe { array::<1>(low_byte(data)) }?[0]),
    };
    Ok((query, subject))
}

/// Refuses a flush of which the kernel would ignore a condition. The kernel is asked on a socket of its own, which no
/// cancellation leaves open.
fn must_be_honoured(query: Query, subject: Subject<'_>) -> Result<()> {
    let (Query::FlushFilter, Subject::Filter(filter)) = (query, subject) else { return Ok(()) };
    let is_honoured =
        || crate::exchange::handle::Handle::open().and_then(|mut handle| handle.honours_in_flush(filter));
    match cancel::uncancelled(|| caught(is_honoured))? {
        true => Ok(()),
        false => Err(Error::Unsupported("the kernel would ignore the filter")),
    }
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

unsafe fn close(cth: *mut nfct_handle) -> Result<c_int> {
    // SAFETY: C gives the handle up. Loops in which a callback closes it learn of it, and use it no more.
    let handle = unsafe { take(cth) }?;
    let netfilter = handle.netfilter;
    drop(handle);
    // SAFETY: the block was the handle's alone.
    unsafe { Netfilter::destroy(netfilter) }.map(|()| 0)
}

/// Opens a connection to the kernel.
///
/// `subsys_id` is CONNTRACK, EXPECT, or 0 for both; `subscriptions` are the groups of events that the handle
/// receives (NFCT_ALL_CT_GROUPS, NF_NETLINK_CONNTRACK_*), or 0 for none. Opening a handle without events needs no
/// privilege. The socket is closed on exec.
///
/// Returns the handle, or NULL with errno set. Release the handle with nfct_close().
///
/// Errors:
/// - EPERM: `subscriptions` is not 0, and the program has no CAP_NET_ADMIN
/// - EMFILE, ENFILE, ENOBUFS, ENOMEM: as of socket(2)
/// - EPROTONOSUPPORT: the kernel has no netfilter netlink
///
/// @ingroup nfct_open
#[unsafe(no_mangle)]
pub extern "C" fn nfct_open(subsys_id: u8, subscriptions: c_uint) -> *mut nfct_handle {
    uncancelled_boundary(|| {
        let socket = Socket::open(0)?;
        let port_id = socket.port_id();
        let netfilter = Netfilter::make(socket.into_fd(), port_id)?;
        let opened = Handle::new(netfilter).and_then(|handle| {
            handle.open_subsystems(subsys_id, subscriptions)?;
            Ok(give_box(handle))
        });
        if opened.is_err() {
            // SAFETY: made above, and no other code uses it.
            let _ = unsafe { Netfilter::destroy(netfilter) };
        }
        opened
    })
}

/// Opens conntrack on a handle that libnfnetlink has opened. The conntrack handle becomes the owner of
/// libnfnetlink's handle: nfct_close() releases both, and the program does not call nfnl_close().
///
/// Returns the handle, or NULL with errno set. After a failure libnfnetlink's handle stays open and belongs to the
/// program.
///
/// Errors:
/// - EBUSY: libnfnetlink's handle already uses the subsystem
/// - EPERM: `subscriptions` is not 0, and the program has no CAP_NET_ADMIN
/// - ENOMEM: no memory
///
/// @ingroup nfct_open
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_open_nfnl(
    nfnlh: *mut nfnl_handle,
    subsys_id: u8,
    subscriptions: c_uint,
) -> *mut nfct_handle {
    uncancelled_boundary(|| {
        // SAFETY: C gives a live handle of libnfnetlink.
        let handle = Handle::new(unsafe { Netfilter::adopt(nfnlh) }?)?;
        handle.open_subsystems(subsys_id, subscriptions)?;
        handle.netfilter().at_least_receive();
        Ok(give_box(handle))
    })
}

/// Closes a handle and its socket. Event filters and callbacks end with the handle; objects stay valid.
///
/// Returns 0, or -1 with errno of close(2). The handle is released in both cases.
/// @ingroup nfct_open
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_close(cth: *mut nfct_handle) -> c_int {
    uncancelled_boundary(|| {
        // SAFETY: C gives a handle up.
        unsafe { close(cth) }
    })
}

/// Returns the descriptor of a handle's socket, for poll(2) and similar functions, or -1 for NULL. The handle owns
/// the descriptor: do not close it.
/// @ingroup nfct_open
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_fd(cth: *mut nfct_handle) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live handle.
        unsafe { shared(cth) }.map(|handle| handle.netfilter().fd())
    })
}

/// Returns the handle for the functions of libnfnetlink, or NULL for NULL. The conntrack handle owns it: do not call
/// nfnl_close().
/// @ingroup nfct_open
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

/// Registers a function for conntrack messages: the function gets the type of the message, the object and `data`.
///
/// The library releases the object after the call unless the function returns NFCT_CB_STOLEN. A handle has one
/// registration: a new one replaces the old one.
///
/// The function may query, unregister and close the handle that called it. It must not close the handle when a
/// function of libnfnetlink called it, because that function uses the handle afterwards. The function need not
/// return: the end of its thread, a C++ exception or longjmp() may leave it. The program then owns the object and
/// releases it with nfct_destroy(); the handle works and closes as before.
///
/// Returns 0, or -1 with errno set.
///
/// Errors:
/// - EINVAL: the handle was not opened for conntrack
/// - ENOMEM: no memory
///
/// @ingroup nfct_callback_register
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_callback_register(
    h: *mut nfct_handle,
    r#type: MessageType,
    cb: Option<
        unsafe extern "C-unwind" fn(r#type: MessageType, ct: *mut nf_conntrack, data: *mut c_void) -> c_int,
    >,
    data: *mut c_void,
) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        register(handle, &handle.conntrack, r#type, data).inspect(|_| handle.conntrack.first.set(cb))
    })
}

/// Ends the delivery of conntrack messages, whichever function registered it.
/// @ingroup nfct_callback_register
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_callback_unregister(h: *mut nfct_handle) {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        handle.conntrack.first.set(None);
        unregister(handle, &handle.conntrack)
    })
}

/// Registers a function for conntrack messages that also gets the netlink message. As nfct_callback_register(),
/// which replaces this registration, and the reverse. The message is valid during the call.
///
/// Returns 0, or -1 with errno set; errors as nfct_callback_register().
/// @ingroup nfct_callback_register
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_callback_register2(
    h: *mut nfct_handle,
    r#type: MessageType,
    cb: Option<
        unsafe extern "C-unwind" fn(
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

/// Ends the delivery of conntrack messages, whichever function registered it.
/// @ingroup nfct_callback_register
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_callback_unregister2(h: *mut nfct_handle) {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        handle.conntrack.second.set(None);
        unregister(handle, &handle.conntrack)
    })
}

/// Registers a function for expectation messages. As nfct_callback_register(), for a handle that was opened for
/// EXPECT; the program releases a stolen object with nfexp_destroy().
///
/// Returns 0, or -1 with errno set; errors as nfct_callback_register().
/// @ingroup nfct_callback_register
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_callback_register(
    h: *mut nfct_handle,
    r#type: MessageType,
    cb: Option<
        unsafe extern "C-unwind" fn(r#type: MessageType, exp: *mut nf_expect, data: *mut c_void) -> c_int,
    >,
    data: *mut c_void,
) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        register(handle, &handle.expect, r#type, data).inspect(|_| handle.expect.first.set(cb))
    })
}

/// Ends the delivery of expectation messages, whichever function registered it.
/// @ingroup nfct_callback_register
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_callback_unregister(h: *mut nfct_handle) {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        handle.expect.first.set(None);
        unregister(handle, &handle.expect)
    })
}

/// Registers a function for expectation messages that also gets the netlink message. As nfexp_callback_register(),
/// which replaces this registration, and the reverse. The message is valid during the call.
///
/// Returns 0, or -1 with errno set; errors as nfct_callback_register().
/// @ingroup nfct_callback_register
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_callback_register2(
    h: *mut nfct_handle,
    r#type: MessageType,
    cb: Option<
        unsafe extern "C-unwind" fn(
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

/// Ends the delivery of expectation messages, whichever function registered it.
/// @ingroup nfct_callback_register
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_callback_unregister2(h: *mut nfct_handle) {
    boundary(|| {
        // SAFETY: C gives a live handle.
        let handle = unsafe { shared(h) }?;
        handle.expect.second.set(None);
        unregister(handle, &handle.expect)
    })
}

/// Sends a request to the kernel and receives the answer; the registered function gets the objects.
///
/// `data` points to a conntrack object (NFCT_Q_CREATE, UPDATE, DESTROY, GET, CREATE_UPDATE), to a 32-bit family
/// (FLUSH, DUMP, DUMP_RESET) or to a dump filter (DUMP_FILTER, DUMP_FILTER_RESET, FLUSH_FILTER). The program keeps
/// it.
///
/// A kernel that does not know a condition of a filter ignores the condition. A DUMP_FILTER then returns more
/// entries than the filter selects; see enum nfct_filter_dump_attr for the versions. A FLUSH_FILTER would delete
/// every entry. Therefore nfct_query() first asks the kernel, with a list request on a separate socket, whether the
/// kernel reads each condition; when it does not, nfct_query() sends nothing and errno is EOPNOTSUPP.
///
/// Returns 0, or -1 with errno set: the kernel's error, or an error of the library. When a callback returns a
/// negative number, this number, and errno is the callback's.
///
/// Errors:
/// - EPERM: no CAP_NET_ADMIN in the network namespace
/// - EINVAL: the object cannot be sent completely, and nothing was sent; or the kernel refuses a value
/// - EEXIST: NFCT_Q_CREATE, and the entry exists
/// - ENOENT: NFCT_Q_UPDATE, NFCT_Q_DESTROY or NFCT_Q_GET, and there is no such entry
/// - ENOMEM: NFCT_Q_CREATE, and the table is full
/// - EBUSY: the kernel does not change this status bit or helper; or a dump that nfct_send() began is still running
/// - ENOSPC: NFCT_Q_UPDATE of labels, and the entry has no room for labels
/// - EINTR: the table changed during a dump; the callback has got all entries that the kernel sent
/// - EMSGSIZE: the object needs more than 16384 bytes, and nothing was sent; or a part of the answer was lost
/// - ERANGE: the kernel refuses a state or a window scale
/// - ERANGE, EBADMSG: a message of the answer was malformed; the callback has got the others
/// - EOPNOTSUPP: an unknown query; or a flush with a filter that this kernel does not know, and nothing was sent; or the
///   kernel does not know the helper; or an update has a translation
/// - ELOOP: more than 16 queries, each in a callback of the previous one
///
/// @ingroup nfct_query
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn nfct_query(
    h: *mut nfct_handle,
    query: QueryNumber,
    data: *const c_void,
) -> c_int {
    leavable_boundary(|cancel| {
        check_arguments(h, data)?;
        let mut made = Made::new();
        // SAFETY: C gives data that fits the query.
        let (query, subject) = caught(|| unsafe { flow_subject(query, data, &mut made) })?;
        must_be_honoured(query, subject)?;
        // SAFETY: C gives a live handle.
        unsafe { ask(h, cancel, query, subject) }
    })
}

/// Sends a query and does not wait for the answer. `data` is as for nfct_query(), and a NFCT_Q_FLUSH_FILTER is
/// refused for the same reasons. At the same time other threads may send on the handle, and one thread may receive
/// on it. nfct_catch() receives the answer.
///
/// Returns the number of bytes sent, or -1 with errno set.
///
/// Errors:
/// - EINVAL, EMSGSIZE, EOPNOTSUPP: nothing was sent, as of nfct_query()
/// - EAGAIN: the socket is non-blocking and has no room
///
/// @ingroup nfct_query
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn nfct_send(
    h: *mut nfct_handle,
    query: QueryNumber,
    data: *const c_void,
) -> c_int {
    leavable_boundary(|cancel| {
        check_arguments(h, data)?;
        let mut made = Made::new();
        // SAFETY: C gives data that fits the query.
        let (query, subject) = caught(|| unsafe { flow_subject(query, data, &mut made) })?;
        must_be_honoured(query, subject)?;
        // SAFETY: C gives a live handle.
        sent(unsafe { send(h, cancel, |buf| build(buf, query, subject, 0)) })
    })
}

/// Receives messages and passes them to the registered functions, until a function returns NFCT_CB_STOP or the
/// answer to a request is complete.
///
/// A signal does not end the call. A program that must be able to stop waits in poll(2) on nfct_fd(), or cancels the
/// thread that is in this call: see the examples events_poll and events_thread.
///
/// Returns 0, or -1 with errno set. When a callback returns a negative number, this number, and errno is the
/// callback's.
///
/// Errors:
/// - ENOBUFS: events were lost, because the program read too slowly; the next call continues
/// - EAGAIN: the socket is non-blocking and has no further message
/// - ERANGE, EBADMSG: a message was malformed; the callback has got the others
/// - ELOOP: more than 16 calls, each in a callback of the previous one
///
/// @ingroup nfct_callback_register
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn nfct_catch(h: *mut nfct_handle) -> c_int {
    // SAFETY: C gives a live handle.
    leavable_boundary(|cancel| unsafe { run(h, Wanted::Anything, cancel) })
}

/// Sends a request about expectations and receives the answer; the registered function gets the objects.
///
/// `data` points to an expectation object (NFCT_Q_CREATE, DESTROY, GET, CREATE_UPDATE) or to an 8-bit family (FLUSH,
/// DUMP). The program keeps it. The kernel knows no other query about expectations.
///
/// Returns 0, or -1 with errno set; as nfct_query().
///
/// Errors:
/// - EPERM, EEXIST, ENOENT, EBUSY, EINTR, EMSGSIZE, ERANGE, EBADMSG, ELOOP: as of nfct_query()
/// - EINVAL: the object cannot be sent completely, and nothing was sent; or the kernel refuses a value
/// - EOPNOTSUPP: an unknown query, or one that is not about expectations; or the master has no helper
///
/// @ingroup nfct_query
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn nfexp_query(
    h: *mut nfct_handle,
    qt: QueryNumber,
    data: *const c_void,
) -> c_int {
    leavable_boundary(|cancel| {
        check_arguments(h, data)?;
        // SAFETY: C gives data that fits the query.
        let (query, subject) = caught(|| unsafe { expect_subject(qt, data) })?;
        // SAFETY: C gives a live handle.
        unsafe { ask(h, cancel, query, subject) }
    })
}

/// Sends a query about expectations and does not wait for the answer. `data` is as for nfexp_query().
///
/// Returns the number of bytes sent, or -1 with errno set; as nfct_send().
/// @ingroup nfct_query
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn nfexp_send(
    h: *mut nfct_handle,
    qt: QueryNumber,
    data: *const c_void,
) -> c_int {
    leavable_boundary(|cancel| {
        check_arguments(h, data)?;
        // SAFETY: C gives data that fits the query.
        let (query, subject) = caught(|| unsafe { expect_subject(qt, data) })?;
        // SAFETY: C gives a live handle.
        sent(unsafe { send(h, cancel, |buf| build(buf, query, subject, 0)) })
    })
}

/// Receives messages of both subsystems; the same function as nfct_catch().
///
/// Returns as nfct_catch().
/// @ingroup nfct_callback_register
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn nfexp_catch(h: *mut nfct_handle) -> c_int {
    // SAFETY: C gives a live handle.
    leavable_boundary(|cancel| unsafe { run(h, Wanted::Anything, cancel) })
}

fn check_arguments(h: *mut nfct_handle, data: *const c_void) -> Result<()> {
    if h.is_null() || data.is_null() { Err(Error::Invalid("NULL")) } else { Ok(()) }
}

fn sent(bytes: Result<usize>) -> Result<c_int> {
    bytes.map(|bytes| c_int::try_from(bytes).unwrap_or(c_int::MAX))
}
