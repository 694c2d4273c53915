// SPDX-License-Identifier: GPL-2.0-or-later
//! Unsafe zone 1: the operating system.
//!
//! One system call for each function, arguments already checked, the result turned into [`crate::Error`]
//! right behind the call so that `errno` cannot be lost. Nothing here knows connection tracking.
//!
//! What is safe here is sound whatever safe code does with it, in any number of threads. So a function that takes a
//! descriptor by its number is unsafe, and no safe one calls a C function that keeps its result in memory that threads share. C
//! functions read the environment too (`TZ`): a program that changes it while other threads run is responsible for
//! that, as [`std::env::set_var`] says.

#![allow(unsafe_code)] // system calls; the only other place is `capi`

#[cfg_attr(not(feature = "internals"), allow(dead_code, unused_imports))]
pub mod allocator;
#[cfg(feature = "capi")]
pub(crate) mod cancel;
pub mod clock;
pub mod errno;
#[cfg(feature = "capi")]
pub(crate) mod file;
#[cfg(feature = "capi")]
pub(crate) mod lock;
pub(crate) mod memory;
#[cfg_attr(not(feature = "internals"), allow(dead_code, unused_imports))]
pub mod namespace;
#[cfg_attr(not(feature = "internals"), allow(dead_code, unused_imports))]
pub mod process;
#[cfg_attr(not(feature = "internals"), allow(dead_code, unused_imports))]
mod protocols;
#[cfg_attr(not(feature = "internals"), allow(dead_code, unused_imports))]
pub mod release;
pub mod socket;
#[cfg(feature = "capi")]
pub(crate) mod stack;
#[cfg(feature = "internals")]
pub mod streams;

pub use socket::Socket;
