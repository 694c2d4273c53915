// SPDX-License-Identifier: GPL-2.0-or-later
//! Filters for a stream of flows, in the kernel and in user space.

#![forbid(unsafe_code)]

mod conditions;
pub mod dump;
pub(crate) mod flush;
pub mod pushdown;
pub mod selector;
pub mod set;
pub mod socket_filter;

pub use dump::DumpFilter;
pub use pushdown::Pushdown;
pub use selector::Selector;
pub use set::SelectorSet;
