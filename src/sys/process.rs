// SPDX-License-Identifier: GPL-2.0-or-later
//! Process-wide settings a command-line tool needs: signals and the protocol data base.

use crate::error::{Error, Result};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use super::protocols::{protocol_name, protocol_number};

/// Gives SIGPIPE its default action back, so that a closed pipe ends the program as it ends a C program.
pub fn restore_sigpipe() {
    // SAFETY: SIG_DFL is a valid disposition and no Rust code depends on SIGPIPE being ignored.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

static STOP: AtomicBool = AtomicBool::new(false);

extern "C" fn note_stop(_signal: libc::c_int) {
    STOP.store(true, Ordering::Relaxed);
}

/// SIGINT and SIGTERM as a wish to stop.
#[derive(Debug)]
pub struct StopSignals {
    /// The two signals.
    stop: libc::sigset_t,
}

impl StopSignals {
    /// Catches both signals from now on, for the rest of the process's life; they interrupt blocking calls.
    ///
    /// # Errors
    /// The system's error when a handler cannot be installed.
    pub fn catch() -> Result<StopSignals> {
        // SAFETY: all-zero is a valid signal set and a valid action: no flags, empty mask.
        let (mut stop, mut action): (libc::sigset_t, libc::sigaction) = unsafe { std::mem::zeroed() };
        action.sa_sigaction = note_stop as extern "C" fn(libc::c_int) as usize;
        for signal in [libc::SIGINT, libc::SIGTERM] {
            // SAFETY: `stop` is a valid set and the signal's number a valid one.
            unsafe { libc::sigaddset(&raw mut stop, signal) };
            // SAFETY: `action` is initialised; the handler only stores to an atomic, which is async-signal-safe.
            if unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) } != 0 {
                return Err(Error::Os(super::errno::get()));
            }
        }
        Ok(StopSignals { stop })
    }

    /// Whether one of the signals came.
    #[must_use]
    pub fn requested(&self) -> bool {
        STOP.load(Ordering::Relaxed)
    }

    /// Waits until the descriptor has something to read (or an error to tell), a signal came, or the time is over. No
    /// signal can slip in between the look at the wish and the wait.
    ///
    /// # Errors
    /// The system's error.
    pub fn wait_readable(&self, fd: BorrowedFd<'_>, longest: Option<Duration>) -> Result<()> {
        // SAFETY: all-zero is a valid signal set; it is filled in by the next call.
        let mut before: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: both sets are valid for the call.
        match unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const self.stop, &raw mut before) } {
            0 => {}
            errno => return Err(Error::Os(errno)),
        }
        let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let longest = longest.map(|longest| libc::timespec {
            tv_sec: libc::time_t::try_from(longest.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: longest.subsec_nanos() as _,
        });
        let longest = longest.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        let mut failure = 0;
        if !self.requested() {
            // SAFETY: `poll` is one valid entry, the time is null or valid, and the signal set is valid.
            if unsafe { libc::ppoll(&raw mut poll, 1, longest, &raw const before) } < 0 {
                failure = super::errno::get();
            }
        }
        // SAFETY: `before` was filled in above; no old set is asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut()) };
        match failure {
            0 | libc::EINTR => Ok(()),
            errno => Err(Error::Os(errno)),
        }
    }
}

/// The memory page size in bytes.
#[must_use]
pub fn page_size() -> usize {
    // SAFETY: no pointer is passed.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// The machine's memory in bytes.
#[must_use]
pub fn memory_bytes() -> u64 {
    // SAFETY: no pointer is passed.
    let pages = u64::try_from(unsafe { libc::sysconf(libc::_SC_PHYS_PAGES) }).unwrap_or(0);
    pages.saturating_mul(page_size() as u64)
}
