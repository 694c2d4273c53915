// SPDX-License-Identifier: GPL-2.0-or-later
//! Network namespaces: a socket in another one, and, for demonstrations and tests, a new one with a table of its own.
//!
//! A namespace belongs to a thread. Threads, processes and sockets that the thread starts after the change are inside,
//! and so is its view of `/proc/sys/net`; descriptors that it opened before stay outside. The kernel removes the
//! namespace, and every flow in it, with the last thread and socket that use it.

use super::{Socket, errno};
use crate::error::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
#[cfg(any(test, feature = "internals"))]
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Moves the calling thread into a new, empty network namespace. Its loopback interface is down.
///
/// ```no_run
/// use netfilter_conntrack::{Handle, sys::namespace};
/// namespace::enter_new_network()?;
/// namespace::set_loopback_up()?;
/// assert_eq!(Handle::open()?.flows()?.count(), 0);
/// # Ok::<(), netfilter_conntrack::Error>(())
/// ```
///
/// # Errors
/// [`Error::Os`] with `EPERM` without `CAP_SYS_ADMIN`; `ENOSPC` when there are too many namespaces.
#[cfg(any(test, feature = "internals"))]
pub fn enter_new_network() -> Result<()> {
    // SAFETY: no pointer is passed; CLONE_NEWNET changes the calling thread only and leaves its memory alone.
    match unsafe { libc::unshare(libc::CLONE_NEWNET) } {
        0 => Ok(()),
        _ => Err(Error::Os(errno::get())),
    }
}

/// Brings the loopback interface of the calling thread's network namespace up.
///
/// # Errors
/// [`Error::Os`] with `EPERM` without `CAP_NET_ADMIN`.
#[cfg(any(test, feature = "internals"))]
pub fn set_loopback_up() -> Result<()> {
    // SAFETY: no pointer is passed.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    if fd < 0 {
        return Err(Error::Os(errno::get()));
    }
    // SAFETY: the descriptor was just opened, and no other code owns it.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: an all-zero `ifreq` is valid: an empty name and no flags.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, &from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = libc::c_char::from_ne_bytes([from]);
    }
    #[allow(clippy::cast_possible_truncation)] // IFF_UP is 1
    let up = libc::IFF_UP as libc::c_short;
    request.ifr_ifru.ifru_flags = up;
    // SAFETY: SIOCSIFFLAGS reads one `ifreq`, which is initialised and outlives the call.
    // The request's type is the C library's.
    match unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &raw const request) } {
        0 => Ok(()),
        _ => Err(Error::Os(errno::get())),
    }
}

/// Opens a file that should stand for a namespace. Opening never waits, even for a pipe without a writer or for a device.
///
/// # Errors
/// The system's error, such as `ENOENT`; [`Error::Invalid`] for a path with a NUL.
pub(crate) fn open(path: &Path) -> Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path);
    file.map_err(|error| match error.kind() {
        ErrorKind::InvalidInput => Error::Invalid("a path has no NUL"),
        _ => error.into(),
    })
}

/// Moves the calling thread into the network namespace of this file. Threads that it starts later follow it.
///
/// # Errors
/// The system's error: `EPERM` without `CAP_SYS_ADMIN`, `EINVAL` for a file that is no network namespace.
pub(crate) fn enter_file(file: &File) -> Result<()> {
    // SAFETY: no pointer is passed; the call changes the namespace of the calling thread only.
    match unsafe { libc::setns(file.as_raw_fd(), libc::CLONE_NEWNET) } {
        0 => Ok(()),
        _ => Err(Error::Os(errno::get())),
    }
}

/// Runs `work` in the network namespace of this file, in a thread of its own: the calling thread stays where
/// it is.
///
/// # Errors
/// As [`enter_file`]; and those of `work`.
pub(crate) fn within<T: Send + 'static>(
    file: File,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let enter_and_work = move || enter_file(&file).and_then(|()| work());
    let thread = std::thread::Builder::new().name("namespace".to_owned()).spawn(enter_and_work);
    thread?.join().unwrap_or(Err(Error::Os(libc::EIO)))
}

/// Opens a socket in the network namespace of this file. The calling thread stays where it is.
///
/// # Errors
/// As [`enter_file`].
pub(crate) fn socket_in(file: File) -> Result<Socket> {
    within(file, || Socket::open(0))
}
