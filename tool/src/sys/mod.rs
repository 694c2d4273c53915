// SPDX-License-Identifier: GPL-2.0-or-later
//! Unsafe zone 3: what a program needs of the operating system and the library does not.
//!
//! One system call for each function, arguments already checked, the result turned into an error directly after the
//! call so that `errno` cannot be lost. Nothing here knows connection tracking.

#![allow(unsafe_code)] // system calls; the only other places are the library's `sys` and `capi`

pub mod allocator;
pub mod descriptors;
pub mod folder;
pub mod protocols;
pub mod signals;
pub mod streams;
