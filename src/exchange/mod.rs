// SPDX-License-Identifier: GPL-2.0-or-later
//! One conversation with the kernel: requests go out, answers come in.

pub(crate) mod ahead;
pub(crate) mod answers;
pub mod batch;
#[cfg(any(test, feature = "internals"))]
pub mod faces;
pub mod handle;
pub(crate) mod inbox;
pub mod list;
pub(crate) mod reading;
pub mod request;
