// SPDX-License-Identifier: GPL-2.0-or-later
//! Every rule on both sides of its threshold, and without the data that it needs.

#![forbid(unsafe_code)]

use super::super::facts::*;
use super::super::key::{By, Key};
use super::super::report::Severity;
use super::super::rules;
use super::judged;
use super::situations::*;
use std::collections::BTreeSet;

/// A rule's test.
pub struct Case {
    id: &'static str,
    /// Just past the threshold.
    pub fires: fn() -> Facts,
    /// Just before it.
    pub does_not: fn() -> Facts,
    /// Takes what the rule needs from facts with which it fires.
    without: fn(&mut Facts),
}

const N: u64 = 140_000;

/// More than half full, of flows without a common owner.
fn pressed() -> Facts {
    let mut facts = quiet(N);
    facts.census = Some(spread(N).kind(established(N, [0; 10])));
    facts
}

fn with(mut facts: Facts, change: impl FnOnce(&mut Facts)) -> Facts {
    change(&mut facts);
    facts
}

fn census(change: impl FnOnce(&mut Counted)) -> Facts {
    with(pressed(), |facts| change(facts.census.as_mut().unwrap()))
}

/// Under pressure, with this table instead of its own.
fn table(by: By, rows: Vec<Row>) -> Facts {
    let mut facts = pressed();
    facts.census = facts.census.map(|census| census.table(by, rows));
    facts
}

/// Under pressure, with this number of entries in a state of TCP.
fn stage(state: &'static str, entries: u64) -> Facts {
    let row = Composition { state: Some(state), timeout_secs: Some(120), ..established(entries, [0; 10]) };
    census(|census| census.composition = vec![row])
}

fn losses(change: impl FnOnce(&mut Losses)) -> Facts {
    with(quiet(1000), |facts| change(facts.losses.as_mut().unwrap()))
}

/// Facts in which a counter grew by `delta` in half a second.
fn grown(entries: u64, name: &'static str, delta: u64) -> Facts {
    let mut facts = quiet(entries);
    facts.counters.insert(name, counter(delta, delta, 0.5));
    facts
}

fn no_table(facts: &mut Facts, by: By) {
    facts.census.as_mut().unwrap().top.retain(|top| top.by != by);
}

fn no_census(facts: &mut Facts) {
    facts.census = None;
}

fn no_losses(facts: &mut Facts) {
    facts.losses = None;
}

fn dropping_at(entries: u64) -> Facts {
    let mut facts = quiet(entries);
    facts.losses.as_mut().unwrap().table_full = counter(1, 1, 0.5);
    facts
}

fn filling(secs_to_full: f64) -> Facts {
    let rates = Rates {
        growth_per_sec: Some(1000.0),
        secs_to_full: Some(secs_to_full),
        unanswered_per_sec: Some(0.0),
        ..Rates::default()
    };
    with(quiet(100_000), |facts| facts.rates = rates)
}

fn chained(entries: u64, buckets: u64) -> Facts {
    with(quiet(1000), |facts| {
        facts.table.entries_all_namespaces = Some(entries);
        facts.table.buckets = Some(buckets);
    })
}

fn source(row: Row) -> Facts {
    table(By::Source, vec![row])
}

fn scanner(targets: u64) -> Facts {
    let key = Key::Source(ip("2001:db8::1"));
    source(Row { unanswered: 20_001, targets_estimate: Some(targets), ..Row::new(key, 40_000) })
}

fn idle(over_1h: u64) -> Facts {
    let mut classes = [over_1h; 10];
    classes[4..].fill(0);
    census(|census| census.composition = vec![established(N, classes)])
}

fn over_setting(entries: u64) -> Facts {
    let row = Composition { over_setting: entries, idle_unknown: entries, ..established(N, [0; 10]) };
    census(|census| census.composition = vec![row])
}

fn unreplied(entries: u64) -> Facts {
    census(|census| {
        census.unanswered = entries;
        census.composition = vec![unanswered(6, Some("SYN_SENT"), entries, 120)];
    })
}

fn pool(used: u64, ports: Option<(u16, u16)>, clashes: u64) -> Facts {
    let key = Key::NatPool {
        protocol: 17,
        nat_source: ip("10.2.0.254"),
        destination: ip("198.18.0.30"),
        port: Some(53),
    };
    let mut facts = quiet(N / 2);
    facts.losses.as_mut().unwrap().clash = counter(clashes, 0, 0.5);
    facts.census = Some(spread(N / 2).table(By::NatPool, vec![Row { ports, ..Row::new(key, used) }]));
    facts
}

fn counted(entries: u64, listed: u64, dying: u64) -> Facts {
    with(quiet(entries), |facts| {
        facts.table.entries_listed = Some(listed);
        facts.table.entries_dying = Some(dying);
    })
}

fn other(entries: u64) -> Facts {
    let other = Namespace { inode: 7, entries: Some(entries), ..Namespace::default() };
    with(quiet(100), |facts| facts.namespaces = vec![other])
}

const MARK: By = By::Mark { mask: u32::MAX };

fn tenants(by: By, heavy: Key, light: Key, entries: u64) -> Facts {
    table(by, vec![Row::new(heavy, entries), Row::new(light, N - entries)])
}

#[rustfmt::skip]
pub static CASES: &[Case] = &[
    Case { id: "dropping-now", fires: || dropping_at(249_037), does_not: || dropping_at(249_036),
        without: no_losses },
    Case { id: "evicting-now",
        fires: || grown(LIMIT, "early_drop", 1),
        does_not: || grown(LIMIT, "early_drop", 0),
        without: |facts| facts.counters.clear() },
    Case { id: "table-full", fires: || quiet(249_037), does_not: || quiet(249_036),
        without: |facts| facts.table.max_entries = None },
    Case { id: "nearly-full", fires: || quiet(209_716), does_not: || quiet(209_715),
        without: |facts| facts.table.entries = None },
    Case { id: "filling", fires: || filling(299.9), does_not: || filling(300.0),
        without: |facts| facts.rates.growth_per_sec = None },
    Case { id: "dropped-before",
        fires: || losses(|losses| losses.table_full = counter(1, 0, 0.5)),
        does_not: || losses(|losses| losses.table_full = counter(0, 0, 0.5)),
        without: no_losses },
    Case { id: "log-lines",
        fires: || with(quiet(1000), |facts| facts.kernel_log = Some(KernelLog { lines: 1, ..KernelLog::default() })),
        does_not: || with(quiet(1000), |facts| facts.kernel_log = Some(KernelLog::default())),
        without: |facts| facts.kernel_log = None },
    Case { id: "no-limit",
        fires: || with(quiet(1000), |facts| facts.table.max_entries = Some(0)),
        does_not: || with(quiet(1000), |facts| facts.table.max_entries = Some(1001)),
        without: |facts| facts.table.max_entries = None },
    Case { id: "hash-small", fires: || chained(200_001, 100_000), does_not: || chained(200_000, 100_000),
        without: |facts| facts.table.buckets = None },
    Case { id: "hash-small-for-limit", fires: || chained(1, 65_535), does_not: || chained(1, 65_536),
        without: |facts| facts.table.buckets = None },
    Case { id: "chain-too-long",
        fires: || losses(|losses| losses.chain_too_long = counter(1, 0, 0.5)),
        does_not: || losses(|losses| losses.chain_too_long = counter(0, 0, 0.5)),
        without: no_losses },
    Case { id: "limit-small",
        fires: || with(pressed(), |facts| facts.machine.cpus = Some(9)),
        does_not: || with(pressed(), |facts| facts.machine.cpus = Some(8)),
        without: |facts| facts.machine.cpus = None },
    Case { id: "memory-large",
        fires: || with(quiet(1000), |facts| facts.machine.memory_bytes = Some(2_055_208_959)),
        does_not: || with(quiet(1000), |facts| facts.machine.memory_bytes = Some(2_055_208_960)),
        without: |facts| facts.machine.memory_bytes = None },
    Case { id: "top-source",
        fires: || source(Row::new(Key::Source(ip("192.0.2.1")), N / 4 + 1)),
        does_not: || source(Row::new(Key::Source(ip("192.0.2.1")), N / 4)),
        without: |facts| no_table(facts, By::Source) },
    Case { id: "scan", fires: || scanner(1352), does_not: || scanner(1351),
        without: |facts| facts.census.as_mut().unwrap().top.iter_mut().for_each(|top| {
            top.rows.iter_mut().for_each(|row| row.targets_estimate = None);
        }) },
    Case { id: "top-source-prefix",
        fires: || table(By::SOURCE_NETWORK, vec![Row::new(Key::SourcePrefix(ip("192.0.2.0"), 24), N / 4 + 1)]),
        does_not: || table(By::SOURCE_NETWORK, vec![Row::new(Key::SourcePrefix(ip("192.0.2.0"), 24), N / 4)]),
        without: |facts| no_table(facts, By::Source) },
    Case { id: "top-destination",
        fires: || table(By::Destination, vec![Row::new(Key::Destination(ip("192.0.2.9")), N / 4 + 1)]),
        does_not: || table(By::Destination, vec![Row::new(Key::Destination(ip("192.0.2.9")), N / 4)]),
        without: no_census },
    Case { id: "top-service",
        fires: || table(By::Service, vec![Row::new(Key::Service { protocol: 1, port: Some(8) }, 42_001)]),
        does_not: || table(By::Service, vec![Row::new(Key::Service { protocol: 1, port: Some(8) }, 42_000)]),
        without: no_census },
    Case { id: "top-zone",
        fires: || tenants(By::Zone, Key::Zone(5), Key::Zone(0), N / 2 + 1),
        does_not: || tenants(By::Zone, Key::Zone(5), Key::Zone(0), N / 2),
        without: no_census },
    Case { id: "top-mark",
        fires: || tenants(MARK, Key::Mark(1), Key::Mark(0), N / 2 + 1),
        does_not: || tenants(MARK, Key::Mark(1), Key::Mark(0), N / 2),
        without: no_census },
    Case { id: "top-label",
        fires: || table(By::Label, vec![Row::new(Key::Label(3), N / 2 + 1)]),
        does_not: || table(By::Label, vec![Row::new(Key::Label(3), N / 2)]),
        without: no_census },
    Case { id: "dns", fires: || census(|census| census.dns = 28_001), does_not: || census(|census| census.dns = 28_000),
        without: no_census },
    Case { id: "overlay",
        fires: || census(|census| census.tunnels = 14_001), does_not: || census(|census| census.tunnels = 14_000),
        without: no_census },
    Case { id: "loopback",
        fires: || census(|census| census.loopback = 7001), does_not: || census(|census| census.loopback = 7000),
        without: no_census },
    Case { id: "idle-established", fires: || idle(N / 2 + 1), does_not: || idle(N / 2),
        without: |facts| facts.census.as_mut().unwrap().composition.iter_mut().for_each(|row| {
            row.idle_unknown = row.entries;
            row.idle_entries = [0; 10];
        }) },
    Case { id: "close-wait", fires: || stage("CLOSE_WAIT", 14_001), does_not: || stage("CLOSE_WAIT", 14_000),
        without: no_census },
    Case { id: "time-wait", fires: || stage("TIME_WAIT", 56_001), does_not: || stage("TIME_WAIT", 56_000),
        without: no_census },
    Case { id: "unreplied", fires: || unreplied(42_001), does_not: || unreplied(42_000),
        without: no_census },
    Case { id: "no-heavy-hitter", fires: pressed, does_not: || source(Row::new(Key::Source(ip("::9")), N / 4 + 1)),
        without: |facts| no_table(facts, By::Service) },
    Case { id: "timeout-over-setting", fires: || over_setting(14_001), does_not: || over_setting(14_000),
        without: |facts| facts.census.as_mut().unwrap().composition.iter_mut().for_each(|row| row.timeout_secs = None) },
    Case { id: "snat-ports", fires: || pool(51_610, None, 0), does_not: || pool(51_609, None, 0),
        without: |facts| no_table(facts, By::NatPool) },
    Case { id: "insert-failed",
        fires: || losses(|losses| losses.clash = counter(1, 1, 0.5)),
        does_not: || losses(|losses| losses.clash = counter(1, 0, 0.5)),
        without: no_losses },
    Case { id: "invalid",
        fires: || grown(1000, "invalid", 51),
        does_not: || grown(1000, "invalid", 50),
        without: |facts| facts.counters.clear() },
    Case { id: "expectations-full",
        fires: || with(quiet(1000), |facts| facts.table.expectations = Some(3277)),
        does_not: || with(quiet(1000), |facts| facts.table.expectations = Some(3276)),
        without: |facts| facts.table.expectations_max = None },
    Case { id: "dying-build-up", fires: || counted(10_000, 9899, 101), does_not: || counted(9_000, 8900, 100),
        without: |facts| facts.table.entries_dying = None },
    Case { id: "hidden-entries", fires: || counted(10_000, 8999, 0), does_not: || counted(10_000, 9000, 0),
        without: |facts| facts.table.entries_dying = None },
    Case { id: "other-namespace", fires: || other(209_716), does_not: || other(209_715),
        without: |facts| facts.namespaces[0].entries = None },
];

fn found(facts: &Facts, id: &str) -> bool {
    rules::findings(facts).iter().any(|finding| finding.id == id)
}

fn severity(facts: &Facts, id: &str) -> Option<Severity> {
    rules::findings(facts).iter().find(|finding| finding.id == id).map(|finding| finding.severity)
}

#[test]
fn a_rule_fires_past_its_threshold_and_only_there() {
    for Case { id, fires, does_not, .. } in CASES {
        assert!(found(&fires(), id), "{id} does not fire");
        assert!(!found(&does_not(), id), "{id} fires before its threshold");
    }
}

#[test]
fn a_rule_does_not_fire_without_its_data() {
    for Case { id, fires, without, .. } in CASES {
        let mut facts = fires();
        without(&mut facts);
        assert!(!found(&facts, id), "{id} fires without its data");
    }
    assert_eq!(rules::findings(&Facts::default()), []);
}

#[test]
fn no_rule_is_without_a_test() {
    let tested: Vec<&str> = CASES.iter().map(|case| case.id).collect();
    let ids: BTreeSet<&str> = rules::rules().iter().map(|rule| rule.id).collect();
    assert_eq!(tested.iter().copied().collect::<BTreeSet<_>>(), ids);
    assert_eq!((tested.len(), rules::rules().len()), (37, 37));
}

#[test]
fn a_finding_names_what_its_rule_names() {
    for facts in super::all_facts() {
        for finding in rules::findings(&facts) {
            let rule = rules::rules().iter().find(|rule| rule.id == finding.id).unwrap();
            assert!(finding.severity <= rule.severity, "{}", rule.id);
            assert!(finding.text.len() >= 10 && finding.text.ends_with('.'), "{}", finding.text);
            assert!(!finding.text.contains("  "), "{}", finding.text);
            let is_own = |id| rule.advice.contains(id) || rule.advice.contains(&"causes");
            assert!(finding.advice.iter().all(|advice| is_own(&advice.id)), "{}", rule.id);
            assert!(finding.advice.is_sorted_by_key(|advice| advice.risk), "{}", rule.id);
            let is_bad = finding.severity >= Severity::Warning;
            assert!(!is_bad || !finding.headline.is_empty(), "{}", rule.id);
        }
    }
}

#[test]
fn who_and_what_need_pressure() {
    for id in ["top-source", "dns", "close-wait", "unreplied", "no-heavy-hitter"] {
        let case = CASES.iter().find(|case| case.id == id).unwrap();
        let mut facts = (case.fires)();
        facts.table.entries = Some(131_071);
        assert!(!found(&facts, id), "{id} without pressure");
        facts.losses.as_mut().unwrap().table_full = counter(1, 1, 0.5);
        assert!(found(&facts, id), "{id} while packets are lost");
        facts.losses.as_mut().unwrap().table_full = counter(1, 0, 0.5);
        facts.counters.insert("early_drop", counter(1, 1, 0.5));
        assert!(found(&facts, id), "{id} while entries are evicted");
    }
}

#[test]
fn severities_rise_with_the_trouble() {
    let hash = |entries| severity(&chained(entries, 100_000), "hash-small");
    assert_eq!([hash(400_000), hash(400_001)], [Some(Severity::Warning), Some(Severity::Critical)]);
    let chain =
        |delta| severity(&losses(|losses| losses.chain_too_long = counter(9, delta, 0.5)), "chain-too-long");
    assert_eq!([chain(0), chain(1)], [Some(Severity::Warning), Some(Severity::Critical)]);
    let expected =
        |n| severity(&with(quiet(9), |facts| facts.table.expectations = Some(n)), "expectations-full");
    assert_eq!([expected(4095), expected(4096)], [Some(Severity::Warning), Some(Severity::Critical)]);
    let elsewhere = |n| severity(&other(n), "other-namespace");
    assert_eq!([elsewhere(249_036), elsewhere(249_037)], [Some(Severity::Warning), Some(Severity::Critical)]);
}

#[test]
fn growth_that_ends_below_the_limit_is_not_a_table_that_fills() {
    let arriving = |per_sec: f64, settles_at: Option<u64>| {
        let mut facts = filling(50.0);
        facts.rates.unanswered_per_sec = Some(per_sec);
        facts.census = settles_at.map(spread); // as many answered entries, and none that arrive
        found(&facts, "filling")
    };
    assert!(!arriving(1000.0, Some(90_000)));
    assert!(!arriving(834.0, Some(249_036)));
    assert!(arriving(834.0, Some(249_037)));
    assert!(!arriving(1000.0, None));
    assert!(arriving(833.0, Some(90_000)));
    let noise = with(filling(50.0), |facts| facts.rates.growth_per_sec = Some(127.0));
    assert!(!found(&noise, "filling"));
    let long = |secs| with(filling(secs), |facts| facts.interval_secs = Some(10.0));
    assert_eq!([found(&long(3599.0), "filling"), found(&long(3600.0), "filling")], [true, false]);
}

#[test]
fn a_dense_range_of_ports_needs_lost_packets_as_proof() {
    assert!(found(&pool(1000, Some((20000, 20999)), 1), "snat-ports"));
    assert!(!found(&pool(1000, Some((20000, 20999)), 0), "snat-ports"));
    assert!(found(&pool(256, Some((20000, 20255)), 1), "snat-ports"));
    assert!(!found(&pool(255, Some((20000, 20254)), 1), "snat-ports"));
    assert!(!found(&pool(950, Some((20000, 20999)), 1), "snat-ports"));
    assert!(found(&pool(951, Some((20000, 20999)), 1), "snat-ports"));
}

#[test]
fn a_network_is_not_named_for_one_address_of_it() {
    let network = |of_one: u64, error: u64| {
        let key = Key::SourcePrefix(ip("192.0.2.0"), 24);
        let mut facts = table(By::SOURCE_NETWORK, vec![Row::new(key, 60_000)]);
        let sources = vec![
            Row::new(Key::Source(ip("198.51.100.1")), of_one + 1),
            Row::new(Key::Source(ip("192.0.2.7")), of_one),
        ];
        facts.census = facts.census.map(|census| census.table(By::Source, sources));
        facts.census.as_mut().unwrap().top.last_mut().unwrap().error_entries = error;
        found(&facts, "top-source-prefix")
    };
    assert!(network(39_999, 0));
    assert!(!network(40_000, 0));
    assert!(!network(39_999, 1), "the address may have more than is seen");
}

#[test]
fn one_zone_or_mark_alone_is_no_tenant_and_a_label_on_all_says_nothing() {
    assert!(!found(&table(By::Zone, vec![Row::new(Key::Zone(5), N)]), "top-zone"));
    assert!(!found(&tenants(By::Zone, Key::Zone(0), Key::Zone(5), N - 1), "top-zone"));
    assert!(!found(&table(MARK, vec![Row::new(Key::Mark(5), N)]), "top-mark"));
    assert!(!found(&tenants(MARK, Key::Mark(0), Key::Mark(5), N - 1), "top-mark"));
    assert!(!found(&table(By::Label, vec![Row::new(Key::Label(3), N)]), "top-label"));
    assert!(found(&table(By::Label, vec![Row::new(Key::Label(3), N - 1)]), "top-label"));
}

#[test]
fn hidden_entries_need_a_table_that_stands_still() {
    let moving = |growth| with(counted(10_000, 8000, 0), |facts| facts.rates.growth_per_sec = growth);
    assert!(found(&moving(None), "hidden-entries"));
    assert!(found(&moving(Some(1000.0)), "hidden-entries"));
    assert!(!found(&moving(Some(1001.0)), "hidden-entries"));
    let dropping = with(counted(10_000, 8000, 0), |facts| {
        facts.losses.as_mut().unwrap().table_full = counter(1, 1, 0.5);
    });
    assert!(!found(&dropping, "hidden-entries"));
    assert!(!found(&counted(10_000, 8000, 2000), "hidden-entries"));
}

#[test]
fn a_table_that_was_full_a_moment_ago_is_reported() {
    let drops = |delta| losses(|losses| losses.table_full = counter(delta, delta, 0.5));
    let report = judged(drops(10));
    assert_eq!(report.findings[0].id, "dropped-before");
    assert!(report.findings[0].text.contains("; 10 in the last 0.5 s."), "{}", report.findings[0].text);
    assert!(!found(&drops(9), "dropped-before"));
    assert!(!found(&with(drops(10), |facts| facts.table.entries = Some(LIMIT)), "dropped-before"));
}

#[test]
fn totals_say_nothing_about_now() {
    let before = losses(|losses| losses.table_full = counter(5000, 0, 0.5));
    assert!(!found(&before, "dropping-now"));
    let once = losses(|losses| losses.table_full = Counter::new(5000, None, None));
    assert!(!found(&once, "dropping-now") && !found(&once, "dropped-before"));
    let full = with(before, |facts| facts.table.entries = Some(209_716));
    assert!(!found(&full, "dropped-before"));
}
