// SPDX-License-Identifier: GPL-2.0-or-later
//! Files of the kernel, read with a limit: `/proc`, `/sys`, and the kernel log.
//!
//! Every file is opened for reading only. What a file has beyond the limit is neither read nor kept. What the bytes mean
//! stands in `diagnosis::parse`.

use crate::error::Result;
use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// The first `limit` bytes of a file.
///
/// # Errors
/// The system's error.
pub(crate) fn read(path: impl AsRef<Path>, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The device and inode of the file to which a path leads.
///
/// # Errors
/// The system's error.
pub(crate) fn identity(path: impl AsRef<Path>) -> Result<(u64, u64)> {
    let found = std::fs::metadata(path)?;
    Ok((found.dev(), found.ino()))
}

/// The device and inode of an open file.
///
/// # Errors
/// The system's error.
pub(crate) fn identity_of(file: &File) -> Result<(u64, u64)> {
    let found = file.metadata()?;
    Ok((found.dev(), found.ino()))
}

/// The longest record of the kernel log.
const RECORD: usize = 8192;

/// Hands the records of the kernel log to `each`, the oldest first, until there are no more, or until `bytes` or `longest`
/// are used up. Records that the kernel has overwritten are skipped.
///
/// # Errors
/// The system's error: `EPERM` without `CAP_SYSLOG` where the log is restricted.
pub(crate) fn kernel_log(bytes: usize, longest: Duration, mut each: impl FnMut(&[u8])) -> Result<()> {
    let mut log = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open("/dev/kmsg")?;
    let (begun, mut left, mut record) = (Instant::now(), bytes, [0; RECORD]);
    while left > 0 && begun.elapsed() < longest {
        match log.read(&mut record) {
            Ok(0) => break,
            Ok(len) => {
                each(record.get(..len).unwrap_or_default());
                left = left.saturating_sub(len);
            }
            Err(error) => match error.raw_os_error() {
                Some(libc::EAGAIN) => break,
                // Overwritten, or longer than any record should be: the next one follows.
                Some(libc::EPIPE | libc::EINVAL | libc::EINTR) => left = left.saturating_sub(1),
                _ => return Err(error.into()),
            },
        }
    }
    Ok(())
}
