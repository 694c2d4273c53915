// SPDX-License-Identifier: GPL-2.0-or-later
//! The Python package `conntrack`: classes and conversions on the library's public interface.
//!
//! Guarantees: this crate holds no protocol logic and no unsafe code; arguments are checked before anything is sent; the
//! interpreter's lock is released while the kernel is asked or waited for; hundreds of flows or events are read in one
//! call; an object that was made before a fork is refused in the child.

mod address;
mod arguments;
mod diagnosis;
mod entries;
mod errors;
mod events;
mod expectation;
mod fields;
mod flow;
mod handle;
mod mirror;
mod netns;
mod owned;
mod selector;
mod stats;
mod waiting;

/// The classes; the package `conntrack` adds the functions and the parts that are written in Python.
#[pyo3::pymodule]
mod _conntrack {
    use pyo3::prelude::*;

    /// The keywords that are read, for the test of the stubs.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("_CONDITIONS", crate::selector::names())?;
        module.add("_FIELDS", crate::fields::names())
    }

    #[pymodule_export]
    use crate::diagnosis::Report;
    #[pymodule_export]
    use crate::diagnosis::diagnose;
    #[pymodule_export]
    use crate::entries::Entries;
    #[pymodule_export]
    use crate::events::{Event, Events, Lost};
    #[pymodule_export]
    use crate::expectation::Expectation;
    #[pymodule_export]
    use crate::flow::{Direction, Flow};
    #[pymodule_export]
    use crate::handle::Handle;
    #[pymodule_export]
    use crate::mirror::{Change, Mirror};
    #[pymodule_export]
    use crate::stats::Stats;
}
