// SPDX-License-Identifier: GPL-2.0-or-later
//! The cancellation of a C program's threads, and the send at which it may happen. The receive is
//! [`raw::receive_at`].
//!
//! A thread may be cancelled in either call, or leave it with `siglongjmp` out of a signal handler. Both calls are
//! declared `C-unwind`, so that the unwinding of a cancelled thread may pass, and own nothing that must be dropped. The
//! thread may therefore leave any caller that also owns nothing to drop, up to its `C-unwind` border.

use super::errno;
use super::socket::raw;
use crate::error::{Error, Result};
use libc::{c_int, c_void, sockaddr, sockaddr_nl, socklen_t, ssize_t};
use std::os::fd::RawFd;

unsafe extern "C-unwind" {
    fn sendto(
        fd: c_int,
        bytes: *const c_void,
        len: usize,
        flags: c_int,
        to: *const sockaddr,
        to_len: socklen_t,
    ) -> ssize_t;
}

unsafe extern "C" {
    // The libc crate declares neither for Linux.
    fn pthread_setcanceltype(kind: c_int, old: *mut c_int) -> c_int;
    fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
}

const PTHREAD_CANCEL_DEFERRED: c_int = 0;
const PTHREAD_CANCEL_ASYNCHRONOUS: c_int = 1;
const PTHREAD_CANCEL_DISABLE: c_int = 1;

/// Sets how the thread is cancelled, and returns how it was before.
fn set_type(kind: c_int) -> c_int {
    let mut old = PTHREAD_CANCEL_DEFERRED;
    // SAFETY: the pointer is valid for the call.
    unsafe { pthread_setcanceltype(kind, &raw mut old) };
    old
}

/// The cancellation type with which C called. While our own code runs, cancellation is deferred: it then happens in the
/// two calls and in callbacks only, never between two of our instructions.
#[derive(Clone, Copy)]
pub(crate) struct CancelType {
    is_asynchronous: bool,
}

impl CancelType {
    /// Defers cancellation, until [`restore`](Self::restore).
    pub(crate) fn defer() -> CancelType {
        CancelType { is_asynchronous: set_type(PTHREAD_CANCEL_DEFERRED) == PTHREAD_CANCEL_ASYNCHRONOUS }
    }

    /// Restores the type with which C called.
    pub(crate) fn restore(self) {
        if self.is_asynchronous {
            set_type(PTHREAD_CANCEL_ASYNCHRONOUS);
        }
    }

    /// Runs foreign code with the type with which C called.
    pub(crate) fn during<T>(self, foreign: impl FnOnce() -> T) -> T {
        self.restore();
        let value = foreign();
        if self.is_asynchronous {
            set_type(PTHREAD_CANCEL_DEFERRED);
        }
        value
    }
}

/// Runs code that must not stop half-way: the thread is not cancelled before the code's end.
pub(crate) fn uncancelled<T>(body: impl FnOnce() -> T) -> T {
    struct Restore(c_int);
    impl Drop for Restore {
        fn drop(&mut self) {
            // SAFETY: the function accepts NULL in place of the old state.
            unsafe { pthread_setcancelstate(self.0, std::ptr::null_mut()) };
        }
    }
    let mut old = 0;
    // SAFETY: the pointer is valid for the call.
    unsafe { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &raw mut old) };
    let _restore = Restore(old);
    body()
}

/// Sends one datagram to the kernel and returns the bytes sent.
///
/// # Errors
/// The system's error; `EINTR` is retried.
///
/// # Safety
/// The descriptor is the caller's, or a C program's that has given it for this call; a number that is no open socket
/// gives the system's error (`EBADF`, `ENOTSOCK`).
pub(crate) unsafe fn send(fd: RawFd, datagram: &[u8]) -> Result<usize> {
    let kernel = raw::kernel_address(0, 0);
    let to_len = size_of::<sockaddr_nl>() as socklen_t;
    loop {
        // SAFETY: both pointers are valid for the lengths next to them.
        let sent = unsafe {
            sendto(fd, datagram.as_ptr().cast(), datagram.len(), 0, (&raw const kernel).cast(), to_len)
        };
        match (usize::try_from(sent), errno::get()) {
            (Ok(sent), _) => return Ok(sent),
            (Err(_), libc::EINTR) => {}
            (Err(_), other) => return Err(Error::Os(other)),
        }
    }
}
