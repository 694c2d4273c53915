// SPDX-License-Identifier: GPL-2.0-or-later
//! What `conntrack -L -o save` prints, `conntrack -R -` makes again: the same table in another namespace, for
//! random flows of every protocol, with translations, zones and states, from several seeds.
//!
//! Marks, labels and helpers are not part of the form; nor is a translation of the port alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

use netfilter_conntrack::{Attr, Dir, Flow, Handle};
use testing::random::{Dice, random_flow};
use testing::{isolated, run, table};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");

/// Everything of an entry that the form carries, but the timeout.
fn carried(flow: &Flow) -> String {
    let tuple = |dir| (flow.tuple(dir).src(), flow.tuple(dir).dst(), flow.tuple(dir).protocol());
    let zones = (flow.zone(), flow.orig_zone(), flow.reply_zone());
    let state =
        (flow.tcp_state(), flow.sctp_state(), flow.u32(Attr::SctpVtagOrig), flow.u32(Attr::SctpVtagRepl));
    format!("{:?} {:?} {zones:?} {:#x?} {state:?}", tuple(Dir::Orig), tuple(Dir::Reply), flow.status())
}

/// The table, sorted, with each entry's timeout.
fn contents(handle: &mut Handle) -> Vec<(String, u32)> {
    let entry = |flow: Flow| (carried(&flow), flow.timeout_secs().unwrap());
    let mut all: Vec<_> = handle.flows().unwrap().map(|flow| entry(flow.unwrap())).collect();
    all.sort_unstable();
    all
}

#[test]
fn what_is_saved_can_be_loaded() {
    for seed in [1, 77, 2024, 1 << 40] {
        save_and_load(seed);
    }
}

fn save_and_load(seed: u64) {
    let mut dice = Dice(seed);
    let flows: Vec<Flow> = (0..250).map(|n| random_flow(n, &mut dice)).collect();
    let (mut before, mut saved) = (Vec::new(), String::new());
    isolated(|| {
        before = contents(&mut table(&flows));
        let output = run(TOOL, &["-L", "-o", "save"], "");
        saved = String::from_utf8(output.stdout).unwrap();
        assert_eq!(saved.lines().count(), flows.len());
    });
    isolated(|| {
        let output = run(TOOL, &["-R", "-"], &saved);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let after = contents(&mut Handle::open().unwrap());
        assert_eq!(after.len(), before.len());
        for (one, other) in before.iter().zip(&after) {
            assert_eq!(one.0, other.0);
            assert!(one.1.abs_diff(other.1) < 900, "{one:?} {other:?}");
        }
        // The same lines delete the entries one by one; only the tags of SCTP are not for -D.
        let untagged = |line: &str| line.split(" --orig-vtag").next().unwrap().replacen("-A", "-D", 1) + "\n";
        let lines: String = saved.lines().step_by(6).map(untagged).collect();
        let output = run(TOOL, &["-R", "-"], &lines);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(contents(&mut Handle::open().unwrap()).len(), flows.len() - lines.lines().count());
    });
}
