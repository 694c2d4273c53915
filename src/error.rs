// SPDX-License-Identifier: GPL-2.0-or-later
//! The crate's one error type, and its mapping to `errno` numbers.
//!
//! No error owns memory: making one never allocates, so hot paths may fail cheaply.

#![forbid(unsafe_code)]

use std::{fmt, io};

/// The reason of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A system call failed with this `errno`.
    Os(i32),
    /// The kernel refused a request with this `errno` (a `NLMSG_ERROR` or `NLMSG_DONE` reply).
    Kernel(i32),
    /// Events were lost: the socket's receive buffer overflowed (`ENOBUFS`).
    Overrun,
    /// A dump was interrupted by a change of the table (`NLM_F_DUMP_INTR`); its answer may be incomplete.
    Interrupted,
    /// A datagram was longer than the receive buffer, so its tail is lost.
    Truncated,
    /// A datagram came from another process, not from the kernel.
    ForeignSender,
    /// A message or attribute breaks the rules of its format; the text names the rule.
    Malformed(&'static str),
    /// An argument or object cannot be used for this call; the text says why.
    Invalid(&'static str),
    /// The operation does not exist.
    Unsupported(&'static str),
    /// The output does not fit the space given for it.
    NoSpace,
    /// Memory ran out.
    NoMemory,
}

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The `errno` number that a C caller sees for this error.
    #[must_use]
    pub fn errno(self) -> i32 {
        match self {
            Error::Os(e) | Error::Kernel(e) => e,
            Error::Overrun => libc::ENOBUFS,
            Error::Interrupted => libc::EINTR,
            Error::Truncated => libc::EMSGSIZE,
            Error::ForeignSender => libc::ENOMSG,
            Error::Malformed(_) => libc::ERANGE,
            Error::Invalid(_) => libc::EINVAL,
            Error::Unsupported(_) => libc::EOPNOTSUPP,
            Error::NoSpace => libc::ENOSPC,
            Error::NoMemory => libc::ENOMEM,
        }
    }

    /// Whether the kernel's answer or the system's error is one of these numbers.
    fn reports(self, numbers: &[i32]) -> bool {
        matches!(self, Error::Os(errno) | Error::Kernel(errno) if numbers.contains(&errno))
    }

    /// Whether there is no such entry (`ENOENT`).
    #[must_use]
    pub fn is_not_found(self) -> bool {
        self.reports(&[libc::ENOENT])
    }

    /// Whether such an entry exists already (`EEXIST`).
    #[must_use]
    pub fn is_already_there(self) -> bool {
        self.reports(&[libc::EEXIST])
    }

    /// Whether a socket that does not wait has nothing to read (`EAGAIN`).
    #[must_use]
    pub fn is_would_block(self) -> bool {
        self.reports(&[libc::EAGAIN, libc::EWOULDBLOCK])
    }

    /// Whether a signal interrupted a call that waits (`EINTR`): the call can be repeated. An interrupted dump is
    /// [`Interrupted`](Error::Interrupted).
    #[must_use]
    pub fn is_signal(self) -> bool {
        matches!(self, Error::Os(libc::EINTR))
    }

    /// Whether the caller lacks a privilege: `CAP_NET_ADMIN` in the network namespace for requests and events (`EPERM`,
    /// `EACCES`).
    #[must_use]
    pub fn is_permission_denied(self) -> bool {
        self.reports(&[libc::EPERM, libc::EACCES])
    }

    /// Whether something was lost or could not be read, and later messages can be read.
    #[must_use]
    pub fn is_loss(self) -> bool {
        matches!(self, Error::Overrun | Error::Truncated | Error::Malformed(_))
    }
}

/// A system's error keeps its number; any other error is carried as it is, under the kind of its number.
impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        match error {
            Error::Os(errno) => io::Error::from_raw_os_error(errno),
            other => io::Error::new(io::Error::from_raw_os_error(other.errno()).kind(), other),
        }
    }
}

/// The standard library's error for a system call keeps its number, and one that carries an [`Error`] gives it back; any
/// other becomes `EIO`. After a system call of its own a program writes `Error::from(io::Error::last_os_error())`.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        let carried = error.get_ref().and_then(|inner| inner.downcast_ref().copied());
        carried.unwrap_or_else(|| Error::Os(error.raw_os_error().unwrap_or(libc::EIO)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Os(e) | Error::Kernel(e) => f.write_str(&crate::sys::errno::text(*e)),
            Error::Overrun => f.write_str("the receive buffer overflowed: messages were lost"),
            Error::Interrupted => f.write_str("the dump was interrupted by a change of the table"),
            Error::Truncated => f.write_str("a datagram was longer than the receive buffer"),
            Error::ForeignSender => f.write_str("a datagram did not come from the kernel"),
            Error::Malformed(what) => write!(f, "malformed message: {what}"),
            Error::Invalid(what) => write!(f, "invalid argument: {what}"),
            Error::Unsupported(what) => write!(f, "not supported: {what}"),
            Error::NoSpace => f.write_str("the message does not fit its buffer"),
            Error::NoMemory => f.write_str("out of memory"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_and_system_errors_keep_their_number_and_text() {
        assert_eq!(Error::Kernel(libc::ENOENT).errno(), libc::ENOENT);
        assert_eq!(Error::Os(libc::EPERM).errno(), libc::EPERM);
        assert_eq!(Error::Kernel(libc::ENOENT).to_string(), "No such file or directory");
        assert_eq!(Error::Overrun.errno(), libc::ENOBUFS);
    }

    #[test]
    fn an_error_is_asked_for_its_meaning() {
        for of in [Error::Os, Error::Kernel] {
            assert!(of(libc::ENOENT).is_not_found() && !of(libc::EPERM).is_not_found());
            assert!(of(libc::EEXIST).is_already_there() && !of(libc::ENOENT).is_already_there());
            assert!(of(libc::EPERM).is_permission_denied() && of(libc::EACCES).is_permission_denied());
            assert!(of(libc::EAGAIN).is_would_block() && !of(libc::EINTR).is_would_block());
            assert!(!of(libc::ENOBUFS).is_loss());
        }
        assert!(Error::Os(libc::EINTR).is_signal() && !Error::Interrupted.is_signal());
        for loss in [Error::Overrun, Error::Truncated, Error::Malformed("")] {
            assert!(loss.is_loss() && !loss.is_not_found());
        }
    }

    #[test]
    fn an_error_becomes_one_of_the_standard_library() {
        let error = io::Error::from(Error::Os(libc::EAGAIN));
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(error.raw_os_error(), Some(libc::EAGAIN));
        let error = io::Error::from(Error::Kernel(libc::ENOENT));
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert_eq!(error.to_string(), "No such file or directory");
        let inner = error.get_ref().unwrap();
        assert_eq!(inner.downcast_ref(), Some(&Error::Kernel(libc::ENOENT)));
        assert_eq!(Error::from(error), Error::Kernel(libc::ENOENT));
        assert_eq!(Error::from(io::Error::from_raw_os_error(libc::EBADF)), Error::Os(libc::EBADF));
        assert_eq!(Error::from(io::Error::from(io::ErrorKind::UnexpectedEof)), Error::Os(libc::EIO));
    }
}
