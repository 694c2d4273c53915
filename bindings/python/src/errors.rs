// SPDX-License-Identifier: GPL-2.0-or-later
//! The library's errors as exceptions. `conntrack/_errors.py` defines the classes and chooses one by the errno.

use netfilter_conntrack::{Error, Failure, Netns};
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;

/// The exception for a request that failed.
pub fn of_failure(py: Python<'_>, failure: Failure) -> PyErr {
    made(py, failure.error(), failure.to_string())
}

/// The exception for an error outside of a request.
pub fn of(py: Python<'_>, error: Error) -> PyErr {
    made(py, error, error.to_string())
}

/// The exception for a socket that could not be opened: it names the namespace.
pub fn of_opening(py: Python<'_>, netns: Option<&Netns>, error: Error) -> PyErr {
    match netns.and_then(|netns| netns.path().ok()) {
        Some(path) => made(py, error, format!("network namespace {}: {error}", path.display())),
        None => of(py, error),
    }
}

fn made(py: Python<'_>, error: Error, text: String) -> PyErr {
    match error {
        Error::Invalid(_) => PyValueError::new_err(text),
        Error::NoMemory => PyMemoryError::new_err(text),
        _ => call(py, "from_errno", (error.errno(), text)),
    }
}

/// The exception for events that were lost.
pub fn of_loss(py: Python<'_>, count: u64) -> PyErr {
    call(py, "from_loss", (count,))
}

/// Calls a function of the Python part that makes an exception.
fn call<'py>(py: Python<'py>, function: &str, arguments: impl pyo3::call::PyCallArgs<'py>) -> PyErr {
    let exception =
        py.import("conntrack._errors").and_then(|module| module.getattr(function)?.call1(arguments));
    exception.map_or_else(|error| error, PyErr::from_value)
}
