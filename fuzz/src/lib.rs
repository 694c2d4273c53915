// SPDX-License-Identifier: GPL-2.0-or-later
//! What each fuzz target does with its bytes: it must not panic, and what it asserts must hold.
//!
//! The bodies live here once. The fuzzer runs them on bytes of its own (`cargo +nightly fuzz run NAME`), and
//! every test run replays the kept ones on the ordinary toolchain: `tests/fuzz_replay.rs` those of [`library`],
//! the tool's unit tests those of [`tool`], `capi-tests/walk.sh` those of [`versus`].

pub mod library;
pub mod tool;
pub mod versus;

// The tool is a program without a library: its modules are compiled here once more, at the root as there.
// Nothing of it is run but its parser.
macro_rules! tool_modules {
    ($($name:ident = $path:literal;)*) => {$(
        #[allow(dead_code, missing_docs)]
        #[path = $path]
        mod $name;
    )*};
}

tool_modules! {
    args = "../../src/bin/conntrack/args.rs";
    command = "../../src/bin/conntrack/command/mod.rs";
    entry = "../../src/bin/conntrack/entry.rs";
    help = "../../src/bin/conntrack/help.rs";
    legality = "../../src/bin/conntrack/legality.rs";
    message = "../../src/bin/conntrack/message.rs";
    options = "../../src/bin/conntrack/options.rs";
    output = "../../src/bin/conntrack/output.rs";
    parse = "../../src/bin/conntrack/parse.rs";
    refusal = "../../src/bin/conntrack/refusal.rs";
    value = "../../src/bin/conntrack/value.rs";
}

fn say(_: &str) {}

fn tell(_: &str) {}
