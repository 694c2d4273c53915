// SPDX-License-Identifier: GPL-2.0-or-later
//! Process-wide settings a command-line tool needs: signals and the protocol data base.

use crate::error::{Error, Result};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

pub use super::protocols::{protocol_name, protocol_number};

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
#[must_use]
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
    #[must_use]
    pub fn requested(&self) -> bool {
        stop_requested()
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
        // Longer than a 32-bit `time_t` can say is as long as anyone waits.
        let longest = longest.map(|longest| libc::timespec {
            tv_sec: i32::try_from(longest.as_secs()).unwrap_or(i32::MAX).into(),
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

/// Lets a handler, which must be async-signal-safe, take a signal; the signal interrupts blocking calls.
fn handle(signal: libc::c_int, handler: extern "C" fn(libc::c_int)) -> Result<()> {
    // SAFETY: an all-zero action is valid: no flags, empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as usize;
    // SAFETY: `action` is initialised, and its handler is async-signal-safe: both handlers of this file store to an
    // atomic and call `alarm`, nothing else.
    match unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(Error::Os(super::errno::get())),
    }
}

fn is_ignored(signal: libc::c_int) -> bool {
    // SAFETY: an all-zero action is valid; it is filled in by the next call.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: no new action is given, and the old one is written to a valid place.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
    asked == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// The memory page size in bytes.
#[must_use]
pub fn page_size() -> usize {
    // SAFETY: no pointer is passed.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// The memory in bytes that this process may use: the machine's, or less where a control group allows less.
#[must_use]
pub fn memory_bytes() -> u64 {
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limit = |file| std::fs::read_to_string(file).ok()?.trim().parse().ok();
    limit_files(&groups).into_iter().filter_map(limit).fold(machine_bytes(), u64::min)
}

fn machine_bytes() -> u64 {
    // SAFETY: no pointer is passed.
    let pages = u64::try_from(unsafe { libc::sysconf(libc::_SC_PHYS_PAGES) }).unwrap_or(0);
    pages.saturating_mul(page_size() as u64)
}

/// The files that may hold a limit of memory, from the text of `/proc/self/cgroup`: a line for each hierarchy, its number,
/// its controllers (none in version 2) and the group. Each group's limit holds for those inside it. A container may see
/// its own group as the root.
fn limit_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|controller| controller == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let group = Path::new(group.trim_start_matches('/'));
        files.extend(group.ancestors().map(|group| Path::new(root).join(group).join(file)));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_around_the_process_may_limit_its_memory() {
        let files =
            |groups| limit_files(groups).iter().map(|file| file.display().to_string()).collect::<Vec<_>>();
        assert_eq!(
            files("0::/a/b\n"),
            ["/sys/fs/cgroup/a/b/memory.max", "/sys/fs/cgroup/a/memory.max", "/sys/fs/cgroup/memory.max"]
        );
        assert_eq!(files("0::/\n"), ["/sys/fs/cgroup/memory.max"]);
        assert_eq!(
            files("5:cpu,memory:/x\n4:cpuset:/\n1:name=systemd:/y:z\n"),
            ["/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        );
        assert!(files("").is_empty() && files("nonsense\n").is_empty());
        assert!(memory_bytes() > 1 << 20);
    }
}
