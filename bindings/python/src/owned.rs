// SPDX-License-Identifier: GPL-2.0-or-later
//! A value that one thread at a time uses, and only in the process that made it.
//!
//! Guarantees: a thread that waits for the value has released the interpreter's lock; a child of a fork never touches
//! the value, not even to drop it: its socket and its threads are the parent's.

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use std::mem::ManuallyDrop;
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// The value, until it is closed.
#[derive(Debug)]
pub struct Owned<T> {
    pid: u32,
    value: ManuallyDrop<Mutex<Option<T>>>,
}

impl<T: Send> Owned<T> {
    pub fn new(value: T) -> Owned<T> {
        Owned { pid: process::id(), value: ManuallyDrop::new(Mutex::new(Some(value))) }
    }

    /// Uses the value without the interpreter's lock.
    pub fn with<R: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut T) -> R + Send) -> PyResult<R> {
        self.check_process()?;
        py.detach(|| self.lock().as_mut().map(work)).ok_or_else(closed)
    }

    /// Uses the value at once, where it is open and no other thread uses it; the work is short.
    pub fn at_once<R>(&self, work: impl FnOnce(&mut T) -> R) -> PyResult<Option<R>> {
        self.check_process()?;
        Ok(match self.value.try_lock() {
            Ok(mut value) => value.as_mut().map(work),
            Err(TryLockError::Poisoned(value)) => value.into_inner().as_mut().map(work),
            Err(TryLockError::WouldBlock) => None,
        })
    }

    /// Refuses a value that is closed, or of another process.
    pub fn check_open(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |_| ())
    }

    /// Closes it: every later use is refused. A child of a fork leaves the value to its parent.
    pub fn close(&self, py: Python<'_>) {
        if self.is_mine() {
            py.detach(|| drop(self.lock().take()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<T>> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_mine(&self) -> bool {
        self.pid == process::id()
    }

    /// Refuses the use in another process than the one that made the value.
    pub fn check_process(&self) -> PyResult<()> {
        if self.is_mine() {
            return Ok(());
        }
        let text = format!("it was opened by process {} before a fork: open another one here", self.pid);
        Err(PyRuntimeError::new_err(text))
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        if self.pid == process::id() {
            let value = std::mem::replace(&mut *self.value, Mutex::new(None));
            drop(value);
        }
    }
}

/// The exception for the use of a closed object, as that of a closed file.
pub fn closed() -> PyErr {
    PyValueError::new_err("it is closed")
}
