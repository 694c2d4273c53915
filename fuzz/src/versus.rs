// SPDX-License-Identifier: GPL-2.0-or-later
//! The original against ours: the differential walk's comparison (`capi-tests/walk`), on messages that the fuzzer makes.
//!
//! Ours is the instrumented library in this program, the original the file that the environment variable
//! `ORIGINAL` names. The calls are made in C; the message goes over byte by byte, so that this side has nothing
//! to vouch for.

use netfilter_conntrack as _; // its C functions are what is compared

// SAFETY: the three functions are defined in versus.c with these types, take no pointer and have no precondition.
unsafe extern "C" {
    safe fn versus_start();
    safe fn versus_byte(byte: u8);
    safe fn versus_compare() -> bool;
}

/// A message that both may read gives the same object, text and requests on both.
pub fn versus(data: &[u8]) {
    versus_start();
    data.iter().for_each(|&byte| versus_byte(byte));
    assert!(versus_compare(), "the libraries differ");
}
