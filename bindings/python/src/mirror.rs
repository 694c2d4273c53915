// SPDX-License-Identifier: GPL-2.0-or-later
//! `Mirror` and `Change`: the changes of the table, all of them even when events are lost.

use crate::events::{builder, kind_name};
use crate::flow::Flow;
use crate::owned::{Owned, closed};
use crate::waiting::Descriptor;
use crate::{errors, netns};
use netfilter_conntrack::{self as core, EventKind, Groups, Netns};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use std::collections::VecDeque;
use std::os::fd::AsFd;
use std::time::Duration;

/// Changes that are read in one call.
const PART: usize = 512;

/// A change of the table.
#[pyclass(frozen, module = "conntrack")]
#[derive(Debug)]
pub struct Change {
    kind: EventKind,
    flow: Py<Flow>,
    /// The port id of the netlink socket whose request caused it; 0 for packets and timers.
    #[pyo3(get)]
    port_id: u32,
    /// Whether reading the table found it, and not an event.
    #[pyo3(get)]
    found: bool,
}

#[pymethods]
impl Change {
    /// `"new"`, `"update"` or `"destroy"`.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, kind_name(self.kind))
    }

    /// The flow.
    #[getter]
    fn flow(&self, py: Python<'_>) -> Py<Flow> {
        self.flow.clone_ref(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<Change {} {}>", kind_name(self.kind), self.flow.bind(py).repr()?))
    }
}

/// What has been read.
type Item = (EventKind, Box<core::Flow>, u32, bool);

#[derive(Debug)]
struct Followed {
    mirror: core::Mirror,
    items: VecDeque<Item>,
}

impl Followed {
    /// Reads a part of the changes.
    fn fill(&mut self) -> core::Result<()> {
        while self.items.len() < PART {
            let Some(change) = self.mirror.try_next()? else { break };
            self.items.push_back((change.kind, Box::new(change.flow.clone()), change.port_id, change.found));
        }
        Ok(())
    }
}

/// Follows the table: an iterator over its changes, which lead to the kernel's table even when events are lost. The entries
/// that exist at the start are changes of the kind `"new"`.
///
/// >>> with Mirror() as mirror:
/// ...     while mirror.is_behind:
/// ...         change = mirror.poll()
/// ...     len(mirror) == count()
/// True
#[pyclass(frozen, subclass, weakref, module = "conntrack._conntrack")]
#[derive(Debug)]
pub struct Mirror {
    followed: Owned<Followed>,
    descriptor: Descriptor,
}

/// Opens a mirror in a namespace, by a thread that enters it.
fn open(builder: core::EventsBuilder, netns: Option<Netns>) -> core::Result<core::Mirror> {
    let Some(netns) = netns else { return core::Mirror::open(builder) };
    let opening = std::thread::Builder::new().spawn(move || {
        netns.enter()?;
        core::Mirror::open(builder)
    });
    opening.map_err(core::Error::from)?.join().unwrap_or(Err(core::Error::NoMemory))
}

impl Mirror {
    fn with<R: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut core::Mirror) -> R + Send) -> PyResult<R> {
        self.followed.with(py, |followed| work(&mut followed.mirror))
    }
}

#[pymethods]
impl Mirror {
    #[new]
    #[pyo3(signature = (*, netns = None, receive_buffer = None))]
    fn new(
        py: Python<'_>,
        netns: Option<&Bound<'_, PyAny>>,
        receive_buffer: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Mirror> {
        let (builder, netns) = (builder(Groups::FLOWS, receive_buffer)?, netns::netns(netns)?);
        let opened = py.detach(|| open(builder, netns.clone()));
        let mirror = opened.map_err(|error| errors::of_opening(py, netns.as_ref(), error))?;
        let descriptor = Descriptor::of(mirror.as_fd())?;
        Ok(Mirror { followed: Owned::new(Followed { mirror, items: VecDeque::new() }), descriptor })
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Change> {
        loop {
            if let Some(change) = self.poll(py)? {
                return Ok(change);
            }
            self.descriptor.wait(py, self.with(py, |mirror| mirror.longest_wait())?)?;
        }
    }

    /// The next change that is known without waiting, or `None`. After `None` a program waits for the descriptor, at most
    /// for `longest_wait` seconds.
    fn poll(&self, py: Python<'_>) -> PyResult<Option<Change>> {
        let read = self.followed.with(py, |followed| {
            if followed.items.is_empty() {
                followed.fill()?;
            }
            Ok(followed.items.pop_front())
        })?;
        let Some((kind, flow, port_id, found)) = read.map_err(|error| errors::of(py, error))? else {
            return Ok(None);
        };
        Ok(Some(Change { kind, flow: Py::new(py, Flow::from(*flow))?, port_id, found }))
    }

    /// Reads the table again, as after a loss.
    fn rescan(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, core::Mirror::rescan)
    }

    /// Whether the changes so far do not lead to the kernel's table yet: at the start, after a loss.
    #[getter]
    fn is_behind(&self, py: Python<'_>) -> PyResult<bool> {
        self.followed.with(py, |followed| !followed.items.is_empty() || followed.mirror.is_behind())
    }

    /// The longest time in seconds that a program waits for the descriptor before it calls `poll()` again.
    #[getter]
    fn longest_wait(&self, py: Python<'_>) -> PyResult<f64> {
        self.followed.with(py, |followed| match followed.items.is_empty() {
            true => followed.mirror.longest_wait().as_secs_f64(),
            false => Duration::ZERO.as_secs_f64(),
        })
    }

    /// How many events were lost, at least.
    #[getter]
    fn lost(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |mirror| mirror.lost())
    }

    /// How often the table was read.
    #[getter]
    fn rescans(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |mirror| mirror.rescans())
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, |mirror| mirror.len())
    }

    fn __bool__(&self) -> bool {
        true
    }

    /// The descriptor, for an event loop.
    fn fileno(&self) -> PyResult<i32> {
        self.followed.check_process()?;
        self.descriptor.number().ok_or_else(closed)
    }

    /// Ends it; later calls raise `ValueError`.
    fn close(&self, py: Python<'_>) {
        self.descriptor.close();
        self.followed.close(py);
    }

    fn __enter__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        slf.get().followed.check_open(slf.py())?;
        Ok(slf)
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, py: Python<'_>, _error: &Bound<'_, PyTuple>) {
        self.close(py);
    }
}
