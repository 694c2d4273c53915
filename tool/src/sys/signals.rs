// SPDX-License-Identifier: GPL-2.0-or-later
//! Signals: SIGPIPE as C programs have it, and those that ask a program to stop.

use netfilter_conntrack::{Error, Result};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

/// Gives SIGPIPE its default action back, so that a closed pipe ends the program as it ends a C program.
pub fn restore_sigpipe() {
    // SAFETY: SIG_DFL is a valid disposition and no Rust code depends on SIGPIPE being ignored.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

/// Ends the process as a write to a broken pipe does. Returns only where SIGPIPE is blocked.
pub fn end_by_sigpipe() {
    end_by(libc::SIGPIPE);
}

/// Ends the process by SIGHUP where that signal has asked to stop, as if it had not been caught.
pub fn end_by_hangup() {
    if STOP.load(Ordering::Relaxed) == libc::SIGHUP {
        end_by(libc::SIGHUP);
    }
}

/// Ends the process by a signal whose default action is to end it. Returns only where the signal is blocked.
fn end_by(signal: libc::c_int) {
    // SAFETY: SIG_DFL is a valid disposition, and no pointer is passed.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    // SAFETY: no pointer is passed.
    unsafe { libc::raise(signal) };
}

/// The first signal that asked to stop; 0 where none has come.
static STOP: AtomicI32 = AtomicI32::new(0);

/// Seconds after which a call that waits is interrupted again, once a signal has asked to stop: the signal may have
/// come just before the call.
const AGAIN_SECS: libc::c_uint = 1;

extern "C" fn note_stop(signal: libc::c_int) {
    let _ = STOP.compare_exchange(0, signal, Ordering::Relaxed, Ordering::Relaxed);
    interrupt_again(signal);
}

extern "C" fn interrupt_again(_signal: libc::c_int) {
    // SAFETY: no pointer is passed; `alarm` may be called by signal handlers.
    unsafe { libc::alarm(AGAIN_SECS) };
}

/// Whether one of the signals that are caught as a wish to stop has come.
pub fn stop_requested() -> bool {
    STOP.load(Ordering::Relaxed) != 0
}

/// Signals that are caught as a wish to stop. Once one has come, it and SIGALRM, every second from then on, interrupt
/// blocking calls.
#[derive(Debug)]
pub struct StopSignals {
    /// The signals.
    stop: libc::sigset_t,
}

impl StopSignals {
    /// Catches SIGINT and SIGTERM from now on, for the rest of the process's life, even where they were ignored; SIGHUP
    /// unless it is ignored. For a process that ends well after the first two: see [`end_by_hangup`].
    ///
    /// # Errors
    /// The system's error when a handler cannot be installed.
    pub fn catch() -> Result<StopSignals> {
        let hangup: &[libc::c_int] = if is_ignored(libc::SIGHUP) { &[] } else { &[libc::SIGHUP] };
        StopSignals::catch_all(&[&[libc::SIGINT, libc::SIGTERM], hangup].concat())
    }

    /// Catches SIGINT, SIGTERM and SIGHUP from now on, for the rest of the process's life; those that are ignored stay
    /// so. For a process that ends by the signal in the end: see [`end_process`](Self::end_process).
    ///
    /// # Errors
    /// The system's error when a handler cannot be installed.
    pub fn defer() -> Result<StopSignals> {
        let mut signals = vec![libc::SIGINT, libc::SIGTERM, libc::SIGHUP];
        signals.retain(|&signal| !is_ignored(signal));
        StopSignals::catch_all(&signals)
    }

    fn catch_all(signals: &[libc::c_int]) -> Result<StopSignals> {
        // SAFETY: all-zero is a valid signal set.
        let mut stop: libc::sigset_t = unsafe { std::mem::zeroed() };
        handle(libc::SIGALRM, interrupt_again)?;
        for &signal in signals {
            // SAFETY: `stop` is a valid set and the signal's number a valid one.
            unsafe { libc::sigaddset(&raw mut stop, signal) };
            handle(signal, note_stop)?;
        }
        Ok(StopSignals { stop })
    }

    /// Ends the process by the signal that has come, as if it had not been caught. Returns where none has come.
    pub fn end_process(&self) {
        match STOP.load(Ordering::Relaxed) {
            0 => {}
            signal => end_by(signal),
        }
    }

    /// Whether one of the signals came.
    pub fn requested(&self) -> bool {
        stop_requested()
    }

    /// Waits until the descriptor has something to read (or an error to tell), a signal came, or the time is over. No
    /// signal can slip in between the look at the wish and the wait.
    ///
    /// # Errors
    /// The system's error.
    pub fn wait_readable(&self, fd: BorrowedFd<'_>, longest: Option<Duration>) -> Result<()> {
        self.wait(&mut [readable(fd)], longest)
    }

    /// Waits as [`wait_readable`](Self::wait_readable) for any of several descriptors, and returns for each whether it has
    /// something to read.
    ///
    /// # Errors
    /// The system's error.
    pub fn wait_any(&self, fds: &[BorrowedFd<'_>], longest: Duration) -> Result<Vec<bool>> {
        let mut polls: Vec<libc::pollfd> = fds.iter().copied().map(readable).collect();
        self.wait(&mut polls, Some(longest))?;
        Ok(polls.iter().map(|poll| poll.revents != 0).collect())
    }

    fn wait(&self, polls: &mut [libc::pollfd], longest: Option<Duration>) -> Result<()> {
        // SAFETY: all-zero is a valid signal set; it is filled in by the next call.
        let mut before: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: both sets are valid for the call.
        match unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const self.stop, &raw mut before) } {
            0 => {}
            errno => return Err(Error::Os(errno)),
        }
        // Longer than a 32-bit `time_t` can say is as long as anyone waits.
        let longest = longest.map(|longest| libc::timespec {
            tv_sec: i32::try_from(longest.as_secs()).unwrap_or(i32::MAX).into(),
            tv_nsec: longest.subsec_nanos() as _,
        });
        let longest = longest.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        let mut waited = Ok(());
        if !self.requested() {
            let count = polls.len() as libc::nfds_t;
            // SAFETY: `polls` has `count` valid entries, the time is null or valid, and the signal set is valid.
            if unsafe { libc::ppoll(polls.as_mut_ptr(), count, longest, &raw const before) } < 0 {
                waited = Err(io::Error::last_os_error().into());
            }
        }
        // SAFETY: `before` was filled in above; no old set is asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut()) };
        match waited {
            Err(Error::Os(libc::EINTR)) => Ok(()),
            waited => waited,
        }
    }
}

fn readable(fd: BorrowedFd<'_>) -> libc::pollfd {
    libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 }
}

/// The exit status with which SIGINT and SIGTERM end the process; see [`LeaveSignals`].
static LEAVE_WITH: AtomicI32 = AtomicI32::new(0);
/// Whether output is being written, which such a signal lets finish.
static FINISHES: AtomicBool = AtomicBool::new(false);

extern "C" fn leave(signal: libc::c_int) {
    if FINISHES.load(Ordering::Relaxed) {
        return note_stop(signal);
    }
    // SAFETY: no pointer is passed; `_exit` may be called by signal handlers, and ends the process.
    unsafe { libc::_exit(LEAVE_WITH.load(Ordering::Relaxed)) };
}

/// SIGINT and SIGTERM end the process at once, with an exit status of our own: for a process that repeats one job, whose
/// state nobody needs afterwards.
#[derive(Debug)]
pub struct LeaveSignals(());

impl LeaveSignals {
    /// Catches both from now on, for the rest of the process's life. They end the process with this exit status.
    ///
    /// # Errors
    /// The system's error when a handler cannot be installed.
    pub fn catch(status: u8) -> Result<LeaveSignals> {
        LEAVE_WITH.store(status.into(), Ordering::Relaxed);
        handle(libc::SIGALRM, interrupt_again)?;
        handle(libc::SIGINT, leave)?;
        handle(libc::SIGTERM, leave)?;
        Ok(LeaveSignals(()))
    }

    /// Lets `write` finish before a signal ends the process, and makes this the exit status.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn finishing<E>(
        &self,
        status: u8,
        write: impl FnOnce() -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        FINISHES.store(true, Ordering::Relaxed);
        LEAVE_WITH.store(status.into(), Ordering::Relaxed);
        let written = write();
        FINISHES.store(false, Ordering::Relaxed);
        if stop_requested() {
            std::process::exit(status.into());
        }
        written
    }
}

/// Lets a handler, which must be async-signal-safe, take a signal; the signal interrupts blocking calls.
fn handle(signal: libc::c_int, handler: extern "C" fn(libc::c_int)) -> Result<()> {
    // SAFETY: an all-zero action is valid: no flags, empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as usize;
    // SAFETY: `action` is initialised, and its handler is async-signal-safe: the handlers of this file load and
    // store atomics and call `alarm` or `_exit`, nothing else.
    match unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error().into()),
    }
}

fn is_ignored(signal: libc::c_int) -> bool {
    // SAFETY: an all-zero action is valid; it is filled in by the next call.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: no new action is given, and the old one is written to a valid place.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
    asked == 0 && action.sa_sigaction == libc::SIG_IGN
}
