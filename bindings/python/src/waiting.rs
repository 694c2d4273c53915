// SPDX-License-Identifier: GPL-2.0-or-later
//! Waiting for a descriptor. The interpreter's own `poll` waits: it releases the interpreter's lock, and a signal ends it
//! at once.

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The longest time between two looks at signals that another thread has received, and at objects that were closed.
const SLICE_MILLIS: u64 = 200;

/// A duplicate of a socket's descriptor. A thread that waits keeps it from being closed, and its number from
/// becoming another file's.
#[derive(Debug)]
pub struct Descriptor(Mutex<Option<Arc<OwnedFd>>>);

impl Descriptor {
    pub fn of(fd: BorrowedFd<'_>) -> PyResult<Descriptor> {
        let fd = fd.try_clone_to_owned().map_err(PyOSError::new_err)?;
        Ok(Descriptor(Mutex::new(Some(Arc::new(fd)))))
    }

    fn get(&self) -> Option<Arc<OwnedFd>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its number, until it is closed.
    pub fn number(&self) -> Option<i32> {
        self.get().map(|fd| fd.as_raw_fd())
    }

    pub fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Waits until it is readable, or for a slice of the longest time.
    pub fn wait(&self, py: Python<'_>, longest: Duration) -> PyResult<()> {
        py.check_signals()?;
        let Some(fd) = self.get() else { return Ok(()) };
        let select = py.import("select")?;
        let poll = select.call_method0("poll")?;
        poll.call_method1("register", (fd.as_raw_fd(), select.getattr("POLLIN")?))?;
        // Rounded up: a wait of less than a millisecond would return at once, and the caller would loop.
        let millis = u64::try_from(longest.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        poll.call_method1("poll", (millis.min(SLICE_MILLIS),)).map(drop)
    }
}
