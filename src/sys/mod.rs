// SPDX-License-Identifier: GPL-2.0-or-later
//! Unsafe zone 1: the operating system.
//!
//! One system call for each function, arguments already checked, the result turned into [`crate::Error`]
//! right behind the call so that `errno` cannot be lost. Nothing here knows connection tracking.

#![allow(unsafe_code)] // system calls; the only other place is `capi`

#[cfg(feature = "capi")]
pub(crate) mod cancel;
pub mod clock;
pub mod errno;
#[cfg(feature = "capi")]
pub(crate) mod file;
pub(crate) mod memory;
pub mod namespace;
pub mod process;
pub mod release;
pub mod socket;
#[cfg(feature = "capi")]
pub(crate) mod stack;

pub use socket::Socket;
