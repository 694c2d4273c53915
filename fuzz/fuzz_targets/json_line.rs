// SPDX-License-Identifier: GPL-2.0-or-later
//! See [`conntrack_fuzz::tool::json_line`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| conntrack_fuzz::tool::json_line(data));
