// SPDX-License-Identifier: GPL-2.0-or-later
//! The crate's one error type, and its mapping to `errno` numbers.
//!
//! No error owns memory: making one never allocates, so hot paths may fail cheaply.

#![forbid(unsafe_code)]

use std::fmt;

/// What went wrong.
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
    /// A message or attribute breaks the rules of its format; the text names what.
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
}
