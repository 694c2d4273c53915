// SPDX-License-Identifier: GPL-2.0-or-later
//! The entry and the exits of every exported function.
//!
//! Guarantees: a panic ends here and becomes the function's failure value; a NULL or misaligned object is an error,
//! never dereferenced; an error becomes value and `errno` in one place, [`boundary_or`], after everything that the
//! function owned has been dropped. Functions that wait or call back have further exits: [`leavable_boundary`].

use crate::error::{Error, Result};
use crate::sys::cancel::{self, CancelType};
use crate::sys::{errno, memory};
use crate::wire::Frame;
use libc::{c_char, c_int, c_void};
use std::os::fd::BorrowedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a return type says when a function fails.
pub(super) trait Fail {
    /// The failure value.
    const FAIL: Self;
}

macro_rules! fail {
    ($($type:ty = $value:expr;)*) => {$(
        impl Fail for $type {
            const FAIL: Self = $value;
        }
    )*};
}

fail! { c_int = -1; u8 = 0; u16 = 0; u32 = 0; u64 = 0; usize = 0; bool = false; () = (); }

impl<T> Fail for *mut T {
    const FAIL: Self = std::ptr::null_mut();
}

impl<T> Fail for *const T {
    const FAIL: Self = std::ptr::null();
}

/// Runs the body of an exported function.
#[inline]
pub(super) fn boundary<T: Fail>(body: impl FnOnce() -> Result<T>) -> T {
    boundary_or(T::FAIL, body)
}

/// Runs the body of an exported function whose failure value is not the usual one of its type.
#[inline]
pub(super) fn boundary_or<T>(fail: T, body: impl FnOnce() -> Result<T>) -> T {
    match caught(body) {
        Ok(value) => value,
        Err(error) => {
            report(error);
            fail
        }
    }
}

/// Runs the body of an exported function that no cancellation of its thread may leave half-way.
pub(super) fn uncancelled_boundary<T: Fail>(body: impl FnOnce() -> Result<T>) -> T {
    cancel::uncancelled(|| boundary(body))
}

/// Runs code of this library; a panic is an error.
#[inline]
pub(super) fn caught<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result,
        Err(_) => Err(Error::Os(libc::ENOTRECOVERABLE)), // a defect of this library
    }
}

/// Runs the body of an exported function that waits, or calls a function of the program.
///
/// The thread may end there, or jump away: then the body is left without its return. So it holds nothing that must
/// be dropped while foreign code runs, and no catch stands around that code; every piece of our own runs in
/// [`caught`].
#[inline]
pub(super) fn leavable_boundary(body: impl FnOnce(CancelType) -> Result<c_int>) -> c_int {
    let cancel = CancelType::defer();
    let value = body(cancel).unwrap_or_else(|error| {
        report(error);
        c_int::FAIL
    });
    cancel.restore();
    value
}

/// Tells C what went wrong. Apart, so that calls which succeed stay short.
#[cold]
#[inline(never)]
fn report(error: Error) {
    errno::set(error.errno());
}

/// A C type that callers see by its tag only, and what stands behind it.
pub(super) trait Object {
    /// The type in the core.
    type Inner;
}

const NULL: Error = Error::Invalid("NULL");
const MISALIGNED: Error = Error::Invalid("misaligned object");

pub(super) fn checked<T>(ptr: *const T) -> Result<*const T> {
    match (ptr.is_null(), ptr.is_aligned()) {
        (true, _) => Err(NULL),
        (false, false) => Err(MISALIGNED),
        (false, true) => Ok(ptr),
    }
}

/// The file of a descriptor that a C program gives, for one call.
///
/// # Safety
/// C does not close the descriptor while it is borrowed, as any function that is given one demands.
pub(super) unsafe fn descriptor<'a>(fd: c_int) -> Result<BorrowedFd<'a>> {
    if fd < 0 {
        return Err(Error::Os(libc::EBADF)); // what the system says of it
    }
    // SAFETY: not -1; the caller passes on that C keeps it open. A number that is not open is the system's error.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

/// The object behind a pointer, for reading.
pub(super) unsafe fn shared<'a, C: Object>(ptr: *const C) -> Result<&'a C::Inner> {
    let ptr = checked(ptr.cast::<C::Inner>())?;
    // SAFETY: not NULL and aligned; the caller passes on that C gave a live object, which stays alive for the call.
    Ok(unsafe { &*ptr })
}

/// The object behind a pointer, for writing.
pub(super) unsafe fn exclusive<'a, C: Object>(ptr: *mut C) -> Result<&'a mut C::Inner> {
    let ptr = checked(ptr.cast::<C::Inner>())?.cast_mut();
    // SAFETY: not NULL and aligned; the caller passes on that C gave a live object that no other thread uses
    // meanwhile, and holds no other reference to it.
    Ok(unsafe { &mut *ptr })
}

/// Hands an object to C, which gives it back through [`take`].
pub(super) fn give<C: Object>(inner: C::Inner) -> Result<*mut C> {
    memory::boxed(inner).map(give_box)
}

/// Hands an object that already has its own block to C.
pub(super) fn give_box<C: Object>(inner: Box<C::Inner>) -> *mut C {
    Box::into_raw(inner).cast()
}

/// Takes back an object that C was given.
pub(super) unsafe fn take<C: Object>(ptr: *mut C) -> Result<Box<C::Inner>> {
    let ptr = checked(ptr.cast::<C::Inner>())?.cast_mut();
    // SAFETY: not NULL and aligned; the caller passes on that C got it from this library and gives it up.
    Ok(unsafe { Box::from_raw(ptr) })
}

/// A C type whose all-zero block is a valid empty object.
///
/// # Safety
/// `Inner` must be valid when all its bytes are zero.
pub(super) unsafe trait AllZero: Object {}

/// A new all-zero object on the heap, released by [`take`].
pub(super) fn zeroed<C: AllZero>() -> Result<*mut C> {
    let layout = std::alloc::Layout::new::<C::Inner>();
    // Not `alloc_zeroed`, and hidden from the compiler, which would turn it into that: the `calloc` of glibc before
    // 2.41 does not use the blocks that this thread has released.
    // SAFETY: the objects of the border have a size.
    let block = std::hint::black_box(unsafe { std::alloc::alloc(layout) });
    if block.is_null() {
        return Err(Error::NoMemory);
    }
    // SAFETY: the block is fresh and has this size.
    unsafe { block.write_bytes(0, layout.size()) };
    Ok(block.cast())
}

/// `len` bytes that C lets us read.
pub(super) unsafe fn bytes<'a>(ptr: *const c_void, len: usize) -> Result<&'a [u8]> {
    match (len, ptr.is_null()) {
        (_, true) => Err(NULL),
        (0, _) => Ok(&[]),
        // SAFETY: not NULL; the caller passes on that C lets us read `len` bytes for the call.
        _ => Ok(unsafe { std::slice::from_raw_parts(ptr.cast(), len) }),
    }
}

/// `N` bytes that C lets us read, copied.
pub(super) unsafe fn array<const N: usize>(ptr: *const c_void) -> Result<[u8; N]> {
    // SAFETY: as for this function.
    let bytes = unsafe { bytes(ptr, N) }?;
    bytes.first_chunk().copied().ok_or(NULL)
}

/// `len` bytes that C lets us write.
pub(super) unsafe fn bytes_mut<'a>(ptr: *mut c_void, len: usize) -> Result<&'a mut [u8]> {
    match (len, ptr.is_null()) {
        (_, true) => Err(NULL),
        (0, _) => Ok(&mut []),
        // SAFETY: not NULL; the caller passes on that C lets us write `len` bytes for the call.
        _ => Ok(unsafe { std::slice::from_raw_parts_mut(ptr.cast(), len) }),
    }
}

/// A C string, of which at most `most` bytes are looked at.
pub(super) unsafe fn text<'a>(ptr: *const c_char, most: usize) -> Result<&'a [u8]> {
    if ptr.is_null() {
        return Err(NULL);
    }
    // SAFETY: not NULL; the caller passes on that C gave a string, which is read up to its NUL or `most`.
    let len = unsafe { libc::strnlen(ptr, most) };
    // SAFETY: the string's first `len` bytes were just read.
    unsafe { bytes(ptr.cast(), len) }
}

/// The message that starts at a netlink header and is as long as the header says.
pub(super) unsafe fn message<'a>(nlh: *const libc::nlmsghdr) -> Result<Frame<'a>> {
    // SAFETY: as for this function: at least a header can be read.
    let header = unsafe { bytes(nlh.cast(), crate::wire::frame::HEADER_LEN) }?;
    let len = crate::wire::Header::read(header).map_or(0, |header| header.len as usize);
    // SAFETY: as for this function: C gave a message of the length its header says.
    Frame::read(unsafe { bytes(nlh.cast(), len.max(header.len())) }?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_the_failure_value() {
        assert_eq!(boundary::<c_int>(|| panic!("expected by this test")), -1);
        assert_eq!(errno::get(), libc::ENOTRECOVERABLE);
        assert_eq!(boundary_or(7, || Err(Error::NoMemory)), 7);
        assert_eq!(errno::get(), libc::ENOMEM);
    }

    #[test]
    fn success_leaves_errno_alone() {
        errno::set(libc::EBUSY);
        assert_eq!(boundary(|| Ok(3)), 3);
        assert_eq!(errno::get(), libc::EBUSY);
    }
}
