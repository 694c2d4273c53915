// SPDX-License-Identifier: GPL-2.0-or-later
//! `diagnose` and `Report`: what is wrong with a table, who holds the entries, what helps.

use crate::arguments::bad;
use crate::errors;
use crate::flow::dictionary;
use netfilter_conntrack as core;
use netfilter_conntrack::diagnosis::{Detail, Diagnosis, Report as Found};
use pyo3::exceptions::{PyOverflowError, PyRuntimeError};
use pyo3::prelude::*;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The longest time between two looks at signals.
const SLICE: Duration = Duration::from_millis(50);

/// The time between the two readings, where no other one is asked for.
const DEFAULT: Duration = Duration::from_millis(500);

/// The result of a diagnosis. `str()` is the text that `conntrack --diagnose` prints.
#[pyclass(frozen, module = "conntrack")]
#[derive(Debug)]
pub struct Report {
    found: Found,
}

#[pymethods]
impl Report {
    /// `"ok"`, `"unknown"`, `"warning"` or `"critical"`.
    #[getter]
    fn verdict(&self) -> &'static str {
        self.found.verdict.name()
    }

    /// The findings, each with its id, severity, text, evidence and advice.
    #[getter]
    fn findings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.to_dict(py)?.get_item("findings")
    }

    /// The JSON object that `conntrack --diagnose -o json` prints.
    fn to_json(&self) -> PyResult<String> {
        let mut text = String::new();
        let tool = concat!("libconntrack ", env!("CARGO_PKG_VERSION"));
        let written = self.found.write_json(tool, &Detail::default(), &mut text);
        written.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(text)
    }

    /// The same as a dictionary.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        dictionary(py, &self.to_json()?)
    }

    fn __str__(&self) -> String {
        self.found.text()
    }

    fn __repr__(&self) -> String {
        format!("<Report {}>", self.verdict())
    }
}

/// Looks at the table and says what is wrong. It reads counters twice, `interval` seconds apart, and changes nothing.
///
/// >>> diagnose(interval=0.1).verdict in ("ok", "unknown", "warning", "critical")
/// True
#[pyfunction]
#[pyo3(signature = (*, netns = None, interval = DEFAULT, all_netns = false), text_signature = "(*, netns=None, interval=0.5, all_netns=False)")]
pub fn diagnose(
    py: Python<'_>,
    netns: Option<&Bound<'_, PyAny>>,
    #[pyo3(from_py_with = seconds)] interval: Duration,
    all_netns: bool,
) -> PyResult<Report> {
    let mut diagnosis = Diagnosis::new().interval(interval).all_namespaces(all_netns);
    let netns = crate::netns::netns(netns)?;
    if let Some(netns) = netns.clone() {
        diagnosis = diagnosis.namespace(netns);
    }
    let found = run(py, diagnosis)?.map_err(|error| errors::of_opening(py, netns.as_ref(), error))?;
    Ok(Report { found })
}

fn seconds(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let seconds =
        value.extract::<f64>().map_err(|error| match error.is_instance_of::<PyOverflowError>(value.py()) {
            true => bad("interval", "it is out of range"),
            false => error,
        });
    Duration::try_from_secs_f64(seconds?).map_err(|error| bad("interval", &error.to_string()))
}

/// Runs in a thread, so that a signal ends the call at once.
fn run(py: Python<'_>, mut diagnosis: Diagnosis) -> PyResult<core::Result<Found>> {
    let (done, outcome) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let _ = done.send(diagnosis.run()); // a caller that was interrupted has left
    })?;
    let outcome = Mutex::new(outcome); // so that the closure may leave the interpreter
    loop {
        let wait = || outcome.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(SLICE);
        match py.detach(wait) {
            Ok(found) => return Ok(found),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            Err(RecvTimeoutError::Disconnected) => return Err(errors::of(py, core::Error::NoMemory)),
        }
    }
}
