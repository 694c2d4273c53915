// SPDX-License-Identifier: GPL-2.0-or-later
//! The standard streams: whether the program was started with them, and whether output can still be written.
//!
//! The language's start-up opens `/dev/null` in the place of a standard stream that is closed, and afterwards nothing
//! distinguishes it from a `/dev/null` that the caller gave. So the streams are looked at before: a function whose
//! address stands in the section `.init_array` runs between the loader and the start-up.

use crate::certain::Certain as _;
use netfilter_conntrack::{Error, Result};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A standard stream that the tool uses as a file, by its descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard input.
    Input = 0,
    /// Standard output.
    Output = 1,
}

static CLOSED: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];

/// Notes which of them are closed. To be called before the language's start-up; later it finds none.
extern "C" fn look() {
    for (fd, closed) in (0..).zip(&CLOSED) {
        // SAFETY: no pointer is passed, and the call changes nothing.
        let is_closed = unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0;
        closed.store(is_closed, Ordering::Relaxed);
    }
}

// SAFETY: the loader calls each address of this section as a function of the C calling convention, once, before `main`.
// The function takes no argument, needs no memory and nothing of the language's start-up.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK_AT_START: extern "C" fn() = look;

/// Whether the program was started with this stream closed.
pub fn was_closed(stream: Stream) -> bool {
    CLOSED.get(stream as usize).certain().is_some_and(|closed| closed.load(Ordering::Relaxed))
}

/// Whether nothing that is written can arrive: the reader of a pipe or the peer of a socket has gone, a terminal has
/// been hung up.
///
/// # Errors
/// The system's error; `EBADF` for a descriptor that is not open for writing.
pub fn is_broken(fd: BorrowedFd<'_>) -> Result<bool> {
    // SAFETY: no pointer is passed, and the call changes nothing.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    if flags < 0 {
        return Err(io::Error::last_os_error().into());
    }
    if flags & libc::O_ACCMODE == libc::O_RDONLY {
        return Err(Error::Os(libc::EBADF));
    }
    poll_output(fd, Duration::ZERO).map(|found| found & (libc::POLLERR | libc::POLLHUP) != 0)
}

/// Waits until something can be written (an error is found by writing, too); whether that is so before the time has
/// passed. Signals do not end it.
///
/// # Errors
/// The system's error.
pub fn wait_writable(fd: BorrowedFd<'_>, longest: Duration) -> Result<bool> {
    let begun = Instant::now();
    loop {
        match poll_output(fd, longest.saturating_sub(begun.elapsed())) {
            Err(Error::Os(libc::EINTR)) => {}
            found => return found.map(|found| found != 0),
        }
    }
}

fn poll_output(fd: BorrowedFd<'_>, longest: Duration) -> Result<libc::c_short> {
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    let millis = libc::c_int::try_from(longest.as_nanos().div_ceil(1_000_000)).unwrap_or(libc::c_int::MAX);
    // SAFETY: `poll` is one valid entry.
    match unsafe { libc::poll(&raw mut poll, 1, millis) } {
        0.. => Ok(poll.revents),
        _ => Err(io::Error::last_os_error().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Write;
    use std::os::fd::{AsFd, FromRawFd, OwnedFd};

    /// The two ends of a pipe: for reading and for writing.
    fn pipe() -> (OwnedFd, File) {
        let mut ends = [0; 2];
        // SAFETY: the call writes two descriptors to the array, which this function alone owns.
        assert_eq!(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) }, 0);
        // SAFETY: as above.
        let [reader, writer] = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
        (reader, File::from(writer))
    }

    /// Waits until nothing holds the reading end: a process that another test starts at the same time has all descriptors
    /// of this one until it runs its program.
    fn wait_until_closed(writer: &File) {
        testing::wait_until("the pipe is broken", || is_broken(writer.as_fd()) == Ok(true));
    }

    #[test]
    fn a_pipe_is_broken_when_its_reader_has_gone() {
        let (reader, writer) = pipe();
        assert_eq!(is_broken(writer.as_fd()), Ok(false));
        assert_eq!(is_broken(reader.as_fd()), Err(Error::Os(libc::EBADF)));
        drop(reader);
        wait_until_closed(&writer);
        let null = File::options().write(true).open("/dev/null").unwrap();
        assert_eq!(is_broken(null.as_fd()), Ok(false));
    }

    #[test]
    fn a_full_pipe_is_waited_for() {
        let (reader, mut writer) = pipe();
        let short = Duration::from_millis(1);
        while wait_writable(writer.as_fd(), short).unwrap() {
            writer.write_all(&[0; libc::PIPE_BUF]).unwrap();
        }
        drop(reader);
        wait_until_closed(&writer);
        assert_eq!(wait_writable(writer.as_fd(), short), Ok(true), "an error is found by writing");
    }

    #[test]
    fn streams_are_open_where_nobody_looked() {
        look();
        for stream in [Stream::Input, Stream::Output] {
            assert!(!was_closed(stream), "the start-up has opened what was closed");
        }
    }
}
