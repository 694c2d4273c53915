// SPDX-License-Identifier: GPL-2.0-or-later
//! One conversation with the kernel: requests go out, answers come in.

pub(crate) mod ahead;
pub mod batch;
mod builder;
pub mod handle;
pub(crate) mod inbox;
mod operation;
#[cfg_attr(not(all(feature = "capi", feature = "internals")), allow(dead_code))]
// the border and the tests build more
pub mod request;

pub use builder::HandleBuilder;
pub use operation::{Failure, Operation};
