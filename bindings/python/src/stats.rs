// SPDX-License-Identifier: GPL-2.0-or-later
//! `Stats`: the fill level of the table and the counters of the processors.

use netfilter_conntrack::stats::{self, CpuStats, GlobalStats};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The fill level of a table, and counters of the kernel.
#[pyclass(frozen, module = "conntrack")]
#[derive(Debug)]
pub struct Stats {
    pub level: GlobalStats,
    pub cpus: Vec<CpuStats>,
    pub expectation_cpus: Vec<CpuStats>,
}

/// The counters of one processor by their names.
fn named<'py>(py: Python<'py>, cpu: &CpuStats, names: &[&str]) -> PyResult<Bound<'py, PyDict>> {
    let counters = PyDict::new(py);
    counters.set_item("cpu", cpu.cpu)?;
    for (number, count) in cpu.iter() {
        match names.get(number) {
            Some(name) => counters.set_item(*name, count)?,
            None => counters.set_item(format!("counter_{number}"), count)?,
        }
    }
    Ok(counters)
}

#[pymethods]
impl Stats {
    /// Entries of this namespace.
    #[getter]
    fn entries(&self) -> u32 {
        self.level.entries
    }

    /// The limit of entries; 0 is none, `None` a kernel that does not report it.
    #[getter]
    fn max_entries(&self) -> Option<u32> {
        self.level.max_entries
    }

    /// The counters of each processor, by their names. They wrap at 2^32.
    #[getter]
    fn cpus<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.cpus.iter().map(|cpu| named(py, cpu, stats::CPU_COUNTERS)).collect()
    }

    /// The same for expectations.
    #[getter]
    fn expectation_cpus<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.expectation_cpus.iter().map(|cpu| named(py, cpu, stats::EXPECT_CPU_COUNTERS)).collect()
    }

    fn __repr__(&self) -> String {
        match self.level.max_entries {
            Some(most) => format!("<Stats {} of {most} entries>", self.level.entries),
            None => format!("<Stats {} entries>", self.level.entries),
        }
    }
}
