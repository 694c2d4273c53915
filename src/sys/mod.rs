// SPDX-License-Identifier: GPL-2.0-or-later
//! Unsafe zone 1: the operating system.
//!
//! One system call for each function: the arguments have been checked, and the result becomes a [`crate::Error`]
//! directly after the call, so that `errno` cannot be lost. Nothing in this folder knows connection tracking.
//!
//! The safe functions are sound with any safe caller, in any number of threads. So a function that takes a descriptor
//! by its number is unsafe, and no safe function calls a C function that keeps its result in memory that threads share.
//! C functions also read the environment (`TZ`): a program that changes it while other threads run is responsible for
//! that, as [`std::env::set_var`] says.

#![allow(unsafe_code)] // system calls; the only other places are `capi` and the tool's `sys`

#[cfg(feature = "capi")]
pub(crate) mod cancel;
pub mod clock;
pub mod errno;
#[cfg(feature = "capi")]
pub(crate) mod file;
#[cfg(feature = "capi")]
pub(crate) mod lock;
pub mod memory;
pub mod namespace;
pub(crate) mod proc;
pub mod process;
pub mod release;
#[cfg(any(test, feature = "internals"))]
pub mod script;
pub mod socket;
#[cfg(feature = "capi")]
pub(crate) mod stack;

pub use socket::Socket;
