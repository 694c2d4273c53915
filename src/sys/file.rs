// SPDX-License-Identifier: GPL-2.0-or-later
//! Files by names that C gives.

use super::errno;
use crate::error::{Error, Result};
use std::ffi::CStr;
use std::fs::File;
use std::os::fd::FromRawFd;

/// Opens a file for reading, close-on-exec. Allocates no memory, however long the name is.
///
/// # Errors
/// The system's error.
pub(crate) fn open(path: &CStr) -> Result<File> {
    // SAFETY: the path is NUL-terminated, and the call keeps no pointer to it.
    let fd = unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
    if fd < 0 {
        return Err(Error::Os(errno::get()));
    }
    // SAFETY: the descriptor was just opened, and no other code owns it.
    Ok(unsafe { File::from_raw_fd(fd) })
}
