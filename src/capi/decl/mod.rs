// SPDX-License-Identifier: GPL-2.0-or-later
//! Header only, never compiled: the enumerations and macros of the C headers, one file for each header.
//!
//! Rust refuses what C headers do, two enumerators of one value; the header generator only reads these files,
//! so they may. Numbers that the library itself works with stand in the core, and a test compares the two.
//! An enumeration whose name starts with `anonymous_` has no tag in the header.

mod common;
mod dccp;
mod icmp;
mod main;
mod netlink;
mod sctp;
mod tcp;
mod udp;
