// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of the report from facts alone: every rule, every text, every command, and facts chosen to do harm.

#![forbid(unsafe_code)]

mod careful;
mod cases;
mod commands;
#[path = "../../../testing/src/dice.rs"]
mod dice;
mod documents;
mod edges;
#[path = "../../../testing/src/json.rs"]
mod json;
mod scenes;
mod situations;
mod texts;
mod unknown;
mod with_a_program;

use super::{Facts, Report};
use std::time::{Duration, UNIX_EPOCH};

/// The report of these facts, at a time that never changes.
fn judged(facts: Facts) -> Report {
    Report::new(facts, UNIX_EPOCH + Duration::from_millis(1_764_273_600_123), Duration::from_millis(910))
}

/// Every set of facts that these tests have a name for.
fn all_facts() -> Vec<Facts> {
    let cases = cases::CASES.iter().flat_map(|case| [(case.fires)(), (case.does_not)()]);
    situations::ALL.iter().map(|make| make()).chain([situations::entered()]).chain(cases).collect()
}
