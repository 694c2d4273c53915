// SPDX-License-Identifier: GPL-2.0-or-later
//! One conversation with the kernel: requests go out, answers come in.

#![forbid(unsafe_code)]

pub(crate) mod ahead;
pub(crate) mod answers;
pub mod batch;
mod builder;
#[cfg(any(test, feature = "internals"))]
pub mod faces;
pub mod handle;
pub(crate) mod inbox;
pub mod list;
mod operation;
pub(crate) mod reading;
#[cfg_attr(not(all(feature = "capi", feature = "internals")), allow(dead_code))]
// the border and the tests build more
pub mod request;

pub use builder::{HandleBuilder, Netns};
pub use operation::{Failure, Operation};
