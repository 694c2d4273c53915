// SPDX-License-Identifier: GPL-2.0-or-later
//! `Handle`: requests to the kernel on one socket.

use crate::entries::Entries;
use crate::expectation::Expectation;
use crate::fields;
use crate::flow::Flow;
use crate::netns::Place;
use crate::owned::Owned;
use crate::selector::{self, selector};
use crate::stats::Stats;
use crate::{arguments, errors};
use netfilter_conntrack::{self as core, Batch, Failure, Operation, OwnedList, Request, Selector, Table};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// Entries that are read, and deleted, in one call.
const PART: usize = 256;

/// The number of "No such file or directory", the same on every machine of Linux.
const ENOENT: i32 = 2;

/// A connection to the kernel for requests, in one network namespace.
///
/// `netns` is a name that `ip netns add` gave, a path, or the id of a process; without it the handle is for the namespace
/// of the calling thread. The functions of the module open a handle for one request; a program that sends many
/// requests keeps one.
///
/// >>> with Handle() as handle:
/// ...     handle.create(src="192.0.2.1", dst="192.0.2.2", proto="udp", sport=1, dport=53, timeout=30)
/// ...     flow = handle.get(src="192.0.2.1", dst="192.0.2.2", proto="udp", sport=1, dport=53)
/// ...     handle.update(flow, mark=7)
/// ...     [flow.mark for flow in handle.list(dport=53)]
/// ...     handle.delete(dport=53)
/// [7]
/// 1
#[pyclass(frozen, module = "conntrack")]
#[derive(Debug)]
pub struct Handle {
    handle: Owned<core::Handle>,
    place: Place,
}

/// The table of this name.
fn table(name: &str) -> PyResult<Table> {
    match name {
        "conntrack" => Ok(Table::Conntrack),
        "dying" => Ok(Table::Dying),
        "unconfirmed" => Ok(Table::Unconfirmed),
        _ => Err(arguments::bad("table", "it is \"conntrack\", \"dying\" or \"unconfirmed\"")),
    }
}

impl Handle {
    /// Sends a request without the interpreter's lock.
    fn ask<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut core::Handle) -> core::Result<R> + Send,
    ) -> PyResult<R> {
        let asked = self.handle.with(py, |handle| work(handle).map_err(|error| handle.failure(error)))?;
        asked.map_err(|failure| errors::of_failure(py, failure))
    }

    /// Reads the selected entries part by part, and hands each part to `work` with the handle for requests.
    fn each_part(
        &self,
        py: Python<'_>,
        selector: Selector,
        mut work: impl FnMut(&mut core::Handle, &[core::Flow]) -> Result<(), Failure> + Send,
    ) -> PyResult<()> {
        let failed = |error| Failure::new(Operation::List, error);
        let opened = self.handle.with(py, |_| {
            self.place.builder().open().and_then(|handle| handle.into_list(selector, Table::Conntrack))
        })?;
        let mut list = opened.map_err(|error| errors::of_failure(py, failed(error)))?;
        let (mut flows, mut may_follow) = (Vec::new(), true);
        while may_follow {
            py.check_signals()?;
            let done = self.handle.with(py, |handle| part(handle, &mut list, &mut flows, &mut work))?;
            may_follow = done.map_err(|failure| errors::of_failure(py, failure))?;
        }
        Ok(())
    }
}

/// Fails where the kernel has no such entry, or has another one with the same tuple.
fn is_there(handle: &mut core::Handle, flow: &core::Flow) -> core::Result<()> {
    let found = handle.get(flow)?;
    match (flow.id(), found.id()) {
        (Some(id), Some(other)) if id != other => Err(core::Error::Kernel(ENOENT)),
        _ => Ok(()),
    }
}

/// Reads one part and hands it on; returns whether others may follow.
fn part(
    handle: &mut core::Handle,
    list: &mut OwnedList,
    flows: &mut Vec<core::Flow>,
    work: &mut impl FnMut(&mut core::Handle, &[core::Flow]) -> Result<(), Failure>,
) -> Result<bool, Failure> {
    flows.clear();
    let read = list.read(PART, flows);
    work(handle, flows)?;
    read.map_err(|error| Failure::new(Operation::List, error))
}

/// Deletes entries, each by its tuple, its zone and its id. Returns how many were still there, and the first refusal.
fn delete_all(handle: &mut core::Handle, flows: &[core::Flow]) -> (u64, Result<(), Failure>) {
    let failed = |error| Failure::new(Operation::Delete, error);
    let mut batch = match handle.batch() {
        Ok(batch) => batch,
        Err(error) => return (0, Err(failed(error))),
    };
    let (mut deleted, mut refused) = (0, None);
    let mut carry_out = |batch: &mut Batch| {
        handle.carry_out(batch, |_, answer| match answer {
            Ok(_) => deleted += 1,
            Err(error) if error.is_not_found() => {}
            Err(error) => refused = refused.or(Some(error)),
        })
    };
    let mut sent = Ok(());
    for flow in flows {
        sent = sent.and_then(|()| batch.push(Request::Delete(flow)).map(drop));
        if batch.is_full() {
            sent = sent.and_then(|()| carry_out(&mut batch));
        }
    }
    sent = sent.and_then(|()| carry_out(&mut batch));
    (deleted, sent.and(refused.map_or(Ok(()), Err)).map_err(failed))
}

#[pymethods]
impl Handle {
    #[new]
    #[pyo3(signature = (*, netns = None))]
    fn new(py: Python<'_>, netns: Option<&Bound<'_, PyAny>>) -> PyResult<Handle> {
        let netns = crate::netns::netns(netns)?;
        let opened = py.detach(|| {
            let place = Place::of(netns.clone())?;
            Ok((place.builder().open()?, place))
        });
        let (handle, place) = opened.map_err(|error| errors::of_opening(py, netns.as_ref(), error))?;
        Ok(Handle { handle: Owned::new(handle), place })
    }

    /// An iterator over the entries that meet all conditions. It has a socket of its own.
    #[pyo3(signature = (*, table = "conntrack", **conditions), text_signature = "($self, *, table='conntrack', **conditions)")]
    fn list(&self, py: Python<'_>, table: &str, conditions: Option<&Bound<'_, PyDict>>) -> PyResult<Entries> {
        let (selector, table) = (selector(conditions)?, self::table(table)?);
        self.handle.check_open(py)?; // a closed handle lists nothing
        Entries::open(py, &self.place, selector, table)
    }

    /// Looks an entry up by its original direction and its zone.
    #[pyo3(signature = (flow = None, **fields), text_signature = "($self, flow=None, **fields)")]
    fn get(
        &self,
        py: Python<'_>,
        flow: Option<&Bound<'_, Flow>>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Flow> {
        let key = fields::key(flow.map(|flow| &flow.get().flow), fields)?;
        self.ask(py, |handle| handle.get(&key)).map(Flow::from)
    }

    /// Makes an entry; with `exist_ok`, changes one that exists. A timeout is needed. A flow of a list is translated
    /// again as its status says.
    #[pyo3(signature = (flow = None, *, exist_ok = false, **fields), text_signature = "($self, flow=None, *, exist_ok=False, **fields)")]
    fn create(
        &self,
        py: Python<'_>,
        flow: Option<&Bound<'_, Flow>>,
        exist_ok: bool,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let mut flow = fields::key(flow.map(|flow| &flow.get().flow), fields)?;
        // The status says which parts of the reply are translations. Without it the reply is sent as it is.
        if flow.status().is_some() {
            flow.undo_all_nat();
        }
        self.ask(py, |handle| if exist_ok { handle.create_or_update(&flow) } else { handle.create(&flow) })
    }

    /// Changes an entry: its timeout, mark, status, state, labels or helper.
    ///
    /// A flow with an id stands for that entry only. The kernel does not compare ids when it changes an entry, so the
    /// handle looks the entry up first: an entry that is replaced between both requests is changed.
    #[pyo3(signature = (flow, **changes), text_signature = "($self, flow, **changes)")]
    fn update(
        &self,
        py: Python<'_>,
        flow: &Bound<'_, Flow>,
        changes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        if changes.is_none_or(|changes| changes.values().iter().all(|value| value.is_none())) {
            return Err(PyTypeError::new_err("say what changes: update(flow, mark=7)"));
        }
        let flow = &flow.get().flow;
        let changed = fields::changes(flow, changes)?;
        self.ask(py, |handle| {
            if flow.id().is_some() {
                is_there(handle, flow)?;
            }
            handle.update(&changed)
        })
    }

    /// Deletes a flow, or all entries that meet all conditions; returns how many. With `dry_run` nothing is deleted.
    ///
    /// Each entry is deleted by its tuple, its zone and its id: an entry that took its place meanwhile stays. Without any
    /// condition, and with one that is `None`, the call is refused: `flush()` deletes all entries.
    #[pyo3(signature = (flow = None, *, dry_run = false, **conditions), text_signature = "($self, flow=None, *, dry_run=False, **conditions)")]
    fn delete(
        &self,
        py: Python<'_>,
        flow: Option<&Bound<'_, Flow>>,
        dry_run: bool,
        conditions: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<u64> {
        if let Some(flow) = flow {
            if conditions.is_some_and(|conditions| !conditions.is_empty()) {
                return Err(PyTypeError::new_err("give a flow or conditions, not both"));
            }
            let flow = &flow.get().flow;
            let one = |handle: &mut core::Handle| {
                if dry_run { is_there(handle, flow) } else { handle.delete(flow) }
            };
            return self.ask(py, one).map(|()| 1);
        }
        let selector = selector::of_deletion(conditions)?;
        if selector.is_everything() {
            return Err(PyValueError::new_err("delete() needs a condition: flush() deletes all entries"));
        }
        let mut count = 0;
        self.each_part(py, selector, |handle, flows| {
            let (deleted, result) = match dry_run {
                true => (flows.len() as u64, Ok(())),
                false => delete_all(handle, flows),
            };
            count += deleted;
            result
        })?;
        Ok(count)
    }

    /// Deletes all entries.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        self.ask(py, core::Handle::flush)
    }

    /// The number of entries, or of those that meet all conditions.
    #[pyo3(signature = (**conditions), text_signature = "($self, **conditions)")]
    fn count(&self, py: Python<'_>, conditions: Option<&Bound<'_, PyDict>>) -> PyResult<u64> {
        let selector = selector(conditions)?;
        if selector.is_everything() {
            return Ok(self.ask(py, core::Handle::statistics)?.entries.into());
        }
        let mut count = 0;
        self.each_part(py, selector, |_, flows| {
            count += flows.len() as u64;
            Ok(())
        })?;
        Ok(count)
    }

    /// The fill level and the counters of the kernel.
    fn stats(&self, py: Python<'_>) -> PyResult<Stats> {
        self.ask(py, |handle| {
            let (level, cpus) = (handle.statistics()?, handle.cpu_statistics()?);
            Ok(Stats { level, cpus, expectation_cpus: handle.expectation_cpu_statistics()? })
        })
    }

    /// All expectations.
    fn expectations(&self, py: Python<'_>) -> PyResult<Vec<Expectation>> {
        let all = self.ask(py, |handle| {
            let (mut list, mut all) = (handle.list_expectations(0)?, Vec::new());
            while let Some(expect) = list.next()? {
                all.push(*expect);
            }
            Ok(all)
        })?;
        Ok(all.into_iter().map(|expect| Expectation { expect }).collect())
    }

    /// Closes the socket; later requests raise `ValueError`.
    fn close(&self, py: Python<'_>) {
        self.handle.close(py);
    }

    fn __enter__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        slf.get().handle.check_open(slf.py())?;
        Ok(slf)
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, py: Python<'_>, _error: &Bound<'_, PyTuple>) {
        self.close(py);
    }
}
