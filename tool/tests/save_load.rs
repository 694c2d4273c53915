// SPDX-License-Identifier: GPL-2.0-or-later
//! What `conntrack -L -o save` prints, `conntrack -R -` makes again: the same table in another namespace, for
//! random flows of every protocol, with translations, zones and states, from several seeds.
//!
//! Marks, labels and helpers are not part of the form; nor is a translation of the port alone. All of these are part of
//! the lines of `-o json`, which are tried in the same way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

use netfilter_conntrack::{Attr, Bitmask, Dir, Error, Flow, Handle, L4};
use testing::random::{Dice, random_flow};
use testing::{flow, isolated, keep_labels, run, skip, table};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");

/// Everything of an entry that the form carries, but the timeout.
fn carried(flow: &Flow) -> String {
    let tuple = |dir| (flow.tuple(dir).src(), flow.tuple(dir).dst(), flow.tuple(dir).protocol());
    let zones = (flow.zone(), flow.orig_zone(), flow.reply_zone());
    let state =
        (flow.tcp_state(), flow.sctp_state(), flow.u32(Attr::SctpVtagOrig), flow.u32(Attr::SctpVtagRepl));
    format!("{:?} {:?} {zones:?} {:#x?} {state:?}", tuple(Dir::Orig), tuple(Dir::Reply), flow.status())
}

/// The table, sorted, with each entry's timeout: what `-o save` carries.
fn contents(handle: &mut Handle) -> Vec<(String, u32)> {
    contents_by(handle, carried)
}

/// What a line of JSON carries.
fn carried_by_json(flow: &Flow) -> String {
    let labels: Option<Vec<u32>> = flow.labels().map(|labels| labels.iter().collect());
    format!("{} {:?} {labels:?} {:?}", carried(flow), flow.mark(), flow.helper_name())
}

fn contents_by(handle: &mut Handle, carried: fn(&Flow) -> String) -> Vec<(String, u32)> {
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

/// A flow with what JSON carries and `-o save` does not: a mark, labels, a helper, and a translation of the port alone.
fn marked(n: u16, dice: &mut Dice) -> Flow {
    let mut flow = random_flow(n, dice);
    if dice.roll(2) == 0 {
        flow.set_mark(u32::try_from(dice.roll(1 << 32)).unwrap());
    }
    if dice.roll(2) == 0 {
        let mut labels = Bitmask::new(127).unwrap();
        (0..dice.roll(4)).for_each(|_| labels.set(u32::try_from(dice.roll(128)).unwrap()));
        flow.set_labels(labels);
    }
    if matches!(flow.tuple(Dir::Orig).protocol(), L4::Tcp { .. }) && dice.roll(2) == 0 {
        flow.set_helper_name(b"ftp");
    }
    let plain = [Attr::SnatIpv4, Attr::SnatIpv6, Attr::DnatIpv4, Attr::DnatIpv6];
    let ports = matches!(flow.tuple(Dir::Orig).protocol(), L4::Tcp { .. } | L4::Udp { .. });
    if ports && !plain.into_iter().any(|attr| flow.is_set(attr)) {
        let attr = if dice.roll(2) == 0 { Attr::SnatPort } else { Attr::DnatPort };
        flow.set_bytes(attr, &dice.port().to_be_bytes());
    }
    flow
}

/// Whether the kernel has the helper that the flows are given.
fn has_ftp() -> bool {
    let mut control = flow("10.9.0.1", "10.9.0.2", L4::Tcp { sport: 40000, dport: 21 });
    control.set_helper_name(b"ftp");
    match Handle::open().unwrap().create(&control) {
        Err(Error::Kernel(libc::EOPNOTSUPP)) => false,
        created => created.is_ok(),
    }
}

#[test]
fn what_is_written_as_json_can_be_loaded() {
    isolated(|| {
        if !has_ftp() {
            skip("this kernel has no ftp helper");
        }
    });
    for seed in [1, 77, 2024, 1 << 40] {
        let mut dice = Dice(seed);
        let flows: Vec<Flow> = (0..250).map(|n| marked(n, &mut dice)).collect();
        let (mut before, mut lines) = (Vec::new(), String::new());
        isolated(|| {
            keep_labels();
            before = contents_by(&mut table(&flows), carried_by_json);
            let with = |what: &str| before.iter().filter(|(entry, _)| entry.contains(what)).count();
            assert!(with("Some([") > 50 && with(" Some([102, 116, 112])") > 10, "labels, and `ftp`");
            let output = run(TOOL, &["-L", "-o", "json"], "");
            lines = String::from_utf8(output.stdout).unwrap();
            assert_eq!(lines.lines().count(), flows.len());
        });
        isolated(|| {
            keep_labels();
            json_is_loaded(&lines, &before);
        });
    }
}

fn json_is_loaded(lines: &str, before: &[(String, u32)]) {
    let load = |lines: &str| {
        let output = run(TOOL, &["-R", "-"], lines);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        contents_by(&mut Handle::open().unwrap(), carried_by_json)
    };
    let after = load(lines);
    assert_eq!(after.len(), before.len());
    for (one, other) in before.iter().zip(&after) {
        assert_eq!(one.0, other.0);
        assert!(one.1.abs_diff(other.1) < 900, "{one:?} {other:?}");
    }
    // As events, the same lines change what is there, and delete it.
    let event = |kind: &str| lines.replace("{\"family\"", &format!("{{\"event\":\"{kind}\",\"family\""));
    let known = |entries: Vec<(String, u32)>| -> Vec<String> {
        entries.into_iter().map(|(entry, _)| entry).collect()
    };
    assert_eq!(known(load(&event("update"))), known(after));
    assert_eq!(load(&event("destroy")).len(), 0);
}

/// A line that is no entry: nothing of the file is sent.
#[test]
fn a_file_with_a_bad_line_changes_nothing() {
    let good = r#"{"protocol_number":50,"timeout_secs":99,"orig":{"src":"192.0.2.1","dst":"192.0.2.2"}}"#;
    isolated(|| {
        let bad = good.replace("99", "-99");
        let output = run(TOOL, &["-R", "-"], &format!("{good}\n\n{bad}\n"));
        let told = String::from_utf8(output.stderr).unwrap();
        let wrong = "stdin:3: JSON: `timeout_secs': -99 is no whole number from 0 to 4294967295";
        assert!(told.contains(wrong) && output.status.code() == Some(2), "{told}");
        assert_eq!(contents(&mut Handle::open().unwrap()).len(), 0);
        let output = run(TOOL, &["-R", "-"], &format!("  {good}\n-D -p 50 -o json\n"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.starts_with(b"{\"family\":\"ipv4\",\"protocol_number\":50,"), "{output:?}");
    });
}
