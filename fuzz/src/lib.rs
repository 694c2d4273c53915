// SPDX-License-Identifier: GPL-2.0-or-later
//! What each fuzz target does with its bytes: it must not panic, and what it asserts must hold.
//!
//! The bodies live here once. The fuzzer runs them on bytes of its own (`cargo +nightly fuzz run NAME`), and
//! every test run replays the kept ones on the ordinary toolchain: `tests/fuzz_replay.rs` those of [`library`],
//! the tool's unit tests those of [`tool`], `capi-tests/walk.sh` those of [`versus`].

pub mod library;
pub mod tool;
pub mod versus;

// The tool is a program without a library: build.rs lists its modules, which are compiled here once more, at the
// root as there. Nothing of it is run but its parser.
include!(concat!(env!("OUT_DIR"), "/tool.rs"));
