// SPDX-License-Identifier: GPL-2.0-or-later
//! The text of each situation, to the letter.

use super::report::{Detail, Report};
use super::situations::*;
use super::*;
use std::time::{Duration, UNIX_EPOCH};

pub(super) fn judged(facts: Facts) -> Report {
    Report::new(facts, UNIX_EPOCH + Duration::from_millis(1_764_273_600_123), Duration::from_millis(910))
}

#[test]
fn dump() {
    for f in [
        healthy(),
        scan(),
        dropping(),
        idle(),
        close_wait(),
        dropped_before(),
        snat(),
        other_namespace(),
        hash_small(),
        unprivileged(),
        dns(),
        random_network(),
    ] {
        println!("{}==========", judged(f).text());
    }
}
