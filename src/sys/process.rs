// SPDX-License-Identifier: GPL-2.0-or-later
//! Process-wide settings a command-line tool needs: signals and the protocol data base.

use crate::error::{Error, Result};
use std::ffi::{CStr, CString};
use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);

extern "C" fn note_stop(_signal: libc::c_int) {
    STOP.store(true, Ordering::Relaxed);
}

/// Gives SIGPIPE its default action back, so that a closed pipe ends the program as it ends a C program.
pub fn restore_sigpipe() {
    // SAFETY: SIG_DFL is a valid disposition and no Rust code depends on SIGPIPE being ignored.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

/// From now on SIGINT and SIGTERM interrupt blocking calls and make [`stop_requested`] true.
///
/// # Errors
/// The system's error when the handler cannot be installed.
pub fn catch_stop_signals() -> Result<()> {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: an all-zero sigaction is valid: no flags (so system calls are interrupted), empty mask.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = note_stop as extern "C" fn(libc::c_int) as usize;
        // SAFETY: `action` is initialised; the handler only stores to an atomic, which is async-signal-safe.
        if unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) } != 0 {
            return Err(Error::Os(super::errno::get()));
        }
    }
    Ok(())
}

/// Whether SIGINT or SIGTERM came since [`catch_stop_signals`].
#[must_use]
pub fn stop_requested() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// The number of a protocol in the system's data base (`/etc/protocols`), by name or alias.
#[must_use]
pub fn protocol_number(name: &str) -> Option<i32> {
    let name = CString::new(name).ok()?;
    // SAFETY: the name is NUL-terminated; the tool is single-threaded where it resolves protocols.
    let entry = unsafe { libc::getprotobyname(name.as_ptr()) };
    // SAFETY: a non-null result points to a valid entry until the next look-up.
    unsafe { entry.as_ref() }.map(|entry| entry.p_proto)
}

/// The name of a protocol number in the system's data base.
#[must_use]
pub fn protocol_name(number: u8) -> Option<String> {
    // SAFETY: no pointer is passed; the tool is single-threaded where it resolves protocols.
    let entry = unsafe { libc::getprotobynumber(libc::c_int::from(number)) };
    // SAFETY: a non-null result points to a valid entry until the next look-up.
    let entry = unsafe { entry.as_ref() }?;
    // SAFETY: `p_name` of a valid entry is a NUL-terminated string.
    Some(unsafe { CStr::from_ptr(entry.p_name) }.to_string_lossy().into_owned())
}

/// The memory page size in bytes.
#[must_use]
pub fn page_size() -> usize {
    // SAFETY: no pointer is passed.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}
