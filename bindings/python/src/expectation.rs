// SPDX-License-Identifier: GPL-2.0-or-later
//! `Expectation`: a connection that the kernel expects.

use crate::errors;
use crate::flow::{Flow, dictionary, json};
use netfilter_conntrack::format::{self, Style};
use netfilter_conntrack::{self as core, Dir, ExpectAttr};
use pyo3::prelude::*;

/// A connection that a helper expects, such as the data connection of FTP.
#[pyclass(frozen, module = "conntrack")]
#[derive(Debug)]
pub struct Expectation {
    pub expect: core::Expectation,
}

/// Text of the library's printer.
pub fn printed(py: Python<'_>, expect: &core::Expectation, style: &Style<'_>) -> PyResult<String> {
    let mut text = Vec::new();
    format::append_expectation(&mut text, expect, style).map_err(|error| errors::of(py, error))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[pymethods]
impl Expectation {
    /// The connection that is expected; fields that `mask` leaves open are zero.
    #[getter]
    fn expected(&self) -> Option<Flow> {
        self.tuple(ExpectAttr::Expected)
    }

    /// The bits of the expected connection that count.
    #[getter]
    fn mask(&self) -> Option<Flow> {
        self.tuple(ExpectAttr::Mask)
    }

    /// The connection that made the expectation.
    #[getter]
    fn master(&self) -> Option<Flow> {
        self.tuple(ExpectAttr::Master)
    }

    /// Seconds until the expectation expires.
    #[getter]
    fn timeout(&self) -> Option<u32> {
        self.expect.number(ExpectAttr::Timeout)
    }

    /// The zone.
    #[getter]
    fn zone(&self) -> Option<u32> {
        self.expect.number(ExpectAttr::Zone)
    }

    /// The name of the helper.
    #[getter]
    fn helper(&self) -> Option<String> {
        self.expect.text(ExpectAttr::HelperName).map(|name| String::from_utf8_lossy(name).into_owned())
    }

    /// The JSON object that `conntrack -L expect -o json` prints.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        printed(py, &self.expect, &json())
    }

    /// The same as a dictionary.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        dictionary(py, &self.to_json(py)?)
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        printed(py, &self.expect, &Style::default())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let text = self.__str__(py)?;
        Ok(format!("<Expectation {}>", text.split_whitespace().collect::<Vec<_>>().join(" ")))
    }
}

impl Expectation {
    /// One of its tuples as a flow with this original direction.
    fn tuple(&self, which: ExpectAttr) -> Option<Flow> {
        let tuple = self.expect.tuple(which);
        let (src, dst) = (tuple.src()?, tuple.dst()?);
        let mut flow = core::Flow::new();
        flow.set_tuple(Dir::Orig, src, dst, tuple.protocol());
        Some(flow.into())
    }
}
