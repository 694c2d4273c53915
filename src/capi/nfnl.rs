// SPDX-License-Identifier: GPL-2.0-or-later
//! The handle of libnfnetlink, without libnfnetlink.
//!
//! A program may ask a conntrack handle for its netfilter handle and pass that to the real libnfnetlink, or create one
//! there and open conntrack on it. So the block of `struct nfnl_handle` has that library's layout, comes from `calloc`
//! and is released with `free`, and its callback slots hold C functions that any code may call. Members are cells: C
//! code changes them between any two of our calls.

use super::border::{Object, checked, descriptor};
use crate::error::{Error, Result};
use crate::sys::socket::raw;
use crate::wire::Frame;
use crate::wire::consts::NLA_TYPE_MASK;
use crate::wire::{align4, array_at, attr, frame};
use libc::{c_int, c_void, nlmsghdr, sockaddr_nl};
use std::cell::Cell;
use std::os::fd::{IntoRawFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};

/// A handle of libnfnetlink.
#[allow(non_camel_case_types)] // the C name
pub struct nfnl_handle {
    _tag: (),
}

/// A subsystem of such a handle.
#[allow(non_camel_case_types)] // the C name
pub struct nfnl_subsys_handle {
    _tag: (),
}

impl Object for nfnl_handle {
    type Inner = Netfilter;
}

/// Subsystem numbers go from 0 to 16.
const SUBSYSTEMS: usize = 17;
/// Flag of [`Netfilter::flags`]: sequence numbers of what comes in are checked.
const SEQUENCE_TRACKING: u32 = 1;

/// What a callback slot's function is given: the message, its attributes by number less one, the slot's data.
pub(super) type Call = unsafe extern "C-unwind" fn(*mut nlmsghdr, *mut *mut c_void, *mut c_void) -> c_int;

/// One callback slot.
#[repr(C)]
pub(super) struct Slot {
    call: Cell<Option<Call>>,
    data: Cell<*mut c_void>,
    attr_count: Cell<u16>,
}

/// One subsystem of a handle; not open without slots.
#[repr(C)]
struct Subsystem {
    owner: Cell<*const Netfilter>,
    groups: Cell<u32>,
    id: Cell<u8>,
    slots_len: Cell<u8>,
    slots: Cell<*mut Slot>,
}

/// The block behind `struct nfnl_handle`.
#[repr(C)]
pub(super) struct Netfilter {
    fd: Cell<c_int>,
    local: Cell<sockaddr_nl>,
    peer: Cell<sockaddr_nl>,
    groups: Cell<u32>,
    seq: AtomicU32,
    dump: Cell<u32>,
    receive_len: Cell<u32>,
    flags: Cell<u32>,
    last: Cell<*mut nlmsghdr>,
    subsystems: [Subsystem; SUBSYSTEMS],
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(
    size_of::<Netfilter>() == 464
        && std::mem::offset_of!(Netfilter, subsystems) == 56
        && std::mem::offset_of!(Netfilter, receive_len) == 40
        && size_of::<Subsystem>() == 24
        && size_of::<Slot>() == 24
);

/// An open subsystem's number and what it delivers to.
pub(super) struct Delivery {
    /// The subsystem.
    pub id: u8,
    /// How many callback slots it has.
    pub slots: u8,
    /// The highest attribute number it knows.
    pub attr_count: u16,
    /// The slots that carry messages about objects.
    pub messages: [u8; 2],
}

impl Netfilter {
    /// Makes a handle around an open socket.
    pub(super) fn make(fd: OwnedFd, port_id: u32) -> Result<NonNull<Netfilter>> {
        // SAFETY: no pointer is passed.
        let block = unsafe { libc::calloc(1, size_of::<Netfilter>()) };
        let made = NonNull::new(block.cast::<Netfilter>()).ok_or(Error::NoMemory)?;
        // SAFETY: the block is as large as the type, aligned by calloc, and zero is valid for every member.
        let handle = unsafe { made.as_ref() };
        // SAFETY: all-zero is a valid sockaddr_nl.
        let mut address: sockaddr_nl = unsafe { std::mem::zeroed() };
        address.nl_family = libc::AF_NETLINK as libc::sa_family_t;
        handle.peer.set(address);
        address.nl_pid = port_id;
        handle.local.set(address);
        handle.fd.set(fd.into_raw_fd());
        handle.seq.store(crate::sys::clock::now_secs() as u32, Ordering::Relaxed);
        handle.flags.set(SEQUENCE_TRACKING);
        handle.at_least_receive();
        Ok(made)
    }

    /// The handle that libnfnetlink made.
    pub(super) unsafe fn adopt(handle: *mut nfnl_handle) -> Result<NonNull<Netfilter>> {
        let ptr = checked(handle.cast::<Netfilter>())?.cast_mut();
        NonNull::new(ptr).ok_or(Error::Invalid("NULL"))
    }

    /// Makes libnfnetlink's own receive calls use a buffer of at least our size: the kernel sizes its
    /// datagrams by the largest buffer that a socket has ever shown.
    pub(super) fn at_least_receive(&self) {
        let least = u32::try_from(crate::exchange::handle::RECEIVE_LEN).unwrap_or(u32::MAX);
        self.receive_len.set(self.receive_len.get().max(least));
    }

    pub(super) fn fd(&self) -> c_int {
        self.fd.get()
    }

    /// The sequence number of the latest request.
    pub(super) fn seq(&self) -> u32 {
        self.seq.load(Ordering::Relaxed)
    }

    /// The next request's sequence number; never 0, which is that of events.
    pub(super) fn next_seq(&self) -> u32 {
        let next = self.seq().wrapping_add(1).max(1);
        self.seq.store(next, Ordering::Relaxed);
        next
    }

    pub(super) fn checks_sequence(&self) -> bool {
        self.flags.get() & SEQUENCE_TRACKING != 0
    }

    fn subsystem(&self, id: u8) -> Option<&Subsystem> {
        self.subsystems.get(usize::from(id))
    }

    /// The slots of a subsystem; none when it is not open.
    fn slots(&self, id: u8) -> &[Slot] {
        let Some((slots, len)) = self.subsystem(id).map(|sub| (sub.slots.get(), sub.slots_len.get())) else {
            return &[];
        };
        if slots.is_null() {
            return &[];
        }
        // SAFETY: a subsystem's array has the length next to it, and lives until the subsystem is closed, which no code
        // does while it holds this slice.
        unsafe { std::slice::from_raw_parts(slots, usize::from(len)) }
    }

    pub(super) fn is_open(&self, id: u8) -> bool {
        !self.slots(id).is_empty()
    }

    /// Opens a subsystem and adds its groups to those that the socket listens to.
    pub(super) fn open(&self, delivery: &Delivery, groups: u32) -> Result<()> {
        let sub = self.subsystem(delivery.id).ok_or(Error::Os(libc::ENOENT))?;
        if !sub.slots.get().is_null() {
            return Err(Error::Os(libc::EBUSY));
        }
        // SAFETY: no pointer is passed.
        let slots = unsafe { libc::calloc(usize::from(delivery.slots), size_of::<Slot>()) };
        if slots.is_null() {
            return Err(Error::NoMemory);
        }
        sub.owner.set(self);
        sub.groups.set(groups);
        sub.id.set(delivery.id);
        sub.slots_len.set(delivery.slots);
        sub.slots.set(slots.cast());
        self.listen(self.groups.get() | groups).inspect_err(|_| self.close(delivery.id))
    }

    fn listen(&self, groups: u32) -> Result<()> {
        let mut local = self.local.get();
        // SAFETY: the descriptor is this live handle's.
        raw::bind(unsafe { descriptor(self.fd()) }?, local.nl_pid, groups)?;
        local.nl_groups = groups;
        self.local.set(local);
        self.groups.set(groups);
        Ok(())
    }

    /// Closes a subsystem; the groups stay.
    pub(super) fn close(&self, id: u8) {
        let Some(sub) = self.subsystem(id) else {
            return;
        };
        // SAFETY: the array came from calloc, here or in libnfnetlink, and is forgotten.
        unsafe { libc::free(sub.slots.replace(ptr::null_mut()).cast()) };
        sub.slots_len.set(0);
        sub.groups.set(0);
    }

    /// Closes everything, the socket included, and releases the block.
    pub(super) unsafe fn destroy(this: NonNull<Netfilter>) -> Result<()> {
        // SAFETY: the caller gives the block up; it is alive until `free`.
        let handle = unsafe { this.as_ref() };
        (0..=16).for_each(|id| handle.close(id));
        // SAFETY: the descriptor is the handle's, and no program uses the handle any more.
        let closed = unsafe { raw::close(handle.fd()) };
        // SAFETY: the block came from calloc, here or in libnfnetlink, and no code uses it any more.
        unsafe { libc::free(this.as_ptr().cast()) };
        closed
    }

    /// Fills a subsystem's object slots.
    pub(super) fn register(&self, delivery: &Delivery, call: Call, data: *mut c_void) -> Result<()> {
        if !self.is_open(delivery.id) {
            return Err(Error::Invalid("the handle does not serve this subsystem"));
        }
        for slot in delivery.messages.iter().filter_map(|&at| self.slots(delivery.id).get(usize::from(at))) {
            slot.call.set(Some(call));
            slot.data.set(data);
            slot.attr_count.set(delivery.attr_count);
        }
        Ok(())
    }

    /// Empties a subsystem's object slots.
    pub(super) fn unregister(&self, delivery: &Delivery) -> Result<()> {
        if !self.is_open(delivery.id) {
            return Err(Error::Invalid("the handle does not serve this subsystem"));
        }
        delivery
            .messages
            .iter()
            .filter_map(|&at| self.slots(delivery.id).get(usize::from(at)))
            .for_each(|slot| slot.call.set(None));
        Ok(())
    }

    /// The slot of a message.
    ///
    /// # Errors
    /// `ENOENT` for a message that no slot is for, [`Error::NoSpace`] for one without a family.
    pub(super) fn slot(&self, message: &Frame<'_>) -> Result<Filled> {
        if message.bytes.len() < frame::HEADER_LEN + frame::NFGEN_LEN {
            return Err(Error::NoSpace);
        }
        let slots = self.slots(message.header.subsystem());
        let slot = slots.get(usize::from(message.header.message())).ok_or(Error::Os(libc::ENOENT))?;
        Ok(Filled { call: slot.call.get(), data: slot.data.get(), attr_count: slot.attr_count.get() })
    }
}

/// A copy of a slot, to be used while C code may change the slot itself.
#[derive(Clone, Copy)]
pub(super) struct Filled {
    pub(super) call: Option<Call>,
    pub(super) data: *mut c_void,
    attr_count: u16,
}

/// The attributes of a message that a program's own slot function is given.
const MOST_ATTRS: usize = 256;

impl Filled {
    /// Fills the table that the slot's function is given: pointers to a message's attributes, by number less one.
    ///
    /// # Errors
    /// [`Error::NoMemory`] when the function wants more than [`MOST_ATTRS`]: the table stands on the stack, where a
    /// function that is left by `longjmp` loses nothing, and ctnetlink has fewer than 30 attributes.
    pub(super) fn table(self, message: &Frame<'_>, table: &mut [*mut c_void; MOST_ATTRS]) -> Result<()> {
        let table = table.get_mut(..usize::from(self.attr_count)).ok_or(Error::NoMemory)?;
        fill(message, table);
        Ok(())
    }
}

/// An empty table.
pub(super) const NO_ATTRS: [*mut c_void; MOST_ATTRS] = [ptr::null_mut(); MOST_ATTRS];

fn fill(message: &Frame<'_>, table: &mut [*mut c_void]) {
    let mut rest = message.payload.get(frame::NFGEN_LEN..).unwrap_or_default();
    while let (Some(len), Some(kind)) = (array_at(rest, 0), array_at(rest, 2)) {
        let len = usize::from(u16::from_ne_bytes(len));
        if len < attr::HEADER_LEN || len > rest.len() {
            break;
        }
        let kind = usize::from(u16::from_ne_bytes(kind) & NLA_TYPE_MASK);
        if let Some(entry) = kind.checked_sub(1).and_then(|at| table.get_mut(at)) {
            *entry = rest.as_ptr().cast_mut().cast();
        }
        rest = rest.get(align4(len)..).unwrap_or_default();
    }
}
