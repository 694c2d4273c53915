// SPDX-License-Identifier: GPL-2.0-or-later
//! `Entries`: a list of the table that is being read. Some hundred entries are read in one call, without the
//! interpreter's lock; never the whole table is in memory.

use crate::errors;
use crate::flow::Flow;
use crate::netns::Place;
use crate::owned::Owned;
use netfilter_conntrack::{self as core, Error, Failure, Operation, OwnedList, Selector, Table};
use pyo3::prelude::*;

/// Entries that are read in one call.
const PART: usize = 512;

/// An iterator over the entries of a list. It has a socket of its own.
#[pyclass(frozen, module = "conntrack")]
#[derive(Debug)]
pub struct Entries {
    reading: Owned<Reading>,
}

/// The list, and its entries that have been read.
#[derive(Debug)]
struct Reading {
    list: Option<OwnedList>,
    /// The last one is the next.
    flows: Vec<core::Flow>,
    /// The error that follows them.
    error: Option<Error>,
}

impl Entries {
    /// Asks for the list.
    pub fn open(py: Python<'_>, place: &Place, selector: Selector, table: Table) -> PyResult<Entries> {
        let opened = py.detach(|| {
            let handle = place.builder().read_ahead(true).open()?;
            handle.into_list(selector, table)
        });
        let list = opened.map_err(|error| errors::of_failure(py, Failure::new(Operation::List, error)))?;
        Ok(Entries { reading: Owned::new(Reading { list: Some(list), flows: Vec::new(), error: None }) })
    }

    /// Reads until there is an entry, or an end.
    fn next_part(&self, py: Python<'_>) -> PyResult<Option<core::Flow>> {
        loop {
            py.check_signals()?;
            let (next, may_follow) = self.reading.with(py, |reading| {
                let may_follow = reading.flows.is_empty() && reading.fill();
                (reading.flows.pop(), may_follow)
            })?;
            if next.is_some() || !may_follow {
                return Ok(next);
            }
        }
    }
}

impl Reading {
    /// Reads the next part; returns whether entries may follow.
    fn fill(&mut self) -> bool {
        let Some(list) = &mut self.list else { return false };
        let read = list.read(PART, &mut self.flows);
        self.flows.reverse();
        match read {
            Ok(true) => return true,
            Ok(false) => {}
            Err(error) => self.error = Some(error),
        }
        self.list = None;
        false
    }
}

#[pymethods]
impl Entries {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Flow>> {
        if let Some(flow) = self.reading.at_once(|reading| reading.flows.pop())?.flatten() {
            return Ok(Some(flow.into()));
        }
        match self.next_part(py)? {
            Some(flow) => Ok(Some(flow.into())),
            None => match self.reading.with(py, |reading| reading.error.take())? {
                Some(error) => Err(errors::of_failure(py, Failure::new(Operation::List, error))),
                None => Ok(None),
            },
        }
    }

    /// Ends the list; the iterator then raises `ValueError`. A list that is read to its end needs no call.
    fn close(&self, py: Python<'_>) {
        self.reading.close(py);
    }

    fn __enter__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        slf.get().reading.check_open(slf.py())?;
        Ok(slf)
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, py: Python<'_>, _error: &Bound<'_, pyo3::types::PyTuple>) {
        self.close(py);
    }
}
